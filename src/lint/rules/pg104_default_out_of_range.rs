use crate::config::Dialect;
use crate::lint::analysis::default_value::DefaultValue;
use crate::lint::analysis::default_value::Meaning;
use crate::lint::analysis::default_value::pygrub_number;
use crate::lint::analysis::grub_menu::GrubMenu;
use crate::lint::analysis::set_default;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a default that is a number, and there is no such entry.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub takes the first entry then, without a word that anybody sees. GRUB takes the first entry of its menu, which mostly is the same
    /// one. Rarely is it what was meant: the entry has gone with an old kernel or generation, or was never there.
    ///
    /// ## Example
    ///
    /// ```text
    /// set default=5
    /// menuentry "the only one" {
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// set default=0
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release (corpus/conformance).
    "PG104" "default-out-of-range" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) =
        context.configuration().filter(|configuration| configuration.dialect != Dialect::Extlinux)
    else {
        return;
    };
    let config = configuration.config;
    let (Some(span), Some(number)) = (config.default_span, pygrub_number(&configuration)) else { return };
    let count = config.entries.len();
    let Some(selected) = configuration.selected_by_default() else { return };
    if count == 0 || number.cmp_len(count).is_lt() || number.is_negative() {
        return;
    }
    // `0x9` and the like are numbers that the two read differently.
    let plain = DefaultValue::of(&configuration)
        .is_some_and(|value| matches!(value.meaning, Meaning::Number(_)) && value.text.iter().all(u8::is_ascii_digit));
    if !plain {
        return;
    }
    let there =
        if count == 1 { "there is 1 entry, 0".to_owned() } else { format!("the entries are 0 to {}", count - 1) };
    let shown = configuration.shown(span);
    let finding = Diagnostic::new(format!(
        "the default is {shown}, and {there}: pygrub takes entry {selected}, {}",
        configuration.title(selected)
    ))
    .at(span, "no such entry");
    let finding = GrubMenu::new(&configuration).with_what_boots(finding, selected);
    let finding = finding.help(set_default::help(&configuration, selected));
    report.add(finding);
}
