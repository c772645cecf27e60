use crate::compare::DifferenceKind;
use crate::lint::analysis::grub_pick;
use crate::lint::rules::declare::{RuleCheck, rule};
use crate::lint::rules::shared::parting;
use crate::lint::rules::{LintContext, Reporter};
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
const EXPLAIN: [&RuleCheck; 11] = [
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
    // What GRUB rejects shifts its entries: PG703 reports that.
    if context.run.options.entry.is_none() && !grub_pick::rejects(context) {
        parting::report(context, report, (DifferenceKind::Entry, "here the two part"), &EXPLAIN);
    }
}
