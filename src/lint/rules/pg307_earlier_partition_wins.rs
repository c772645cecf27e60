use std::collections::BTreeSet;

use crate::explain::partition_name as origin;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, Files, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds configurations on partitions that pygrub never gets to, since it found one on an earlier partition.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub tries partitions in the order of the table and stays with the first whose configuration selects a kernel. It does
    /// not go on where that kernel turns out to be missing. Where /boot became a partition of its own, the old /boot below / is
    /// still there: which one boots depends on nothing but the order of the partitions.
    ///
    /// ## Example
    ///
    /// ```text
    /// xvda1  /      with an old /boot/grub/grub.cfg
    /// xvda2  /boot  with /grub/grub.cfg
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// xvda1  /boot  with /grub/grub.cfg
    /// xvda2  /
    /// ```
    ///
    /// or remove the configuration that is not meant, or name the partition: `bootloader_args = ["--offset=N"]`.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17. Xen 4.0 looks at one partition only.
    "PG307" "earlier-partition-wins" Warning, stops: Never, releases: from(EveryPartition), check
}

/// The most partitions that are looked at.
const MOST: usize = 16;

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let (Some(table), Some(volumes)) = (&context.run.table, context.volumes()) else { return };
    let Some(attempt) = context.attempt().filter(|attempt| attempt.found.is_some()) else { return };
    let Some(here) = attempt.found.as_ref().map(|found| &found.path) else { return };
    let tried: BTreeSet<i128> = context.run.attempts.iter().map(|attempt| attempt.offset).collect();
    let mut seen = BTreeSet::new();
    let later = table.candidates.iter().skip(context.run.attempts.len()).filter(|candidate| {
        i128::try_from(candidate.offset).is_ok_and(|offset| !tried.contains(&offset)) && seen.insert(candidate.offset)
    });
    for candidate in later.take(MOST) {
        let Ok(offset) = u64::try_from(candidate.offset) else { continue };
        let Some(path) = Files::mount(volumes, offset).and_then(|files| files.configuration(context.release())) else {
            continue;
        };
        let message = format!(
            "`{path}` on a later partition ({}) is never read: pygrub stays with `{here}` on an earlier one ({})",
            origin::describe(Some(candidate)),
            origin::describe(attempt.candidate.as_ref()),
        );
        report.add(Diagnostic::new(message).help(format!(
            "remove the one that is not meant; if it is the later one that is meant, call pygrub with \
             bootloader_args = [\"--offset={offset}\"]"
        )));
    }
}
