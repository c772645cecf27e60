//! ZFS: the label at the start of a member of a pool, which describes the pool and holds a ring of uberblocks.

use std::io;

use super::head::Head;
use super::{EXT4_BOOT, Format, Identified};
use crate::size::to_usize;

/// The description of the pool in a label: an XDR list of names and values.
const DESCRIPTION_AT: u64 = 16 << 10;
const RING_AT: u64 = 128 << 10;
const RING_LENGTH: usize = 128 << 10;
const UBERBLOCK_LENGTH: usize = 1024;
const UBERBLOCK_MAGIC: u64 = 0x00ba_b10c;
/// The newest pool that pygrub's plugin takes.
const MAX_VERSION: u64 = 24;

/// The four labels where the plugin looks for them. To it the length of the partition is 0, and a sector number has 32
/// bits: so the last two, which belong to the end, are looked for near 2 TiB.
const LABELS: [u64; 4] = [0, 256 << 10, ((1 << 32) - 1024) * 512, ((1 << 32) - 512) * 512];

/// What starts a description in XDR, from a little-endian machine.
const XDR: [u8; 2] = [1, 1];

/// Whether a label has a description and an uberblock that the plugin takes. It also verifies checksums and reads what the
/// uberblock points to.
pub(super) fn may_mount(head: &Head<'_>) -> io::Result<bool> {
    for label in LABELS {
        if head.far(label.saturating_add(DESCRIPTION_AT), XDR.len())? == XDR {
            let ring = head.far(label.saturating_add(RING_AT), RING_LENGTH)?;
            if ring.chunks_exact(UBERBLOCK_LENGTH).any(is_old_uberblock) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn is_old_uberblock(block: &[u8]) -> bool {
    let mut words = block.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
    words.next() == Some(UBERBLOCK_MAGIC) && words.next().is_some_and(|version| (1..=MAX_VERSION).contains(&version))
}

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    const DESCRIPTION: usize = to_usize(DESCRIPTION_AT);
    // XDR with either byte order of the machine that wrote it; the numbers in it are big endian always.
    if head.byte(DESCRIPTION) != Some(1) || head.byte(DESCRIPTION + 1).is_none_or(|order| order > 1) {
        return Ok(None);
    }
    let Some(version) = number(head, DESCRIPTION + 12, b"version") else { return Ok(None) };
    let detail = format!("pool version {version}");
    Ok(Some(if may_mount(head)? {
        let why = "pygrub's ZFS driver reads some pools of versions up to 24, and pregrub has none";
        Identified::unknown(Format::Zfs, detail, why)
    } else {
        let why = "pygrub's ZFS driver reads pool versions up to 24 only";
        Identified::refused(Format::Zfs, detail, why, EXT4_BOOT)
    }))
}

/// The value of a 64-bit number on the first level of the list.
fn number(head: &Head<'_>, first: usize, wanted: &[u8]) -> Option<u64> {
    const TYPE_UINT64: u32 = 8;
    const MOST_PAIRS: usize = 64;
    let mut at = first;
    for _ in 0..MOST_PAIRS {
        let length = usize::try_from(head.be32(at)?).ok()?;
        let name_length = usize::try_from(head.be32(at.saturating_add(8))?).ok()?;
        if length < 20 || name_length > 256 {
            return None;
        }
        let name = at.saturating_add(12);
        let value = name.saturating_add(name_length.next_multiple_of(4));
        if head.slice(name, name_length)? == wanted && head.be32(value)? == TYPE_UINT64 {
            return head.be64(value.saturating_add(8));
        }
        at = at.checked_add(length)?;
    }
    None
}
