//! The offsets pygrub tries on a disk, in its order, for every release: its own reading of the partition table, which is
//! not what Linux reads (sectors always have 512 bytes, the GPT is read without a check, logical partitions are not seen).

mod gpt;
mod hybrid_iso;
pub(crate) mod linux;
mod little_endian;
mod mbr;
mod unpack;
pub(crate) mod unseen;
mod vtoc;

use std::io;

use super::source::Source;
use crate::python::Python;
use crate::size::to_usize;

/// Bytes in a sector for pygrub, whatever the disk says.
const SECTOR: u64 = 512;

/// The largest offset that `xenfsimage.open` takes: a signed 64-bit number.
const MAX_OPEN_OFFSET: u128 = (1 << 63) - 1;

/// Which partitions of a table a release looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableRules {
    /// 4.0: one slot of the MBR, the first active one, or slot 1 where none is active (even where it is empty). A missing
    /// Solaris label is fatal. A type 0xee slot leads to GPT entry 1, read at byte 1024.
    FirstActive,
    /// 4.1.0 to 4.1.2: every used slot; a type 0xee slot leads to GPT entry 1, read at byte 1024.
    GptEntryZero,
    /// 4.1.3 and later: every used slot; a type 0xee slot leads to all entries of the GPT and ends the table.
    All,
}

/// What a release does where the disk is partitioned to it and has no partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenEmpty {
    /// 4.1.0 to 4.2.4, 4.3.0 to 4.3.2, 4.4.0: nothing is tried, then `NameError: name 'fs' is not defined`.
    NameError,
    /// 4.2.5, 4.3.3 and 4.3.4, 4.4.1 to 4.4.4, 4.5.0 to 4.5.2, 4.6.0 and 4.6.1: nothing is tried, and the run ends as it does
    /// when every partition failed.
    Nothing,
    /// From 4.5.3, 4.6.3 and 4.7.0 on: the whole disk is tried at offset 0.
    WholeDisk,
}

/// What differs between releases, as plain data; the caller fills it from its table of releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionRules {
    /// Which partitions are looked at.
    pub table: TableRules,
    /// Whether an ISO 9660 image with an MBR is tried at offset 0 first: 4.2 and later under Python 2. Under Python 3 pygrub
    /// compares bytes with a string there, which is never true.
    pub hybrid_iso: bool,
    /// Whether an active partition goes to the front of the list: 4.1 and later under Python 2. Under Python 3 the
    /// comparison is never true, and the order is that of the table. Without meaning for [`TableRules::FirstActive`].
    pub active_first: bool,
    /// What happens where the list stays empty.
    pub when_empty: WhenEmpty,
    /// The wording of exceptions.
    pub python: Python,
}

/// What the disk is to pygrub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageLayout {
    /// No MBR signature (or fewer than 512 bytes): one filesystem from offset 0 on.
    Raw,
    /// A partition table.
    Mbr,
    /// A partition table on an ISO 9660 image.
    HybridIso,
}

/// Where a candidate comes from. Slots and GPT entries count from 1, slices from 0, as Linux and Solaris count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The disk has no partition table.
    WholeDisk,
    /// The disk is an ISO 9660 image as well ([`ImageLayout::HybridIso`]).
    HybridIso,
    /// The partition table lists no partition that pygrub takes ([`WhenEmpty::WholeDisk`]).
    NothingListed,
    /// A slot of the MBR.
    MbrSlot {
        /// 1 to 4.
        slot: u8,
        /// The type byte; pygrub ignores it here.
        partition_type: u8,
        /// Whether the flag byte is 0x80.
        active: bool,
    },
    /// The root slice of the Solaris label in a slot of the MBR.
    SolarisSlice {
        /// 1 to 4.
        slot: u8,
        /// 0xbf or 0x82.
        partition_type: u8,
        /// From 0.
        slice: u16,
    },
    /// An entry of the GPT; the first one where the candidate stands for several ([`Candidate::count`]).
    GptEntry {
        /// From 1.
        number: u32,
    },
}

/// One offset that pygrub tries, or several equal ones in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// In bytes. A GPT can hold one that no file has: below 2^73.
    pub offset: u128,
    /// How many times in a row it is tried: 124 for the unused entries of a GPT with four partitions (all at offset 0), 1 else.
    pub count: u32,
    /// Where it comes from.
    pub origin: Origin,
}

/// Why a slot of the MBR gives no candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// It starts at sector 0: pygrub treats it as unused, whatever its type.
    StartsAtZero,
    /// Type 0xbf or 0x82 without a Solaris label in its second sector; 0x82 is Linux swap nowadays.
    NoSolarisLabel,
    /// Type 0xbf or 0x82 with a Solaris label that has no root slice.
    NoSolarisRootSlice,
    /// It stands after a slot of type 0xee, and pygrub reads no further than that.
    BehindGpt,
    /// 4.0 takes one slot, and it is another one.
    NotChosen,
}

/// A slot of the MBR that gives no candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// 1 to 4.
    pub slot: u8,
    /// The type byte.
    pub partition_type: u8,
    /// First sector.
    pub start: u32,
    /// Number of sectors.
    pub sectors: u32,
    /// Why.
    pub reason: SkipReason,
}

