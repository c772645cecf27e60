//! From a path to an inode.

use super::Xfs;
use super::content::{InodeContent, NoContent};
use super::directory;
use super::inode::Inode;
use crate::size::to_usize;
use crate::storage::driver_error::DriverError;
use crate::storage::path_whitespace::is_blank;

/// The plugin follows this many links.
const MOST_LINKS: usize = 8;

fn absent(why: impl Into<String>) -> DriverError {
    DriverError::Fails(why.into())
}

/// Where the rest of the path stands. The plugin writes the text of every link to the start of the same buffer, over the rest
/// of the path that it still has to append there.
struct Rest {
    /// The path that was asked for, or the buffer of links, with a NUL at the end.
    text: Vec<u8>,
    at: usize,
    in_links: bool,
}

impl Rest {
    fn byte(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn skip_slashes(&mut self) {
        while self.byte() == b'/' {
            self.at = self.at.saturating_add(1);
        }
    }

    /// The component from here on, up to a slash, a space or the end.
    fn component(&self) -> &[u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|&byte| byte == 0 || byte == b'/' || is_blank(byte)).unwrap_or(rest.len());
        &rest[..end]
    }

    /// Puts the text of a link before what is left of the path, as far as the buffer of `size` bytes goes.
    fn prepend(&mut self, link: &[u8], size: usize) {
        let mut buffer = if self.in_links { std::mem::take(&mut self.text) } else { Vec::new() };
        buffer.resize(size, 0);
        buffer[..link.len()].copy_from_slice(link);
        let mut to = link.len();
        while to < size.saturating_sub(1) {
            let byte = if self.in_links { buffer.get(self.at) } else { self.text.get(self.at) };
            let byte = byte.copied().unwrap_or(0);
            self.at = self.at.saturating_add(1);
            buffer[to] = byte;
            to = to.saturating_add(1);
            if byte == 0 {
                break;
            }
        }
        buffer[to] = 0;
        *self = Self { text: buffer, at: 0, in_links: true };
    }
}

/// The inode that `path` leads to, a regular file.
pub(crate) fn walk(xfs: &Xfs, path: &[u8]) -> Result<Inode, DriverError> {
    let mut rest = Rest { text: path.to_vec(), at: 0, in_links: false };
    let (mut number, mut parent) = (xfs.superblock.root, xfs.superblock.root);
    let mut links = 0_usize;
    // What the plugin keeps as the length of the file: that of the last link until the file is found.
    let mut limit = 0;
    let mut previous = None;
    loop {
        let mut inode = Inode::read(xfs, number, previous)?;
        let size = inode.size();
        if inode.is_link() {
            links = links.saturating_add(1);
            if links > MOST_LINKS {
                return Err(absent(format!("more than {MOST_LINKS} symbolic links on the way")));
            }
            let block = xfs.superblock.block_size();
            if size >= block.saturating_sub(1) {
                return Err(absent("the text of a symbolic link is longer than a block"));
            }
            if size == 0 {
                return Err(DriverError::Unknown("a symbolic link has no text".to_owned()));
            }
            let mut text = vec![0; to_usize(size)];
            limit = size;
            match InodeContent::of(xfs, inode.clone())?.fill(xfs, 0, limit, &mut text) {
                Ok((count, true)) if count == size => {}
                Ok(_) | Err(NoContent::Overrun(_)) => {
                    return Err(DriverError::Unknown(
                        "the text of a symbolic link cannot be read as a whole".to_owned(),
                    ));
                }
                Err(NoContent::DriverError(fault)) => return Err(fault),
            }
            number = if text[0] == b'/' { xfs.superblock.root } else { parent };
            rest.prepend(&text, to_usize(block));
            previous = Some(inode);
            continue;
        }
        if rest.byte() == 0 || is_blank(rest.byte()) {
            if inode.is_regular() {
                return Ok(inode);
            }
            return Err(absent("it is a directory or a special file, which pygrub's XFS driver does not open"));
        }
        if !inode.is_directory() {
            return Err(absent("a component before the last one is not a directory"));
        }
        rest.skip_slashes();
        let name = rest.component().to_vec();
        if name.is_empty() {
            return Err(absent("the path ends with a slash, or at a space after one"));
        }
        match directory::lookup(xfs, &mut inode, &name, limit)? {
            Some(found) => {
                parent = number;
                if found != 0 {
                    number = found;
                }
                rest.at = rest.at.saturating_add(name.len());
                previous = Some(inode);
            }
            None => return Err(not_found(xfs, &name, links)),
        }
    }
}

/// Says why a name is not found, with what the plugin is known to get wrong.
fn not_found(xfs: &Xfs, name: &[u8], links: usize) -> DriverError {
    let shown = String::from_utf8_lossy(name);
    if name == b".." {
        return absent("pygrub's XFS driver does not find .. in a small directory");
    }
    if links > 1 {
        return absent(format!(
            "there is no {shown}; pygrub's XFS driver garbles a path with one symbolic link after another"
        ));
    }
    if xfs.has_file_types {
        return absent(format!(
            "pygrub's XFS driver finds no {shown}: it misreads the directories of a filesystem made with ftype=1"
        ));
    }
    absent(format!("there is no {shown}"))
}
