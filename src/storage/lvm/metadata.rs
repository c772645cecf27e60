//! Where the metadata of a physical volume lies: its label, its header, its first metadata area in use.

use std::io;

use crate::size::to_u64;
use crate::storage::source::Volume;

const SECTOR: u64 = 512;
const AREA_MAGIC: &[u8] = b" LVM2 x[5A%r0N*>";
/// A metadata area is 1 MiB by default; the text of a group with hundreds of volumes has some 100 KiB.
const TEXT_AT_MOST: u64 = 1 << 20;
/// How many areas a header lists at most.
const AREAS_AT_MOST: usize = 16;

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

fn read(volume: &Volume, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    let count = volume.read_at(at, &mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// The UUID of the physical volume, with its hyphens, and the text of the metadata.
pub(super) fn read_metadata(volume: &Volume) -> io::Result<Option<(String, Vec<u8>)>> {
    let head = read(volume, 0, 4 * SECTOR)?;
    let label = [0, 512, 1024, 1536].into_iter().find(|&at| {
        let label = head.get(at..).unwrap_or_default();
        label.starts_with(b"LABELONE") && label.get(24..32) == Some(b"LVM2 001")
    });
    let Some(label) = label else { return Ok(None) };
    let Some(offset) = le32(&head, label.saturating_add(20)) else { return Ok(None) };
    let header = read(volume, to_u64(label).saturating_add(u64::from(offset)), SECTOR)?;
    let Some(uuid) = header.get(..32).map(hyphenated) else { return Ok(None) };
    // After the size come two lists of offset and size, each ended by zeros: the data, the metadata.
    let mut at = 40_usize;
    for _ in 0..AREAS_AT_MOST {
        let offset = le64(&header, at);
        at = at.saturating_add(16);
        if offset.is_none_or(|offset| offset == 0) {
            break;
        }
    }
    for _ in 0..AREAS_AT_MOST {
        let Some((start, size)) = le64(&header, at).zip(le64(&header, at.saturating_add(8))) else { break };
        if start == 0 {
            break;
        }
        at = at.saturating_add(16);
        if let Some(text) = area(volume, start, size)? {
            return Ok(Some((uuid, text)));
        }
    }
    Ok(None)
}

/// The text in a metadata area. `None` if the area has none, or is ignored.
fn area(volume: &Volume, start: u64, size: u64) -> io::Result<Option<Vec<u8>>> {
    let header = read(volume, start, SECTOR)?;
    if header.get(4..20) != Some(AREA_MAGIC) {
        return Ok(None);
    }
    let (Some(offset), Some(length), Some(flags)) = (le64(&header, 40), le64(&header, 48), le32(&header, 60)) else {
        return Ok(None);
    };
    if offset == 0 || length == 0 || length > TEXT_AT_MOST || flags & 1 != 0 || offset >= size {
        return Ok(None);
    }
    // The area is a ring after its header.
    let first = length.min(size.saturating_sub(offset));
    let Some(at) = start.checked_add(offset) else { return Ok(None) };
    let mut text = read(volume, at, first)?;
    text.extend(read(volume, start.saturating_add(SECTOR), length.saturating_sub(first))?);
    Ok(Some(text))
}

/// As the metadata spells it: `aaaaaa-bbbb-cccc-dddd-eeee-ffff-gggggg`.
fn hyphenated(uuid: &[u8]) -> String {
    let uuid = String::from_utf8_lossy(uuid);
    let mut groups = Vec::new();
    let mut rest: &str = &uuid;
    for length in [6, 4, 4, 4, 4, 4, 6] {
        let Some((group, after)) = rest.split_at_checked(length) else { return uuid.into_owned() };
        groups.push(group);
        rest = after;
    }
    groups.join("-")
}
