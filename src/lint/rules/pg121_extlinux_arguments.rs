use crate::config::{Dialect, Directive, Entry};
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds arguments in extlinux.conf and syslinux.cfg that reach the kernel under SYSLINUX and not under pygrub, or the other way
    /// round: an `APPEND` above the `KERNEL` of its label, an `APPEND` above all labels, words after the path of a `KERNEL` that has an
    /// `APPEND` as well, and `APPEND -`.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub reads a label line by line, and each `KERNEL` begins again: what an `APPEND` above it said is gone, the `initrd=` in it too.
    /// An `APPEND` replaces what stands after the kernel's path, where SYSLINUX adds it. pygrub knows no arguments for all labels, and
    /// treats the `-` that means none as an argument. The guest boots without its root, its console or its initrd.
    ///
    /// ## Example
    ///
    /// ```text
    /// LABEL linux
    ///   APPEND initrd=/initrd.img root=/dev/xvda1
    ///   KERNEL /vmlinuz
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// LABEL linux
    ///   KERNEL /vmlinuz
    ///   APPEND initrd=/initrd.img root=/dev/xvda1
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 against SYSLINUX 6.04 in QEMU.
    "PG121" "extlinux-arguments" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) =
        context.configuration().filter(|configuration| configuration.dialect == Dialect::Extlinux)
    else {
        return;
    };
    for (index, entry) in configuration.entries().iter().enumerate().take(50) {
        for finding in of_label(&configuration, index, entry) {
            report.add(finding);
        }
    }
    for_all(&configuration, report);
}

/// What is wrong with the arguments of one label.
fn of_label(configuration: &Configuration<'_>, index: usize, entry: &Entry) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let title = configuration.title(index);
    let kernel = last(configuration, entry, "kernel");
    let append = last(configuration, entry, "append");
    let (Some(kernel), Some(append)) = (kernel, append) else { return findings };
    let arguments = configuration.at(append.argument);
    if arguments == b"-" {
        let message = format!("pygrub hands `-` to the kernel of {title}: for SYSLINUX it means no arguments");
        findings.push(Diagnostic::new(message).at(append.argument, "an argument for pygrub").help("remove the line"));
    } else if append.line.line < kernel.line.line && !arguments.is_empty() {
        let message = format!(
            "{title} has its APPEND above its KERNEL: pygrub forgets these arguments, and an initrd among them"
        );
        let finding = Diagnostic::new(message)
            .at(append.line, "forgotten by pygrub")
            .and(kernel.line, "at this line")
            .help("write KERNEL first, and APPEND below it");
        findings.push(finding);
    }
    let words = words_after_path(configuration, kernel);
    if !words.is_empty() && append.line.line > kernel.line.line {
        let message = format!(
            "{title} has arguments after the path of its kernel and an APPEND: SYSLINUX takes both, pygrub APPEND alone"
        );
        let finding = Diagnostic::new(message)
            .at(kernel.argument, "only the path counts for pygrub")
            .help(format!("write the arguments into APPEND: `{}`", crate::lint::analysis::configuration::shown(words)));
        findings.push(finding);
    }
    findings
}

/// An APPEND above the labels, for those that have none.
fn for_all(configuration: &Configuration<'_>, report: &mut Reporter<'_>) {
    let Some(append) = configuration.directives(&["append"]).last() else { return };
    let arguments = configuration.at(append.argument);
    if arguments.is_empty() || arguments == b"-" {
        return;
    }
    let without = |entry: &Entry| {
        let kernel = last(configuration, entry, "kernel");
        kernel.is_some_and(|kernel| words_after_path(configuration, kernel).is_empty())
            && last(configuration, entry, "append").is_none()
    };
    let mut labels = configuration.entries().iter().enumerate().filter(|(_, entry)| without(entry));
    let Some((first, entry)) = labels.next() else { return };
    let title = configuration.title(first);
    let who = match labels.count() {
        0 => format!("{title} boots"),
        1 => format!("{title} and another label boot"),
        count => format!("{title} and {count} other labels boot"),
    };
    let message = format!(
        "pygrub ignores an APPEND above the labels: {who} without `{}`, which SYSLINUX adds",
        configuration.shown(append.argument)
    );
    report.add(
        Diagnostic::new(message)
            .at(append.line, "ignored by pygrub")
            .and(entry.title_span, "has no APPEND of its own")
            .help("write the APPEND into each label, below its KERNEL"),
    );
}

fn last<'a>(configuration: &Configuration<'a>, entry: &'a Entry, command: &str) -> Option<&'a Directive> {
    let is = |directive: &&Directive| directive.command(configuration.text).eq_ignore_ascii_case(command.as_bytes());
    entry.directives.iter().rev().find(is)
}

/// What stands after the path of a KERNEL.
fn words_after_path<'a>(configuration: &Configuration<'a>, kernel: &Directive) -> &'a [u8] {
    let argument = configuration.at(kernel.argument).trim_ascii();
    let path = argument.iter().position(u8::is_ascii_whitespace).unwrap_or(argument.len());
    argument[path..].trim_ascii()
}
