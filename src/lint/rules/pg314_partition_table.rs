use crate::config::Cause;
use crate::explain::CauseKind;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Where};

rule! {
    /// ## What it does
    ///
    /// Finds partition tables at which pygrub fails before it tries anything, and partitions with a boot configuration that it
    /// skips for their type or their place.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub reads the table itself. A GPT or a Solaris label that the image does not hold as a whole ends it with
    /// `struct.error`, also where another partition is good. A partition of type 82 is Solaris for pygrub, not Linux swap: without
    /// a Solaris label it is skipped. After a slot of type ee no other slot is looked at.
    ///
    /// ## Example
    ///
    /// ```text
    /// start=2048, size=1024000, type=82      # and ext4 on it
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// start=2048, size=1024000, type=83
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with pygrub's own function of xen-utils-4.17 on 20,000 random tables, and recorded for every release
    /// (corpus/conformance).
    "PG314" "partition-table" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let untried = context.untried().filter(|untried| matches!(untried.place, Where::Skipped { .. }));
    let explanation = match untried {
        Some(_) => context.explained(CauseKind::Untried),
        None => context.explained(CauseKind::Raised(Cause::PartitionTable)),
    };
    if let Some(explanation) = explanation {
        report.add(Diagnostic::of_explanation(explanation));
    }
}
