use crate::config::{Dialect, Writer};
use crate::explain::remedy::Remedy;
use crate::lint::analysis::default_value::{DefaultValue, Meaning};
use crate::lint::analysis::grub_menu::GrubMenu;
use crate::lint::analysis::grubenv;
use crate::lint::analysis::set_default;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds a default that is kept in GRUB's environment block: `set default="${saved_entry}"` (`GRUB_DEFAULT=saved`,
    /// `boot.loader.grub.default = "saved"`), `default saved` in menu.lst, and a `next_entry` that `grub-reboot` has left for
    /// the next boot.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub never reads the file `grubenv`. It takes the first entry instead, so that `grub-set-default`, `grub-reboot` and
    /// `savedefault` have no effect, and the guest boots another kernel under Xen than the one that was chosen in it.
    ///
    /// ## Example
    ///
    /// ```text
    /// set default="${saved_entry}"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// set default=0
    /// ```
    ///
    /// Where an entry is wanted for one boot, name it in the domain's configuration: `bootloader_args = ["--entry=1"]` (not with
    /// Xen 4.13 to 4.17.2, where `--entry` fails).
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release (corpus/conformance, g2-def-26, g2-def-28). Releases up to
    /// 4.1.2 reject the file instead (PG012).
    "PG102" "saved-entry" Warning or Note, stops: Never, releases: from(SavedEntry), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let Some(value) = DefaultValue::of(&configuration) else { return };
    let Some(selected) = configuration.selected_by_default() else { return };
    let taken = format!("it takes entry {selected}, {}", configuration.title(selected));
    if matches!(value.meaning, Meaning::Saved | Meaning::Next) {
        let literal = value.text == b"saved";
        if literal && configuration.dialect == Dialect::Grub2 {
            let message = format!(
                "`saved` means nothing in a grub.cfg, neither to pygrub nor to GRUB: pygrub takes entry {selected}, {}",
                configuration.title(selected)
            );
            report.add_as(
                Severity::Note,
                Diagnostic::new(message).at(value.span, "no number").help(set_default::help(&configuration, selected)),
            );
            return;
        }
        let name = if value.meaning == Meaning::Next { "next_entry" } else { "saved_entry" };
        let mut finding = Diagnostic::new(format!(
            "the default is the entry that was saved last, and pygrub never reads it: {taken}"
        ))
        .at(value.span, "GRUB alone knows it")
        .help(help(&configuration, selected));
        let kept = grubenv::variable(context, name).and_then(|_| GrubMenu::new(&configuration).boots());
        if let Some(entry) = kept.filter(|entry| *entry != selected) {
            finding = finding.and(configuration.entries()[entry].title_span, "what GRUB boots, by grubenv");
        }
        report.add(finding);
    }
    if value.meaning != Meaning::Next {
        about_next(context, &configuration, &taken, selected, report);
    }
}

/// A `grub-reboot` that waits for its boot.
fn about_next(
    context: &LintContext<'_>,
    configuration: &Configuration<'_>,
    taken: &str,
    selected: usize,
    report: &mut Reporter<'_>,
) {
    let Some(assignment) = crate::lint::analysis::default_value::assignments(configuration).find(|directive| {
        DefaultValue::read(configuration, directive).is_some_and(|value| value.meaning == Meaning::Next)
    }) else {
        return;
    };
    if grubenv::variable(context, "next_entry").is_none() {
        return;
    }
    let entry = GrubMenu::new(configuration).boots().filter(|entry| *entry != selected);
    let Some(entry) = entry else { return };
    report.add(
        Diagnostic::new(format!(
            "grub-reboot has chosen {} for the next boot, and pygrub never reads that: {taken}",
            configuration.title(entry)
        ))
        .at(assignment.argument, "GRUB alone knows it")
        .and(configuration.entries()[entry].title_span, "what GRUB boots next")
        .help(format!("for one boot, name it in the domain's configuration: bootloader_args = [\"--entry={entry}\"]")),
    );
}

fn help(configuration: &Configuration<'_>, selected: usize) -> String {
    match (configuration.dialect, configuration.writer()) {
        (Dialect::Grub2, Writer::NixOs) => {
            format!("{}; the newest generation is entry 0", Remedy::nixos("set boot.loader.grub.default = 0"))
        }
        (Dialect::Grub2, Writer::Mkconfig) => {
            Remedy::MkconfigVariable("set GRUB_DEFAULT=0 instead of saved".to_owned()).to_string()
        }
        _ => format!("name an entry by its number: {}", set_default::help(configuration, selected)),
    }
}
