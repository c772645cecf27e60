//! Where GRUB boots otherwise than pygrub, for a reason that no other rule names.

use crate::compare::DifferenceKind;
use crate::lint::analysis::grub_pick;
use crate::lint::engine::group::Group;
use crate::lint::engine::rule::Rule;
use crate::lint::rules::declare::RuleCheck;
use crate::lint::rules::shared::explained_elsewhere::is_explained;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

/// Reports a difference of this kind with this label at its place, unless something stops pygrub, or one of the rules that `explain`
/// such differences finds something.
pub(in crate::lint::rules) fn report(
    context: &LintContext<'_>,
    report: &mut Reporter<'_>,
    (kind, label): (DifferenceKind, &str),
    explain: &[&RuleCheck],
) {
    let Some(difference) = context.parts_from_grub(kind) else { return };
    let stops = |rule: &'static Rule, _| rule.group() == Group::StopsTheRun;
    if report.has_found(stops) || is_explained(context, explain) {
        return;
    }
    let finding = Diagnostic::new(difference.rule.clone());
    let finding = match difference.span {
        Some(span) => finding.at(span, label),
        None => finding.in_configuration(),
    };
    report.add(grub_pick::with_change(context, difference, finding));
}
