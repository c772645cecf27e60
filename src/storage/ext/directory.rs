//! Names in directories: a scan from the first entry to the last, as libext2fs does it even where there is a hash tree.

use super::Ext;
use super::checksum;
use super::directory_index::Names;
use super::inode::Inode;
use super::little_endian::{u16_at, u32_at};
use super::mapping;
use super::xattr;
use crate::storage::driver_error::DriverError;

/// Finds `name` in the directory `dir` and returns the inode number of its first entry; `None` where it has none.
pub(crate) fn lookup(ext: &Ext, dir: u32, name: &[u8]) -> Result<Option<u32>, DriverError> {
    let inode = ext.inode(dir)?;
    if !inode.is_directory() {
        return Err(DriverError::Fails("it is not a directory".to_owned()));
    }
    if name.len() > 255 {
        return Err(DriverError::Fails("a name is longer than 255 bytes".to_owned()));
    }
    if inode.has_inline_data() {
        return lookup_inline(ext, &inode, name);
    }
    if let Some(known) = ext.directories.find(dir, name) {
        return Ok(known);
    }
    let checksums = ext.superblock.features.metadata_csum();
    let seed = checksum::inode_seed(ext.superblock.checksum_seed, dir, inode.generation());
    let mut found = None;
    mapping::visit_blocks(ext, &inode, &mut |number| {
        // To look through it, and its checksum.
        ext.blocks.budget().spend(u64::from(ext.blocks.size() / 2))?;
        let block = ext.blocks.read(number).map_err(|fault| match fault {
            DriverError::Fails(reason) => {
                DriverError::Fails(format!("a block of the directory cannot be read: {reason}"))
            }
            other => other,
        })?;
        if checksums && !checksum::directory_block_is_right(seed, &block) {
            return Err(DriverError::Fails(format!("the checksum of block {number} of the directory is wrong")));
        }
        found = scan(&block, name, true)?;
        Ok(found.is_some())
    })?;
    if found.is_none() && ext.directories.lacks(dir) {
        // It was gone through to its end, and nothing in it is damaged: the next name is not looked for on the disk.
        ext.directories.keep(dir, all(ext, &inode).ok());
    }
    Ok(found)
}

/// All names in a directory that is not damaged, or more than are kept.
fn all(ext: &Ext, inode: &Inode) -> Result<Names, DriverError> {
    let mut names = Names::default();
    mapping::visit_blocks(ext, inode, &mut |number| {
        ext.blocks.budget().spend(u64::from(ext.blocks.size() / 2))?;
        Ok(entries(&ext.blocks.read(number)?, true, &mut |ino, name| names.add(ino, name))?.is_some())
    })?;
    Ok(names)
}

/// The names in the directory `dir`, at most `most`, deleted ones left out: what a lookup would come across. It ends at the
/// first block that cannot be read.
pub(crate) fn names(ext: &Ext, dir: u32, most: usize) -> Result<Vec<Vec<u8>>, DriverError> {
    let inode = ext.inode(dir)?;
    let mut names = Vec::new();
    if !inode.is_directory() || inode.has_inline_data() {
        return Ok(names);
    }
    let mut take = |_: u32, name: &[u8]| {
        if !matches!(name, b"." | b"..") && names.len() < most {
            names.push(name.to_vec());
        }
        names.len() >= most
    };
    mapping::visit_blocks(ext, &inode, &mut |number| {
        ext.blocks.budget().spend(u64::from(ext.blocks.size()))?;
        Ok(entries(&ext.blocks.read(number)?, true, &mut take)?.is_some())
    })?;
    Ok(names)
}

/// An inline directory has no entries for itself and its parent: the number of the parent comes first, then entries.
fn lookup_inline(ext: &Ext, inode: &Inode, name: &[u8]) -> Result<Option<u32>, DriverError> {
    let parent = u32_at(inode.block(), 0);
    if name == b"." {
        return Ok(Some(inode.ino));
    }
    if name == b".." && parent != 0 {
        return Ok(Some(parent));
    }
    if let Some(found) = scan(&inode.block()[4..], name, false)? {
        return Ok(Some(found));
    }
    let rest = xattr::system_data(ext, inode)?;
    if rest.is_empty() { Ok(None) } else { scan(&rest, name, false) }
}

