//! The files that an image names: its backing file, its data file, its extents.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::error::ContainerError;
use super::mapped::UnpackedPiece;
use crate::storage::beneath::{self, HeldDirectory};
use crate::storage::identify::Format;
use crate::storage::opening::open_disk;
use crate::storage::source::{FileSource, Source};
use crate::system_error::why;

/// How many images stand on one another at most. libvirt's limit is 200; nobody reads through more than some dozens.
const DEEPEST: usize = 64;

/// Which of the files that images name are opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChainPolicy {
    /// None: where the first bytes of a file say what it is, they may be a guest's, who writes a raw disk from its first byte on.
    Alone,
    /// Only files below the directory of the image, none through a symbolic link and no hidden one (`.git`): an image that nobody trusts
    /// must not choose what of the host is read.
    #[default]
    Beneath,
    /// None: somebody whom nobody trusts may have chosen the format as well, as the author of a commit that is looked at, and what lies
    /// beside the image is not all theirs.
    Nowhere,
    /// Every file.
    Anywhere,
}

/// Where an image is, for the files that it names.
#[derive(Clone, Debug, Default)]
pub struct ImagePlace<'a> {
    path: Option<&'a Path>,
    /// Its directory, if it is held already: then it is not opened by its name.
    directory: Option<Option<HeldDirectory>>,
}

impl<'a> ImagePlace<'a> {
    /// At a path of the caller's.
    pub fn of(path: &'a Path) -> Self {
        Self { path: Some(path), directory: None }
    }

    /// In a directory that is held, from which it was opened; `path` is what the caller calls it. `None` if that cannot be held: then
    /// no other file is opened.
    pub fn beneath(path: &'a Path, directory: Option<HeldDirectory>) -> Self {
        Self { path: Some(path), directory: Some(directory) }
    }

    /// Whether its name ends as that of a compressed file in this format does.
    pub(super) fn is_named_as(&self, format: Format) -> bool {
        let endings: &[&str] = match format {
            Format::Gzip => &["gz", "gzip"],
            Format::Bzip2 => &["bz2", "bzip2"],
            Format::Xz => &["xz"],
            Format::Zstd => &["zst", "zstd"],
            _ => &[],
        };
        let ending = self.path.and_then(Path::extension).and_then(OsStr::to_str);
        ending.is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
    }
}

/// The directory of the first image, and what was opened from it.
pub(super) struct ImageChain {
    policy: ChainPolicy,
    /// The directory of the first image. `None` if it cannot be opened, or is not known.
    directory: Option<HeldDirectory>,
    /// Its path as the caller gave it.
    base: PathBuf,
    depth: usize,
    unpacking: Arc<UnpackedPiece>,
}

/// A file that an image names, and where the names in it begin.
pub(super) struct ImageFile {
    pub source: Arc<dyn Source>,
    /// Its directory, relative to that of the first image, or from `/` on.
    pub directory: PathBuf,
}

pub(super) fn refused(why: String) -> ContainerError {
    ContainerError::Chain(why)
}

fn is_root(directory: &HeldDirectory) -> bool {
    HeldDirectory::open(Path::new("/")).is_ok_and(|root| root.is_same(directory))
}

