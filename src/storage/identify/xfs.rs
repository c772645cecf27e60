//! XFS: the superblock at the start. pygrub's plugin knows version 4 only.

use std::io;

use super::head::Head;
use super::{EXT4_BOOT, Format, Identified};

/// The superblock as the plugin reads it.
const LENGTH: usize = 200;
const AG_BLOCKS_AT: usize = 84;
const VERSION_AT: usize = 100;
const BLOCK_LOG_AT: usize = 120;
const INODE_LOG_AT: usize = 122;
const AG_BLOCK_LOG_AT: usize = 124;
const DIR_BLOCK_LOG_AT: usize = 192;
/// After what the plugin reads.
const FEATURES2_AT: usize = 200;
const FEATURE2_FTYPE: u32 = 0x200;

fn version(head: &Head<'_>) -> Option<u16> {
    if !head.has(0, b"XFSB") {
        return None;
    }
    Some(head.be16(VERSION_AT)? & 0xf)
}

/// The checks that XSA-443 added (4.15.6, 4.16.6, 4.17.3, 4.18).
fn is_sane(head: &Head<'_>) -> Option<bool> {
    head.slice(0, LENGTH)?;
    let (block, inode) = (head.byte(BLOCK_LOG_AT)?, head.byte(INODE_LOG_AT)?);
    let (ag, dir) = (u32::from(head.byte(AG_BLOCK_LOG_AT)?), head.byte(DIR_BLOCK_LOG_AT)?);
    let ag_blocks = u64::from(head.be32(AG_BLOCKS_AT)?);
    let rounded_up = 1_u64.checked_shl(ag).unwrap_or(0);
    Some(
        (8..=11).contains(&inode)
            && (9..=16).contains(&block)
            && block >= inode
            && ag <= 32
            && rounded_up >= ag_blocks
            && rounded_up >> 1 < ag_blocks
            && block.saturating_add(dir) < 27,
    )
}

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let Some(version) = version(head) else { return Ok(None) };
    Ok(Some(if version != 4 {
        let detail = if version == 5 { "version 5 (crc=1)".to_owned() } else { format!("version {version}") };
        let why = "pygrub's XFS driver reads version 4 only";
        let features = if version == 5 { vec!["crc=1".to_owned()] } else { Vec::new() };
        Identified::refused(Format::Xfs, detail, why, EXT4_BOOT).with_refused_features(features)
    } else if is_sane(head) == Some(true) {
        let ftype = head.be32(FEATURES2_AT).is_some_and(|features| features & FEATURE2_FTYPE != 0);
        Identified::readable(Format::Xfs, format!("version 4, ftype={}", u8::from(ftype)), "xfs")
    } else {
        Identified::unknown(Format::Xfs, "version 4", "its superblock is damaged, and only newer releases notice")
    }))
}
