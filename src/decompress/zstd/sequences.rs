//! The codes of sequences: what lengths and offsets they stand for.

use super::super::DecodeError;
use super::fse::DecodingTable;

/// A base and how many bits are added to it.
type Code = (u32, u8);

/// Lengths of literals.
#[rustfmt::skip]
const LITERAL_LENGTHS: [Code; 36] = [
    (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 0), (12, 0), (13, 0), (14, 0),
    (15, 0), (16, 1), (18, 1), (20, 1), (22, 1), (24, 2), (28, 2), (32, 3), (40, 3), (48, 4), (64, 6), (128, 7), (256, 8),
    (512, 9), (1024, 10), (2048, 11), (4096, 12), (8192, 13), (16384, 14), (32768, 15), (65536, 16),
];

/// Lengths of matches.
#[rustfmt::skip]
const MATCH_LENGTHS: [Code; 53] = [
    (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 0), (12, 0), (13, 0), (14, 0), (15, 0), (16, 0),
    (17, 0), (18, 0), (19, 0), (20, 0), (21, 0), (22, 0), (23, 0), (24, 0), (25, 0), (26, 0), (27, 0), (28, 0), (29, 0), (30, 0),
    (31, 0), (32, 0), (33, 0), (34, 0), (35, 1), (37, 1), (39, 1), (41, 1), (43, 2), (47, 2), (51, 3), (59, 3), (67, 4), (83, 4),
    (99, 5), (131, 7), (259, 8), (515, 9), (1027, 10), (2051, 11), (4099, 12), (8195, 13), (16387, 14), (32771, 15), (65539, 16),
];

#[rustfmt::skip]
const LITERAL_COUNTS: [i16; 36] = [
    4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
];
#[rustfmt::skip]
const MATCH_COUNTS: [i16; 53] = [
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
];
const OFFSET_COUNTS: [i16; 29] =
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1];

/// What a table of sequences is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SequenceField {
    Literals,
    Offset,
    Match,
}

impl SequenceField {
    fn symbols(self) -> usize {
        match self {
            Self::Literals => LITERAL_LENGTHS.len(),
            Self::Offset => 32,
            Self::Match => MATCH_LENGTHS.len(),
        }
    }

    fn largest_log(self) -> u32 {
        if self == Self::Offset { 8 } else { 9 }
    }

    fn code(self, symbol: u8) -> Option<Code> {
        match self {
            Self::Literals => LITERAL_LENGTHS.get(usize::from(symbol)).copied(),
            Self::Offset => (symbol < 32).then(|| (1 << symbol, symbol)),
            Self::Match => MATCH_LENGTHS.get(usize::from(symbol)).copied(),
        }
    }

    fn predefined(self) -> DecodingTable {
        match self {
            Self::Literals => DecodingTable::new(&LITERAL_COUNTS, 6),
            Self::Offset => DecodingTable::new(&OFFSET_COUNTS, 5),
            Self::Match => DecodingTable::new(&MATCH_COUNTS, 6),
        }
    }

    /// Sets `table` as the two bits of `mode` say, and returns how many bytes the description takes.
    pub(super) fn set_up(self, mode: u8, bytes: &[u8], table: &mut DecodingTable) -> Result<usize, DecodeError> {
        let damaged = || DecodeError::damaged("a table of sequences is damaged");
        let used = match mode & 3 {
            0 => {
                *table = self.predefined();
                0
            }
            1 => {
                let &symbol =
                    bytes.first().filter(|&&symbol| usize::from(symbol) < self.symbols()).ok_or_else(damaged)?;
                *table = DecodingTable::of_one(symbol);
                1
            }
            2 => {
                let (read, used) = DecodingTable::read(bytes, self.symbols(), self.largest_log())?;
                *table = read;
                used
            }
            _ if !table.is_set() => return Err(damaged()),
            _ => return Ok(0),
        };
        if table.set_codes(|symbol| self.code(symbol)) { Ok(used) } else { Err(damaged()) }
    }
}
