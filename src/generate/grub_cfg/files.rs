//! What the copies on the boot disk are called: by their content, so that a name always stands for the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::error::GrubCfgError;
use super::initrd_front::Front;
use super::root::RootDirectory;
use crate::storage::beneath::HeldDirectory;
use crate::storage::source::FileSource;

/// The directory of the copies, on the boot disk.
pub(super) const KERNELS: &str = "kernels";
/// How many digits of the SHA-256 stand in a name: 128 bits.
pub(super) const DIGITS: usize = 32;
/// How long the readable part of a name may be.
const LONGEST_SUFFIX: usize = 80;
/// The largest kernel or initrd that is copied: more than any is, and soon read. A file of holes may claim any size.
pub(super) const LARGEST: u64 = 1 << 30;
/// How much is read at a time.
const PIECE: usize = 1 << 20;

/// A file that entries need on the boot disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// The path of the guest's that it was found by.
    pub path: PathBuf,
    /// Where it lies beneath the guest's root, without links.
    pub place: PathBuf,
    /// What stands in front of it on the boot disk.
    pub front: Front,
    /// The length in bytes of both.
    pub length: u64,
    /// What it is called there.
    pub name: String,
    /// The SHA-256 of both.
    pub digest: [u8; 32],
}

impl SourceFile {
    /// What a copy of it is called where its name is another file's; `number` tells them apart.
    pub(super) fn beside(&self, number: u32) -> String {
        let (digits, suffix) = self.name.split_at(DIGITS);
        format!("{digits}-copy-{number}{suffix}")
    }

    /// What a copy of it with secrets appended is called; `number` tells the ones of one initrd apart. The name says nothing about
    /// the secrets, not even a digest.
    pub(super) fn with_secrets(&self, number: u32) -> String {
        let (digits, suffix) = self.name.split_at(DIGITS);
        format!("{digits}-secrets-{number}{suffix}")
    }
}

/// Reads the files that are to be copied, each once.
pub(super) struct SourceFiles<'a> {
    root: &'a RootDirectory,
    /// Asked with every piece that is read.
    go_on: &'a dyn Fn() -> io::Result<()>,
    by_path: BTreeMap<(PathBuf, Front), SourceFile>,
    fronts: BTreeMap<(PathBuf, bool), Front>,
    name_of: BTreeMap<[u8; 32], String>,
}

impl<'a> SourceFiles<'a> {
    /// `go_on` is asked with every piece that is read: an error ends the reading.
    pub(super) fn new(root: &'a RootDirectory, go_on: &'a dyn Fn() -> io::Result<()>) -> Self {
        Self { root, go_on, by_path: BTreeMap::new(), fronts: BTreeMap::new(), name_of: BTreeMap::new() }
    }

    /// The kernel of this path of the guest's. Two files of the same content have one name.
    pub(super) fn kernel(&mut self, path: &Path) -> Result<SourceFile, GrubCfgError> {
        self.with_front(path, Front::None)
    }

    /// The initrd of this path, with what must stand in front of it, by itself or with `more` archives appended.
    pub(super) fn initrd(&mut self, path: &Path, more: bool) -> Result<SourceFile, GrubCfgError> {
        let key = (path.to_owned(), more);
        let front = match self.fronts.get(&key) {
            Some(&front) => front,
            None => {
                let file = self.open(path)?;
                let front = match more {
                    true => Front::before_more(file),
                    false => FileSource::new(file).and_then(|file| Front::of_whole(&file)),
                };
                let front = front.map_err(|error| GrubCfgError::io("read", path, &error))?;
                self.fronts.insert(key, front);
                front
            }
        };
        self.with_front(path, front)
    }

    /// Opens a file of the guest's.
    pub(super) fn open(&self, path: &Path) -> Result<File, GrubCfgError> {
        let place = self.root.resolve(path).map_err(|error| GrubCfgError::io("find", path, &error))?;
        self.root.open_resolved(&place).map_err(|error| GrubCfgError::io("read", path, &error))
    }

