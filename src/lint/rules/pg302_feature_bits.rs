use super::pg301_unreadable_filesystem::beside;
use crate::explain::CauseKind;
use crate::explain::mount_refusal::{MountRefusal, without_features};
use crate::explain::no_configuration;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Severity};
use crate::release::Release;
use crate::storage::identify::Format;

rule! {
    /// ## What it does
    ///
    /// Finds filesystems of a kind that pygrub reads, made with optional features that it does not: ext4 with bigalloc or with
    /// features newer than the host's libext2fs, XFS version 5 (what mkfs.xfs makes by default), XFS with ftype=1.
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
    "PG302" "feature-bits" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if let Some((explanation, MountRefusal::Features(_))) = context.refused() {
        report.add(Diagnostic::of_explanation(explanation));
    }
    beside(context, report, |refusal| matches!(refusal, MountRefusal::Features(_)));
    file_types(context, report);
    older_hosts(context, report);
}

/// XFS with ftype=1 mounts, and names in small directories are not found.
fn file_types(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if let Some(explanation) = context.explained(CauseKind::FileTypes) {
        return report.add(Diagnostic::of_explanation(explanation));
    }
    let Some(note) = context.attempt().and_then(no_configuration::file_types) else { return };
    let (message, help) = note.text.split_once(": ").unwrap_or((&note.text, ""));
    report.add_as(Severity::Warning, Diagnostic::new(message).help(help));
}

/// Incompatible features of ext4, and the first e2fsprogs and the first line of Xen after it.
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
    let finding = Diagnostic::new(message).help(without_features(Format::Ext4, &names));
    report.add_as(Severity::Warning, finding);
}
