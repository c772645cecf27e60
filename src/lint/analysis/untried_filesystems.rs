//! Filesystems on the disk that pygrub never tries: what a run that found nothing was meant to find.

use crate::boot::{Attempt, Mounted};
use crate::config::Cause;
use crate::lint::analysis::context::LintContext;
use crate::lint::analysis::files::Files;
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
    pub(in crate::lint) fn find(context: &LintContext<'_>) -> Option<Self> {
        let raised = context.failed_by()?;
        let nothing_found = matches!(
            raised.cause,
            Cause::NoFilesystem | Cause::NoConfiguration | Cause::PartitionTable | Cause::NothingFound
        );
        if !nothing_found || context.run.chosen.is_some() || context.run.attempts.iter().any(|a| a.found.is_some()) {
            return None;
        }
        let table = context.run.table.as_ref().filter(|table| table.layout != ImageLayout::Raw)?;
        let look = Look { context, table };
        look.at_start().or_else(|| look.large_sectors()).or_else(|| look.logical()).or_else(|| look.skipped())
    }

    /// The option with which pygrub tries it, for a sentence.
    pub(in crate::lint) fn option(&self) -> Option<String> {
        let offset = self.offset?;
        self.configuration.map(|_| format!("call pygrub with bootloader_args = [\"--offset={offset}\"]"))
    }
}

struct Look<'a, 'b> {
    context: &'a LintContext<'b>,
    table: &'a PartitionTable,
}

impl Look<'_, '_> {
    fn mount(&self, place: Where, offset: u64) -> Option<Untried> {
        if self.table.candidates.iter().any(|candidate| candidate.offset == u128::from(offset)) {
            return None;
        }
        let files = Files::mount(self.context.volumes()?, offset)?;
        let configuration = files.configuration(self.context.release());
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
        let code = self.context.run.attempts.iter().all(leads_nowhere);
        Some(untried).filter(|untried| code && untried.configuration.is_some())
    }

    fn large_sectors(&self) -> Option<Untried> {
        let place = Where::LargeSectors;
        let disk = self.context.volumes()?.disk()?;
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
        let disk = self.context.volumes()?.disk()?;
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
