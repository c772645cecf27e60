//! Names in directories: the plugin reads all entries one after another, whatever their hash.

use super::fault::{Fault, damaged};
use super::item::Item;
use super::little_endian::{u16_at, u32_at};
use super::tree::Cursor;

/// The head of an entry: hash, number of the directory and of the object, place of the name, state.
const HEAD: usize = 16;
const DIRECTORY_AT: usize = 4;
const OBJECT_AT: usize = 8;
const NAME_AT: usize = 12;
const STATE_AT: usize = 14;
const VISIBLE: u16 = 1 << 2;

/// How many items of directories pregrub looks at in a path walk. The plugin has no limit.
const MOST_ITEMS: u32 = 1 << 18;

/// How much a path walk may still look at.
#[derive(Debug)]
pub(crate) struct Budget(u32);

impl Budget {
    /// For one path.
    pub(crate) fn new() -> Self {
        Self(MOST_ITEMS)
    }

    /// One more item.
    pub(crate) fn spend(&mut self) -> Result<(), Fault> {
        match self.0.checked_sub(1) {
            Some(rest) => {
                self.0 = rest;
                Ok(())
            }
            None => Err(damaged("a directory has no end")),
        }
    }
}

/// Finds `name` in the directory whose stat data is at `cursor`.
pub(crate) fn lookup(mut cursor: Cursor<'_>, name: &[u8], budget: &mut Budget) -> Result<Option<(u32, u32)>, Fault> {
    let (_, object) = cursor.item().owner();
    while cursor.advance()? {
        let item = cursor.item();
        // The number of its directory is not compared.
        if item.owner().1 != object {
            break;
        }
        budget.spend()?;
        if let Some(found) = scan(&item, name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn scan(item: &Item, name: &[u8]) -> Result<Option<(u32, u32)>, Fault> {
    let (start, mut end) = item.place();
    let outside = || damaged("the entries of a directory go on behind their block");
    for index in 0..usize::from(item.count()) {
        let head = start + index * HEAD;
        let state = u16_at(&item.leaf, head + STATE_AT).ok_or_else(outside)?;
        let first = start + usize::from(u16_at(&item.leaf, head + NAME_AT).ok_or_else(outside)?);
        if state & VISIBLE != 0 {
            // A name ends where the previous one begins, or at a NUL.
            if first > end || end > item.leaf.len() {
                return Err(outside());
            }
            let stored = item.leaf.get(first..end).ok_or_else(outside)?;
            if stored.split(|byte| *byte == 0).next().unwrap_or_default() == name {
                let field = |at| u32_at(&item.leaf, head + at).ok_or_else(outside);
                return Ok(Some((field(DIRECTORY_AT)?, field(OBJECT_AT)?)));
            }
        }
        end = first;
    }
    Ok(None)
}
