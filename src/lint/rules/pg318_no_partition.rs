use crate::config::Cause;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds disks with a partition table in which pygrub sees no partition to try.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub treats a disk with the signature 55 aa in its first sector as one with a partition table. Where all four
    /// slots are empty, or hold nothing that this release looks at, it tries nothing and says that it found no partition
    /// with a kernel. 4.5.3, 4.6.3 and everything from 4.7 on then try the whole disk.
    ///
    /// ## Example
    ///
    /// ```text
    /// mkfs.ext4 /dev/xvda; install-mbr /dev/xvda     # boot code, and no partitions
    /// ```
    ///
    /// ## Use instead
    ///
    /// Make a primary partition, or clear the first sector and format the whole disk as ext4.
    ///
    /// ## Source
    ///
    /// Recorded for every release from 4.0 on (corpus/conformance).
    "PG318" "no-partition" Error, stops: Always, releases: from(EveryPartition).until(WholeDiskWhenEmpty), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    // With a configuration it is an entry without a path: PG214.
    if context.attempt().is_none() && context.untried().is_none() {
        for raised in context.raised(&[Cause::NothingFound]) {
            report.add(exception::finding(context, raised));
        }
    }
}
