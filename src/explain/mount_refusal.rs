//! Partitions that pygrub cannot read: which of several is the one that the user must change, and how.

use super::advice::{Advice, advice};
use super::files::Files;
use super::partition_name;
use crate::boot::{Attempt, Mounted, Run};
use crate::config::Cause;
use crate::storage::identify::{EXT4_BOOT, Format, Identified, Support};
use crate::storage::mount::Volumes;
use crate::storage::partitions::{Origin, unseen};

/// What stands in the way of mounting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MountRefusal<'a> {
    /// It is an extended partition.
    Extended,
    /// It is the file format of a disk image, or a compressed file.
    ImageFormat,
    /// The filesystem has features that the driver refuses.
    Features(&'a Identified),
    /// Anything else.
    Other,
}

impl<'a> MountRefusal<'a> {
    /// Why nothing is mounted in an attempt. `None` if something is.
    pub(crate) fn of(attempt: &'a Attempt) -> Option<Self> {
        let Mounted::No { identified, .. } = &attempt.mounted else { return None };
        if is_extended(attempt) {
            return Some(Self::Extended);
        }
        Some(match identified {
            Some(identified) if !identified.refused_features.is_empty() => Self::Features(identified),
            Some(identified) if is_image(identified.format) => Self::ImageFormat,
            _ => Self::Other,
        })
    }
}

/// Whether an MBR slot of this type holds logical partitions.
fn is_extended(attempt: &Attempt) -> bool {
    let origin = attempt.candidate.as_ref().map(|candidate| candidate.origin);
    matches!(origin, Some(Origin::MbrSlot { partition_type, .. }) if unseen::is_extended(partition_type))
}

/// Of filesystems that all lack a configuration: the first that is not an EFI system partition, if the one that pygrub names is.
pub(super) fn after_efi_partition(run: &Run, named: Option<usize>, volumes: Option<&dyn Volumes>) -> Option<usize> {
    let named = run.attempts.get(named?)?;
    let files = Files::mount(volumes?, u64::try_from(named.offset).ok()?)?;
    let is_efi = |name: &Vec<u8>| name.eq_ignore_ascii_case(b"efi");
    if !is_efi_partition(named, volumes) || !files.names(b"/").iter().all(is_efi) {
        return None;
    }
    run.attempts.iter().position(|attempt| {
        attempt.raised.as_ref().is_some_and(|raised| raised.cause == Cause::NoConfiguration)
            && matches!(attempt.mounted, Mounted::Yes(_))
            && !is_efi_partition(attempt, volumes)
    })
}

/// The attempt that the user must change where nothing was found: the partition that pygrub cannot read and that the guest
/// boots from. A filesystem that was mounted and has no configuration stands back after it only if it is FAT, as an EFI system
/// partition is, since nobody means that to be /boot.
pub(super) fn to_blame(run: &Run, volumes: Option<&dyn Volumes>) -> Option<usize> {
    let failure = run.failure.as_ref()?;
    match failure.raised()?.cause {
        Cause::NoFilesystem => {}
        Cause::NoConfiguration => {
            let mut mounted = run.attempts.iter().filter(|attempt| matches!(attempt.mounted, Mounted::Yes(_)));
            if !mounted.all(|attempt| is_efi_partition(attempt, volumes)) {
                return None;
            }
        }
        _ => return None,
    }
    let refused = run.attempts.iter().enumerate().filter_map(|(index, attempt)| Some((likelihood(attempt)?, index)));
    let (_, best) = refused.min()?;
    let decided =
        failure.attempt.filter(|index| run.attempts.get(*index).is_some_and(|it| MountRefusal::of(it).is_some()));
    // What is as likely as the rest stays where the run put it.
    let as_likely = |index: &usize| run.attempts.get(*index).and_then(likelihood) == likelihood(&run.attempts[best]);
    let is_known = likelihood(&run.attempts[best]).is_some_and(|likelihood| likelihood < UNLIKELY);
    decided.filter(as_likely).or((is_known || decided.is_some()).then_some(best))
}

/// From here on it is not what the guest boots from.
const UNLIKELY: u8 = 3;

/// How likely it is that the guest boots from what was refused; the smaller, the likelier.
fn likelihood(attempt: &Attempt) -> Option<u8> {
    let Mounted::No { identified, .. } = &attempt.mounted else { return None };
    Some(match identified.as_ref().map(|identified| identified.format) {
        _ if is_unused(attempt) => 5,
        Some(format) if is_never_meant(format) => 3,
        // Beside what Linux may boot from, another system's disk is data.
        Some(Format::Ntfs | Format::BitLocker | Format::HfsPlus | Format::Apfs | Format::Exfat) => 2,
        Some(Format::Luks | Format::Lvm2 | Format::MdRaid | Format::DmIntegrity | Format::DmVerity) => 1,
        Some(_) if is_extended(attempt) => 2,
        Some(_) => 0,
        None if is_extended(attempt) => 2,
        None => 4,
    })
}

/// Whether this is what pygrub makes of the entries of a GPT that are not in use: the start of the disk.
fn is_unused(attempt: &Attempt) -> bool {
    let origin = attempt.candidate.as_ref().map(|candidate| candidate.origin);
    attempt.offset == 0 && matches!(origin, Some(Origin::GptEntry { .. }))
}

