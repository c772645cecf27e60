//! ReiserFS 3 (and Reiser4): the superblock at 64 KiB, or at 8 KiB on very old ones.

use std::io;

use super::head::Head;
use super::{Format, Identified};
use crate::size::to_u64;

const PLACE: usize = 64 << 10;
const OLD_PLACE: usize = 8 << 10;
/// The superblock as the plugin reads it.
const LENGTH: usize = 204;
const JOURNAL_BLOCK_AT: usize = 12;
const BLOCK_SIZE_AT: usize = 44;
const MAGIC_AT: usize = 52;
const VERSION_AT: usize = 72;
/// Where a superblock from before the journal has its magic number.
const OLDEST_MAGIC_AT: usize = 20;
const MAX_VERSION: u16 = 2;

const MAGIC_3_5: &[u8] = b"ReIsErFs";
const MAGIC_3_6: &[u8] = b"ReIsEr2Fs";
const MAGIC_RELOCATED_JOURNAL: &[u8] = b"ReIsEr3Fs";

fn has_magic(head: &Head<'_>, place: usize) -> bool {
    [MAGIC_3_5, MAGIC_3_6, MAGIC_RELOCATED_JOURNAL].iter().any(|magic| head.has(place.saturating_add(MAGIC_AT), magic))
}

/// The superblock, and whether it is one from before the journal.
fn superblock(head: &Head<'_>) -> Option<(usize, bool)> {
    if head.slice(PLACE, LENGTH).is_some() && has_magic(head, PLACE) {
        // A copy in the journal has the journal before itself.
        let journal = head.le32(PLACE + JOURNAL_BLOCK_AT)?.wrapping_mul(u32::from(head.le16(PLACE + BLOCK_SIZE_AT)?));
        if u64::from(journal) > to_u64(PLACE) {
            return Some((PLACE, false));
        }
    }
    head.slice(OLD_PLACE, LENGTH)?;
    if has_magic(head, OLD_PLACE) {
        return Some((OLD_PLACE, false));
    }
    head.has(OLD_PLACE + OLDEST_MAGIC_AT, MAGIC_3_5).then_some((OLD_PLACE, true))
}

/// The mount test of pygrub's plugin without its look at the journal and the root block.
fn may_mount(head: &Head<'_>) -> io::Result<bool> {
    let Some((place, oldest)) = superblock(head) else { return Ok(false) };
    if oldest {
        return Ok(true);
    }
    let version = head.le16(place.saturating_add(VERSION_AT)).is_some_and(|version| version <= MAX_VERSION);
    let blocks = head
        .le16(place.saturating_add(BLOCK_SIZE_AT))
        .is_some_and(|size| size.is_power_of_two() && (512..=8192).contains(&size));
    Ok(version && blocks)
}

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    if head.has(PLACE, b"ReIsEr4") {
        return Ok(Some(Identified::no_driver(Format::Reiser4, "")));
    }
    let Some((place, _)) = superblock(head) else { return Ok(None) };
    let detail = if head.has(place.saturating_add(MAGIC_AT), MAGIC_3_6) {
        "version 3.6"
    } else if head.has(place.saturating_add(MAGIC_AT), MAGIC_RELOCATED_JOURNAL) {
        "relocated journal"
    } else {
        "version 3.5"
    };
    Ok(Some(if may_mount(head)? {
        Identified::readable(Format::Reiserfs, detail, "reiserfs")
    } else {
        let why = "pygrub's ReiserFS driver takes versions up to 2 and blocks of 512 bytes to 8 KiB";
        Identified::refused(Format::Reiserfs, detail, why, super::EXT4_BOOT)
    }))
}
