//! The file that is probably meant by a path that does not open. A filesystem can only be asked whether a path opens, so this
//! tries the usual mistakes and what other entries name.

use super::files::{Answer, Files};
use super::named_file::NamedFile;
use crate::config::Entry;
use crate::storage::filesystem::FileKind;

/// A file that is there.
#[derive(Clone, Debug)]
pub(super) struct Closest<'a> {
    /// Its path.
    pub path: String,
    /// The entry that names it; nothing where the path differs from the missing one as a usual mistake does.
    pub named_by: Option<&'a Entry>,
}

/// Looks for it.
pub(super) fn closest<'a>(files: &Files, entries: &'a [Entry], named: &NamedFile<'_>) -> Option<Closest<'a>> {
    let missing = std::str::from_utf8(named.path()).ok().filter(|path| path.len() <= 1024)?;
    let usual = usual_mistakes(missing).into_iter().find(|path| is_file(files, path));
    if let Some(path) = usual {
        return Some(Closest { path, named_by: None });
    }
    let candidates = entries.iter().filter_map(|entry| {
        let file = if named.what() == "kernel" { entry.kernel.as_ref() } else { entry.initrd.as_ref() };
        let path = file?.path.to_str()?;
        Some((likeness(missing, path)?, path, entry))
    });
    let mut candidates: Vec<_> = candidates.collect();
    // The sort keeps the order of the file among equals.
    candidates.sort_by_key(|(likeness, ..)| std::cmp::Reverse(*likeness));
    candidates.dedup_by_key(|(_, path, _)| *path);
    let found = candidates.into_iter().take(16).find(|(_, path, _)| is_file(files, path));
    found.map(|(_, path, entry)| Closest { path: path.to_owned(), named_by: Some(entry) })
}

fn is_file(files: &Files, path: &str) -> bool {
    matches!(files.look(path.as_bytes()), Answer::There { kind: FileKind::Regular, .. })
}

/// The path with or without /boot, or whatever else stands in front; from the root; in lower case.
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
    let lower = missing.to_lowercase();
    if lower != missing {
        paths.push(lower);
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
        assert_eq!(usual_mistakes("../nixos/K"), ["/nixos/K", "/boot/nixos/K", "/K", "/boot/K", "../nixos/k"]);
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
