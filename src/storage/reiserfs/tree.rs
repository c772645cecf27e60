//! The tree: from the stat data of a file to the items that follow it.

use std::cell::RefCell;
use std::rc::Rc;

use super::Reiserfs;
use super::damaged::damaged;
use super::item::{HEAD, LeafItem};
use super::little_endian::{u16_at, u32_at, u64_at};
use crate::size::{to_u64, to_usize};
use crate::storage::driver_error::DriverError;

/// A block begins with its level, the number of its items, free bytes, and a key that is no longer used.
pub(crate) const BLOCK_HEAD: usize = 24;
const ITEMS_AT: usize = 2;
/// A node: keys, then pointers, one more of them.
const KEY: usize = 16;
const POINTER: usize = 8;

/// The level of leaves.
pub(crate) const LEAF: u16 = 1;
/// The plugin has room for this many levels.
pub(crate) const HIGHEST: u16 = 5;

/// How many blocks are kept: a path walk comes back to the same few.
const CACHED: usize = 16;

/// What it costs of the budget to go to a block or an item, but for reading it.
const BLOCK: u64 = 64;

/// Blocks of the tree that were read last.
pub(crate) type Cache = RefCell<Vec<(u32, Rc<[u8]>)>>;

/// A place in the tree: the nodes on the way with the number of the next pointer in each, then a leaf with an item.
#[derive(Debug)]
pub(crate) struct TreeCursor<'a> {
    fs: &'a Reiserfs,
    /// From the root down.
    way: Vec<(Rc<[u8]>, usize)>,
    leaf: Rc<[u8]>,
    item: usize,
}

fn items(block: &[u8]) -> usize {
    usize::from(u16_at(block, ITEMS_AT).unwrap_or(0))
}

/// Where the head of a leaf's item `index` is.
fn head_at(index: usize) -> usize {
    index.saturating_mul(HEAD).saturating_add(BLOCK_HEAD)
}

/// The block that a node's pointer `index` names.
fn child(node: &[u8], index: usize) -> Result<u32, DriverError> {
    let pointers = items(node).saturating_mul(KEY).saturating_add(BLOCK_HEAD);
    let at = index.saturating_mul(POINTER).saturating_add(pointers);
    u32_at(node, at).ok_or_else(|| damaged("a node has too many keys"))
}

/// Reads a block of the tree, which must be of this level.
pub(crate) fn block(fs: &Reiserfs, number: u32, level: u16) -> Result<Rc<[u8]>, DriverError> {
    let mut cache = fs.cache.borrow_mut();
    let block = match cache.iter().find(|(cached, _)| *cached == number) {
        Some((_, block)) => Rc::clone(block),
        None => {
            let mut bytes = vec![0; to_usize(u64::from(fs.superblock.block_size))];
            fs.device.budget().charge_read(to_u64(bytes.len()));
            if !fs.device.read(fs.place(number), &mut bytes)? {
                return Err(damaged("a block of the tree lies past the end of the image"));
            }
            let block: Rc<[u8]> = bytes.into();
            if cache.len() == CACHED {
                cache.remove(0);
            }
            cache.push((number, Rc::clone(&block)));
            block
        }
    };
    if u16_at(&block, 0) != Some(level) {
        return Err(damaged("a block of the tree has the wrong level"));
    }
    let room = block.len().saturating_sub(BLOCK_HEAD);
    if items(&block) > if level == LEAF { room / HEAD } else { room / (KEY + POINTER) } {
        return Err(damaged("a block of the tree has too many items"));
    }
    Ok(block)
}

impl<'a> TreeCursor<'a> {
    /// Finds the stat data of a file.
    pub(crate) fn find(fs: &'a Reiserfs, owner: (u32, u32)) -> Result<Option<Self>, DriverError> {
        let mut level = fs.level;
        let mut current = block(fs, fs.superblock.root, level)?;
        let mut way = Vec::new();
        // In each block, half of the keys are compared.
        let search = |block: &[u8]| {
            let keys = to_u64(items(block)).saturating_mul(4);
            fs.device.budget().spend(BLOCK.saturating_add(keys))
        };
        while level > LEAF {
            search(&current)?;
            let behind = |index: usize| {
                let at = index.saturating_mul(KEY).saturating_add(BLOCK_HEAD);
                let key = current.get(at..).unwrap_or_default();
                let file = (u32_at(key, 0).unwrap_or(0), u32_at(key, 4).unwrap_or(0));
                file > owner || file == owner && u64_at(key, 8) != Some(0)
            };
            let index = (0..items(&current)).find(|&index| behind(index)).unwrap_or(items(&current));
            let number = child(&current, index)?;
            way.push((current, index.saturating_add(1)));
            level = level.saturating_sub(1);
            current = block(fs, number, level)?;
        }
        search(&current)?;
        let found = (0..items(&current)).find(|&index| {
            let item = LeafItem::new(&current, head_at(index));
            item.owner() == owner && item.is_stat()
        });
        Ok(found.map(|item| Self { fs, way, leaf: current, item }))
    }

    /// The item.
    pub(crate) fn item(&self) -> LeafItem {
        LeafItem::new(&self.leaf, head_at(self.item))
    }

    /// Goes on to the next item. Whether there was one.
    pub(crate) fn advance(&mut self) -> Result<bool, DriverError> {
        self.fs.device.budget().spend(BLOCK)?;
        let next = self.item.saturating_add(1);
        if next < items(&self.leaf) {
            self.item = next;
            return Ok(true);
        }
        while let Some((node, next)) = self.way.last() {
            if *next <= items(node) {
                break;
            }
            self.way.pop();
        }
        if self.way.is_empty() {
            return Ok(false);
        }
        loop {
            let depth = self.way.len();
            let Some((node, next)) = self.way.last_mut() else { return Ok(false) };
            let number = child(node, *next)?;
            *next = next.saturating_add(1);
            let level = self.fs.level.saturating_sub(u16::try_from(depth).unwrap_or(u16::MAX));
            let block = block(self.fs, number, level)?;
            if level == LEAF {
                if items(&block) == 0 {
                    return Err(damaged("a leaf is empty"));
                }
                self.leaf = block;
                self.item = 0;
                return Ok(true);
            }
            self.way.push((block, 0));
        }
    }
}
