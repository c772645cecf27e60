use crate::config::{Dialect, Directive};
use crate::explain::remedy::Remedy;
use crate::lint::analysis::conditionals::ConditionalBlocks;
use crate::lint::analysis::default_value;
use crate::lint::analysis::default_value::{DefaultValue, Meaning, assignments};
use crate::lint::analysis::grub_menu::GrubMenu;
use crate::lint::analysis::set_default;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a default that is set inside an `if` or a loop where GRUB may keep another one.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub knows no `if`. It takes both branches, line by line, so that the assignment that stands last in the file wins,
    /// whatever the condition says. Fedora's countdown of failed boots (`08_fallback_counting`) makes it boot the second entry
    /// always.
    ///
    /// Where the condition is constant (`true`, `[ x = x ]`), the branch that GRUB always takes counts as if it stood alone.
    ///
    /// Several assignments that GRUB makes one after the other are not found: there the last one wins for both. Nor is the form
    /// in which grub-mkconfig and NixOS write a default beside `${next_entry}`.
    ///
    /// ## Example
    ///
    /// ```text
    /// if [ "${boot_counter}" = "0" ]; then
    ///   set default=0
    /// else
    ///   set default=1
    /// fi
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
    /// Measured with xen-utils-4.17 against grub-emu 2.06.
    "PG103" "several-defaults" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration().filter(|configuration| configuration.dialect == Dialect::Grub2)
    else {
        return;
    };
    let Some(last) = DefaultValue::of(&configuration) else { return };
    if matches!(last.meaning, Meaning::Saved | Meaning::Next) {
        return;
    }
    let blocks = ConditionalBlocks::until(&configuration, last.span.end);
    let Some(block) = blocks.around(last.span.start) else { return };
    let others = alternatives(&configuration, &blocks, &last, block);
    let is_first_of_all = default_value::assignments(&configuration).count() == 1;
    let is_zero = last.meaning == Meaning::Number(0);
    if others.is_empty() && (!is_first_of_all || is_zero) {
        return;
    }
    let shown = configuration.shown(last.span);
    let mut finding = Diagnostic::new(format!(
        "the default is set under a condition, which pygrub does not look at: the last assignment wins, and it takes `{shown}`"
    ))
    .at(last.span, "the last one, which counts for pygrub");
    let grub = configuration.grub().filter(|grub| grub.is_known());
    let counts = grub.and_then(|grub| grub.default_line());
    for other in others.into_iter().take(10) {
        let label = if counts == Some(other.line.line) { "what GRUB takes" } else { "what GRUB may take" };
        finding = finding.and(other.argument, label);
    }
    let selected = configuration.selected_by_default().unwrap_or(0);
    finding = GrubMenu::new(&configuration).with_what_boots(finding, selected);
    let help = if configuration.is_from_nixos() {
        Remedy::nixos(
            "let nothing but boot.loader.grub.default set the default: take the assignment out of boot.loader.grub.extraConfig",
        )
        .into()
    } else {
        format!(
            "set the default once, without a condition; for {}, which pygrub boots now, {}",
            configuration.title(selected),
            set_default::help(&configuration, selected)
        )
    };
    report.add(finding.help(help));
}

/// The assignments that GRUB may go by instead of the last one, the nearest first.
fn alternatives<'a>(
    configuration: &Configuration<'a>,
    blocks: &ConditionalBlocks,
    last: &DefaultValue,
    block: u32,
) -> Vec<&'a Directive> {
    let earlier: Vec<&Directive> =
        assignments(configuration).filter(|directive| directive.argument.start < last.span.start).collect();
    let mut others = Vec::new();
    for directive in earlier.into_iter().rev() {
        let around = blocks.around(directive.line.start);
        let value = DefaultValue::read(configuration, directive);
        let kept = value.as_ref().is_some_and(|value| matches!(value.meaning, Meaning::Saved | Meaning::Next));
        // In the other branch of the same `if`, an entry that was saved is what the condition asks for.
        if value.is_some_and(|value| value.text != last.text) && (!kept || around != Some(block)) {
            others.push(directive);
        }
        if around.is_none() {
            break;
        }
    }
    others
}
