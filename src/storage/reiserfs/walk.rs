//! From a path to the stat data of a regular file.

use super::Reiserfs;
use super::content::FileContent;
use super::damaged::damaged;
use super::directory;
use super::little_endian::{u16_at, u32_at};
use super::tree::TreeCursor;
use crate::size::{to_u64, to_usize};
use crate::storage::driver_error::DriverError;
use crate::storage::path_whitespace::{self, is_blank};

/// Directory and object number of the root.
const ROOT: (u32, u32) = (1, 2);

/// The plugin follows this many links.
const MOST_LINKS: usize = 5;
/// The plugin's buffer for the text of a link and the rest of the path, with a NUL.
const BUFFER: u64 = 1024;

const MODE: u16 = 0o170_000;
const REGULAR: u16 = 0o100_000;
const DIRECTORY: u16 = 0o040_000;
const LINK: u16 = 0o120_000;

/// Both formats of stat data have the size here; the old one has 32 bits of it.
const SIZE_AT: usize = 8;

/// A regular file.
#[derive(Debug)]
pub(crate) struct RegularFile {
    pub(crate) size: u64,
    pub(crate) content: FileContent,
}

fn absent(why: impl Into<String>) -> DriverError {
    DriverError::Fails(why.into())
}

/// Walks `path`.
pub(crate) fn walk(fs: &Reiserfs, path: &[u8]) -> Result<RegularFile, DriverError> {
    let mut rest = path[..path_whitespace::length(path)].to_vec();
    // Where what is left of it begins.
    let mut at = 0_usize;
    let (mut parent, mut owner) = (ROOT, ROOT);
    let mut links = 0_usize;
    loop {
        let Some(cursor) = TreeCursor::find(fs, owner)? else {
            return Err(absent("the directory entry names nothing, as .. in the root directory does"));
        };
        let item = cursor.item();
        let stat = item.body().ok_or_else(|| damaged("stat data lies after its block"))?;
        let short = || damaged("stat data is too short");
        let mode = u16_at(stat, 0).ok_or_else(short)? & MODE;
        let size = u64::from(u32_at(stat, SIZE_AT).ok_or_else(short)?);
        let high = if item.is_new() { u32_at(stat, SIZE_AT + 4).ok_or_else(short)? } else { 0 };
        if mode == LINK {
            links = links.saturating_add(1);
            if links > MOST_LINKS {
                return Err(absent(format!("more than {MOST_LINKS} symbolic links on the way")));
            }
            let left = &rest[at..];
            if size.saturating_add(to_u64(left.len())) > BUFFER - 1 {
                return Err(absent("a symbolic link and the rest of the path have more than 1023 bytes"));
            }
            let content = FileContent::of(fs, cursor)?;
            let mut text = vec![0; to_usize(size)];
            if content.read(fs, 0, &mut text)? != text.len() || !content.blocks.is_empty() || text.is_empty() {
                return Err(damaged("a symbolic link has another length than its text"));
            }
            // What follows a NUL or a space in the text is no longer part of the path.
            text.extend_from_slice(left);
            let end = text.iter().position(|&byte| byte == 0 || is_blank(byte)).unwrap_or(text.len());
            text.truncate(end);
            owner = if text.first() == Some(&b'/') { ROOT } else { parent };
            (rest, at) = (text, 0);
            continue;
        }
        let left = &rest[at..];
        if left.is_empty() {
            if mode != REGULAR {
                return Err(absent(
                    "it is a directory or a special file, which pygrub's reiserfs driver does not open",
                ));
            }
            if high != 0 {
                return Err(DriverError::Unknown("the file has 4 GiB or more".to_owned()));
            }
            let content = FileContent::of(fs, cursor)?;
            return Ok(RegularFile { size, content });
        }
        if mode != DIRECTORY {
            return Err(absent("a component before the last one is not a directory"));
        }
        let start = left.iter().position(|&byte| byte != b'/').unwrap_or(left.len());
        let name = left[start..].split(|&byte| byte == b'/').next().unwrap_or_default();
        if name.is_empty() {
            return Err(absent("the path ends with a slash"));
        }
        match directory::lookup(fs, cursor, name)? {
            Some(found) => {
                parent = owner;
                owner = found;
                at = at.saturating_add(start).saturating_add(name.len());
            }
            None => return Err(absent(format!("there is no {}", String::from_utf8_lossy(name)))),
        }
    }
}
