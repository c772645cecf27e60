use crate::config::{Directive, Effect, Entry};
use crate::lint::analysis::conditionals::Blocks;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds entries with several kernels or several initrd lines that differ.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub knows no `if`: it reads every line, and the last kernel and the last initrd count. Where they stand in the branches
    /// of an `if`, GRUB takes what the condition says, and pygrub always the same. Without an `if` the last kernel counts for
    /// GRUB as well; a second initrd line replaces the first, or is an error for GRUB under Xen (pvgrub2).
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry "A" {
    ///   if [ "$old" ]; then
    ///     linux /vmlinuz.old
    ///   else
    ///     linux /vmlinuz
    ///   fi
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// An entry for each kernel.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 against grub-emu 2.06 and a real GRUB 2.06 in QEMU.
    "PG109" "several-kernels" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    for (what, effect) in [("kernel", Effect::Kernel), ("initrd", Effect::Initrd)] {
        let mut findings = configuration.entries().iter().enumerate().filter_map(|(index, entry)| {
            let (last, others) = differing(&configuration, entry, effect)?;
            Some((index, entry, last, others))
        });
        let Some((index, entry, last, others)) = findings.next() else { continue };
        let more = findings.count();
        let blocks = Blocks::of(&entry.directives, configuration.text);
        let conditional = blocks.around(last.line.line).is_some()
            || others.iter().any(|other| blocks.around(other.line.line).is_some());
        let title = configuration.title(index);
        let message = if conditional {
            format!("{title} names its {what} under a condition, which pygrub does not look at: the last line counts")
        } else {
            format!("{title} names its {what} several times, and the last line counts")
        };
        let message = match more {
            0 => message,
            1 => format!("{message}; so it is in another entry"),
            _ => format!("{message}; so it is in {more} other entries"),
        };
        let mut finding = Diagnostic::new(message).at(last.argument, "what pygrub takes");
        for other in others.into_iter().take(10) {
            finding = finding.and(other.argument, if conditional { "what GRUB may take" } else { "without effect" });
        }
        let help = if conditional {
            format!("write an entry for each {what}, without a condition")
        } else if effect == Effect::Initrd {
            "concatenate the files into one, and name that".to_owned()
        } else {
            "remove the lines without effect".to_owned()
        };
        let severity = if conditional { Severity::Warning } else { Severity::Note };
        report.add_as(severity, finding.help(help));
    }
}

/// The last directive with this effect, and those before it that say something else.
fn differing<'a>(
    configuration: &Configuration<'a>,
    entry: &'a Entry,
    effect: Effect,
) -> Option<(&'a Directive, Vec<&'a Directive>)> {
    let mut directives = entry.directives.iter().rev().filter(|directive| directive.effect == effect);
    let last = directives.next()?;
    let others: Vec<&Directive> =
        directives.filter(|other| configuration.at(other.argument) != configuration.at(last.argument)).collect();
    (!others.is_empty()).then_some((last, others))
}
