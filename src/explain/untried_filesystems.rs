//! Filesystems on the disk that pygrub never tries: what a run that found nothing was meant to find.

use super::advice::{Advice, advice};
use super::remedy::Remedy;
use super::trial;
use crate::boot::{Attempt, Mounted, Run};
use crate::config::Cause;
use crate::explain::files::Files;
use crate::storage::mount::Volumes;
use crate::storage::partitions::{ImageLayout, Origin, PartitionTable, unseen};

/// Where a filesystem is that pygrub does not try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// It fills the disk, and its first sector is treated as a partition table.
    WholeDisk,
    /// An ISO 9660 image with a partition table in front.
    HybridIso,
    /// In a partition that is counted in sectors of 4096 bytes.
    LargeSectors,
    /// In a logical partition.
    Logical {
        /// As Linux numbers it: from 5 on.
        number: usize,
    },
    /// In a slot of the MBR that pygrub skips.
    Skipped {
        /// 1 to 4.
        slot: u8,
        /// The type byte.
        partition_type: u8,
    },
}

/// A filesystem that pygrub would mount if it tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untried {
    /// Where it is.
    pub place: Where,
    /// Its offset on the disk in bytes; nothing where the filesystem itself was not found.
    pub offset: Option<u64>,
    /// Its name as Linux spells it; empty where it was not found.
    pub filesystem: String,
    /// The configuration on it; nothing where there is none.
    pub configuration: Option<&'static str>,
}

impl Untried {
    /// Looks for one: with a configuration, or what is an ISO 9660 image or a disk of large sectors beyond doubt.
    pub(crate) fn find(run: &Run, volumes: &dyn Volumes) -> Option<Self> {
        let raised = run.failure.as_ref()?.raised()?;
        let nothing_found = matches!(
            raised.cause,
            Cause::NoFilesystem | Cause::NoConfiguration | Cause::PartitionTable | Cause::NothingFound
        );
        if !nothing_found || run.chosen.is_some() || run.attempts.iter().any(|a| a.found.is_some()) {
            return None;
        }
        let table = run.table.as_ref().filter(|table| table.layout != ImageLayout::Raw)?;
        let look = Look { run, volumes, table };
        look.at_start().or_else(|| look.large_sectors()).or_else(|| look.logical()).or_else(|| look.skipped())
    }

    /// What is wrong, and the way out: the option with which pygrub looks there only where a run with it boots.
    pub(super) fn advice(&self, run: &Run, volumes: &dyn Volumes) -> Advice {
        let boots = self.offset.filter(|offset| trial::boots_at(run, volumes, *offset));
        let argument = boots.map(|offset| format!("--offset={offset}"));
        let or = |argument: Option<String>, otherwise: &str| match argument {
            Some(argument) => Remedy::BootloaderArguments { argument, otherwise: Some(otherwise.to_owned()) },
            None => otherwise.into(),
        };
        let configuration = self.configuration.unwrap_or_default();
        let filesystem = &self.filesystem;
        match self.place {
            Where::WholeDisk => advice(
                format!(
                    "the {filesystem} filesystem fills the whole disk, and pygrub treats its first sector as a partition table: \
                     it never looks at the start of the disk, where {configuration} is"
                ),
                "",
                or(
                    argument,
                    "overwrite the bytes 446 to 509 of the disk with zeros: only a boot loader's code is there, which Xen does \
                     not run",
                ),
            ),
            Where::HybridIso => advice(
                "this is a hybrid ISO image, and pygrub tries its partitions only, not the ISO 9660 filesystem at its start",
                "",
                match self.configuration {
                    Some(_) => or(argument, "make the image without a partition table"),
                    None => "there is no configuration that pygrub knows on the image either: boot the kernel on it with kernel= \
                             and ramdisk= in the domain's configuration"
                        .into(),
                },
            ),
            Where::LargeSectors => advice(
                "the disk was partitioned for sectors of 4096 bytes, and pygrub counts in sectors of 512: it looks for every \
                 partition in the wrong place",
                "",
                or(
                    argument,
                    "partition the disk for sectors of 512 bytes, or format the whole disk as ext4, without partitions",
                ),
            ),
            Where::Logical { number } => advice(
                format!(
                    "the configuration {configuration} is on logical partition {number} ({filesystem}), and pygrub does not look \
                     at logical partitions"
                ),
                "",
                or(argument, "make the boot partition a primary one"),
            ),
            Where::Skipped { slot, partition_type: partition_type @ (0x82 | 0xbf) } => advice(
                format!(
                    "the configuration {configuration} is in MBR slot {slot} ({filesystem}), which pygrub skips: its type \
                     {partition_type:02x} is Solaris for pygrub, and there is no Solaris label"
                ),
                "",
                format!("give it the type 83: sfdisk --part-type DISK {slot} 83"),
            ),
            Where::Skipped { slot, .. } => advice(
                format!(
                    "the configuration {configuration} is in MBR slot {slot} ({filesystem}), which pygrub skips: it stands after \
                     a slot of type ee, or this release takes another one"
                ),
                "",
                argument.map_or_else(|| "".into(), |argument| Remedy::BootloaderArguments { argument, otherwise: None }),
            ),
        }
    }
}

