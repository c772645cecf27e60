use crate::config::{Entry, Span, Writer};
use crate::explain::missing_path::shown;
use crate::lint::engine::rule::rule;
use crate::lint::{Configuration, Finding, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds arguments that are longer than a guest's kernel gets: more than 1023 bytes for a PV guest, more than 2047 for
    /// any Linux on x86, 8187 or more for any guest.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub hands over arguments of any length, and nobody complains later. Xen's domain builder copies the first 1023
    /// bytes into the start page of a PV guest; Linux on x86 keeps 2047; libxl drops what pygrub says if it is 8 KiB or
    /// longer, so that the guest gets no arguments at all. What is cut off is the end, where `init=` or what was added last
    /// may stand.
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
    /// MAX_GUEST_CMDLINE in Xen's public header xen.h (1024 bytes with the NUL); COMMAND_LINE_SIZE of Linux on x86 (2048);
    /// libxl drops items of its bootloader's output of 8192 bytes or more (`bootloader output contained overly long item`),
    /// with `args ` in front counted. Read, not booted.
    "PG210" "arguments-too-long" Warning, stops: Never, releases: "all", check
}

/// Bytes that are kept, and what becomes of the rest.
const LIMITS: [(usize, &str, &str); 3] = [
    (
        8192 - "args ".len() - 1,
        "libxl drops them altogether, and the guest's kernel gets no arguments",
        "shorten them to less than 1024 bytes for a PV guest, 2048 for others",
    ),
    (
        2047,
        "Linux on x86 keeps the first 2047, and a PV guest gets the first 1023",
        "shorten them to less than 1024 bytes for a PV guest, 2048 for others",
    ),
    (1023, "a PV guest gets the first 1023", "shorten them to less than 1024 bytes, or make the guest PVH or HVM"),
];
/// How many places are told of each.
const MOST_PLACES: usize = 10;

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let selected = configuration.selected();
    // What --args adds counts as well.
    let added = |entry: usize| {
        let chosen = context.run.chosen.as_ref().filter(|chosen| chosen.entry == Some(entry))?;
        Some(chosen.args.as_ref()?.as_bytes().len())
    };
    let mut found: [Option<(Finding, bool, usize)>; LIMITS.len()] = [const { None }; LIMITS.len()];
    let mut order: Vec<usize> = (0..configuration.entries().len()).collect();
    order.sort_by_key(|index| Some(*index) != selected);
    for index in order {
        let entry = &configuration.entries()[index];
        let own = entry.args.as_ref().map_or(0, |args| args.as_bytes().len());
        let length = added(index).unwrap_or(own);
        let Some(limit) = LIMITS.iter().position(|(limit, ..)| length > *limit) else { continue };
        let place = place(&configuration, entry, LIMITS[limit].0);
        match &mut found[limit] {
            Some((finding, _, places)) if *places < MOST_PLACES => {
                *places += 1;
                *finding = finding.clone().and(place, "here as well");
            }
            Some(_) => {}
            none => {
                let (_, consequence, help) = LIMITS[limit];
                let (is_selected, title) = (selected == Some(index), shown(&entry.title));
                let which = if is_selected { "the selected entry " } else { "" };
                let message = format!("the arguments of {which}\"{title}\" have {length} bytes: {consequence}");
                let mut finding = Finding::new(message).at(place, "too much");
                finding.help = Some(format!("{help}{}", where_from(&configuration)));
                *none = Some((finding, is_selected, 0));
            }
        }
    }
    for (limit, (finding, is_selected, _)) in
        found.into_iter().enumerate().filter_map(|(limit, found)| Some((limit, found?)))
    {
        let severity = if limit == 0 && is_selected { Severity::Error } else { Severity::Warning };
        report.add_as(severity, finding);
    }
}

/// What is cut off, where it stands in the configuration; else the arguments, or the line that begins the entry.
fn place(configuration: &Configuration<'_>, entry: &Entry, limit: usize) -> Span {
    let Some(span) = entry.args_span else { return entry.header };
    let length = configuration.at(span).len();
    if length > limit && limit < LIMITS[0].0 { configuration.part(span, limit..length) } else { span }
}

fn where_from(configuration: &Configuration<'_>) -> &'static str {
    match configuration.writer() {
        Writer::NixOs => ": they come from boot.kernelParams of the guest's NixOS configuration",
        Writer::Mkconfig => ": they come from GRUB_CMDLINE_LINUX of the guest's /etc/default/grub",
        Writer::Other => "",
    }
}
