use crate::compare::DifferenceKind;
use crate::lint::analysis::grub_pick;
use crate::lint::engine::group::Group;
use crate::lint::engine::rule::Rule;
use crate::lint::rules::declare::{Check, rule};
use crate::lint::rules::shared::explained_elsewhere::is_explained;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};
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
const EXPLAIN: [&Check; 6] = [
    &pg204_quoted_path::CHECK,
    &pg205_path_with_trailing_text::CHECK,
    &pg206_tab_after_kernel::CHECK,
    &pg207_variable_in_path::CHECK,
    &pg208_literal_arguments::CHECK,
    &pg209_line_continuation::CHECK,
];

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let options = &context.run.options;
    if options.entry.is_some() || !options.args.is_empty() || !options.extra_args.is_empty() {
        return;
    }
    let Some(difference) = context.parts_from_grub(DifferenceKind::Arguments) else { return };
    let stops = |rule: &'static Rule, _| rule.group() == Group::StopsTheRun;
    if report.has_found(stops) || is_explained(context, &EXPLAIN) {
        return;
    }
    let finding = Diagnostic::new(difference.rule.clone());
    let finding = match difference.span {
        Some(span) => finding.at(span, "not the same to both"),
        None => finding.in_configuration(),
    };
    report.add(grub_pick::with_change(context, difference, finding));
}