/// What pygrub was reading when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableSector {
    /// The Solaris label of this slot of the MBR (1 to 4).
    SolarisLabel {
        /// 1 to 4.
        slot: u8,
    },
    /// The header of the GPT, in the second sector.
    GptHeader,
    /// The table of the GPT.
    GptEntry {
        /// From 1.
        number: u32,
    },
    /// The list of offsets, which stayed empty.
    EmptyList,
}

/// Why pygrub tries nothing at all: the list is made outside of the loop that swallows exceptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartitionsError {
    /// A Python exception ends the program, with exit status 1.
    Raised {
        /// As Python prints it: `struct.error`, `NameError`, `RuntimeError`, `OverflowError`, `OSError`.
        exception: &'static str,
        /// As Python prints it after the colon.
        message: String,
        /// What was being read.
        place: TableSector,
    },
    /// pregrub cannot tell; the reason is a clause without a full stop.
    Undecided {
        /// What is too much.
        reason: String,
    },
}

/// pygrub's reading of a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionTable {
    /// What the disk is to it.
    pub layout: ImageLayout,
    /// What it tries, in order. Empty where there is a failure.
    pub candidates: Vec<Candidate>,
    /// The slots of the MBR that it does not try, in slot order. Complete only where there is no failure.
    pub skipped: Vec<Skipped>,
    /// Why it tries nothing.
    pub failure: Option<PartitionsError>,
}

impl Candidate {
    fn once(offset: u128, origin: Origin) -> Self {
        Self { offset, count: 1, origin }
    }

    /// The offset as `xenfsimage.open` takes it.
    ///
    /// # Errors
    ///
    /// The Python exception for an offset above 2^63-1, which a GPT entry from sector 2^54 on gives: type and message.
    /// Measured with 4.17 under Python 3.11; Python 2.7's wording is from its source. pygrub swallows it from 4.1 on.
    pub fn open_offset(&self, python: Python) -> Result<u64, (&'static str, &'static str)> {
        if self.offset > MAX_OPEN_OFFSET {
            return Err((
                "OverflowError",
                match python {
                    Python::Two => "long too big to convert",
                    Python::Three => "int too big to convert",
                },
            ));
        }
        Ok(u64::try_from(self.offset).unwrap_or(u64::MAX))
    }
}

impl PartitionTable {
    /// Every offset that is tried, in order, repeated ones repeated.
    pub fn offsets(&self) -> impl Iterator<Item = u128> + '_ {
        let times = |candidate: &Candidate| to_usize(u64::from(candidate.count));
        self.candidates.iter().flat_map(move |candidate| std::iter::repeat_n(candidate.offset, times(candidate)))
    }
}

/// What a reader of one structure runs into.
enum Stop {
    /// The disk could not be read.
    Io(io::Error),
    /// The run of pygrub ends here.
    Failure(PartitionsError),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Python's `os.lseek`, which fails past the end of a block device but not of a file. Measured with 4.17 on a loop device.
fn seek(source: &dyn Source, to: u64, place: TableSector) -> Result<(), Stop> {
    if source.is_block_device() && to > source.len() {
        return Err(Stop::Failure(PartitionsError::Raised {
            exception: "OSError",
            message: "[Errno 22] Invalid argument".to_owned(),
            place,
        }));
    }
    Ok(())
}

/// Finds the offsets that pygrub tries on a disk.
///
/// Measured with 4.17's own function (tests/storage/partitions.rs) and, for the other releases, with the recorded runs in
/// corpus/conformance/runs.jsonl.
///
/// # Errors
///
/// Where the disk cannot be read. What pygrub raises is part of the result.
pub fn partition_table(source: &dyn Source, rules: &PartitionRules) -> io::Result<PartitionTable> {
    let Some(record) = mbr::BootRecord::read(source)? else {
        return Ok(PartitionTable {
            layout: ImageLayout::Raw,
            candidates: vec![Candidate::once(0, Origin::WholeDisk)],
            skipped: Vec::new(),
            failure: None,
        });
    };
    let mut table =
        PartitionTable { layout: ImageLayout::Mbr, candidates: Vec::new(), skipped: Vec::new(), failure: None };
    if rules.hybrid_iso && hybrid_iso::has_descriptor(source)? {
        table.layout = ImageLayout::HybridIso;
        table.candidates.push(Candidate::once(0, Origin::HybridIso));
    }
    let done = match rules.table {
        TableRules::FirstActive => mbr::first_active(source, &record, rules, &mut table),
        TableRules::GptEntryZero | TableRules::All => mbr::all_slots(source, &record, rules, &mut table),
    };
    match done {
        Ok(()) => {}
        Err(Stop::Io(error)) => return Err(error),
        Err(Stop::Failure(failure)) => {
            table.candidates.clear();
            table.failure = Some(failure);
            return Ok(table);
        }
    }
    if table.candidates.is_empty() {
        match rules.when_empty {
            WhenEmpty::NameError => {
                table.failure = Some(PartitionsError::Raised {
                    exception: "NameError",
                    message: "name 'fs' is not defined".to_owned(),
                    place: TableSector::EmptyList,
                });
            }
            WhenEmpty::Nothing => {}
            WhenEmpty::WholeDisk => table.candidates.push(Candidate::once(0, Origin::NothingListed)),
        }
    }
    Ok(table)
}
