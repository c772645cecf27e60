//! Configurations a little beside where pygrub looks: by another name, in another directory, in a tree that lies in a directory.

use super::files::Files;
use super::remedy::{ConfigurationMove, Remedy};
use super::trial;
use crate::boot::{Run, candidates};
use crate::config::{Dialect, READ_LIMIT, Writer};
use crate::escape::beginning;
use crate::release::Release;

/// A configuration that pygrub does not look for.
pub(super) struct Stray {
    /// Where it is.
    pub path: String,
    /// Where pygrub looks for one of its kind.
    to: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Another release looks there.
    OtherRelease,
    /// It has another name, or lies in another directory.
    Elsewhere,
    /// grub-mkconfig has not finished.
    Unfinished,
    /// The guest's root is a directory of this filesystem.
    Below,
}

/// Where such files lie, and the place where pygrub looks for one.
const ELSEWHERE: [(&str, &str); 22] = [
    ("/boot/grub.cfg", "/boot/grub/grub.cfg"),
    ("/boot/menu.lst", "/boot/grub/menu.lst"),
    ("/boot/grub.conf", "/boot/grub/grub.conf"),
    ("/grub.cfg", "/grub/grub.cfg"),
    ("/menu.lst", "/grub/menu.lst"),
    ("/grub.conf", "/grub/grub.conf"),
    ("/boot/grub/menu.list", "/boot/grub/menu.lst"),
    ("/grub/menu.list", "/grub/menu.lst"),
    ("/boot/grub2/grub.conf", "/boot/grub2/grub.cfg"),
    ("/boot/grub2/menu.lst", "/boot/grub/menu.lst"),
    ("/boot/syslinux/syslinux.cfg", "/boot/extlinux.conf"),
    ("/boot/syslinux/extlinux.conf", "/boot/extlinux.conf"),
    ("/boot/syslinux.cfg", "/boot/extlinux.conf"),
    ("/boot/isolinux.cfg", "/boot/isolinux/isolinux.cfg"),
    ("/boot/extlinux/syslinux.cfg", "/boot/extlinux/extlinux.conf"),
    ("/syslinux/syslinux.cfg", "/extlinux.conf"),
    ("/syslinux.cfg", "/extlinux.conf"),
    ("/isolinux/isolinux.cfg", "/boot/isolinux/isolinux.cfg"),
    ("/isolinux.cfg", "/boot/isolinux/isolinux.cfg"),
    ("/etc/grub.conf", "/boot/grub/grub.conf"),
    ("/etc/grub.cfg", "/boot/grub/grub.cfg"),
    ("/etc/grub2.cfg", "/boot/grub2/grub.cfg"),
];

/// What editors and package managers append to a name.
const ENDINGS: [&str; 14] = [
    ".new",
    ".bak",
    "~",
    ".old",
    ".orig",
    ".save",
    ".rpmsave",
    ".rpmnew",
    ".dpkg-old",
    ".dpkg-dist",
    ".dpkg-new",
    ".ucf-dist",
    ".1",
    ".txt",
];

/// Where a guest's root lies that was copied or unpacked one directory too deep.
const ROOTS: [&str; 4] =
    ["/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/boot/extlinux/extlinux.conf", "/boot/grub/menu.lst"];

/// Directories in which boot configurations lie, and endings of their names.
const DIRECTORIES: [&str; 10] = [
    "/boot/grub",
    "/boot/grub2",
    "/boot",
    "/boot/extlinux",
    "/boot/syslinux",
    "/grub",
    "/grub2",
    "/extlinux",
    "/syslinux",
    "/EFI/BOOT",
];
const NAMES: [&str; 3] = [".cfg", ".conf", ".lst"];

/// Which of the three kinds of menus a file is. `None` if it has no entry with a kernel.
fn kind_of(files: &Files, path: &str) -> Option<Dialect> {
    let text = files.read(path.as_bytes(), 64 << 10)?;
    let lines = || text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let has = |words: &[&[u8]]| {
        lines().any(|line| {
            let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
            words.iter().any(|wanted| word.eq_ignore_ascii_case(wanted))
        })
    };
    if has(&[b"menuentry"]) && has(&[b"linux", b"linux16", b"linuxefi"]) {
        Some(Dialect::Grub2)
    } else if has(&[b"title"]) && has(&[b"kernel"]) {
        Some(Dialect::Legacy)
    } else if has(&[b"label"]) && has(&[b"kernel", b"linux"]) {
        Some(Dialect::Extlinux)
    } else {
        None
    }
}

