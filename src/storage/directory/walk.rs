//! The walk along a path inside the directory, as libext2fs does it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;

use super::{Directory, relative};
use crate::storage::beneath::{Node, NodeKind, is_of_repository};
use crate::storage::filesystem::OpenError;

/// How deep symbolic links may be nested, as in libext2fs.
const DEEPEST: u32 = 8;

/// How many components one path may come to, links followed: a bound against mazes of links.
const MOST_STEPS: u32 = 100_000;

pub(super) struct DirectoryWalk<'a> {
    directory: &'a Directory,
    steps: u32,
    /// Whether the walk ended at a mount that hides what the disk has there.
    pub met_mount: bool,
}

impl<'a> DirectoryWalk<'a> {
    pub(super) fn new(directory: &'a Directory) -> Self {
        Self { directory, steps: 0, met_mount: false }
    }

    /// What is at a place, as names from the root. None of them is a link's but the last.
    fn node(&self, place: &[Vec<u8>]) -> io::Result<Node> {
        self.directory.node_at(&relative(place))
    }

    pub(super) fn open(&mut self, base: Vec<Vec<u8>>, path: &[u8], nesting: u32) -> Result<Vec<Vec<u8>>, OpenError> {
        let (mut place, path) = match path.strip_prefix(b"/") {
            Some(rest) => (Vec::new(), rest),
            None => (base, path),
        };
        if path.is_empty() {
            return Ok(place);
        }
        // One slash at the end is nothing.
        let path = path.strip_suffix(b"/").unwrap_or(path);
        for name in path.split(|&byte| byte == b'/') {
            place = self.step(place, name, nesting)?;
        }
        Ok(place)
    }

    fn step(&mut self, place: Vec<Vec<u8>>, name: &[u8], nesting: u32) -> Result<Vec<Vec<u8>>, OpenError> {
        self.steps = self.steps.saturating_add(1);
        let shown = String::from_utf8_lossy(name).into_owned();
        if self.steps > MOST_STEPS {
            return Err(OpenError::Unknown("the symbolic links form a maze".to_owned()));
        }
        if name.is_empty() {
            let reason = "there is an empty component between two slashes, which libext2fs looks up as a name";
            return Err(OpenError::NotFound(reason.to_owned()));
        }
        // No guest boots from there.
        if is_of_repository(OsStr::from_bytes(name)) {
            return Err(OpenError::Unknown(format!(
                "`{shown}` is a repository's own, into which pregrub does not look"
            )));
        }
        let is_directory = self.directory.holds_planned(&place) || self.node(&place)?.kind == NodeKind::Directory;
        let parent = if place.is_empty() { "the root directory" } else { "its directory" };
        let missing = || OpenError::NotFound(format!("there is no `{shown}` in {parent}"));
        if !is_directory || name.len() > 255 || name.contains(&0) {
            return Err(missing());
        }
        let mut next = place.clone();
        match name {
            b"." => return Ok(place),
            b".." => {
                next.pop();
                return Ok(next);
            }
            _ => next.push(name.to_vec()),
        }
        if self.directory.planned.contains_key(&relative(&next)) {
            return Ok(next);
        }
        let node = match self.node(&next) {
            Ok(node) => node,
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.directory.holds_planned(&next) => {
                return Ok(next);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
            Err(error) => return Err(error.into()),
        };
        // Device nodes and the like carry the number of the filesystem that holds them.
        if node.device != self.directory.device {
            self.met_mount = true;
            let reason = format!("`{shown}` is a mount point: what is mounted there is another filesystem");
            return Err(OpenError::NotFound(reason));
        }
        if self.directory.is_mounted_over(&relative(&next)) {
            self.met_mount = true;
            let reason =
                format!("`{shown}` is a mount point, and what the disk has there is hidden by what is mounted there");
            return Err(OpenError::NotFound(reason));
        }
        if node.kind != NodeKind::Link {
            return Ok(next);
        }
        if nesting >= DEEPEST {
            return Err(OpenError::NotFound(format!("`{shown}` is a symbolic link nested deeper than {DEEPEST}")));
        }
        let next = relative(&next);
        let (held, beneath) = self.directory.reached(&next);
        let target = held.read_link(beneath)?;
        self.open(place, target.as_os_str().as_bytes(), nesting.saturating_add(1))
    }
}
