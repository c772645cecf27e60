use crate::config::{Directive, Effect, Entry, Writer};
use crate::lint::analysis::conditionals::ConditionalBlocks;
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
    "PG109" "several-kernels" Warning or Note, stops: Never, releases: all(), check
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
        let blocks = ConditionalBlocks::of_entry(&configuration, entry);
        let conditional = blocks.around(last.line.start).is_some()
            || others.iter().any(|other| blocks.around(other.line.start).is_some());
        let title = configuration.title(index);
        if conditional && effect == Effect::Kernel && others.iter().all(|other| same_path(&configuration, last, other))
        {
            report.add(arguments(&configuration, entry, last, &others, &title));
            continue;
        }
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

/// Whether two lines name the same kernel, with other arguments.
fn same_path(configuration: &Configuration<'_>, one: &Directive, other: &Directive) -> bool {
    let path = |directive: &Directive| configuration.at(directive.argument).split(u8::is_ascii_whitespace).next();
    path(one) == path(other)
}

/// The finding about one kernel with different arguments: those of the last line count, and the initrd may be of another branch.
fn arguments(
    configuration: &Configuration<'_>,
    entry: &Entry,
    last: &Directive,
    others: &[&Directive],
    title: &str,
) -> Diagnostic {
    let blocks = ConditionalBlocks::of_entry(configuration, entry);
    let initrd = entry.directives.iter().rev().find(|directive| directive.effect == Effect::Initrd);
    // An initrd after the last kernel belongs to it, or stands outside of the condition.
    let of_other_branch =
        initrd.filter(|initrd| initrd.line.start < last.line.start && blocks.around(initrd.line.start).is_some());
    let message = format!(
        "{title} has one kernel with different arguments under a condition, which pygrub does not look at: those of the last line \
         count{}",
        if of_other_branch.is_some() { ", with the initrd of another branch" } else { "" }
    );
    let mut finding = Diagnostic::new(message).at(last.argument, "what pygrub takes");
    for other in others.iter().take(10) {
        finding = finding.and(other.argument, "what GRUB may take");
    }
    if let Some(initrd) = of_other_branch {
        finding = finding.and(initrd.argument, "and what pygrub takes for the initrd");
    }
    let partuuid = memchr::memmem::find(configuration.text, b"initrdfail").is_some();
    finding.help(match configuration.writer() {
        Writer::Mkconfig if partuuid => {
            "this is what GRUB_FORCE_PARTUUID makes of an entry: take it out of the guest's /etc/default/grub.d/*.cfg and \
             /etc/default/grub, and run update-grub"
        }
        _ => "write an entry for each line of arguments, without a condition",
    })
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
