use crate::compare::DifferenceKind;
use crate::lint::analysis::grub_pick;
use crate::lint::engine::group::Group;
use crate::lint::engine::rule::Rule;
use crate::lint::rules::declare::{Check, rule};
use crate::lint::rules::shared::explained_elsewhere::is_explained;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};
use crate::lint::rules::{
    pg101_default_by_title, pg102_saved_entry, pg103_several_defaults, pg104_default_out_of_range,
    pg105_flattened_index, pg107_entries_elsewhere, pg110_byte_order_mark, pg111_default_read_differently,
    pg112_conditional_entries, pg113_variable_in_default, pg115_assignment_not_seen,
};

rule! {
    /// ## What it does
    ///
    /// Runs the configuration as GRUB does, and finds that GRUB boots another entry than pygrub, for a reason that no other rule
    /// names.
    ///
    /// ## Why is this bad?
    ///
    /// The menu that the guest's user sees is GRUB's: a kernel is updated, tested under GRUB or chosen there, and under Xen another
    /// one runs.
    ///
    /// ## Example
    ///
    /// ```text
    /// set default=1
    /// unset default
    /// menuentry "A" {
    ///   linux /a
    /// }
    /// menuentry "B" {
    ///   linux /b
    /// }
    /// ```
    ///
    /// GRUB boots A. pygrub does not know `unset`, and boots B.
    ///
    /// ## Use instead
    ///
    /// One assignment of the default, without a condition, in front of the entries:
    ///
    /// ```text
    /// set default=0
    /// ```
    ///
    /// ## Source
    ///
    /// GRUB's side is simulated, and tested against grub-emu 2.06 (tests/grub); pygrub's against xen-utils-4.17.
    "PG701" "grub-boots-another-entry" Warning, stops: Never, releases: all(), check
}

/// Rules that say themselves why another entry boots.
const EXPLAIN: [&Check; 11] = [
    &pg101_default_by_title::CHECK,
    &pg102_saved_entry::CHECK,
    &pg103_several_defaults::CHECK,
    &pg104_default_out_of_range::CHECK,
    &pg105_flattened_index::CHECK,
    &pg107_entries_elsewhere::CHECK,
    &pg110_byte_order_mark::CHECK,
    &pg111_default_read_differently::CHECK,
    &pg112_conditional_entries::CHECK,
    &pg113_variable_in_default::CHECK,
    &pg115_assignment_not_seen::CHECK,
];

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if context.run.options.entry.is_some() {
        return;
    }
    // What GRUB rejects shifts its entries: PG703 reports that.
    let Some(difference) = context.parts_from_grub(DifferenceKind::Entry) else { return };
    let stops = |rule: &'static Rule, _| rule.group() == Group::StopsTheRun;
    if report.has_found(stops) || grub_pick::rejects(context) || is_explained(context, &EXPLAIN) {
        return;
    }
    let finding = Diagnostic::new(difference.rule.clone());
    let finding = match difference.span {
        Some(span) => finding.at(span, "here the two part"),
        None => finding.in_configuration(),
    };
    report.add(grub_pick::with_change(context, difference, finding));
}
