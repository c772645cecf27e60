//! The four slots of the master boot record.

use std::io;

use super::little_endian::u32_at;
use super::vtoc::{self, Label};
use super::{
    Candidate, Origin, PartitionRules, PartitionTable, PartitionsError, SECTOR, SkipReason, Skipped, Stop, TableRules,
    TableSector, gpt,
};
use crate::size::to_usize;
use crate::storage::source::Source;

const SIGNATURE_AT: usize = 510;
const SIGNATURE: [u8; 2] = [0x55, 0xaa];
/// The slots by their numbers, and where each begins.
const SLOTS: [(u8, usize); 4] = [(1, 446), (2, 462), (3, 478), (4, 494)];
const ACTIVE: u8 = 0x80;

const TYPE_SOLARIS: u8 = 0xbf;
/// Solaris' old type, and Linux swap.
const TYPE_SOLARIS_OLD: u8 = 0x82;
const TYPE_GPT: u8 = 0xee;

/// The first sector of a disk that pygrub takes for partitioned.
pub(super) struct BootRecord {
    slots: [Slot; 4],
}

#[derive(Clone, Copy)]
struct Slot {
    number: u8,
    active: bool,
    partition_type: u8,
    start: u32,
    sectors: u32,
}

impl BootRecord {
    /// Nothing where the disk is shorter than a sector or has no signature.
    pub(super) fn read(source: &dyn Source) -> io::Result<Option<Self>> {
        let mut sector = [0; to_usize(SECTOR)];
        if source.read_at(0, &mut sector)? < sector.len() || sector[SIGNATURE_AT..] != SIGNATURE {
            return Ok(None);
        }
        let slots = SLOTS.map(|(number, at)| {
            let slot = &sector[at..];
            Slot {
                number,
                active: slot[0] == ACTIVE,
                partition_type: slot[4],
                start: u32_at(slot, 8),
                sectors: u32_at(slot, 12),
            }
        });
        Ok(Some(Self { slots }))
    }
}

impl Slot {
    fn offset(self) -> u64 {
        u64::from(self.start) * SECTOR
    }

    fn is_solaris(self) -> bool {
        matches!(self.partition_type, TYPE_SOLARIS | TYPE_SOLARIS_OLD)
    }

    fn skipped(self, reason: SkipReason) -> Skipped {
        Skipped {
            slot: self.number,
            partition_type: self.partition_type,
            start: self.start,
            sectors: self.sectors,
            reason,
        }
    }

    fn candidate(self) -> Candidate {
        let origin = Origin::MbrSlot { slot: self.number, partition_type: self.partition_type, active: self.active };
        Candidate::once(u128::from(self.offset()), origin)
    }

    fn slice_candidate(self, slice: u16, start: u64) -> Candidate {
        let origin = Origin::SolarisSlice { slot: self.number, partition_type: self.partition_type, slice };
        Candidate::once(u128::from(self.offset()).saturating_add(u128::from(start)), origin)
    }
}

/// 4.0: the first active slot, or the first slot.
pub(super) fn first_active(
    source: &dyn Source,
    record: &BootRecord,
    rules: &PartitionRules,
    table: &mut PartitionTable,
) -> Result<(), Stop> {
    let chosen = record.slots.iter().find(|slot| slot.active).copied().unwrap_or(record.slots[0]);
    let others = record.slots.iter().filter(|slot| slot.number != chosen.number);
    table.skipped.extend(others.map(|slot| slot.skipped(SkipReason::NotChosen)));

    let candidate = if chosen.is_solaris() {
        let message = match vtoc::read(source, chosen.offset(), chosen.number, rules.python)? {
            Label::Root { slice, start } => {
                table.candidates.push(chosen.slice_candidate(slice, start));
                return Ok(());
            }
            Label::NoMagic => "Invalid disklabel magic",
            Label::NoRootSlice => "No root slice found",
        };
        return Err(Stop::Failure(PartitionsError::Raised {
            exception: "RuntimeError",
            message: message.to_owned(),
            place: TableSector::SolarisLabel { slot: chosen.number },
        }));
    } else if chosen.partition_type == TYPE_GPT {
        Candidate::once(gpt::first_entry(source, rules.python)?, Origin::GptEntry { number: 1 })
    } else {
        chosen.candidate()
    };
    table.candidates.push(candidate);
    Ok(())
}

/// 4.1 and later: every slot that does not start at sector 0.
pub(super) fn all_slots(
    source: &dyn Source,
    record: &BootRecord,
    rules: &PartitionRules,
    table: &mut PartitionTable,
) -> Result<(), Stop> {
    let mut slots = record.slots.iter();
    for slot in slots.by_ref() {
        if slot.start == 0 {
            table.skipped.push(slot.skipped(SkipReason::StartsAtZero));
            continue;
        }
        let candidate = if slot.is_solaris() {
            match vtoc::read(source, slot.offset(), slot.number, rules.python)? {
                Label::Root { slice, start } => slot.slice_candidate(slice, start),
                Label::NoMagic => {
                    table.skipped.push(slot.skipped(SkipReason::NoSolarisLabel));
                    continue;
                }
                Label::NoRootSlice => {
                    table.skipped.push(slot.skipped(SkipReason::NoSolarisRootSlice));
                    continue;
                }
            }
        } else if slot.partition_type == TYPE_GPT {
            if rules.table == TableRules::All {
                gpt::all_entries(source, rules.python, &mut table.candidates)?;
                break;
            }
            Candidate::once(gpt::first_entry(source, rules.python)?, Origin::GptEntry { number: 1 })
        } else {
            slot.candidate()
        };
        if rules.active_first && slot.active {
            table.candidates.insert(0, candidate);
        } else {
            table.candidates.push(candidate);
        }
    }
    table.skipped.extend(slots.map(|slot| slot.skipped(SkipReason::BehindGpt)));
    Ok(())
}
