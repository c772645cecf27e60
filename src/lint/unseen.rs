//! Filesystems on the disk that pygrub never tries: what a run that found nothing was meant to find.

use super::files::Files;
use super::subject::Subject;
use crate::boot::{Attempt, Mounted};
use crate::config::Cause;
use crate::storage::partitions::{ImageLayout, Origin, PartitionTable, unseen};

/// Where a filesystem is that pygrub does not try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// It fills the disk, and its first sector is taken for a partition table.
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
pub struct Unseen {
    /// Where it is.
    pub place: Where,
    /// Its offset on the disk in bytes; nothing where the filesystem itself was not found.
    pub offset: Option<u64>,
    /// Its name as Linux spells it; empty where it was not found.
    pub filesystem: String,
    /// The configuration on it; nothing where there is none.
    pub configuration: Option<&'static str>,
}

impl Unseen {
    /// Looks for one: with a configuration, or what is an ISO 9660 image or a disk of large sectors beyond doubt.
    pub(super) fn find(subject: &Subject<'_>) -> Option<Self> {
        let raised = subject.failed_by()?;
        let nothing_found = matches!(
            raised.cause,
            Cause::NoFilesystem | Cause::NoConfiguration | Cause::PartitionTable | Cause::NothingFound
        );
        if !nothing_found || subject.run.chosen.is_some() || subject.run.attempts.iter().any(|a| a.found.is_some()) {
            return None;
        }
        let table = subject.run.table.as_ref().filter(|table| table.layout != ImageLayout::Raw)?;
        let look = Look { subject, table };
        look.at_start().or_else(|| look.large_sectors()).or_else(|| look.logical()).or_else(|| look.skipped())
    }

    /// The option with which pygrub tries it, for a sentence.
    pub(super) fn option(&self) -> Option<String> {
        let offset = self.offset?;
        self.configuration.map(|_| format!("call pygrub with bootloader_args = [\"--offset={offset}\"]"))
    }
}

struct Look<'a, 'b> {
    subject: &'a Subject<'b>,
    table: &'a PartitionTable,
}

impl Look<'_, '_> {
    fn mount(&self, place: Where, offset: u64) -> Option<Unseen> {
        if self.table.candidates.iter().any(|candidate| candidate.offset == u128::from(offset)) {
            return None;
        }
        let files = Files::mount(self.subject.volumes()?, offset)?;
        let configuration = files.configuration(self.subject.release());
        Some(Unseen { place, offset: Some(offset), filesystem: files.filesystem().to_owned(), configuration })
    }

    fn bootable(&self, place: Where, offset: u64) -> Option<Unseen> {
        self.mount(place, offset).filter(|unseen| unseen.configuration.is_some())
    }

    fn at_start(&self) -> Option<Unseen> {
        let unseen = self.mount(Where::WholeDisk, 0)?;
        if unseen.filesystem == "iso9660" {
            return Some(Unseen { place: Where::HybridIso, ..unseen });
        }
        // Where a slot leads to something, the table is one, and what is at the start is left from before.
        let leads_nowhere = |attempt: &Attempt| matches!(attempt.mounted, Mounted::No { identified: None, .. });
        let code = self.subject.run.attempts.iter().all(leads_nowhere);
        Some(unseen).filter(|unseen| code && unseen.configuration.is_some())
    }

    fn large_sectors(&self) -> Option<Unseen> {
        let place = Where::LargeSectors;
        let disk = self.subject.volumes()?.disk()?;
        if let Some(offsets) = unseen::gpt_of_large_sectors(disk).ok()? {
            let found = offsets.into_iter().find_map(|offset| self.bootable(place, offset));
            let none = Unseen { place, offset: None, filesystem: String::new(), configuration: None };
            return Some(found.unwrap_or(none));
        }
        let slots = self.table.candidates.iter().filter(|candidate| {
            matches!(candidate.origin, Origin::MbrSlot { .. }) && u64::try_from(candidate.offset).is_ok()
        });
        slots
            .map(|candidate| unseen::with_large_sectors(u64::try_from(candidate.offset).unwrap_or(u64::MAX)))
            .find_map(|offset| self.bootable(place, offset))
    }

    fn logical(&self) -> Option<Unseen> {
        let disk = self.subject.volumes()?.disk()?;
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

    fn skipped(&self) -> Option<Unseen> {
        let slots = self.table.skipped.iter().filter(|skipped| skipped.start != 0);
        slots.into_iter().find_map(|skipped| {
            let place = Where::Skipped { slot: skipped.slot, partition_type: skipped.partition_type };
            self.bootable(place, u64::from(skipped.start) * 512)
        })
    }
}
