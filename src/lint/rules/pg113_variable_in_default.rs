use crate::config::{Dialect, Effect};
use crate::grub::words::words;
use crate::lint::analysis::default_value::{DefaultValue, Meaning};
use crate::lint::analysis::grub_menu::GrubMenu;
use crate::lint::analysis::set_default;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a default that is a variable: `set default=$n`.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub knows no variables. It treats the name of the variable as the value, which is not a number, and boots the first entry.
    ///
    /// ## Example
    ///
    /// ```text
    /// set n=1
    /// set default=$n
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// set default=1
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 against grub-emu 2.06. Releases up to 4.4.1 reject the file (PG012). `${saved_entry}` has a
    /// rule of its own (PG102).
    "PG113" "variable-in-default" Warning, stops: Never, releases: from(DefaultByTitle), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration().filter(|configuration| configuration.dialect == Dialect::Grub2)
    else {
        return;
    };
    let Some(value) = DefaultValue::of(&configuration).filter(|value| value.meaning == Meaning::Variable) else {
        return;
    };
    let Some(selected) = configuration.selected_by_default() else { return };
    let mut finding = Diagnostic::new(format!(
        "the default is `{}`, and pygrub knows no variables: it takes entry {selected}, {}",
        configuration.shown(value.span),
        configuration.title(selected)
    ))
    .at(value.span, "taken literally");
    let mut meant = selected;
    if let Some((span, number)) = assigned(&configuration, &value.text) {
        finding = finding.and(span, format!("set to {number} here"));
        let by_number = GrubMenu::new(&configuration).choose(number.to_string().as_bytes()).entry;
        meant = GrubMenu::new(&configuration).boots().or(by_number).unwrap_or(selected);
    }
    report.add(finding.help(format!(
        "put the number in the place of the variable: for {}, {}",
        configuration.title(meant),
        set_default::help(&configuration, meant)
    )));
}

/// Where the variable is set last, and to which number.
fn assigned(configuration: &Configuration<'_>, variable: &[u8]) -> Option<(crate::config::Span, u64)> {
    let name = variable.strip_prefix(b"$")?;
    let directives = configuration.config.directives.iter().rev();
    directives.filter(|directive| directive.effect == Effect::Variable).find_map(|directive| {
        let word = words(configuration.at(directive.line)).into_iter().nth(1)?.as_written();
        let value = word.strip_prefix(name)?.strip_prefix(b"=")?;
        Some((directive.line, std::str::from_utf8(value).ok()?.parse().ok()?))
    })
}
