use crate::explain::CauseKind;
use crate::explain::mount_refusal::MountRefusal;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Where};

rule! {
    /// ## What it does
    ///
    /// Finds boot filesystems in a logical partition (`/dev/xvda5` and up).
    ///
    /// ## Why is this bad?
    ///
    /// pygrub tries the four slots of the MBR and does not look into an extended partition. Nothing boots.
    ///
    /// ## Example
    ///
    /// ```text
    /// xvda1  extended
    /// xvda5  ext4, mounted on /
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// xvda1  ext4, mounted on /boot
    /// xvda2  extended
    /// ```
    ///
    /// or a GPT, where all partitions are tried, or `bootloader_args = ["--offset=N"]` with the partition's first byte.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release (corpus/conformance).
    "PG304" "logical-partition" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let untried = context.untried().filter(|untried| matches!(untried.place, Where::Logical { .. }));
    if let Some(explanation) = untried.and_then(|_| context.explained(CauseKind::Untried)) {
        report.add(Diagnostic::of_explanation(explanation));
    } else if let Some((explanation, MountRefusal::Extended)) = context.refused() {
        report.add(Diagnostic::of_explanation(explanation));
    }
}
