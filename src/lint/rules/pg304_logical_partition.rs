use crate::config::Cause;
use crate::lint::analysis::mount_refusal::{self, Refusal};
use crate::lint::engine::rule::rule;
use crate::lint::rules::shared::exception;
use crate::lint::{Finding, LintContext, Reporter, Where};

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
    "PG304" "logical-partition" Error, stops: Always, releases: "all", check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if let Some(untried) = context.untried() {
        let (Where::Logical { number }, Some(raised)) = (untried.place, context.failed_by()) else { return };
        let mut finding = Finding::new(format!(
            "the configuration {} is on logical partition {number} ({}), and pygrub does not look at logical partitions",
            untried.configuration.unwrap_or_default(),
            untried.filesystem,
        ))
        .stops_boot(true);
        if let Some(option) = untried.option() {
            finding = finding.help(format!("{option}, or make the boot partition a primary one"));
        }
        finding.raised = Some(raised.clone());
        report.add(finding);
    } else if mount_refusal::deciding(context) == Some(Refusal::Extended) {
        for raised in context.raised(&[Cause::NoFilesystem]) {
            report.add(exception::finding(context, raised));
        }
    }
}
