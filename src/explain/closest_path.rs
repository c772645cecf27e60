//! The file that is probably meant by a path that does not open: the usual mistakes, what other entries name, and what lies
//! beside it.

use std::cell::OnceCell;

use super::advice::RaisingConfig;
use super::missing_initrd::{MadeBy, is_other_version};
use super::remedy::{MKCONFIG, Remedy};
use super::wording::{shown, word};
use crate::boot::Purpose;
use crate::config::{Dialect, Entry, Writer};
use crate::explain::files::{Answer, Files};
use crate::explain::similar_names::Neighbours;
use crate::python::PyStr;
use crate::storage::filesystem::FileKind;

/// A file that is there.
#[derive(Clone, Debug)]
pub(crate) struct Closest<'a> {
    /// Its path.
    pub path: String,
    /// What it has to do with the missing one.
    pub kinship: Kinship<'a>,
}

/// How a file that is there comes near the one that is missing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kinship<'a> {
    /// The same path with or without `/boot` or whatever else stands in front.
    OtherRoot,
    /// The same path from the directory of extlinux' configuration, where extlinux itself looks.
    BesideConfiguration,
    /// The same path in other letters, upper and lower case.
    Case,
    /// Another entry names it.
    NamedBy(&'a Entry),
    /// It has a name like it, and lies where the missing one should.
    Neighbour,
    /// As that, and it is the initrd of another version of the kernel.
    OtherVersion,
}

/// Why a path has another beginning on a filesystem of its own.
const FROM_ROOT: &str = "paths count from the root of the filesystem that holds the configuration";

impl Closest<'_> {
    /// What to say of it.
    pub(crate) fn help(&self, purpose: Purpose, missing: &PyStr, writer: Writer) -> String {
        let path = &self.path;
        match self.kinship {
            Kinship::NamedBy(entry) => {
                let title = shown(&entry.title);
                let is_other = is_other_version(&missing.to_string_lossy(), path);
                match (writer, purpose) {
                    (Writer::NixOs, _) => format!(
                        "boot \"{title}\", whose {} `{path}` is there, and {}",
                        word(purpose),
                        Remedy::NixosRebuild("which regenerates the menu".to_owned())
                    ),
                    // It would be handed over with the other file of the missing version.
                    (_, Purpose::Ramdisk) if is_other => self.of_another_version(missing, writer),
                    _ if is_other => format!(
                        "boot \"{title}\", whose {} `{path}` is there, or install the package of the missing one again in the guest",
                        word(purpose)
                    ),
                    _ => format!("`{path}`, which \"{title}\" names, is there: is that file meant?"),
                }
            }
            Kinship::Neighbour => format!(
                "`{path}` is there: {}",
                match writer {
                    Writer::NixOs => Remedy::copies_again().to_string(),
                    Writer::Mkconfig => format!("{MKCONFIG} in the guest, which regenerates the menu"),
                    Writer::Other => "is that file meant?".to_owned(),
                }
            ),
            Kinship::OtherVersion => self.of_another_version(missing, writer),
            Kinship::OtherRoot => match writer {
                Writer::Mkconfig => format!(
                    "`{path}` is there, and {FROM_ROOT}: {MKCONFIG} in the guest, with that filesystem {}",
                    if path.starts_with("/boot/") {
                        "mounted at / and nothing mounted over its /boot"
                    } else {
                        "mounted at /boot"
                    }
                ),
                Writer::NixOs => format!("`{path}` is there: {FROM_ROOT}"),
                Writer::Other => format!("write `{path}`, which is there: {FROM_ROOT}"),
            },
            Kinship::BesideConfiguration => format!(
                "write `{path}`, which is there: extlinux looks in its own directory, and pygrub from the root of the filesystem \
                 that holds the configuration"
            ),
            Kinship::Case => format!("write `{path}`, which is there: upper and lower case are not the same"),
        }
    }

    /// What to say of an initrd of another version.
    fn of_another_version(&self, missing: &PyStr, writer: Writer) -> String {
        let make = match writer {
            Writer::NixOs => Remedy::copies_again().to_string(),
            _ => format!("make the missing one in the guest ({})", MadeBy(&missing.to_string_lossy())),
        };
        format!("`{}` is there, and was made for another kernel: {make}", self.path)
    }
}

