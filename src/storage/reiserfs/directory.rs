//! Names in directories: the plugin reads all entries one after another, whatever their hash.

use super::Reiserfs;
use super::damaged::damaged;
use super::item::LeafItem;
use super::little_endian::{u16_at, u32_at};
use super::tree::TreeCursor;
use crate::size::to_u64;
use crate::storage::c_string;
use crate::storage::driver_error::DriverError;

/// The head of an entry: hash, number of the directory and of the object, place of the name, state.
const HEAD: usize = 16;
const DIRECTORY_AT: usize = 4;
const OBJECT_AT: usize = 8;
const NAME_AT: usize = 12;
const STATE_AT: usize = 14;
const VISIBLE: u16 = 1 << 2;

/// What an entry costs of the budget, but for its name.
const ENTRY: u64 = 16;

/// Finds `name` in the directory whose stat data is at `cursor`.
pub(crate) fn lookup(
    fs: &Reiserfs,
    mut cursor: TreeCursor<'_>,
    name: &[u8],
) -> Result<Option<(u32, u32)>, DriverError> {
    let (_, object) = cursor.item().owner();
    while cursor.advance()? {
        let item = cursor.item();
        // The number of its directory is not compared.
        if item.owner().1 != object {
            break;
        }
        if let Some(found) = scan(fs, &item, name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn scan(fs: &Reiserfs, item: &LeafItem, name: &[u8]) -> Result<Option<(u32, u32)>, DriverError> {
    let (start, mut end) = item.place();
    let outside = || damaged("the entries of a directory go on after their block");
    for index in 0..usize::from(item.count()) {
        fs.device.budget().spend(ENTRY.saturating_add(to_u64(name.len())))?;
        let head = item.leaf.get(index.saturating_mul(HEAD).saturating_add(start)..).unwrap_or_default();
        let state = u16_at(head, STATE_AT).ok_or_else(outside)?;
        let first = start.saturating_add(usize::from(u16_at(head, NAME_AT).ok_or_else(outside)?));
        if state & VISIBLE != 0 {
            // A name ends where the previous one begins, or at a NUL.
            if first > end || end > item.leaf.len() {
                return Err(outside());
            }
            let stored = item.leaf.get(first..end).ok_or_else(outside)?;
            if c_string::same(stored, name) {
                let field = |at| u32_at(head, at).ok_or_else(outside);
                return Ok(Some((field(DIRECTORY_AT)?, field(OBJECT_AT)?)));
            }
        }
        end = first;
    }
    Ok(None)
}
