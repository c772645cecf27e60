use crate::boot::Mounted;
use crate::config::Cause;
use crate::lint::analysis::mount_refusal::{self, Refusal};
use crate::lint::engine::rule::rule;
use crate::lint::rules::shared::exception;
use crate::lint::{Finding, LintContext, Reporter, Severity};
use crate::release::Release;
use crate::report::origin;
use crate::storage::filesystem::Topic;
use crate::storage::identify::Format;

rule! {
    /// ## What it does
    ///
    /// Finds filesystems of a kind that pygrub reads, made with optional features that it does not: ext4 with bigalloc or with
    /// features newer than the host's libext2fs, XFS version 5 (what mkfs.xfs makes unless told otherwise), XFS with ftype=1.
    ///
    /// ## Why is this bad?
    ///
    /// For ext2, ext3 and ext4 pygrub uses the libext2fs of the host, which refuses a filesystem with a feature it does not
    /// know; bigalloc it refuses always, as pygrub calls it. The XFS driver knows version 4 without file types in directories
    /// only. The guest's own GRUB reads them all.
    ///
    /// ## Example
    ///
    /// ```text
    /// mkfs.ext4 -O bigalloc /dev/xvda1
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// mkfs.ext4 -O ^bigalloc /dev/xvda1
    /// ```
    ///
    /// For hosts with an e2fsprogs before 1.43 also `-O ^metadata_csum_seed,^inline_data,^encrypt`, before 1.44
    /// `-O ^large_dir,^ea_inode`.
    ///
    /// ## Source
    ///
    /// Every feature bit was tried with libfsimage of xen-utils-4.17 and libext2fs 1.47.0. In which e2fsprogs a feature came is
    /// from its release notes (1.43.0, 1.44.0); that a host of an older Xen has an older e2fsprogs is taken from the dates:
    /// Xen up to 4.6 came out before e2fsprogs 1.43, Xen up to 4.10 before 1.44.
    "PG302" "feature-bits" Error, stops: Sometimes, releases: "all", check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if let Some(Refusal::Features(identified)) = mount_refusal::deciding(context) {
        for raised in context.raised(&[Cause::NoFilesystem]) {
            let mut finding = exception::finding(context, raised);
            finding.help = Some(help(identified.format, &identified.refused_features));
            report.add(finding);
        }
    }
    for (attempt, identified, refusal) in mount_refusal::beside(context) {
        let Mounted::No { why, .. } = &attempt.mounted else { continue };
        if matches!(refusal, Refusal::Features(_)) {
            let place = origin::describe(attempt.candidate.as_ref());
            let finding = Finding::new(format!("pygrub cannot mount {place}: {why}"))
                .help(help(identified.format, &identified.refused_features));
            report.add_as(Severity::Warning, finding);
        }
    }
    file_types(context, report);
    older_hosts(context, report);
}

/// XFS with ftype=1 mounts, and names in small directories are not found.
fn file_types(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(note) = context.attempt().and_then(|a| a.notes.iter().find(|note| note.topic == Topic::FileTypes)) else {
        return;
    };
    let (message, help) = note.text.split_once(": ").unwrap_or((&note.text, ""));
    let mut finding = Finding::new(message).help(help);
    finding.raised = context.raised(&[Cause::NoConfiguration]).pop().filter(|_| context.untried().is_none());
    let stops = finding.raised.is_some();
    report.add_as(if stops { Severity::Error } else { Severity::Warning }, finding.stops_boot(stops));
}

/// Incompatible features of ext4, and the first e2fsprogs and the first line of Xen behind it.
const CAME_WITH: [(&str, &str, u8); 5] = [
    ("metadata_csum_seed", "1.43", 7),
    ("inline_data", "1.43", 7),
    ("encrypt", "1.43", 7),
    ("large_dir", "1.44", 11),
    ("ea_inode", "1.44", 11),
];

fn older_hosts(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let features = context.files().map(|files| files.features()).unwrap_or_default();
    let is_older = |line: u8| Release::line(line).is_some_and(|first| context.release() < first);
    let new: Vec<(&str, &str)> = CAME_WITH
        .iter()
        .filter(|(feature, _, line)| is_older(*line) && features.iter().any(|has| has == feature))
        .map(|(feature, version, _)| (*feature, *version))
        .collect();
    let Some(newest) = new.iter().map(|(_, version)| *version).max() else { return };
    let names: Vec<&str> = new.iter().map(|(feature, _)| *feature).collect();
    let (noun, verb) = if names.len() == 1 { ("feature", "is") } else { ("features", "are") };
    let message = format!(
        "the {noun} {} {verb} refused by an e2fsprogs before {newest}, as hosts of Xen {} may have it",
        names.join(", "),
        context.release()
    );
    let finding = Finding::new(message).help(help(Format::Ext4, &names));
    report.add_as(Severity::Warning, finding);
}

fn help(format: Format, features: &[impl AsRef<str>]) -> String {
    match format {
        Format::Ext2 | Format::Ext3 | Format::Ext4 => {
            let without: Vec<String> = features.iter().map(|feature| format!("^{}", feature.as_ref())).collect();
            format!("make the filesystem anew without: mkfs.ext4 -O {}", without.join(","))
        }
        _ => "put /boot on an ext4 filesystem (mkfs.xfs -m crc=0 -n ftype=0 makes version 4, which is on its way out)"
            .to_owned(),
    }
}
