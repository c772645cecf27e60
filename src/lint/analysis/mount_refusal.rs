//! Why pygrub does not mount what is at an offset, so far as rules tell it apart.

use crate::boot::{Attempt, Mounted};
use crate::config::Cause;
use crate::explain::raised as advice;
use crate::lint::analysis::context::LintContext;
use crate::storage::identify::{Format, Identified};

/// What stands in the way of mounting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum Refusal<'a> {
    /// It is an extended partition.
    Extended,
    /// It is the file format of a disk image, or a compressed file.
    ImageFormat,
    /// The filesystem has features that the driver refuses.
    Features(&'a Identified),
    /// Anything else.
    Other,
}

/// Why nothing is mounted in an attempt; nothing where something is.
pub(in crate::lint) fn of(attempt: &Attempt) -> Option<Refusal<'_>> {
    let Mounted::No { identified, .. } = &attempt.mounted else { return None };
    if advice::is_extended(attempt) {
        return Some(Refusal::Extended);
    }
    Some(match identified {
        Some(identified) if !identified.refused_features.is_empty() => Refusal::Features(identified),
        Some(identified) if is_image(identified.format) => Refusal::ImageFormat,
        _ => Refusal::Other,
    })
}

/// The refusal that ends a run, unless there is a filesystem elsewhere that pygrub never tries.
pub(in crate::lint) fn deciding<'a>(context: &'a LintContext<'_>) -> Option<Refusal<'a>> {
    let ended_by_it = context.failed_by().is_some_and(|raised| raised.cause == Cause::NoFilesystem);
    if !ended_by_it || context.untried().is_some() {
        return None;
    }
    // An offset that no disk has is nothing that is mounted or not.
    Some(context.attempt().and_then(of).unwrap_or(Refusal::Other))
}

/// What pygrub cannot mount beside the attempt that decides a run in which nothing was found: what was meant to boot may be
/// there. Partitions that never hold a boot filesystem are left out.
pub(in crate::lint) fn beside<'a>(
    context: &'a LintContext<'_>,
) -> impl Iterator<Item = (&'a Attempt, &'a Identified, Refusal<'a>)> {
    /// More than one administrator makes, and few enough to read.
    const MOST: usize = 8;
    let nothing_found =
        context.failed_by().is_some_and(|raised| matches!(raised.cause, Cause::NoConfiguration | Cause::NoFilesystem))
            && context.untried().is_none();
    let deciding = context.run.failure.as_ref().and_then(|failure| failure.attempt);
    let attempts =
        context.run.attempts.iter().enumerate().filter(move |(index, _)| nothing_found && Some(*index) != deciding);
    attempts
        .filter_map(|(_, attempt)| {
            let refusal = of(attempt)?;
            let Mounted::No { identified: Some(identified), .. } = &attempt.mounted else { return None };
            (!is_never_meant(identified.format)).then_some((attempt, identified, refusal))
        })
        .take(MOST)
}

fn is_image(format: Format) -> bool {
    matches!(
        format,
        Format::Qcow2
            | Format::Qcow
            | Format::Qed
            | Format::Vmdk
            | Format::Vdi
            | Format::Vhd
            | Format::Vhdx
            | Format::Parallels
            | Format::Gzip
            | Format::Xz
            | Format::Zstd
            | Format::Bzip2
            | Format::Lz4
            | Format::Zip
    )
}

fn is_never_meant(format: Format) -> bool {
    matches!(format, Format::Swap | Format::SwapSuspend | Format::Jbd | Format::Dos | Format::Gpt)
}