/// Looks through the entries in `block`. Whether it is a whole `disk_block` matters for the length of records only.
fn scan(block: &[u8], name: &[u8], disk_block: bool) -> Result<Option<u32>, DriverError> {
    let mut is_it = |_: u32, stored: &[u8]| stored.len() == name.len() && same_name(name, stored);
    entries(block, disk_block, &mut is_it)
}

/// Hands the entries in `block` that stand for something to `is_last`, each with its inode number, and returns the number of
/// the one at which that says to stop.
fn entries(
    block: &[u8],
    disk_block: bool,
    is_last: &mut dyn FnMut(u32, &[u8]) -> bool,
) -> Result<Option<u32>, DriverError> {
    let damaged = || DriverError::Fails("a block of the directory is damaged".to_owned());
    if block.len() < 8 {
        return Err(damaged());
    }
    let mut rest = block;
    while rest.len() > 8 {
        let length = record_length(u16_at(rest, 4), if disk_block { block.len() } else { 0 });
        if length < 8 || !length.is_multiple_of(4) {
            return Err(damaged());
        }
        let (record, after) = rest.split_at_checked(length).ok_or_else(damaged)?;
        let name = record[8..].get(..usize::from(record[6])).ok_or_else(damaged)?;
        let inode = u32_at(record, 0);
        if inode != 0 && is_last(inode, name) {
            return Ok(Some(inode));
        }
        rest = after;
    }
    Ok(None)
}

/// Blocks of 64 KiB need lengths that do not fit in 16 bits.
fn record_length(stored: u16, block_size: usize) -> usize {
    let stored = usize::from(stored);
    if block_size < 65536 {
        stored
    } else if stored == 65535 || stored == 0 {
        block_size
    } else {
        stored & 65532 | (stored & 3) << 16
    }
}

/// Compares two names of one length as `strncmp` does: what follows a NUL in both does not count.
fn same_name(wanted: &[u8], stored: &[u8]) -> bool {
    if wanted == stored {
        return true;
    }
    match wanted.iter().position(|&byte| byte == 0) {
        Some(end) => wanted[..=end] == stored[..=end],
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(inode: u32, record: u16, name: &[u8]) -> Vec<u8> {
        let mut bytes = inode.to_le_bytes().to_vec();
        bytes.extend_from_slice(&record.to_le_bytes());
        bytes.extend_from_slice(&[name.len() as u8, 1]);
        bytes.extend_from_slice(name);
        bytes.resize(usize::from(record), 0);
        bytes
    }

    #[test]
    fn the_first_entry_counts() {
        let block = [entry(0, 12, b"a"), entry(12, 12, b"a"), entry(13, 40, b"a")].concat();
        assert_eq!(scan(&block, b"a", true).unwrap(), Some(12));
        assert_eq!(scan(&block, b"b", true).unwrap(), None);
        assert_eq!(scan(&block, b"", true).unwrap(), None);
    }

    #[test]
    fn an_entry_before_the_damage_is_found() {
        let block = [entry(12, 12, b"a"), entry(13, 14, b"b"), entry(14, 40, b"c")].concat();
        assert_eq!(scan(&block, b"a", true).unwrap(), Some(12));
        assert!(scan(&block, b"c", true).is_err());
    }

    #[test]
    fn lengths_in_64_kib_blocks() {
        assert_eq!(record_length(65535, 65536), 65536);
        assert_eq!(record_length(0, 65536), 65536);
        assert_eq!(record_length(12, 65536), 12);
        assert_eq!(record_length(0, 32768), 0);
    }

    #[test]
    fn names_after_a_nul_are_equal() {
        assert!(same_name(b"a\0b", b"a\0c"));
        assert!(!same_name(b"a\0b", b"abc"));
        assert!(!same_name(b"ab", b"ac"));
    }
}
