use crate::config::{Dialect, Directive, Effect};
use crate::lint::analysis::default_value;
use crate::lint::analysis::default_value::{DefaultValue, Meaning, pygrub_number};
use crate::lint::analysis::extlinux_keywords::{self, Submenus};
use crate::lint::analysis::grub_menu::GrubMenu;
use crate::lint::analysis::set_default;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, Fix, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds a default that is a number for one of the two and none, or another, for the other: `1st`, `0x1`, `010`, `1 # comment`,
    /// `1;`, `+1`, `1_0`; one that
    /// GRUB does not assign, `set default 1`; and in extlinux.conf a default label that pygrub does not find, `MENU DEFAULT` and `ONTIMEOUT`.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub reads the whole value as Python's `int()` does and takes 0 where that fails. GRUB takes the digits at its start, as C
    /// does: `0x1` is 1, `010` is 8, and what follows does not matter. So the two boot different entries.
    ///
    /// It is a note where the two entries have the same kernel, initrd and arguments.
    ///
    /// Of extlinux.conf pygrub knows `DEFAULT` with exactly the text of a `LABEL`, and nothing else.
    ///
    /// ## Example
    ///
    /// ```text
    /// set default=1 # the stable kernel
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// # the stable kernel
    /// set default=1
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 against grub-emu 2.06, and recorded for every release (corpus/conformance, g2-def-*). Releases
    /// up to 4.4.1 reject the file where the number is none (PG012).
    "PG111" "default-read-differently" Warning or Note, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let Some(selected) = configuration.selected_by_default() else { return };
    match configuration.dialect {
        Dialect::Grub2 | Dialect::Legacy => number(&configuration, selected, report),
        Dialect::Extlinux => label(&configuration, selected, report),
    }
}

/// grub.cfg and menu.lst.
fn number(configuration: &Configuration<'_>, selected: usize, report: &mut Reporter<'_>) {
    let Some(value) = DefaultValue::of(configuration) else { return };
    let ours = pygrub_number(configuration);
    let differ = match (&value.meaning, &ours) {
        (Meaning::Number(theirs), Some(ours)) => ours.to_i64() != i64::try_from(*theirs).ok(),
        (Meaning::Number(_), None) => true,
        (Meaning::Name, Some(_)) => true,
        _ => false,
    };
    if !differ {
        return;
    }
    let menu = GrubMenu::new(configuration);
    let choice = menu.choose(&value.text);
    // Where GRUB goes by another default, this one is not what makes the difference.
    if configuration.dialect == Dialect::Grub2 && (!menu.goes_by(&value.text) || menu.boots() != choice.entry) {
        return;
    }
    let Some(other) = choice.entry.filter(|other| *other != selected) else { return };
    if value.text.is_empty() {
        return report.add(not_assigned(configuration, &value, selected, other));
    }
    let shown = configuration.shown(value.span);
    let theirs = match value.meaning {
        Meaning::Number(number) => format!("{number} to GRUB"),
        _ => "no number to GRUB".to_owned(),
    };
    let ours =
        ours.map_or_else(|| "not a number to pygrub, which takes 0".to_owned(), |ours| format!("{ours} to pygrub"));
    let digits = other.to_string();
    let same = set_default::is_same_for_both(configuration, other);
    let description = format!("write the number as both read it, {digits}");
    let finding = Diagnostic::new(format!("the default `{shown}` is {ours}, and {theirs}"))
        .at(value.span, "not a plain number")
        .and(configuration.entries()[selected].title_span, "what pygrub boots")
        .and(configuration.entries()[other].title_span, "what GRUB boots")
        .help(set_default::help(configuration, other));
    let finding = if same { finding.fix(Fix::safe(description).replace(value.span, digits)) } else { finding };
    let severity = if configuration.boots_alike(selected, other) { Severity::Note } else { Severity::Warning };
    report.add_as(severity, finding);
}

