use crate::compare::DifferenceKind;
use crate::lint::rules::declare::{RuleCheck, rule};
use crate::lint::rules::shared::parting;
use crate::lint::rules::{LintContext, Reporter};
use crate::lint::rules::{
    pg204_quoted_path, pg205_path_with_trailing_text, pg206_tab_after_kernel, pg207_variable_in_path,
    pg208_literal_arguments, pg209_line_continuation,
};

rule! {
    /// ## What it does
    ///
    /// Runs the configuration as GRUB does, and finds that the kernel gets other arguments from GRUB than from pygrub, for a reason that
    /// no other rule names.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub hands the text of the line over as it stands. GRUB reads it as a shell does: it expands variables and patterns, and
    /// removes quotes.
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry "A" {
    ///   linux /vmlinuz /grub/*.cfg
    /// }
    /// ```
    ///
    /// GRUB hands over `/grub/grub.cfg`, and pygrub `/grub/*.cfg`.
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "A" {
    ///   linux /vmlinuz /grub/grub.cfg
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// GRUB's side is simulated, and tested against grub-emu 2.06 (tests/grub); pygrub's against xen-utils-4.17.
    "PG702" "grub-hands-over-other-arguments" Warning, stops: Never, releases: all(), check
}

/// Rules that say themselves why the arguments differ.
const EXPLAIN: [&RuleCheck; 6] = [
    &pg204_quoted_path::CHECK,
    &pg205_path_with_trailing_text::CHECK,
    &pg206_tab_after_kernel::CHECK,
    &pg207_variable_in_path::CHECK,
    &pg208_literal_arguments::CHECK,
    &pg209_line_continuation::CHECK,
];

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let options = &context.run.options;
    if options.entry.is_none() && options.args.is_empty() && options.extra_args.is_empty() {
        parting::report(context, report, (DifferenceKind::Arguments, "not the same to both"), &EXPLAIN);
    }
}