impl ImageChain {
    /// For the image at this place.
    pub(super) fn of(place: ImagePlace<'_>, policy: ChainPolicy) -> Self {
        let parent = place.path.and_then(Path::parent).unwrap_or(Path::new(""));
        let base = if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() };
        let directory = match place.directory {
            Some(held) => held,
            None => place.path.and_then(|_| HeldDirectory::open(&base).ok()),
        };
        Self { policy, directory, base, depth: 0, unpacking: Arc::default() }
    }

    /// What its images have unpacked.
    pub(super) fn unpacking(&self) -> Arc<UnpackedPiece> {
        Arc::clone(&self.unpacking)
    }

    /// From here on a format is known by the first bytes alone.
    pub(super) fn detected(&mut self) {
        if self.policy == ChainPolicy::Beneath {
            self.policy = ChainPolicy::Alone;
        }
    }

    /// Whether what an image names is read because somebody said its format.
    pub(super) fn is_beneath(&self) -> bool {
        self.policy == ChainPolicy::Beneath
    }

    /// One image deeper.
    ///
    /// # Errors
    ///
    /// It is too deep, as in a circle.
    pub(super) fn deeper(&mut self) -> Result<(), ContainerError> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEEPEST {
            return Err(refused(format!("more than {DEEPEST} images stand on one another, perhaps in a circle")));
        }
        Ok(())
    }

    /// Opens the file that an image in `directory` names.
    pub(super) fn open(&self, directory: &Path, name: &[u8], what: &str) -> Result<ImageFile, ContainerError> {
        let shown = String::from_utf8_lossy(name).into_owned();
        let plain = plain_name(name)
            .ok_or_else(|| ContainerError::Unsupported(format!("its {what} `{shown}` is not a file of this host")))?;
        let path = Path::new(OsStr::from_bytes(plain));
        if plain.is_empty() || plain.contains(&0) {
            return Err(refused(format!("its {what} has no valid name")));
        }
        if self.policy == ChainPolicy::Alone {
            return Err(refused(format!(
                "its {what} `{shown}` is not read, since only the first bytes say what the image is, and a guest may have written \
                 them: only if the image was made in this format, give --image-format FORMAT to read what it names beside it, or \
                 --follow-backing-files for any file"
            )));
        }
        if self.policy == ChainPolicy::Nowhere {
            return Err(refused(format!(
                "its {what} `{shown}` is not read, since a commit may have made the image (this is a runner of continuous integration): \
                 give --follow-backing-files if you trust the image"
            )));
        }
        if self.policy == ChainPolicy::Anywhere {
            let beneath = directory.join(path);
            let path = self.base.join(&beneath);
            let file = open_disk(&path).map_err(|error| {
                refused(format!("its {what} `{}` cannot be opened: {}", path.display(), why(&error)))
            })?;
            let directory = beneath.parent().map(Path::to_owned).unwrap_or_default();
            return Ok(ImageFile { source: Arc::new(FileSource::new(file)?), directory });
        }
        if self.directory.as_ref().is_some_and(is_root) {
            return Err(refused(format!(
                "its {what} `{shown}` is not read, since the image lies in the root directory, below which everything is: move it, or \
                 give --follow-backing-files"
            )));
        }
        let Some(held) = &self.directory else {
            return Err(refused(format!("its {what} `{shown}` is not read: the directory of the image is not known")));
        };
        let outside = || {
            refused(format!(
                "its {what} `{shown}` lies outside of the image's directory: say --follow-backing-files if you trust the image"
            ))
        };
        let relative = self.relative(held, directory, path).ok_or_else(outside)?;
        // Beside the images of a checkout there is `.git`, beside those of a person what programs keep.
        if relative.components().any(|name| name.as_os_str().as_bytes().starts_with(b".")) {
            return Err(refused(format!(
                "its {what} `{shown}` is hidden (its name, or that of a directory, begins with a dot): say --follow-backing-files if you \
                 trust the image"
            )));
        }
        let file = held.open_file(&relative).map_err(|error| {
            if beneath::is_link_in_the_way(&error) {
                return refused(format!(
                    "its {what} `{shown}` is reached through a symbolic link: say --follow-backing-files if you trust the image"
                ));
            }
            refused(format!("its {what} `{shown}` cannot be opened: {}", why(&error)))
        })?;
        let directory = relative.parent().map(Path::to_owned).unwrap_or_default();
        Ok(ImageFile { source: Arc::new(FileSource::new(file)?), directory })
    }

    /// A path as one beneath the first image's directory. `None` if it leads out of it.
    fn relative(&self, held: &HeldDirectory, directory: &Path, path: &Path) -> Option<PathBuf> {
        let joined = if path.is_absolute() {
            let real = path.strip_prefix(held.path()).ok();
            real.or_else(|| path.strip_prefix(&self.base).ok())?.to_owned()
        } else {
            directory.join(path)
        };
        let mut clean = PathBuf::new();
        for component in joined.components() {
            match component {
                Component::Normal(name) => clean.push(name),
                Component::CurDir => {}
                Component::ParentDir => {
                    if !clean.pop() {
                        return None;
                    }
                }
                Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        Some(clean)
    }
}

/// The path in a name as QEMU writes it. `None` for what is not a file: a protocol, or QEMU's JSON.
fn plain_name(name: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = name.strip_prefix(b"file:") {
        return Some(rest.strip_prefix(b"//").unwrap_or(rest));
    }
    let scheme = name.split(|&byte| byte == b':').next().unwrap_or_default();
    // A colon after a slash, or after nothing, belongs to a file's name.
    let is_protocol = scheme.len() < name.len() && !scheme.is_empty() && !scheme.contains(&b'/');
    (!is_protocol).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_qemu_reads_them() {
        for (name, path) in [
            ("base.img", Some("base.img")),
            ("file:base.img", Some("base.img")),
            ("file:///a/b", Some("/a/b")),
            ("./a:b", Some("./a:b")),
            ("nbd://host/x", None),
            ("json:{}", None),
        ] {
            assert_eq!(plain_name(name.as_bytes()), path.map(str::as_bytes), "{name}");
        }
    }

    #[test]
    fn a_chain_stays_in_its_directory() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("images")).unwrap();
        std::fs::create_dir(folder.path().join("images/sub")).unwrap();
        std::fs::write(folder.path().join("outside"), "x").unwrap();
        std::fs::write(folder.path().join("images/base"), "x").unwrap();
        std::os::unix::fs::symlink("../outside", folder.path().join("images/link")).unwrap();
        let top = folder.path().join("images/top.qcow2");
        let absolute = folder.path().join("images/base");
        let chain = ImageChain::of(ImagePlace::of(&top), ChainPolicy::Beneath);
        let open = |directory: &str, name: &[u8]| chain.open(Path::new(directory), name, "backing file");
        assert!(open("", b"base").is_ok() && open("sub", b"../base").is_ok());
        assert!(open("", absolute.as_os_str().as_bytes()).is_ok());
        for name in ["../outside", "/etc/passwd", "link", "sub/../../outside", "none", ""] {
            assert!(matches!(open("", name.as_bytes()), Err(ContainerError::Chain(_))), "{name}");
        }
        // By the directory that is held, whatever has its name by now.
        let held = HeldDirectory::open(&folder.path().join("images")).unwrap();
        std::fs::create_dir(folder.path().join("other")).unwrap();
        std::fs::write(folder.path().join("other/secret"), "x").unwrap();
        std::fs::rename(folder.path().join("images"), folder.path().join("aside")).unwrap();
        std::os::unix::fs::symlink("other", folder.path().join("images")).unwrap();
        let chain = ImageChain::of(ImagePlace::beneath(&top, Some(held)), ChainPolicy::Beneath);
        assert!(chain.open(Path::new(""), b"base", "backing file").is_ok());
        assert!(chain.open(Path::new(""), b"secret", "backing file").is_err());
        let chain = ImageChain::of(ImagePlace::beneath(&top, None), ChainPolicy::Beneath);
        assert!(chain.open(Path::new(""), b"secret", "backing file").is_err());
        let chain = ImageChain::of(ImagePlace::of(&top), ChainPolicy::Anywhere);
        assert!(chain.open(Path::new(""), b"../outside", "backing file").is_ok());
    }
}