/// What the entries of a configuration name, one of which may be meant.
pub(crate) struct Relatives<'a> {
    configuration: RaisingConfig<'a>,
    /// Whether many files are missing.
    are_many: bool,
    kernels: OnceCell<Vec<Relative<'a>>>,
    ramdisks: OnceCell<Vec<Relative<'a>>>,
}

/// A file that an entry names.
#[derive(Clone, Copy)]
struct Relative<'a> {
    path: &'a str,
    entry: &'a Entry,
}

impl<'a> Relatives<'a> {
    /// Of this configuration, for one file that is missing.
    pub(crate) fn of(configuration: RaisingConfig<'a>) -> Self {
        Self { configuration, are_many: false, kernels: OnceCell::new(), ramdisks: OnceCell::new() }
    }

    /// The same, for many: it is worth a look which files are there at all.
    pub(crate) fn of_many(configuration: RaisingConfig<'a>) -> Self {
        Self { are_many: true, ..Self::of(configuration) }
    }

    fn all(&self, purpose: Purpose) -> impl Iterator<Item = Relative<'a>> {
        self.configuration.config.entries.iter().filter_map(move |entry| {
            let file = if purpose == Purpose::Kernel { entry.kernel.as_ref() } else { entry.initrd.as_ref() };
            Some(Relative { path: file?.path.to_str()?, entry })
        })
    }

    /// Those that are there.
    fn there(&self, files: &Files, purpose: Purpose) -> &[Relative<'a>] {
        let known = if purpose == Purpose::Kernel { &self.kernels } else { &self.ramdisks };
        known.get_or_init(|| {
            let opens = |relative: &Relative<'_>| files.opens(relative.path.as_bytes()) != Some(false);
            self.all(purpose).filter(|relative| opens(relative) && is_file(files, relative.path)).collect()
        })
    }

    /// The one that is most like `missing` and is there, if it is among those that are most like it.
    fn named(&self, files: &Files, purpose: Purpose, missing: &str) -> Option<Relative<'a>> {
        /// How many are worth a look.
        const MOST: usize = 16;
        let alike = |relative: Relative<'a>| Some((likeness(missing, relative.path)?, relative));
        if self.are_many {
            let there = self.there(files, purpose).iter().filter_map(|relative| likeness(missing, relative.path));
            let best = there.max()?;
            // In a long menu of missing files enough of them come before it, and nothing needs to be sorted.
            let mut before = Vec::with_capacity(MOST);
            for (likeness, Relative { path, .. }) in self.all(purpose).filter_map(alike) {
                if likeness > best && !before.contains(&path) {
                    before.push(path);
                }
                if before.len() == MOST {
                    return None;
                }
            }
        }
        let mut candidates: Vec<_> = self.all(purpose).filter_map(alike).collect();
        // The sort keeps the order of the file among equals.
        candidates.sort_by_key(|(likeness, _)| std::cmp::Reverse(*likeness));
        candidates.dedup_by_key(|(_, relative)| relative.path);
        let mut candidates = candidates.into_iter().take(MOST).map(|(_, relative)| relative);
        candidates.find(|relative| is_file(files, relative.path))
    }
}

