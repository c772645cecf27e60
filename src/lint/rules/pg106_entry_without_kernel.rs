use crate::config::{Cause, Dialect, Directive, Effect, Entry, Raised, Stage};
use crate::explain::hidden_command::hidden_kernel;
use crate::lint::analysis::extlinux_keywords::has_linux_keyword;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Configuration, Diagnostic, Fix, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds entries in which pygrub sees no kernel: the selected one, whatever it does instead (`chainloader`, `multiboot` of a
    /// Xen dom0, `configfile`, `reboot`, `linuxefi`, a `linux` after another command on its line), and those with `linuxefi` that are not selected today.
    ///
    /// ## Why is this bad?
    ///
    /// Of the commands in an entry of grub.cfg pygrub knows `linux`, `initrd`, `linux16` and `initrd16`; in menu.lst `kernel` and
    /// `initrd`. If the selected entry has no kernel, pygrub raises `TypeError: 'NoneType' object is not subscriptable` and goes
    /// on to the next partition; it does not try another entry. Its user sees `Unable to find partition containing kernel`.
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry "Fedora" {
    ///   linuxefi /vmlinuz root=/dev/xvda1
    ///   initrdefi /initrd
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "Fedora" {
    ///   linux /vmlinuz root=/dev/xvda1
    ///   initrd /initrd
    /// }
    /// ```
    ///
    /// Where the entry boots something else on purpose, let another be the default.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release (corpus/conformance, rhel7-efi). extlinux's `LINUX` has a rule
    /// of its own (PG312).
    "PG106" "entry-without-kernel" Error or Note, stops: Sometimes, releases: all(), check
}

/// Commands of GRUB for EFI that name a kernel and an initrd.
const EFI: &[&str] = &["linuxefi", "initrdefi"];

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let without_kernel = |entry: &Entry| entry.kernel.is_none() && !has_linux_keyword(&configuration, entry);
    let selected = selected(context, &configuration);
    if let Some(entry) = selected.map(|index| &configuration.entries()[index]).filter(|entry| without_kernel(entry)) {
        let met = context.raised(&[Cause::NoKernel]).into_iter().next();
        if met.is_some() || is_to_come(&configuration, entry) {
            // Where something raises before it comes to this, it would be the next to raise.
            let finding = exception::finding(context, met.clone().unwrap_or_else(|| to_come(entry)));
            let mut finding = Diagnostic { raised: met, ..finding };
            if let Some(line) = hidden_kernel(entry, configuration.dialect, configuration.text) {
                let header = finding.span.unwrap_or(entry.header);
                finding =
                    finding.at(line.line, "pygrub does not see this `linux`").and(header, "this entry is selected");
            }
            report.add(match efi_fix(&configuration, entry) {
                Some(fix) => finding.fix(fix),
                None => finding,
            });
        }
    }
    about_others(&configuration, selected, report);
}

/// The entry that the run selects, or would select.
fn selected(context: &LintContext<'_>, configuration: &Configuration<'_>) -> Option<usize> {
    match context.raised(&[Cause::NoKernel]).first() {
        Some(raised) => configuration.entries().iter().position(|entry| Some(entry.header) == raised.span),
        None if context.run.options.kernel.is_some() => None,
        None => configuration.selected(),
    }
}

/// Whether the entry would have no kernel if nothing raised before. One of the lines that raise may name it, and where entries
/// do not end as they seem to, nothing is known.
fn is_to_come(configuration: &Configuration<'_>, entry: &Entry) -> bool {
    let doubtful = |raised: &Raised| {
        matches!(raised.cause, Cause::ClosingBrace | Cause::NestedEntry | Cause::OpenEntry | Cause::NotUtf8)
    };
    !configuration.raised.is_empty()
        && !configuration.raised.iter().any(doubtful)
        && !entry.directives.iter().any(|directive| directive.effect == Effect::Raised)
}

fn to_come(entry: &Entry) -> Raised {
    Raised::new(Stage::Select, "TypeError", "'NoneType' object is not subscriptable", Cause::NoKernel).at(entry.header)
}

/// `linux` in the place of `linuxefi`, and `initrd` in that of `initrdefi`. GRUB without EFI has neither of the latter, and to old
/// ones for EFI they are other ways of booting.
fn efi_fix(configuration: &Configuration<'_>, entry: &Entry) -> Option<Fix> {
    let mut fix = Fix::uncertain("write `linux` and `initrd`");
    for directive in configuration.directives_of(entry, EFI) {
        let span = directive.command_span(configuration.text);
        let plain = configuration.at(span).strip_suffix(b"efi")?;
        fix = fix.replace(span, String::from_utf8_lossy(plain).into_owned());
    }
    (!fix.edits.is_empty()).then_some(fix)
}

/// Entries that look as if they booted, one finding for all.
fn about_others(configuration: &Configuration<'_>, selected: Option<usize>, report: &mut Reporter<'_>) {
    if configuration.dialect != Dialect::Grub2 {
        return;
    }
    let mut places = configuration
        .entries()
        .iter()
        .enumerate()
        .filter(|(index, entry)| Some(*index) != selected && entry.kernel.is_none())
        .filter_map(|(_, entry)| Some((entry, configuration.directives_of(entry, &EFI[..1]).next()?)));
    let Some((entry, first)): Option<(&Entry, &Directive)> = places.next() else { return };
    let title = crate::lint::analysis::configuration::shown(entry.title.as_bytes());
    let mut finding =
        Diagnostic::new(format!("pygrub does not know linuxefi, so that \"{title}\" cannot boot when it is selected"))
            .at(first.command_span(configuration.text), "unknown to pygrub")
            .help("write `linux` and `initrd`, which GRUB for EFI knows as well");
    for (_, directive) in places.take(10) {
        finding = finding.and(directive.command_span(configuration.text), "as here");
    }
    report.add_as(Severity::Note, finding);
}