    /// Opens a file at its place again.
    pub(super) fn open_place(&self, place: &Path) -> io::Result<File> {
        self.root.open_resolved(place)
    }

    fn with_front(&mut self, path: &Path, front: Front) -> Result<SourceFile, GrubCfgError> {
        let key = (path.to_owned(), front);
        if let Some(file) = self.by_path.get(&key) {
            return Ok(file.clone());
        }
        let failed = |error: io::Error| GrubCfgError::io("read", path, &error);
        let place = self.root.resolve(path).map_err(|error| GrubCfgError::io("find", path, &error))?;
        let file = self.root.open_resolved(&place).map_err(failed)?;
        let too_large = || io::Error::other(format!("it is larger than {} MiB", LARGEST >> 20));
        if file.metadata().map_err(failed)?.len() > LARGEST {
            return Err(failed(too_large()));
        }
        let mut length = 0;
        let digest = digest(front.bytes().chain(file), |piece| {
            length += piece.len() as u64;
            if length > LARGEST { Err(too_large()) } else { (self.go_on)() }
        });
        let digest = digest.map_err(failed)?;
        let name = self.name_of.entry(digest).or_insert_with(|| name(&digest, path)).clone();
        let file = SourceFile { path: path.to_owned(), place, front, length, name, digest };
        self.by_path.insert(key, file.clone());
        Ok(file)
    }

    /// Filesystem and number of the files that were asked for.
    ///
    /// # Errors
    ///
    /// One of them cannot be examined any longer: it may lie among the copies.
    pub(super) fn nodes(&self) -> Result<BTreeSet<(u64, u64)>, GrubCfgError> {
        let root = self.root()?;
        let nodes = self.by_path.values().map(|file| {
            let node = root.node(&file.place).map_err(|error| GrubCfgError::io("examine", &file.path, &error))?;
            Ok((node.device, node.inode))
        });
        nodes.collect()
    }

    /// The directory that a file's `place` lies beneath.
    pub(super) fn root(&self) -> Result<HeldDirectory, GrubCfgError> {
        self.root.held().map_err(|error| GrubCfgError::io("open", &self.root.host(Path::new("/")), &error))
    }
}

/// The SHA-256 of what is read; every piece is handed on.
pub(super) fn digest(mut from: impl Read, mut piece_read: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(count) => {
                hash.update(&piece[..count]);
                piece_read(&piece[..count])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// `DIGITS-linux-6.6.33-bzImage` of `/nix/store/HASH-linux-6.6.33/bzImage`: what is read by two programs has no character in
/// it that any of them takes for something else.
fn name(digest: &[u8; 32], path: &Path) -> String {
    let in_store = path.strip_prefix("/nix/store").unwrap_or(path);
    let in_store = in_store.to_string_lossy();
    let in_store = in_store.trim_start_matches('/');
    // The hash of the store path says nothing here.
    let readable = match in_store.split_once('-') {
        Some((hash, rest)) if hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_alphanumeric()) => rest,
        _ => in_store,
    };
    let suffix: String = readable
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-') { c } else { '-' })
        .collect();
    // The end says most: what kind of file it is.
    let suffix = &suffix[suffix.len().saturating_sub(LONGEST_SUFFIX)..];
    format!("{}-{suffix}", &HEXLOWER.encode(digest)[..DIGITS])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        let of = |path: &str| name(&[0xab; 32], Path::new(path))[DIGITS..].to_owned();
        assert_eq!(of("/nix/store/v54baxg4hq5s5y9fcqp1rilaq585ill0-linux-6.6.33/bzImage"), "-linux-6.6.33-bzImage");
        assert_eq!(of("/srv/a b/k\u{e9}rnel $x"), "-srv-a-b-k-rnel--x");
        assert_eq!(of(&format!("/{}/bzImage", "x".repeat(200))).len(), 1 + LONGEST_SUFFIX);
        assert!(name(&[0xab; 32], Path::new("/k")).starts_with(&"ab".repeat(16)));
    }
}