struct Look<'a> {
    run: &'a Run,
    volumes: &'a dyn Volumes,
    table: &'a PartitionTable,
}

impl Look<'_> {
    fn mount(&self, place: Where, offset: u64) -> Option<Untried> {
        if self.table.candidates.iter().any(|candidate| candidate.offset == u128::from(offset)) {
            return None;
        }
        let files = Files::mount(self.volumes, offset)?;
        let configuration = files.configuration(self.run.options.release);
        Some(Untried { place, offset: Some(offset), filesystem: files.filesystem().to_owned(), configuration })
    }

    fn bootable(&self, place: Where, offset: u64) -> Option<Untried> {
        self.mount(place, offset).filter(|untried| untried.configuration.is_some())
    }

    fn at_start(&self) -> Option<Untried> {
        let untried = self.mount(Where::WholeDisk, 0)?;
        if untried.filesystem == "iso9660" {
            return Some(Untried { place: Where::HybridIso, ..untried });
        }
        // Where a slot leads to something, the table is one, and what is at the start is left from before.
        let leads_nowhere = |attempt: &Attempt| matches!(attempt.mounted, Mounted::No { identified: None, .. });
        let code = self.run.attempts.iter().all(leads_nowhere);
        Some(untried).filter(|untried| code && untried.configuration.is_some())
    }

    fn large_sectors(&self) -> Option<Untried> {
        let place = Where::LargeSectors;
        let disk = self.volumes.disk()?;
        if let Some(offsets) = unseen::gpt_of_large_sectors(disk).ok()? {
            let found = offsets.into_iter().find_map(|offset| self.bootable(place, offset));
            let none = Untried { place, offset: None, filesystem: String::new(), configuration: None };
            return Some(found.unwrap_or(none));
        }
        let slots = self.table.candidates.iter().filter(|candidate| {
            matches!(candidate.origin, Origin::MbrSlot { .. }) && u64::try_from(candidate.offset).is_ok()
        });
        slots
            .map(|candidate| unseen::with_large_sectors(u64::try_from(candidate.offset).unwrap_or(u64::MAX)))
            .find_map(|offset| self.bootable(place, offset))
    }

    fn logical(&self) -> Option<Untried> {
        let disk = self.volumes.disk()?;
        self.table.candidates.iter().find_map(|candidate| {
            let Origin::MbrSlot { partition_type, .. } = candidate.origin else { return None };
            if !unseen::is_extended(partition_type) {
                return None;
            }
            let offsets = unseen::logical(disk, u64::try_from(candidate.offset).ok()?).ok()?;
            let mut numbered = offsets.into_iter().zip(5..);
            numbered.find_map(|(offset, number)| self.bootable(Where::Logical { number }, offset))
        })
    }

    fn skipped(&self) -> Option<Untried> {
        let slots = self.table.skipped.iter().filter(|skipped| skipped.start != 0);
        slots.into_iter().find_map(|skipped| {
            let place = Where::Skipped { slot: skipped.slot, partition_type: skipped.partition_type };
            self.bootable(place, u64::from(skipped.start) * 512)
        })
    }
}
