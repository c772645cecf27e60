use crate::boot::FailureKind;
use crate::config::{Entry, Span, Writer};
use crate::explain::wording::shown;
use crate::kernel::argument_limits::{LIBXL_TAKES, PV_KEEPS, PVH_STARTS_WITH};
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter, Severity};
use crate::xl::domain::GuestKind;

rule! {
    /// ## What it does
    ///
    /// Finds arguments that are longer than what reaches the guest's kernel: more than 1023 bytes for a PV guest, 2048 or more for a
    /// PVH guest, 8187 or more for any guest.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub hands over arguments of any length, and xl ends with success. Xen's domain builder copies the first 1023 bytes into the
    /// start page of a PV guest; what is cut off is the end, where `init=` or what was added last may stand. A PVH guest with 2048
    /// bytes or more does not start: it ends at once, with an empty console. libxl drops a line of its bootloader's that has 8 KiB or
    /// more, so that the guest gets no arguments at all.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux /vmlinuz root=/dev/xvda1 module_blacklist=a,b,c,d,...
    /// ```
    ///
    /// ## Use instead
    ///
    /// Take out what the guest does not need, or move it into the initrd or /etc/modprobe.d.
    ///
    /// ## Source
    ///
    /// Measured with Xen 4.17 and Linux 6.1 and 6.12: a PV guest finds the first 1023 bytes in /proc/cmdline, a PVH guest 2047 and
    /// with one more it does not start; from 8187 bytes on (8192 with `args ` and the end) xl warns `bootloader output contained overly
    /// long item` and /proc/cmdline is empty.
    "PG210" "arguments-too-long" Warning or Error, stops: Sometimes, releases: all(), check
}

/// What becomes of arguments that are too long.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// libxl drops them.
    Dropped,
    /// The guest ends at once.
    Ends,
    /// The end is cut off, and if the guest is made PVH it ends at once.
    CutOrEnds,
    /// The end is cut off.
    Cut,
}

impl Fate {
    const ALL: [Self; 4] = [Self::Dropped, Self::Ends, Self::CutOrEnds, Self::Cut];

    /// Of this many bytes, in this type of guest. Without one it is PV, as xl has it.
    fn of(length: usize, guest: Option<GuestKind>) -> Option<Self> {
        match guest {
            // No bootloader is run for it.
            Some(GuestKind::Hvm) => None,
            _ if length > Self::Dropped.limit() => Some(Self::Dropped),
            Some(GuestKind::Pvh) => (length > Self::Ends.limit()).then_some(Self::Ends),
            None if length > Self::CutOrEnds.limit() => Some(Self::CutOrEnds),
            _ => (length > Self::Cut.limit()).then_some(Self::Cut),
        }
    }

    /// Bytes that are all right.
    fn limit(self) -> usize {
        match self {
            Self::Dropped => LIBXL_TAKES,
            Self::Ends | Self::CutOrEnds => PVH_STARTS_WITH,
            Self::Cut => PV_KEEPS,
        }
    }

    fn consequence(self) -> &'static str {
        match self {
            Self::Dropped => "libxl drops them altogether, and the guest's kernel gets no arguments",
            Self::Ends => "the PVH guest ends at once with an empty console, though xl reports success",
            Self::CutOrEnds => "a PV guest gets the first 1023, and a PVH guest does not start",
            Self::Cut => "a PV guest gets the first 1023",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Dropped | Self::CutOrEnds => {
                "shorten them to less than 1024 bytes for a PV guest, 2048 for a PVH guest"
            }
            Self::Ends => "shorten them to less than 2048 bytes",
            Self::Cut => "shorten them to less than 1024 bytes, or make the guest PVH or HVM",
        }
    }

    /// Where the selected entry has them. The guest gets nothing that works.
    fn severity(self) -> Severity {
        match self {
            Self::Dropped | Self::Ends => Severity::Error,
            Self::CutOrEnds | Self::Cut => Severity::Warning,
        }
    }

    /// Whether a guest gets a part of them.
    fn cuts(self) -> bool {
        matches!(self, Self::CutOrEnds | Self::Cut)
    }
}

/// How many places are reported of each.
const MOST_PLACES: usize = 10;

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let selected = configuration.selected();
    // What --args adds counts as well.
    let added = |entry: usize| {
        let chosen = context.run.chosen.as_ref().filter(|chosen| chosen.entry == Some(entry))?;
        Some(chosen.args.as_ref()?.as_bytes().len())
    };
    let guest = context.guest();
    let mut found: [Option<(Diagnostic, bool, usize)>; Fate::ALL.len()] = [const { None }; Fate::ALL.len()];
    let mut order: Vec<usize> = (0..configuration.entries().len()).collect();
    order.sort_by_key(|index| Some(*index) != selected);
    for index in order {
        let entry = &configuration.entries()[index];
        let own = entry.args.as_ref().map_or(0, |args| args.as_bytes().len());
        let length = added(index).unwrap_or(own);
        let Some(fate) = Fate::of(length, guest) else { continue };
        let place = place(&configuration, entry, fate);
        match &mut found[fate as usize] {
            Some((finding, _, places)) if *places < MOST_PLACES => {
                *places += 1;
                *finding = finding.clone().and(place, "here as well");
            }
            Some(_) => {}
            none => {
                let (consequence, help) = (fate.consequence(), fate.help());
                let (is_selected, title) = (selected == Some(index), shown(&entry.title));
                let which = if is_selected { "the selected entry " } else { "" };
                let message = format!("the arguments of {which}\"{title}\" have {length} bytes: {consequence}");
                let mut finding = Diagnostic::new(message).at(place, "too much");
                finding.help = Some(format!("{help}{}", where_from(&configuration)));
                *none = Some((finding, is_selected, 0));
            }
        }
    }
    for (fate, found) in Fate::ALL.into_iter().zip(found) {
        let Some((finding, is_selected, _)) = found else { continue };
        let severity = if is_selected { fate.severity() } else { Severity::Warning };
        report.add_as(severity, finding.stops_boot(is_selected && fate == Fate::Ends && is_not_built(context)));
    }
}

/// Whether the run ends since a guest does not start with these.
fn is_not_built(context: &LintContext<'_>) -> bool {
    context.run.failure.as_ref().is_some_and(|failure| matches!(failure.kind, FailureKind::NotBuilt { .. }))
}

/// What is cut off, where it stands in the configuration; else the arguments, or the line that begins the entry.
fn place(configuration: &Configuration<'_>, entry: &Entry, fate: Fate) -> Span {
    let Some(span) = entry.args_span else { return entry.header };
    let length = configuration.at(span).len();
    if length > fate.limit() && fate.cuts() { configuration.part(span, Fate::Cut.limit()..length) } else { span }
}

fn where_from(configuration: &Configuration<'_>) -> &'static str {
    match configuration.writer() {
        Writer::NixOs => ": they come from boot.kernelParams of the guest's NixOS configuration",
        Writer::Mkconfig => ": they come from GRUB_CMDLINE_LINUX of the guest's /etc/default/grub",
        Writer::Other => "",
    }
}
