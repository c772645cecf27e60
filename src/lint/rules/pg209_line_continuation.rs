use crate::config::{Dialect, Directive, Effect};
use crate::explain::path_issue::PathIssue;
use crate::explain::remedy::change_at_source;
use crate::lint::analysis::line_continuation::{goes_on, joined};
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::unopenable_path;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter, Severity};

/// How many lines are reported.
const MOST: usize = 50;

rule! {
    /// ## What it does
    ///
    /// Finds commands that go on in the next line with a `\` at the end.
    ///
    /// ## Why is this bad?
    ///
    /// GRUB joins such lines. pygrub reads line by line: it treats the backslash as the last argument of the kernel or a
    /// part of a file's name, and the next line for a command that it does not know. Arguments are lost without a word,
    /// `root=` or `init=` among them; where the path itself is on the next line, or is followed by a backslash, nothing
    /// boots.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux /vmlinuz root=/dev/xvda1 \
    ///       console=hvc0
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /vmlinuz root=/dev/xvda1 console=hvc0
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 and GRUB 2.06 (grub-emu) on the same image. That GRUB Legacy joins the lines of a menu.lst as
    /// well, with a space in the place of the backslash, is read from its source (0.97).
    "PG209" "line-continuation" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    unopenable_path::check(context, report, PathIssue::Continuation);
    let Some(configuration) = context.configuration().filter(|found| found.dialect != Dialect::Extlinux) else {
        return;
    };
    let selected = configuration.selected();
    let mut lines: Vec<(&Directive, bool)> =
        configuration.config.directives.iter().map(|directive| (directive, true)).collect();
    for (index, entry) in configuration.entries().iter().enumerate() {
        lines.extend(entry.directives.iter().map(|directive| (directive, selected == Some(index))));
    }
    let lines = lines.into_iter().filter(|(directive, _)| {
        // Elsewhere nothing is lost that pygrub would have read.
        matches!(directive.effect, Effect::Kernel | Effect::Default | Effect::Timeout)
            && goes_on(&configuration, directive.line)
            && !path_goes_on(&configuration, directive)
    });
    for (number, (directive, counts)) in lines.enumerate() {
        if number == context.most(MOST) {
            report.add_as(
                Severity::Warning,
                Diagnostic::new("there are more lines that end in a backslash").in_configuration(),
            );
            break;
        }
        let severity = if counts && directive.effect == Effect::Kernel { Severity::Error } else { Severity::Warning };
        report.add_as(severity, finding(&configuration, directive));
    }
}

/// Whether it is the kernel's path that the backslash belongs to: that is reported where the file does not open.
fn path_goes_on(configuration: &Configuration<'_>, directive: &Directive) -> bool {
    let argument = configuration.at(directive.argument);
    directive.effect == Effect::Kernel && !argument.iter().any(u8::is_ascii_whitespace)
}

fn finding(configuration: &Configuration<'_>, directive: &Directive) -> Diagnostic {
    let (what, lost, alone) = match directive.effect {
        Effect::Kernel => (
            "kernel's arguments go",
            "the kernel gets a backslash for the last one, and not what the next line says",
            "the kernel and its arguments",
        ),
        Effect::Default => ("default goes", "the backslash becomes a part of its value", "the default"),
        _ => ("timeout goes", "the backslash becomes a part of its value", "the timeout"),
    };
    let finding = Diagnostic::new(format!("the {what} on in the next line, and pygrub does not read on there: {lost}"))
        .at(directive.line, "ends in a backslash")
        .help(format!("write {alone} on one line{}", change_at_source(configuration.writer())));
    match joined(configuration, directive.line) {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}
