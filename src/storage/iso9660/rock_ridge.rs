//! Rock Ridge (RRIP) in the system use entries (SUSP) after a name: another name, and a mode.

use std::io;

use super::directory_record::{DirectoryRecord, RecordKind, u32_at};
use super::sectors::{SIZE, Sectors};
use crate::size::to_u64;

const HEADER: usize = 4;
/// Bits of the entry RR, which says what else there is.
const POSIX: u8 = 1;
const NAME: u8 = 8;
/// The lengths of entries that are looked at; shorter ones are passed over.
const SHORTEST_NAME: usize = 5;
const SHORTEST_POSIX: usize = 36;
const CONTINUATION: usize = 28;

/// What a record is called and what it is.
#[derive(Debug)]
pub(crate) struct RockRidgeName {
    /// The name to compare with.
    pub(crate) name: Vec<u8>,
    pub(crate) kind: RecordKind,
    /// An entry claims to be longer than what it stands in, and ended the search. Releases before XSA-497 was fixed read on after.
    pub(crate) overlong: bool,
}

/// A continuation area (the entry CE).
#[derive(Clone, Copy, Debug)]
struct Area {
    sector: u32,
    start: usize,
    length: usize,
}

/// Names a record as the plugin does. It stops as soon as it has a name and a mode, so that a name in several NM entries
/// is only its first piece; a broken entry ends the search, with its continuation. Nothing is returned where
/// the budget is spent before.
pub(crate) fn name(sectors: &Sectors, record: &DirectoryRecord<'_>) -> io::Result<Option<RockRidgeName>> {
    let mut search = Search { name: record.name.to_vec(), kind: record.kind, wanted: POSIX | NAME, overlong: false };
    let mut next = search.scan(record.system_use);
    while let Some(area) = next {
        if sectors.budget().spend(to_u64(area.length)).is_err() {
            return Ok(None);
        }
        let Some(sector) = sectors.read(area.sector)? else { break };
        let entries = sector.get(area.start..).and_then(|rest| rest.get(..area.length));
        next = search.scan(entries.unwrap_or_default());
    }
    Ok(Some(RockRidgeName { name: search.name, kind: search.kind, overlong: search.overlong }))
}

struct Search {
    name: Vec<u8>,
    kind: RecordKind,
    /// The bits of what is not found yet.
    wanted: u8,
    overlong: bool,
}

impl Search {
    /// Goes through the entries of one area and says where they go on, if they do.
    fn scan(&mut self, mut entries: &[u8]) -> Option<Area> {
        let mut next = None;
        while self.wanted != 0 && entries.len() >= HEADER {
            let length = usize::from(entries[2]);
            if length < HEADER || length > entries.len() {
                self.overlong |= length > entries.len();
                return None;
            }
            let (entry, rest) = entries.split_at(length);
            entries = rest;
            match (&entry[..2], entry[3]) {
                (b"RR", 1) if length > HEADER => self.wanted &= entry[HEADER],
                (b"NM", 1) if length >= SHORTEST_NAME => {
                    self.name = entry[SHORTEST_NAME..].to_vec();
                    self.wanted &= !NAME;
                }
                (b"PX", 1) if length >= SHORTEST_POSIX => {
                    self.kind = match u32_at(entry, HEADER) & 0o170_000 {
                        0o100_000 => RecordKind::File,
                        0o040_000 => RecordKind::Directory,
                        _ => RecordKind::Other,
                    };
                    self.wanted &= !POSIX;
                }
                (b"CE", 1) if length >= CONTINUATION => next = area(entry),
                _ => {}
            }
        }
        next.filter(|_| self.wanted != 0)
    }
}

/// The area that an entry CE names; none where it does not fit in its sector.
fn area(entry: &[u8]) -> Option<Area> {
    let start = usize::try_from(u32_at(entry, 12)).ok()?;
    let length = usize::try_from(u32_at(entry, 20)).ok()?;
    let fits = start.checked_add(length).is_some_and(|end| end <= SIZE);
    fits.then(|| Area { sector: u32_at(entry, 4), start, length })
}
