//! What an installation must not remove: whatever pygrub could be asked for while the disk is as it was.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::boot::{self, fixed_kernels::FIXED_FILES};
use crate::config;
use crate::flavour::Flavour;
use crate::release::Release;
use crate::storage::beneath::Node;
use crate::storage::directory::Directory;
use crate::storage::filesystem::{Filesystem, OpenError};

/// How much of the old grub.cfg is read.
pub(super) const LONGEST: u64 = 16 << 20;
/// How much of a configuration is looked through for what it names: twice what pygrub reads today. What is longer keeps everything.
const LOOKED_THROUGH: u64 = 2 << 20;
/// How long the paths in all configurations may take to follow, which a guest can fill with links. What takes longer keeps everything.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// The files that some configuration of the boot disk names.
#[derive(Debug, Default)]
pub(super) struct Kept {
    texts: Vec<Vec<u8>>,
    /// Filesystem and number of what paths in these texts lead to, by links of the boot disk too.
    nodes: BTreeSet<(u64, u64)>,
    /// A configuration that could not be read, which may name anything.
    unread: Option<&'static str>,
}

impl Kept {
    /// Reads every configuration that pygrub of any release looks for on the filesystem below `root`, not only the one that it
    /// chooses now: the next one may choose another, and so does a user who moves one aside.
    ///
    /// `sources` are files that are about to be copied, by filesystem and number: a guest's kernel may lie among the copies.
    pub(super) fn on(
        root: &Path,
        sources: BTreeSet<(u64, u64)>,
        go_on: &dyn Fn() -> std::io::Result<()>,
    ) -> std::io::Result<Self> {
        let directory = Directory::new(root)?;
        let started = Instant::now();
        let mut kept = Self { nodes: sources, ..Self::default() };
        let fixed = Flavour::ALL.into_iter().filter_map(Flavour::missing_kernel).chain(FIXED_FILES);
        kept.nodes
            .extend(fixed.filter_map(|path| directory.node(path.as_bytes())).map(|node| (node.device, node.inode)));
        let mut seen = BTreeSet::new();
        for (path, dialect) in Release::lines().flat_map(boot::candidates) {
            if !seen.insert(path) {
                continue;
            }
            let text = match read(&directory, path) {
                Some(Ok(text)) => text,
                Some(Err(())) => {
                    kept.unread = Some(path);
                    continue;
                }
                None => continue,
            };
            // It may be one of ours by its name, after a link.
            kept.nodes.extend(directory.node(path.as_bytes()).map(|node| (node.device, node.inode)));
            let mut named = BTreeSet::new();
            for release in Release::lines() {
                go_on()?;
                for entry in config::parse(dialect, &text, release).entries {
                    let files = [entry.kernel, entry.initrd].into_iter().flatten();
                    named.extend(files.map(|file| file.path.as_bytes().to_vec()));
                }
            }
            for path_named in named {
                go_on()?;
                if started.elapsed() > LONGEST_LOOK {
                    kept.unread = Some(path);
                    break;
                }
                kept.nodes.extend(directory.node(&path_named).map(|node| (node.device, node.inode)));
            }
            kept.texts.push(text);
        }
        Ok(kept)
    }

    /// Whether a file among the kernels is named.
    pub(super) fn names(&self, name: &str, node: &Node) -> bool {
        self.unread.is_some()
            || self.nodes.contains(&(node.device, node.inode))
            || self.texts.iter().any(|text| memchr::memmem::find(text, name.as_bytes()).is_some())
    }

    /// The configuration because of which nothing is removed.
    pub(super) fn unread(&self) -> Option<&'static str> {
        self.unread
    }
}

/// The text of a configuration; nothing where there is none.
fn read(directory: &Directory, path: &str) -> Option<Result<Vec<u8>, ()>> {
    let file = match directory.open(path.as_bytes()) {
        Ok(file) => file,
        Err(OpenError::NotFound(_)) => return None,
        Err(OpenError::Unknown(_) | OpenError::Io(_)) => return Some(Err(())),
    };
    let Some(size) = usize::try_from(file.size()).ok().filter(|_| file.size() <= LOOKED_THROUGH) else {
        return Some(Err(()));
    };
    let mut text = vec![0; size];
    Some(match file.read_at(0, &mut text) {
        Ok(count) => {
            text.truncate(count);
            Ok(text)
        }
        Err(_) => Err(()),
    })
}
