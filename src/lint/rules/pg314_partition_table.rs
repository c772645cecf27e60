use crate::config::Cause;
use crate::explain::raised as advice;
use crate::lint::engine::rule::rule;
use crate::lint::rules::shared::exception;
use crate::lint::{Finding, LintContext, Reporter, Where};

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
    /// a Solaris label it is skipped. Behind a slot of type ee no other slot is looked at.
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
    "PG314" "partition-table" Error, stops: Always, releases: "all", check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(untried) = context.untried() else {
        for raised in context.raised(&[Cause::PartitionTable]) {
            let advice = context.run.table.as_ref().and_then(|table| advice::of_table(table, &raised));
            let mut finding = exception::finding(context, raised);
            if let Some(advice) = advice {
                finding.message = advice.reason;
                finding.help = advice.help;
            }
            report.add(finding);
        }
        return;
    };
    let Where::Skipped { slot, partition_type } = untried.place else { return };
    let (why, help) = match partition_type {
        0x82 | 0xbf => (
            format!("its type {partition_type:02x} is Solaris for pygrub, and there is no Solaris label"),
            format!("give it the type 83: sfdisk --part-type DISK {slot} 83"),
        ),
        _ => (
            "it stands behind a slot of type ee, or this release takes another one".to_owned(),
            untried.option().unwrap_or_default(),
        ),
    };
    let mut finding = Finding::new(format!(
        "the configuration {} is in MBR slot {slot} ({}), which pygrub skips: {why}",
        untried.configuration.unwrap_or_default(),
        untried.filesystem
    ))
    .stops_boot(true)
    .help(help);
    finding.raised = context.failed_by().cloned();
    report.add(finding);
}
