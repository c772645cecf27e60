//! Names in directories, in the order in which the plugin comes across them. It never uses the hashes: it reads the entries one
//! after another and knows from the leaves only how many there are.

use super::Xfs;
use super::big_endian::{u16_at, u32_at, u64_at};
use super::content::{InodeContent, NoContent};
use super::inode::{ForkFormat, Inode};
use crate::size::{to_u64, to_usize};
use crate::storage::c_string;
use crate::storage::driver_error::DriverError;
use crate::storage::sector_reader::SectorReader;

/// A block of entries begins with a magic number and the places of its largest free spaces.
const HEADER: u64 = 16;
/// The magic number of a directory of a single block, where the leaf stands at the end.
const BLOCK_MAGIC: &[u8] = b"XD2B";
/// How many names, and how many of them are deleted: the last bytes of such a block.
const TAIL: u64 = 8;
/// The byte of the directory where the leaves begin.
const LEAVES_AT: u64 = 1 << 35;

const FORWARD_AT: usize = 0;
const MAGIC_AT: usize = 8;
const COUNT_AT: usize = 12;
const STALE_AT: usize = 14;
const FIRST_CHILD_AT: usize = 20;
const LEAF_1: u16 = 0xd2f1;
const LEAF_N: u16 = 0xd2ff;

/// The tag of a free space, where an entry has its inode number.
const FREE: u16 = 0xffff;
/// An entry: inode number, length of the name, name, its own place; rounded up to 8 bytes.
const ENTRY: u64 = 11;
const ENTRY_HEAD: u64 = 9;

/// The plugin's buffer for a block of a directory, before what it must not overwrite.
const BUFFER: u64 = 8192;

/// More than 255 entries in an inode can take.
const LONGEST: usize = 255 * (3 + 255 + 8) + 1024 + 16;

/// What an entry costs of the budget, but for its name and for reading it.
const LOOK: u64 = 32;

fn unknown(why: &str) -> DriverError {
    DriverError::Unknown(why.to_owned())
}

/// Finds `name`: the number of its inode, or 0 where the plugin stays where it is. What the plugin overwrites of the inode of
/// the directory is overwritten.
pub(crate) fn lookup(xfs: &Xfs, directory: &mut Inode, name: &[u8], limit: u64) -> Result<Option<u64>, DriverError> {
    match directory.format() {
        ForkFormat::Local => lookup_in_inode(xfs, directory, name),
        _ => Blocks::open(xfs, directory.clone(), limit)?.lookup(name),
    }
}

/// A directory in its inode: count, count of long inode numbers, parent, entries.
fn lookup_in_inode(xfs: &Xfs, directory: &mut Inode, name: &[u8]) -> Result<Option<u64>, DriverError> {
    // Its parent never has the name `..`: the plugin builds that from what it has shortened to `.` just before.
    if name == b"." {
        return Ok(Some(0));
    }
    // After the inode the plugin's buffer is zero. No 255 entries reach its end.
    let mut bytes = directory.fork().to_vec();
    bytes.resize(LONGEST, 0);
    let width = if bytes[1] == 0 { 4 } else { 8 };
    let mut at = 2_usize.saturating_add(width);
    for _ in 0..bytes[0] {
        xfs.device.budget().spend(LOOK.saturating_add(to_u64(name.len())))?;
        let length = usize::from(bytes[at]);
        let name_at = at.saturating_add(3);
        let number_at = name_at.saturating_add(length);
        let found = c_string::same(&bytes[name_at..number_at], name);
        let number = if width == 4 { u32_at(&bytes, number_at).map(u64::from) } else { u64_at(&bytes, number_at) };
        directory.end_name(number_at);
        bytes[number_at] = 0;
        if found {
            return Ok(number);
        }
        at = number_at.saturating_add(width);
    }
    Ok(None)
}

/// A directory in blocks.
struct Blocks<'a> {
    xfs: &'a Xfs,
    content: InodeContent,
    limit: u64,
    /// The byte of the directory where the next read begins.
    position: u64,
    /// The same inside the block, as far as the plugin counts.
    in_block: u64,
    /// How many names the leaf has, and how many of them were read.
    names: i64,
    read: i64,
    /// The next leaf, 0 for none.
    forward: u32,
}

impl<'a> Blocks<'a> {
    fn open(xfs: &'a Xfs, directory: Inode, limit: u64) -> Result<Self, DriverError> {
        let content = InodeContent::of(xfs, directory)?;
        let mut this = Self { xfs, content, limit, position: 0, in_block: HEADER, names: 0, read: 0, forward: 0 };
        let head = this.take::<16>()?;
        if head.starts_with(BLOCK_MAGIC) {
            this.position = xfs.superblock.dir_block_size.saturating_sub(TAIL);
            let tail = this.take::<8>()?;
            let (count, stale) = (u32_at(&tail, 0).unwrap_or(0), u32_at(&tail, 4).unwrap_or(0));
            this.names = i64::from(count.wrapping_sub(stale).cast_signed());
        } else {
            let mut block = LEAVES_AT >> xfs.superblock.block_log;
            loop {
                let leaf = this.leaf(block)?;
                if let Some(LEAF_1 | LEAF_N) = u16_at(&leaf, MAGIC_AT) {
                    this.turn_to(&leaf);
                    break;
                }
                block = u64::from(u32_at(&leaf, FIRST_CHILD_AT).unwrap_or(0));
            }
        }
        // A sound directory has at least `.` and `..`. Without a name the plugin reads on until it crashes.
        if this.names <= 0 {
            return Err(unknown("a directory is damaged: it has no name by its own account"));
        }
        this.position = HEADER;
        Ok(this)
    }

