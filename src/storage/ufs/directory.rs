//! Directories: blocks of records, each an inode number, the distance to the next record, and a name that ends with NUL.

use super::Ufs;
use super::block_map::{self, FragmentPlace};
use super::inode::Inode;
use super::superblock::u32_at;
use crate::size::{to_u64, to_usize};
use crate::storage::c_string;
use crate::storage::filesystem::OpenError;
use crate::storage::in_block::InBlock;

const NAME_AT: usize = 8;
/// What a record costs of the budget, but for the name.
const RECORD: u64 = 16;

/// The inode number that stands beside `name`. The length of a name and the type in the record are not looked at.
pub(crate) fn lookup(ufs: &Ufs, directory: &Inode, name: &[u8]) -> Result<Option<u32>, OpenError> {
    let block_size = ufs.superblock.block_size;
    let size = u64::from(block_size);
    let mut position = 0_u64;
    while position < u64::from(directory.size) {
        ufs.fragments.budget().spend(block_map::LOCATE)?;
        let InBlock { index, within, .. } = InBlock::of(position, size);
        let start = position.saturating_sub(within);
        let FragmentPlace::Data(fragment) = block_map::locate(ufs, directory, index)? else { return Ok(None) };
        let Some(block) = ufs.fragments.block(fragment, block_size)? else { return Ok(None) };
        while position < u64::from(directory.size) {
            let at = position.saturating_sub(start);
            if at >= size {
                break;
            }
            ufs.fragments.budget().spend(RECORD.saturating_add(to_u64(name.len())))?;
            let Some(record) = block.get(to_usize(at)..).filter(|record| record.len() > NAME_AT) else {
                return crosses();
            };
            let number = u32_at(record, 0);
            if number != 0 {
                let rest = &record[NAME_AT..];
                // No NUL after it: the plugin compares on.
                if rest.len() <= name.len() && name.starts_with(rest) && !rest.contains(&0) {
                    return crosses();
                }
                if c_string::same(rest, name) {
                    return Ok(Some(number));
                }
            }
            let step = u16::from_le_bytes([record[4], record[5]]);
            if step == 0 {
                return Err(OpenError::Unknown(
                    "a record of a directory has no length, over which the plugin may never end".to_owned(),
                ));
            }
            position = position.saturating_add(u64::from(step));
        }
    }
    Ok(None)
}

fn crosses<T>() -> Result<T, OpenError> {
    Err(OpenError::Unknown("a record of a directory runs over the end of its block".to_owned()))
}
