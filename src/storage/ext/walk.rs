//! From a path to an inode, as `ext2fs_namei_follow` walks.

use super::Ext;
use super::inode::{Inode, ROOT};
use super::{directory, inline_data, mapping};
use crate::size::{to_u64, to_usize};
use crate::storage::driver_error::DriverError;
use crate::storage::filesystem::shown;

/// How deep symbolic links may be nested. How many there are in all does not matter.
const DEEPEST: u32 = 8;
/// What looking up one name costs at least, so that a maze of links ends.
const STEP: u64 = 1024;

/// Finds the inode number that `path` leads to. Each empty component but the last one is looked up like any other name,
/// and is not found; `.` and `..` are what the directory says they are.
pub(crate) fn resolve(ext: &Ext, path: &[u8]) -> Result<u32, DriverError> {
    walk(ext, path, true)
}

/// As [`resolve`], where nobody asks why a name is not found: that has an empty reason.
pub(crate) fn resolve_unexplained(ext: &Ext, path: &[u8]) -> Result<u32, DriverError> {
    walk(ext, path, false)
}

fn walk(ext: &Ext, path: &[u8], explains: bool) -> Result<u32, DriverError> {
    let walk = Walk { ext, explains };
    walk.open(ROOT, &Text::whole(path), 0)
}

/// A path: as many characters as `length` says, which for a damaged symbolic link may be more than there are, or fewer
/// than none.
struct Text<'a> {
    bytes: &'a [u8],
    length: i64,
}

impl<'a> Text<'a> {
    /// All characters of `bytes`.
    fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, length: i64::try_from(bytes.len()).unwrap_or(i64::MAX) }
    }

    /// From `position` on, at most `most` bytes of it, where those are there or have a slash among them.
    fn part(&self, position: usize, most: i64) -> Result<&[u8], DriverError> {
        let rest = self.bytes.get(position..).unwrap_or_default();
        let most = usize::try_from(most).unwrap_or_default();
        if most > rest.len() && !rest.contains(&b'/') {
            return Err(DriverError::Unknown(
                "the size of a symbolic link is larger than what it holds: libext2fs reads foreign memory".to_owned(),
            ));
        }
        Ok(&rest[..most.min(rest.len())])
    }

    fn starts_at_root(&self) -> bool {
        self.bytes.first() == Some(&b'/')
    }
}

struct Walk<'a> {
    ext: &'a Ext,
    /// Whether somebody asks why a name is not found.
    explains: bool,
}

impl Walk<'_> {
    /// Follows `text` from the directory `base`, also through a symbolic link at its end.
    fn open(&self, base: u32, text: &Text<'_>, nesting: u32) -> Result<u32, DriverError> {
        let mut dir = base;
        let mut position = 0;
        let mut remaining = text.length;
        if text.starts_at_root() {
            dir = ROOT;
            position = 1;
            remaining = remaining.saturating_sub(1);
        }
        loop {
            let rest = text.part(position, remaining)?;
            let Some(length) = memchr::memchr(b'/', rest) else {
                let name = rest;
                // Nothing after the last slash: the directory itself, or the file that stands for one.
                return if name.is_empty() { Ok(dir) } else { self.step(dir, name, nesting) };
            };
            dir = self.step(dir, &rest[..length], nesting)?;
            let passed = length.saturating_add(1);
            position = position.saturating_add(passed);
            remaining = remaining.saturating_sub(i64::try_from(passed).unwrap_or(i64::MAX));
        }
    }

    /// Looks up one name and follows it if it is a symbolic link.
    fn step(&self, dir: u32, name: &[u8], nesting: u32) -> Result<u32, DriverError> {
        self.ext.blocks.budget().spend(STEP)?;
        let found = directory::lookup(self.ext, dir, name).map_err(|fault| match fault {
            DriverError::Fails(reason) => {
                DriverError::Fails(format!("`{}` cannot be looked up: {reason}", shown(name)))
            }
            other => other,
        })?;
        let Some(ino) = found else {
            if !self.explains {
                return Err(DriverError::Fails(String::new()));
            }
            return Err(DriverError::Fails(if name.is_empty() {
                "there is an empty component between two slashes, which libext2fs looks up as a name".to_owned()
            } else {
                let directory = if dir == ROOT { "the root directory" } else { "its directory" };
                format!("there is no `{}` in {directory}", shown(name))
            }));
        };
        let inode = self.ext.inode(ino).map_err(|fault| match fault {
            DriverError::Fails(reason) => DriverError::Fails(format!("`{}`: {reason}", shown(name))),
            other => other,
        })?;
        if !inode.is_symlink() {
            return Ok(ino);
        }
        if nesting >= DEEPEST {
            return Err(DriverError::Fails(format!(
                "`{}` is a symbolic link nested deeper than {DEEPEST}",
                shown(name)
            )));
        }
        self.follow(dir, &inode, nesting.saturating_add(1))
    }

    /// Follows the target of the symbolic link `inode`, which lies in the directory `dir`.
    fn follow(&self, dir: u32, inode: &Inode, nesting: u32) -> Result<u32, DriverError> {
        if let Some(target) = inode.fast_symlink() {
            return self.open(dir, &Text::whole(target), nesting);
        }
        // libext2fs keeps the length of a path in a signed number.
        let length = i64::from(inode.size_low().cast_signed());
        if length <= i64::from(i32::MIN + 1) {
            return Err(DriverError::Unknown("the size of a symbolic link overflows".to_owned()));
        }
        if inode.has_inline_data() {
            let mut target = inline_data::read(self.ext, inode)?;
            let size = to_usize(u64::from(inode.size_low()));
            if size < target.len() || size > 1 << 20 {
                return Err(DriverError::Unknown(
                    "the size of a symbolic link does not fit its inline data: libext2fs writes to foreign memory"
                        .to_owned(),
                ));
            }
            self.ext.blocks.budget().spend(to_u64(size))?;
            target.resize(size, 0);
            return self.open(dir, &Text { bytes: &target, length }, nesting);
        }
        // A link without a block is read from block 0 of the disk, and one that was never written from where it would
        // be.
        let number = mapping::first_block(self.ext, inode)?;
        let target = self.ext.blocks.read(number).map_err(|fault| match fault {
            DriverError::Fails(reason) => {
                DriverError::Fails(format!("the target of a symbolic link cannot be read: {reason}"))
            }
            other => other,
        })?;
        self.open(dir, &Text { bytes: &target, length }, nesting)
    }
}