    /// Takes the number of names from a leaf.
    fn turn_to(&mut self, leaf: &[u8]) {
        let (count, stale) = (u16_at(leaf, COUNT_AT).unwrap_or(0), u16_at(leaf, STALE_AT).unwrap_or(0));
        self.names = i64::from(count).saturating_sub(i64::from(stale));
        self.forward = u32_at(leaf, FORWARD_AT).unwrap_or(0);
    }

    /// The start of the leaf or node at the block `block` of the directory.
    fn leaf(&self, block: u64) -> Result<[u8; 24], DriverError> {
        if self.xfs.superblock.dir_block_size > BUFFER {
            return Err(unknown(
                "blocks of a directory are larger than 8 KiB, and pygrub's XFS driver overwrites its own inode with one",
            ));
        }
        let InodeContent::Mapped(extents) = &self.content else { return Err(unknown("a directory has no blocks")) };
        let device = &self.xfs.device;
        let (mut index, _) = extents.first_for(block);
        while let Some(extent) = extents.get(self.xfs, index)? {
            if extent.holds(block) {
                let start = extent.start.saturating_add(block.saturating_sub(extent.offset));
                let sector = self.xfs.superblock.sector_of_block(start);
                // The plugin reads all of it, and may fail where a part would be there.
                let (place, size) = (SectorReader::place(sector, 0), self.xfs.superblock.dir_block_size);
                let mut head = [0; 24];
                if device.available(place, size) < size || !device.read(place, &mut head)? {
                    return Err(unknown("a leaf of a directory lies past the end of the image"));
                }
                return Ok(head);
            }
            index = index.saturating_add(1);
        }
        Err(unknown("a leaf of a directory is missing"))
    }

    /// The next `N` bytes.
    fn take<const N: usize>(&mut self) -> Result<[u8; N], DriverError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), DriverError> {
        match self.content.fill(self.xfs, self.position, self.limit, bytes) {
            Ok((count, true)) if count == to_u64(bytes.len()) => {
                self.position = self.position.wrapping_add(count);
                Ok(())
            }
            Ok(_) | Err(NoContent::Overrun(_)) => {
                Err(unknown("a block of a directory is missing, and pygrub takes for it what it read before"))
            }
            Err(NoContent::DriverError(fault)) => Err(fault),
        }
    }

    fn lookup(&mut self, name: &[u8]) -> Result<Option<u64>, DriverError> {
        let size = self.xfs.superblock.dir_block_size;
        loop {
            self.xfs.device.budget().spend(LOOK.saturating_add(to_u64(name.len())))?;
            if self.read >= self.names {
                if self.forward == 0 {
                    return Ok(None);
                }
                let leaf = self.leaf(u64::from(self.forward))?;
                self.turn_to(&leaf);
                self.read = 0;
            }
            let start = self.entry(size)?;
            let head = self.take::<5>()?;
            let number =
                u64::from_be_bytes([start[0], start[1], start[2], start[3], head[0], head[1], head[2], head[3]]);
            let length = head[4];
            let whole = ENTRY.saturating_add(u64::from(length)).next_multiple_of(8);
            let mut stored = vec![0; to_usize(whole.saturating_sub(ENTRY_HEAD))];
            self.fill(&mut stored)?;
            self.in_block = self.in_block.saturating_add(to_u64(stored.len())).saturating_add(5);
            self.read = self.read.saturating_add(1);
            if c_string::same(stored.get(..usize::from(length)).unwrap_or_default(), name) {
                return Ok(Some(number));
            }
        }
    }

    /// The first four bytes of the next entry, free spaces left out.
    fn entry(&mut self, size: u64) -> Result<[u8; 4], DriverError> {
        loop {
            if self.in_block >= size {
                self.in_block = HEADER;
                self.position = self.position & !size.wrapping_sub(1) | HEADER;
            }
            let start = self.take::<4>()?;
            self.in_block = self.in_block.saturating_add(4);
            if u16_at(&start, 0) != Some(FREE) {
                return Ok(start);
            }
            let length = u64::from(u16_at(&start, 2).unwrap_or(0)).next_multiple_of(8);
            let Some(rest) = length.checked_sub(4) else {
                return Err(unknown("a free space in a directory has no length, and pygrub never gets after it"));
            };
            self.in_block = self.in_block.saturating_add(rest);
            self.position = self.position.wrapping_add(rest);
        }
    }
}
