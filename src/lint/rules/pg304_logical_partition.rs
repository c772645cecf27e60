use super::explained;
use crate::config::Cause;
use crate::lint::refusal::{self, Refusal};
use crate::lint::rule::rule;
use crate::lint::{Finding, Reporter, Subject, Where};

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

fn check(subject: &Subject<'_>, report: &mut Reporter<'_>) {
    if let Some(unseen) = subject.unseen() {
        let (Where::Logical { number }, Some(raised)) = (unseen.place, subject.failed_by()) else { return };
        let mut finding = Finding::new(format!(
            "the configuration {} is on logical partition {number} ({}), and pygrub does not look at logical partitions",
            unseen.configuration.unwrap_or_default(),
            unseen.filesystem,
        ))
        .stops_boot(true);
        if let Some(option) = unseen.option() {
            finding = finding.help(format!("{option}, or make the boot partition a primary one"));
        }
        finding.raised = Some(raised.clone());
        report.add(finding);
    } else if refusal::deciding(subject) == Some(Refusal::Extended) {
        for raised in subject.raised(&[Cause::NoFilesystem]) {
            report.add(explained::finding(subject, raised));
        }
    }
}
