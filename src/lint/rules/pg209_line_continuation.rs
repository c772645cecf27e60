use super::unopened;
use crate::boot::missing_path::change_at_source;
use crate::boot::named_path::Oddity;
use crate::config::{Dialect, Directive, Effect, Span};
use crate::lint::rule::rule;
use crate::lint::{Configuration, Finding, Fix, Reporter, Severity, Subject};

/// How many lines are reported.
const MOST: usize = 50;

rule! {
    /// ## What it does
    ///
    /// Finds commands that go on in the next line with a `\` at the end.
    ///
    /// ## Why is this bad?
    ///
    /// GRUB joins such lines. pygrub reads line by line: it takes the backslash for the last argument of the kernel or a
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
    /// well, with a blank in the place of the backslash, is read from its source (0.97).
    "PG209" "line-continuation" Error, stops: Sometimes, releases: "all", check
}

fn check(subject: &Subject<'_>, report: &mut Reporter<'_>) {
    unopened::check(subject, report, Oddity::Continuation);
    let Some(configuration) = subject.configuration().filter(|found| found.dialect != Dialect::Extlinux) else {
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
            && goes_on(&configuration, directive)
            && !path_goes_on(&configuration, directive)
    });
    for (number, (directive, counts)) in lines.enumerate() {
        if number == MOST {
            report.add_as(
                Severity::Warning,
                Finding::new("there are more lines that end in a backslash").in_configuration(),
            );
            break;
        }
        let severity = if counts && directive.effect == Effect::Kernel { Severity::Error } else { Severity::Warning };
        report.add_as(severity, finding(&configuration, directive));
    }
}

/// Whether GRUB reads on in the next line: the backslash must be the last byte, and none that another one takes the meaning of.
fn goes_on(configuration: &Configuration<'_>, directive: &Directive) -> bool {
    let line = configuration.at(directive.line);
    let backslashes = line.iter().rev().take_while(|byte| **byte == b'\\').count();
    // GRUB Legacy reads on behind any; a carriage return it passes over.
    let legacy = configuration.dialect == Dialect::Legacy;
    if legacy && backslashes > 0 {
        let behind = configuration.text.get(directive.line.range().end..).unwrap_or_default();
        return behind.trim_ascii_start().len() < behind.len() && matches!(behind, [b'\n', ..] | [b'\r', b'\n', ..]);
    }
    backslashes % 2 == 1 && configuration.text.get(directive.line.range().end) == Some(&b'\n')
}

/// Whether it is the kernel's path that the backslash belongs to: that is told where the file does not open.
fn path_goes_on(configuration: &Configuration<'_>, directive: &Directive) -> bool {
    let argument = configuration.at(directive.argument);
    directive.effect == Effect::Kernel && !argument.iter().any(u8::is_ascii_whitespace)
}

fn finding(configuration: &Configuration<'_>, directive: &Directive) -> Finding {
    let (what, lost, alone) = match directive.effect {
        Effect::Kernel => (
            "kernel's arguments go",
            "the kernel gets a backslash for the last one, and not what the next line says",
            "the kernel and its arguments",
        ),
        Effect::Default => ("default goes", "the backslash becomes a part of its value", "the default"),
        _ => ("timeout goes", "the backslash becomes a part of its value", "the timeout"),
    };
    let finding = Finding::new(format!("the {what} on in the next line, and pygrub does not read on there: {lost}"))
        .at(directive.line, "ends in a backslash")
        .help(format!("write {alone} on one line{}", change_at_source(configuration.writer())));
    match joined(configuration, directive).filter(|_| configuration.dialect == Dialect::Grub2) {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}

/// The line and the one behind it as one.
fn joined(configuration: &Configuration<'_>, directive: &Directive) -> Option<Fix> {
    let backslash = directive.line.range().end.checked_sub(1)?;
    let rest = configuration.text.get(backslash + 2..)?;
    let indent = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let blank_before = configuration.text[..backslash].ends_with(b" ");
    let span = Span {
        start: u32::try_from(backslash).ok()?,
        end: u32::try_from(backslash + 2 + indent).ok()?,
        line: directive.line.line,
        column: (directive.line.column + directive.line.length).saturating_sub(1),
        length: 1,
    };
    let between = if indent > 0 && !blank_before { " " } else { "" };
    Some(Fix::safe("join the line with the next one").replace(span, between))
}
