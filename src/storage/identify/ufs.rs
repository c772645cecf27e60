//! UFS: the superblock at 8 KiB (UFS1, and UFS2 as makefs makes it) or 64 KiB (UFS2).

use std::io;

use super::head::Head;
use super::{BSD, Format, Identified};

const UFS1_PLACE: usize = 8 << 10;
const UFS2_PLACE: usize = 64 << 10;
/// What the plugin reads of a superblock.
const LENGTH: usize = 8 << 10;
const BLOCK_SIZE_AT: usize = 48;
const MAGIC_AT: usize = 1372;
const UFS1_MAGIC: u32 = 0x0001_1954;
const UFS2_MAGIC: u32 = 0x1954_0119;
/// The largest block that fits the plugin's buffers; it compares signed numbers.
const MAX_BLOCK: i32 = 122_880;

/// The mount test of pygrub's plugin.
fn is_mounted(head: &Head<'_>) -> bool {
    head.slice(UFS1_PLACE, LENGTH).is_some()
        && head.le32(UFS1_PLACE + MAGIC_AT) == Some(UFS1_MAGIC)
        && head.le32(UFS1_PLACE + BLOCK_SIZE_AT).is_some_and(|size| size.cast_signed() <= MAX_BLOCK)
}

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let refused = |detail, why| Some(Identified::refused(Format::Ufs, detail, why, BSD));
    if is_mounted(head) {
        return Ok(Some(Identified::readable(Format::Ufs, "UFS1", "ufs")));
    }
    if head.le32(UFS1_PLACE + MAGIC_AT) == Some(UFS1_MAGIC) {
        return Ok(refused("UFS1", "its blocks are too large for pygrub's UFS driver"));
    }
    if head.be32(UFS1_PLACE + MAGIC_AT) == Some(UFS1_MAGIC) {
        return Ok(refused("UFS1, big endian", "pygrub's UFS driver reads little-endian UFS1 only"));
    }
    let second = [UFS1_PLACE + MAGIC_AT, UFS2_PLACE + MAGIC_AT]
        .iter()
        .any(|place| [head.le32(*place), head.be32(*place)].contains(&Some(UFS2_MAGIC)));
    Ok(if second { refused("UFS2", "pygrub's UFS driver reads UFS1 only") } else { None })
}