/// What pygrub takes for an assignment and GRUB does not: `set default 1`, `set default= 1`.
fn not_assigned(configuration: &Configuration<'_>, value: &DefaultValue, selected: usize, other: usize) -> Diagnostic {
    Diagnostic::new(format!(
        "GRUB assigns nothing here, since no value follows `default=` at once: it boots {}, and pygrub entry {selected}, {}",
        configuration.title(other),
        configuration.title(selected)
    ))
    .at(value.span, "the default for pygrub alone")
    .and(configuration.entries()[other].title_span, "what GRUB boots")
    .help(set_default::help(configuration, selected))
}

/// A DEFAULT below a label: for SYSLINUX it is as good as above, for pygrub a line of that label.
fn below_labels(configuration: &Configuration<'_>, selected: usize, taken: &str) -> Option<Diagnostic> {
    let entries = configuration.entries();
    let mut below = entries.iter().rev().flat_map(|entry| entry.directives.iter().rev());
    let directive = below.find(|directive| directive.command(configuration.text).eq_ignore_ascii_case(b"default"))?;
    let value = configuration.at(directive.argument);
    let other = entries.iter().position(|entry| entry.title.as_bytes() == value).filter(|other| *other != selected)?;
    let message = format!("this DEFAULT stands below a label, where pygrub does not look for it: {taken}");
    let finding = Diagnostic::new(message)
        .at(directive.line, "counts for SYSLINUX")
        .and(entries[selected].title_span, "what pygrub boots")
        .and(entries[other].title_span, "what SYSLINUX boots");
    Some(finding.help(format!("{}, above the first LABEL", set_default::help(configuration, other))))
}

/// extlinux.conf.
fn label(configuration: &Configuration<'_>, selected: usize, report: &mut Reporter<'_>) {
    let taken = format!("pygrub takes entry {selected}, {}", configuration.title(selected));
    let entries = configuration.entries();
    if let Some(directive) = default_value::assignments(configuration).last() {
        let value = configuration.at(directive.argument);
        let first_word = value.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
        // A menu program of SYSLINUX, which then takes what is marked below.
        let is_menu = first_word.to_ascii_lowercase().ends_with(b".c32");
        if !is_menu && !entries.iter().any(|entry| entry.title.as_bytes() == value) {
            let meant = entries.iter().position(|entry| entry.title.as_bytes().eq_ignore_ascii_case(first_word));
            let mut finding =
                Diagnostic::new(format!("`{}` is not a label: {taken}", configuration.shown(directive.argument)))
                    .at(directive.argument, "no label as it stands");
            if let Some(meant) = meant.filter(|meant| *meant != selected) {
                finding = finding.and(entries[meant].title_span, "what is meant");
            }
            report.add(finding.help(set_default::help(configuration, meant.unwrap_or(selected))));
            return;
        }
    }
    let named = default_value::assignments(configuration)
        .last()
        .is_some_and(|directive| !configuration.at(directive.argument).to_ascii_lowercase().ends_with(b".c32"));
    if !named && let Some(finding) = below_labels(configuration, selected, &taken) {
        report.add(finding);
        return;
    }
    // Where SYSLINUX does not wait, nothing times out.
    let waits = extlinux_keywords::waits(configuration);
    let timeout = configuration.directives(&["ontimeout"]).last().filter(|_| waits);
    let timeout = timeout.and_then(|directive| {
        let value = configuration.at(directive.argument);
        Some((directive, entries.iter().position(|entry| entry.title.as_bytes() == value)?))
    });
    let submenus = Submenus::of(configuration);
    let marked = entries.iter().enumerate().find_map(|(index, entry)| {
        let is_default = |directive: &&Directive| {
            directive.effect == Effect::Unknown
                && configuration.at(directive.argument).eq_ignore_ascii_case(b"default")
                && !submenus.have(directive.line)
        };
        Some((configuration.directives_of(entry, &["menu"]).find(is_default)?, index))
    });
    // A DEFAULT that names a label counts, and not the mark.
    let marked = marked.filter(|_| !named);
    let Some((directive, other)) = timeout.or(marked).filter(|(_, other)| *other != selected) else { return };
    report.add(
        Diagnostic::new(format!(
            "this line makes {} the default, and pygrub does not know it: {taken}",
            configuration.title(other)
        ))
        .at(directive.line, "unknown to pygrub")
        .and(entries[selected].title_span, "what pygrub boots")
        .help(format!("{}, at the start of the file", set_default::help(configuration, other))),
    );
}