impl Stray {
    /// The first one, the likeliest places first.
    pub(super) fn find(files: &Files, release: Release) -> Option<Self> {
        let looked_for: Vec<&'static str> = candidates(release).map(|(path, _)| path).collect();
        let is_file = |path: &str| files.is_file(path.as_bytes());
        if let Some((path, dialect)) = candidates(Release::NEWEST).find(|(path, _)| is_file(path)) {
            let same: Vec<&'static str> =
                candidates(release).filter(|(_, other)| *other == dialect).map(|(path, _)| path).collect();
            let name = path.rsplit('/').next().unwrap_or_default();
            let near =
                |to: &&&'static str| to.starts_with("/boot/") == path.starts_with("/boot/") && to.ends_with(name);
            let to = same.iter().find(near).or_else(|| same.iter().find(|to| to.ends_with(name))).or(same.first());
            return to.map(|to| Self { path: path.to_owned(), to, kind: Kind::OtherRelease });
        }
        let elsewhere = ELSEWHERE.iter().filter(|(_, to)| looked_for.contains(to));
        for (path, to) in elsewhere {
            if is_file(path) {
                return Some(Self { path: (*path).to_owned(), to, kind: Kind::Elsewhere });
            }
        }
        for &to in &looked_for {
            let Some((directory, name)) = to.rsplit_once('/') else { continue };
            for there in files.names(if directory.is_empty() { b"/" } else { directory.as_bytes() }).iter() {
                let Ok(there) = std::str::from_utf8(there) else { continue };
                let ending = there.strip_prefix(name);
                let alike = there != name && there.eq_ignore_ascii_case(name)
                    || ending.is_some_and(|ending| ENDINGS.contains(&ending));
                let path = format!("{directory}/{there}");
                if alike && is_file(&path) {
                    let kind = if ending == Some(".new") { Kind::Unfinished } else { Kind::Elsewhere };
                    return Some(Self { path, to, kind });
                }
            }
        }
        Self::by_content(files, &looked_for).or_else(|| Self::below(files))
    }

    /// Any other text in the usual directories that has menu entries of one of the three kinds.
    fn by_content(files: &Files, looked_for: &[&'static str]) -> Option<Self> {
        /// More than such a directory has.
        const MOST: usize = 32;
        let mut left = MOST;
        for directory in DIRECTORIES {
            let names = files.names(if directory.is_empty() { b"/" } else { directory.as_bytes() });
            let names = names.iter().filter_map(|name| std::str::from_utf8(name).ok());
            for name in names.filter(|name| NAMES.iter().any(|ending| name.ends_with(ending))) {
                left = left.checked_sub(1)?;
                let path = format!("{directory}/{name}");
                let Some(kind) = files.is_file(path.as_bytes()).then(|| kind_of(files, &path)).flatten() else {
                    continue;
                };
                let in_boot = directory.starts_with("/boot");
                let to = match (kind, in_boot) {
                    (Dialect::Grub2, true) => "/boot/grub/grub.cfg",
                    (Dialect::Grub2, false) => "/grub/grub.cfg",
                    (Dialect::Legacy, true) => "/boot/grub/menu.lst",
                    (Dialect::Legacy, false) => "/grub/menu.lst",
                    (Dialect::Extlinux, true) => "/boot/extlinux.conf",
                    (Dialect::Extlinux, false) => "/extlinux.conf",
                };
                if let Some(to) = looked_for.iter().copied().find(|place| *place == to) {
                    return Some(Self { path, to, kind: Kind::Elsewhere });
                }
            }
        }
        None
    }

    fn below(files: &Files) -> Option<Self> {
        /// More directories than a root has.
        const MOST: usize = 64;
        for directory in files.names(b"/").iter().take(MOST) {
            let Ok(directory) = std::str::from_utf8(directory) else { continue };
            for to in ROOTS {
                let path = format!("/{directory}{to}");
                // `/boot/boot` is a link to itself where distributions need one.
                let is_inside = directory != "boot" || to.starts_with("/boot/");
                if is_inside && files.is_file(path.as_bytes()) {
                    return Some(Self { path, to, kind: Kind::Below });
                }
            }
        }
        None
    }

    /// What is to be said of it, as the end of a sentence.
    pub(super) fn clause(&self, release: Release) -> String {
        match self.kind {
            Kind::OtherRelease => {
                format!("there is `{}`, which pygrub of Xen {release} does not know, and later ones do", self.path)
            }
            Kind::Elsewhere => format!("there is `{}`, a name that it does not look for", self.path),
            Kind::Unfinished => format!("there is `{}`, which grub-mkconfig has not finished", self.path),
            Kind::Below => {
                let root = self.path.strip_suffix(self.to).unwrap_or_default();
                format!("there is `{}`: the guest's root lies in `{root}`, and pygrub starts at the top", self.path)
            }
        }
    }

    /// The way out, tried: a run with the file where pygrub looks.
    pub(super) fn remedy(&self, run: &Run, files: &Files) -> Remedy {
        let Self { path, to, kind } = self;
        if *kind == Kind::Below {
            return Remedy::MoveRoot { from: path.strip_suffix(to).unwrap_or_default().to_owned() };
        }
        let text = files.read(path.as_bytes(), READ_LIMIT + 1).unwrap_or_default();
        let written = Writer::of(&text);
        let then = trial::with_file(run, files, to, text);
        let how = match (kind, written) {
            (Kind::Unfinished, _) => ConfigurationMove::Finish,
            (_, Writer::Mkconfig) => ConfigurationMove::Mkconfig,
            _ => ConfigurationMove::Copy,
        };
        let then = then.map(|reason| beginning(&reason, 300));
        Remedy::MoveConfiguration { from: path.clone(), to: (*to).to_owned(), how, then }
    }
}