fn is_efi_partition(attempt: &Attempt, volumes: Option<&dyn Volumes>) -> bool {
    if !matches!(&attempt.mounted, Mounted::Yes(name) if name == "vfat") {
        return false;
    }
    let Some(volumes) = volumes else { return true };
    let files = u64::try_from(attempt.offset).ok().and_then(|offset| Files::mount(volumes, offset));
    // With a loader that keeps its kernels there, it is /boot as well.
    files.is_some_and(|files| !files.exists(b"/loader/loader.conf"))
}

/// What else pygrub cannot mount where nothing was found, apart from the attempt `told`: what was meant to boot may be there.
/// Partitions that never hold a boot filesystem are left out.
pub(crate) fn beside(
    run: &Run,
    told: Option<usize>,
) -> impl Iterator<Item = (&Attempt, &Identified, MountRefusal<'_>)> {
    /// More than one administrator makes, and few enough to read.
    const MOST: usize = 8;
    let raised = run.failure.as_ref().and_then(|failure| failure.raised());
    let nothing_found =
        raised.is_some_and(|raised| matches!(raised.cause, Cause::NoConfiguration | Cause::NoFilesystem));
    let attempts = run.attempts.iter().enumerate().filter(move |(index, _)| nothing_found && Some(*index) != told);
    attempts
        .filter_map(|(_, attempt)| {
            let refusal = MountRefusal::of(attempt)?;
            let Mounted::No { identified: Some(identified), .. } = &attempt.mounted else { return None };
            (!is_never_meant(identified.format)).then_some((attempt, identified, refusal))
        })
        .take(MOST)
}

/// What is there instead of a filesystem that pygrub mounts, if that is known.
pub(super) fn format(attempt: &Attempt) -> Option<Format> {
    match &attempt.mounted {
        Mounted::No { identified, .. } => Some(identified.as_ref()?.format),
        _ => None,
    }
}

/// What is wrong with an attempt that pygrub does not mount, and the way out.
pub(crate) fn of_attempt(attempt: &Attempt) -> Advice {
    let Mounted::No { identified, why, instead } = &attempt.mounted else {
        return advice("pygrub cannot read what is on the disk", "", "");
    };
    if is_extended(attempt) {
        return advice(
            "this is an extended partition, and pygrub does not look at the logical ones in it",
            "",
            "make the boot partition a primary one, or name its offset in bytes: bootloader_args = [\"--offset=N\"]",
        );
    }
    if is_unused(attempt) && format(attempt) == Some(Format::Gpt) {
        return advice(
            "the disk has a GPT, and no partition is listed in it",
            "",
            "install the guest on this disk first, or name the disk that it is on",
        );
    }
    let place = match attempt.candidate.as_ref().map(|candidate| candidate.origin) {
        Some(Origin::MbrSlot { .. } | Origin::GptEntry { .. } | Origin::SolarisSlice { .. }) => {
            Some(partition_name::describe(attempt.candidate.as_ref()))
        }
        _ => None,
    };
    let reason = match identified.as_ref().map(|identified| (identified, identified.support())) {
        Some((identified, Support::PygrubRefuses { why, .. })) => {
            let (title, detail) = (identified.format.title(), identified.detail.as_str());
            // `UFS2` says all that `UFS` does.
            let (title, detail) = if detail.starts_with(title) { (detail, "") } else { (title, detail) };
            let detail = if detail.is_empty() { String::new() } else { format!(", {detail}") };
            let (place, title) = (place.as_deref().unwrap_or("the disk"), with_article(title));
            format!("{place} is {title}{detail}: {why}")
        }
        _ => match place {
            Some(place) => format!("{place}: {why}"),
            None => why.clone(),
        },
    };
    let help = match identified {
        Some(identified) if !identified.refused_features.is_empty() => {
            without_features(identified.format, &identified.refused_features)
        }
        _ => instead.unwrap_or_default().to_owned(),
    };
    advice(reason, "", help)
}

/// How to make a filesystem that pygrub reads.
pub(crate) fn without_features(format: Format, features: &[impl AsRef<str>]) -> String {
    match format {
        Format::Ext2 | Format::Ext3 | Format::Ext4 => {
            let without: Vec<String> = features.iter().map(|feature| format!("^{}", feature.as_ref())).collect();
            format!("recreate the filesystem with mkfs.ext4 -O {}", without.join(","))
        }
        _ => EXT4_BOOT.to_owned(),
    }
}

/// `a gzip file`, `an LVM physical volume`, `btrfs`.
fn with_article(title: &str) -> String {
    let last = title.rsplit(' ').next().unwrap_or_default();
    let counted = ["file", "volume", "image", "member", "archive", "program", "kernel", "table", "filesystem"];
    if !counted.contains(&last) {
        return title.to_owned();
    }
    // By the sound of the first letter, or of the letter's name.
    let spelled = ["LVM", "LZ4", "ELF", "EFI", "MBR", "xz "].iter().any(|word| title.starts_with(word));
    let vowel = title.starts_with(['a', 'e', 'i', 'o']);
    format!("{} {title}", if spelled || vowel { "an" } else { "a" })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles() {
        for (title, with) in [
            ("gzip file", "a gzip file"),
            ("LVM physical volume", "an LVM physical volume"),
            ("ELF file", "an ELF file"),
            ("xz file", "an xz file"),
            ("LUKS encrypted volume", "a LUKS encrypted volume"),
            ("btrfs", "btrfs"),
        ] {
            assert_eq!(with_article(title), with);
        }
    }
}
