//! Lists of blocks: `+1`, `0+1,5+2`, `(hd0)+1`: pieces of a device, named where a file may be named.
//!
//! Measured with grub-emu (`corpus/grub/commands.jsonl`).

use super::machine::{CommandFailure, FileLookup, Machine};
use super::number::{self, NotANumber};
use super::settings::Version;

/// Bytes in a block.
const BLOCK: u64 = 512;
/// The most pieces of one list.
const MOST: usize = 10_000;

/// A piece of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Its first block.
    start: u64,
    /// How many blocks it has, at least one; `None` for all that follow.
    length: Option<u64>,
}

/// What GRUB says of a name that is neither a path nor a list of blocks: it shows what follows the device.
pub(super) fn invalid(path: &[u8]) -> CommandFailure {
    CommandFailure::new(CommandFailure::BAD_FILENAME, format!("invalid file name `{}'", String::from_utf8_lossy(path)))
}

/// `open`: whether a piece may have no length.
fn pieces(list: &[u8], open: bool) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    for text in list.split(|byte| *byte == b',').take(MOST) {
        let (start, rest) = match text {
            [b'+', ..] => (0, text),
            _ => number::read(text).ok()?,
        };
        let rest = rest.strip_prefix(b"+")?;
        let (length, rest) = match number::read(rest) {
            Ok((length, rest)) => (Some(length), rest),
            Err(NotANumber::Unrecognized) if open => (None, rest),
            Err(_) => return None,
        };
        if length == Some(0) || rest.first().is_some_and(|byte| !number::is_space(*byte)) {
            return None;
        }
        pieces.push(Piece { start, length });
    }
    Some(pieces)
}

/// What comes of opening a list.
pub(super) fn find(machine: &dyn Machine, version: Version, device: &[u8], list: &[u8]) -> FileLookup {
    match ranges(machine, version, device, list) {
        Ok(ranges) => {
            let size = ranges.iter().fold(0_u64, |sum, (_, length)| sum.saturating_add(length.saturating_mul(BLOCK)));
            FileLookup::File { size }
        }
        Err(found) => found,
    }
}

/// First block and number of blocks of each piece.
fn ranges(machine: &dyn Machine, version: Version, device: &[u8], list: &[u8]) -> Result<Vec<(u64, u64)>, FileLookup> {
    let pieces = pieces(list, version >= Version::V2_12).ok_or_else(|| FileLookup::Missing(invalid(list)))?;
    let sectors = machine.sectors(device)?;
    let range = |piece: Piece| {
        let length = piece.length.or_else(|| sectors.checked_sub(piece.start))?;
        piece.start.checked_add(length).filter(|end| *end <= sectors)?;
        Some((piece.start, length))
    };
    let ranges: Option<Vec<_>> = pieces.into_iter().map(range).collect();
    ranges.ok_or_else(|| {
        FileLookup::Missing(CommandFailure::new(CommandFailure::BAD_FILENAME, "beyond the total sectors"))
    })
}

/// The first bytes of a list, at most `limit`.
pub(super) fn read(
    machine: &dyn Machine,
    version: Version,
    device: &[u8],
    list: &[u8],
    limit: usize,
) -> Result<Vec<u8>, FileLookup> {
    let mut text = Vec::new();
    for (start, length) in ranges(machine, version, device, list)? {
        let left = limit.saturating_sub(text.len());
        let length = usize::try_from(length.saturating_mul(BLOCK)).unwrap_or(usize::MAX).min(left);
        text.extend(machine.read_sectors(device, start, length)?);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: which of them `crc` of grub-emu 2.06 opens.
    #[test]
    fn lists_as_grub_reads_them() {
        let read = |list: &str| -> Option<Vec<_>> {
            let all = pieces(list.as_bytes(), false)?;
            all.iter().map(|piece| Some((piece.start, piece.length?))).collect()
        };
        for (list, want) in [
            ("+1", vec![(0, 1)]),
            ("0+1", vec![(0, 1)]),
            ("1+1,2+1", vec![(1, 1), (2, 1)]),
            ("0x10+0x1", vec![(16, 1)]),
            ("010+1", vec![(8, 1)]),
        ] {
            assert_eq!(read(list), Some(want), "{list}");
        }
        for list in ["", "+", "+0", "0", "0+", "0+1x", "0+1,", "-1+1", "x+1", "k0"] {
            assert_eq!(read(list), None, "{list}");
        }
    }
}
