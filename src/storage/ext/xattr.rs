//! Extended attributes, of which only one matters: `system.data` holds what inline data has no room for in `i_block`.

use super::Ext;
use super::checksum;
use super::inode::Inode;
use super::little_endian::{u16_at, u32_at};
use crate::size::to_usize;
use crate::storage::driver_error::DriverError;

const MAGIC: u32 = 0xea02_0000;
const HEADER: usize = 32;
const ENTRY: usize = 16;
const NAME: &[u8] = b"system.data";

fn fails<T>(reason: &str) -> Result<T, DriverError> {
    Err(DriverError::Fails(format!("the extended attributes are damaged: {reason}")))
}

fn unknown<T>(reason: &str) -> Result<T, DriverError> {
    Err(DriverError::Unknown(format!(
        "the extended attributes are damaged in a way that libext2fs does not notice: {reason}"
    )))
}

/// The value of `system.data`; empty where the inode has none. As libext2fs does, this reads all attributes, in the
/// inode and in its attribute block, and fails where any of them is damaged.
pub(crate) fn system_data(ext: &Ext, inode: &Inode) -> Result<Vec<u8>, DriverError> {
    let mut value = None;
    let extra = inode.extra_size();
    let area = inode.raw().get(128..).and_then(|area| area.get(extra..)).unwrap_or_default();
    if extra >= 2 && area.len() > 4 {
        if !extra.is_multiple_of(4) {
            return fails("i_extra_isize is not a multiple of 4");
        }
        if u32_at(area, 0) == MAGIC {
            value = scan(ext, &area[4..], 0)?;
        }
    }
    let superblock = &ext.superblock;
    let number = inode.xattr_block(superblock.features.sixty_four_bit());
    if number != 0 {
        if number < u64::from(superblock.first_data_block) || number >= superblock.blocks_count {
            return fails("their block lies outside the filesystem");
        }
        ext.blocks.budget().spend(u64::from(ext.blocks.size()))?;
        let block = ext.blocks.read(number)?;
        if u32_at(&block, 0) != MAGIC || u32_at(&block, 8) != 1 {
            return fails("their block has a bad header");
        }
        if superblock.features.metadata_csum()
            && !checksum::xattr_block_is_right(superblock.checksum_seed, number, &block)
        {
            return fails("their block has a wrong checksum");
        }
        let in_block = scan(ext, &block, HEADER)?;
        value = value.or(in_block);
    }
    Ok(value.unwrap_or_default())
}

/// Goes through the attributes whose entries start at `first` in `area`; values lie at offsets from its start.
fn scan(ext: &Ext, area: &[u8], first: usize) -> Result<Option<Vec<u8>>, DriverError> {
    let end = end_of_entries(area, first)?;
    let mut found = None;
    let mut at = first;
    let mut remain = area.len().saturating_sub(first);
    while remain >= ENTRY && u32_at(area, at) != 0 {
        let entry = &area[at..];
        let name_length = usize::from(entry[0]);
        let length = ENTRY.saturating_add(name_length.next_multiple_of(4));
        // libext2fs lets this number wrap around, and then reads on without a limit.
        let Some(rest) = remain.checked_sub(length) else {
            return unknown("the values are larger than the room for them");
        };
        remain = rest;
        let name = &entry[ENTRY..][..name_length];
        if u32_at(entry, 4) != 0 {
            if ext.superblock.features.ea_inode() {
                return Err(DriverError::Unknown(
                    "an extended attribute of an inline file is stored in another inode".to_owned(),
                ));
            }
            return fails("a value lies in another inode without the feature ea_inode");
        }
        let value = value_of(area, entry, end, remain)?;
        remain = remain.saturating_sub(value.len());
        check_hash(area, entry, name, value)?;
        if found.is_none() && is_system_data(entry[1], name) {
            found = Some(value.to_vec());
        }
        at = at.saturating_add(length);
    }
    Ok(found)
}

/// Where the list of entries ends.
fn end_of_entries(area: &[u8], first: usize) -> Result<usize, DriverError> {
    let mut end = first;
    let mut remain = area.len().saturating_sub(first);
    while remain >= ENTRY && u32_at(area, end) != 0 {
        let length = ENTRY.saturating_add(usize::from(area[end]).next_multiple_of(4));
        let Some(rest) = remain.checked_sub(length) else { return fails("a name is too long") };
        remain = rest;
        end = end.saturating_add(length);
    }
    Ok(end)
}

fn value_of<'a>(area: &'a [u8], entry: &[u8], end: usize, remain: usize) -> Result<&'a [u8], DriverError> {
    let size = to_usize(u64::from(u32_at(entry, 8)));
    let offset = usize::from(u16_at(entry, 2));
    if size > remain {
        return fails("a value is too long");
    }
    if size > 0 && offset < end.saturating_add(4) {
        return fails("a value lies among the names");
    }
    match area.get(offset..).and_then(|rest| rest.get(..size)) {
        Some(value) => Ok(value),
        None => fails("a value lies outside its block"),
    }
}

fn check_hash(area: &[u8], entry: &[u8], name: &[u8], value: &[u8]) -> Result<(), DriverError> {
    let stored = u32_at(entry, 12);
    // Attributes in the inode have no hash.
    if stored == 0 {
        return Ok(());
    }
    let offset = usize::from(u16_at(entry, 2));
    let padded = if value.is_empty() {
        &[]
    } else {
        match area.get(offset..).and_then(|rest| rest.get(..value.len().next_multiple_of(4))) {
            Some(padded) => padded,
            None => return unknown("a value reaches the end of its block"),
        }
    };
    let unsigned = name.iter().fold(0_u32, |hash, &byte| hash.rotate_left(5) ^ u32::from(byte));
    let extended = |byte: u8| i32::from(byte.cast_signed()).cast_unsigned();
    let signed = name.iter().fold(0_u32, |hash, &byte| hash.rotate_left(5) ^ extended(byte));
    let with_value = |hash: u32| padded.chunks_exact(4).fold(hash, |hash, word| hash.rotate_left(16) ^ u32_at(word, 0));
    if stored == with_value(unsigned) || stored == with_value(signed) { Ok(()) } else { fails("a hash is wrong") }
}

/// Compares the full name. A name ends at its first NUL, as in C.
fn is_system_data(index: u8, name: &[u8]) -> bool {
    let prefix: &[u8] = match index {
        7 => b"system.",
        1 => b"user.",
        2 => b"system.posix_acl_access",
        3 => b"system.posix_acl_default",
        4 => b"trusted.",
        6 => b"security.",
        8 => b"system.richacl",
        10 => b"gnu.",
        _ => b"",
    };
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    NAME.strip_prefix(prefix) == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_compared_in_full() {
        assert!(is_system_data(7, b"data"));
        assert!(is_system_data(7, b"data\0x"));
        assert!(is_system_data(0, b"system.data"));
        assert!(!is_system_data(1, b"data"));
        assert!(!is_system_data(7, b"dat"));
    }

    #[test]
    fn names_end_at_a_zero_word() {
        let mut area = [0; 64];
        assert_eq!(end_of_entries(&area, 0).unwrap(), 0);
        area[0] = 4;
        assert_eq!(end_of_entries(&area, 0).unwrap(), 20);
        area[0] = 60;
        assert!(end_of_entries(&area, 0).is_err());
    }
}