/// Looks for it.
pub(crate) fn closest<'a>(
    files: &Files,
    relatives: &Relatives<'a>,
    purpose: Purpose,
    missing: &PyStr,
) -> Option<Closest<'a>> {
    let configuration = relatives.configuration;
    let missing = std::str::from_utf8(missing.as_bytes()).ok().filter(|path| path.len() <= 1024)?;
    let config_directory = configuration.path.to_str().and_then(|path| Some(path.rsplit_once('/')?.0));
    if let Some(directory) = config_directory.filter(|_| configuration.dialect == Dialect::Extlinux)
        && !missing.starts_with(['/', '.'])
    {
        let path = format!("{directory}/{missing}");
        if is_file(files, &path) {
            return Some(Closest { path, kinship: Kinship::BesideConfiguration });
        }
    }
    let usual = usual_mistakes(missing);
    if let Some(path) = usual.iter().find(|path| is_file(files, path)) {
        return Some(Closest { path: path.clone(), kinship: Kinship::OtherRoot });
    }
    let lower = missing.to_lowercase();
    if lower != missing && is_file(files, &lower) {
        return Some(Closest { path: lower, kinship: Kinship::Case });
    }
    if let Some(Relative { path, entry }) = relatives.named(files, purpose, missing) {
        return Some(Closest { path: path.to_owned(), kinship: Kinship::NamedBy(entry) });
    }
    let neighbours = Neighbours::of(purpose, missing);
    // Where the path says, and where it would be with another beginning.
    let places = std::iter::once(missing).chain(usual.iter().map(String::as_str));
    let mut directories: Vec<&str> = places.filter_map(|path| Some(path.rsplit_once('/')?.0)).collect();
    directories.extend(config_directory.filter(|_| !missing.contains('/')));
    for directory in directories {
        let root = if directory.is_empty() { "/" } else { directory };
        for name in neighbours.among(&files.names(root.as_bytes())) {
            let path = format!("{directory}/{name}");
            if is_file(files, &path) {
                let same = path.eq_ignore_ascii_case(missing);
                let kinship = if same {
                    Kinship::Case
                } else if purpose == Purpose::Ramdisk && is_other_version(missing, &path) {
                    Kinship::OtherVersion
                } else {
                    Kinship::Neighbour
                };
                return Some(Closest { path, kinship });
            }
        }
    }
    None
}

fn is_file(files: &Files, path: &str) -> bool {
    matches!(files.look(path.as_bytes()), Answer::There { kind: FileKind::Regular, .. })
}

/// The path with or without /boot, or whatever else stands in front, and from the root.
fn usual_mistakes(missing: &str) -> Vec<String> {
    let mut inner = missing;
    while let Some(rest) = inner.strip_prefix("../").or_else(|| inner.strip_prefix("./")) {
        inner = rest;
    }
    let inner = inner.trim_start_matches('/');
    let mut paths = vec![format!("/{inner}"), format!("/boot/{inner}")];
    let mut rest = inner;
    // `/boot/k`, `/@/boot/k`, `/sysroot/@/boot/k`.
    for _ in 0..3 {
        let Some((_, behind)) = rest.split_once('/') else { break };
        rest = behind.trim_start_matches('/');
        paths.push(format!("/{rest}"));
        paths.push(format!("/boot/{rest}"));
    }
    paths.retain(|path| path != missing && path.len() > 1);
    paths
}

/// How much two paths have in common; nothing where it is too little to speak of.
fn likeness(missing: &str, path: &str) -> Option<(bool, bool, usize)> {
    if path == missing {
        return None;
    }
    let (directory, name) = missing.rsplit_once('/').unwrap_or(("", missing));
    let (other_directory, other_name) = path.rsplit_once('/').unwrap_or(("", path));
    let beginning = name.bytes().zip(other_name.bytes()).take_while(|(a, b)| a == b).count();
    let end = name.bytes().rev().zip(other_name.bytes().rev()).take_while(|(a, b)| a == b).count();
    let common = beginning + end;
    let alike = name == other_name || directory == other_directory && common >= 4 || common >= 8;
    alike.then_some((name == other_name, directory == other_directory, common))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_mistakes_are_tried_in_order() {
        assert_eq!(usual_mistakes("/k"), ["/boot/k"]);
        assert_eq!(usual_mistakes("/boot/k"), ["/boot/boot/k", "/k"]);
        assert_eq!(usual_mistakes("../nixos/k"), ["/nixos/k", "/boot/nixos/k", "/k", "/boot/k"]);
        assert!(usual_mistakes("/@/boot/k").contains(&"/k".to_owned()));
        assert_eq!(usual_mistakes("/"), ["/boot/"]);
    }

    #[test]
    fn alike_is_what_looks_alike() {
        assert!(likeness("/vmlinuz-6.1", "/vmlinuz-6.2") > likeness("/vmlinuz-6.1", "/vmlinuz-5.10"));
        assert!(likeness("/a/vmlinuz", "/b/vmlinuz").is_some());
        assert_eq!(likeness("/k", "/memtest"), None);
        assert_eq!(likeness("/k", "/k"), None);
    }
}
