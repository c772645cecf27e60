//! ext2, ext3, ext4 by the magic number alone; what pygrub makes of the features is the driver's business.

use std::io;

use super::head::Head;
use super::{Format, Identified};
use crate::storage::ext::Features;

const SUPERBLOCK: usize = 1024;
const MAGIC: u16 = 0xef53;

const COMPAT_HAS_JOURNAL: u32 = 0x4;
const INCOMPAT_JOURNAL_DEVICE: u32 = 0x8;
/// What ext3 has as well: filetype, recover, meta_bg.
const INCOMPAT_EXT3: u32 = 0x2 | 0x4 | 0x10;
/// What ext3 has as well: sparse_super, large_file, btree_dir.
const RO_COMPAT_EXT3: u32 = 0x1 | 0x2 | 0x4;

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    if head.le16(SUPERBLOCK + 56) != Some(MAGIC) {
        return Ok(None);
    }
    let feature = |at: usize| head.le32(at).unwrap_or(0);
    let (compat, incompat, ro_compat) = (feature(SUPERBLOCK + 92), feature(SUPERBLOCK + 96), feature(SUPERBLOCK + 100));
    let format = if incompat & INCOMPAT_JOURNAL_DEVICE != 0 {
        let why = "it holds the journal of a filesystem, not its files";
        return Ok(Some(Identified::refused(Format::Jbd, "", why, super::OTHER_DISK)));
    } else if incompat & !INCOMPAT_EXT3 != 0 || ro_compat & !RO_COMPAT_EXT3 != 0 {
        Format::Ext4
    } else if compat & COMPAT_HAS_JOURNAL != 0 {
        Format::Ext3
    } else {
        Format::Ext2
    };
    let refused = Features { compat, incompat, ro_compat }.refused();
    Ok(Some(Identified::readable(format, "", "ext2fs-lib").with_refused_features(refused)))
}
