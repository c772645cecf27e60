//! Items: what the leaves of the tree hold.

use std::rc::Rc;

use super::little_endian::{u16_at, u32_at, u64_at};

/// Bytes of the head of an item: key, count, length, place, version.
pub(crate) const HEAD: usize = 24;
const OBJECT_AT: usize = 4;
const OFFSET_AT: usize = 8;
const UNIQUENESS_AT: usize = 12;
const COUNT_AT: usize = 16;
const LENGTH_AT: usize = 18;
const PLACE_AT: usize = 20;
const VERSION_AT: usize = 22;

/// What an item holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemKind {
    /// The end of a file, or the text of a symbolic link.
    Direct,
    /// Numbers of blocks.
    Indirect,
    /// Anything else. The plugin asks no item of a directory for its kind.
    Other,
}

/// An item of a leaf.
#[derive(Clone, Debug)]
pub(crate) struct LeafItem {
    pub(crate) leaf: Rc<[u8]>,
    head: usize,
}

impl LeafItem {
    /// The item whose head stands at `head` of the block.
    pub(crate) fn new(leaf: &Rc<[u8]>, head: usize) -> Self {
        Self { leaf: Rc::clone(leaf), head }
    }

    /// The block from its head on.
    fn head(&self) -> &[u8] {
        self.leaf.get(self.head..).unwrap_or_default()
    }

    /// The identity of the file that it belongs to: number of the directory, number of the object.
    pub(crate) fn owner(&self) -> (u32, u32) {
        let field = |at| u32_at(self.head(), at).unwrap_or(0);
        (field(0), field(OBJECT_AT))
    }

    /// Whether its key is that of the stat data.
    pub(crate) fn is_stat(&self) -> bool {
        u64_at(self.head(), OFFSET_AT) == Some(0)
    }

    /// The new format of keys: 60 bits of offset and 4 of kind, for 32 bits of each.
    pub(crate) fn is_new(&self) -> bool {
        u16_at(self.head(), VERSION_AT) != Some(0)
    }

    /// Where in the file it begins, counted from 1.
    pub(crate) fn offset(&self) -> u64 {
        let whole = u64_at(self.head(), OFFSET_AT).unwrap_or(0);
        if self.is_new() { whole & ((1 << 60) - 1) } else { whole & 0xffff_ffff }
    }

    /// What it holds.
    pub(crate) fn kind(&self) -> ItemKind {
        let kind = if self.is_new() {
            u64_at(self.head(), OFFSET_AT).unwrap_or(0) >> 60
        } else {
            match u32_at(self.head(), UNIQUENESS_AT) {
                Some(0xffff_fffe) => 1,
                Some(0xffff_ffff) => 2,
                _ => 0,
            }
        };
        match kind {
            1 => ItemKind::Indirect,
            2 => ItemKind::Direct,
            _ => ItemKind::Other,
        }
    }

    /// How many entries the item of a directory has.
    pub(crate) fn count(&self) -> u16 {
        u16_at(self.head(), COUNT_AT).unwrap_or(0)
    }

    /// Where its body begins and ends in the block.
    pub(crate) fn place(&self) -> (usize, usize) {
        let field = |at| usize::from(u16_at(self.head(), at).unwrap_or(0));
        (field(PLACE_AT), field(PLACE_AT).saturating_add(field(LENGTH_AT)))
    }

    /// Its body; nothing where that is not in the block.
    pub(crate) fn body(&self) -> Option<&[u8]> {
        let (start, end) = self.place();
        self.leaf.get(start..end)
    }
}
