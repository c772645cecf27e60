//! The file that is probably meant by a path that does not open: the usual mistakes, what other entries name, and what lies
//! beside it.

use super::advice::Seen;
use super::missing_path::{shown, word};
use super::remedy::{MKCONFIG, Remedy};
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

impl Closest<'_> {
    /// What to say of it.
    pub(crate) fn help(&self, purpose: Purpose, writer: Writer) -> String {
        let path = &self.path;
        match self.kinship {
            Kinship::NamedBy(entry) => {
                let title = shown(&entry.title);
                match writer {
                    Writer::NixOs => format!(
                        "boot \"{title}\", whose {} `{path}` is there, and {}",
                        word(purpose),
                        Remedy::NixosRebuild("which regenerates the menu".to_owned())
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
            Kinship::OtherVersion => format!(
                "`{path}` is there, and was made for another kernel: {}",
                match writer {
                    Writer::NixOs => Remedy::copies_again().to_string(),
                    _ => "make the missing one in the guest (update-initramfs -c -k VERSION, dracut --kver VERSION, mkinitcpio -P)"
                        .to_owned(),
                }
            ),
            Kinship::OtherRoot => {
                format!("`{path}` is there: paths count from the root of the filesystem that holds the configuration")
            }
            Kinship::BesideConfiguration => format!(
                "`{path}` is there: extlinux looks in its own directory, and pygrub from the root of the filesystem that holds \
                 the configuration"
            ),
            Kinship::Case => format!("`{path}` is there: upper and lower case are not the same"),
        }
    }
}

/// Looks for it.
pub(crate) fn closest<'a>(
    files: &Files,
    configuration: Seen<'a>,
    purpose: Purpose,
    missing: &PyStr,
) -> Option<Closest<'a>> {
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
    let candidates = configuration.config.entries.iter().filter_map(|entry| {
        let file = if purpose == Purpose::Kernel { entry.kernel.as_ref() } else { entry.initrd.as_ref() };
        let path = file?.path.to_str()?;
        Some((likeness(missing, path)?, path, entry))
    });
    let mut candidates: Vec<_> = candidates.collect();
    // The sort keeps the order of the file among equals.
    candidates.sort_by_key(|(likeness, ..)| std::cmp::Reverse(*likeness));
    candidates.dedup_by_key(|(_, path, _)| *path);
    let found = candidates.into_iter().take(16).find(|(_, path, _)| is_file(files, path));
    if let Some((_, path, entry)) = found {
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

/// Whether both names have the version of a kernel, and not the same one.
fn is_other_version(missing: &str, path: &str) -> bool {
    let version = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let name = ["img", "gz", "xz", "zst"].iter().fold(name.to_owned(), |name, ending| {
            name.strip_suffix(&format!(".{ending}")).map_or(name.clone(), str::to_owned)
        });
        let start = name.find(|c: char| c.is_ascii_digit())?;
        Some(name[start..].trim_end_matches(".img").to_owned())
    };
    matches!((version(missing), version(path)), (Some(a), Some(b)) if a != b)
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
