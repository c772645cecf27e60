//! Configurations a little beside where pygrub looks: by another name, in another directory, in a tree that lies in a directory.

use super::files::Files;
use super::remedy::Remedy;
use super::trial;
use crate::boot::{Run, candidates};
use crate::config::{READ_LIMIT, Writer};
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

impl Stray {
    /// The first one, the likeliest places first.
    pub(super) fn find(files: &Files, release: Release) -> Option<Self> {
        let looked_for: Vec<&'static str> = candidates(release).map(|(path, _)| path).collect();
        let is_file = |path: &str| files.is_file(path.as_bytes());
        if let Some((path, _)) = candidates(Release::NEWEST).find(|(path, _)| is_file(path)) {
            let to = if path.starts_with("/boot/") { "/boot/grub/" } else { "/grub/" };
            let name = if path.ends_with("grub.cfg") { "grub.cfg" } else { "menu.lst" };
            let to = looked_for.iter().find(|place| place.strip_prefix(to) == Some(name));
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
        Self::below(files)
    }

    fn below(files: &Files) -> Option<Self> {
        /// More directories than a root has.
        const MOST: usize = 64;
        for directory in files.names(b"/").iter().filter(|name| *name != b"boot").take(MOST) {
            let Ok(directory) = std::str::from_utf8(directory) else { continue };
            for to in ROOTS {
                let path = format!("/{directory}{to}");
                if files.is_file(path.as_bytes()) {
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
            let root = path.strip_suffix(to).unwrap_or_default();
            return format!("make the image with the content of `{root}` as its root (mke2fs -d, cp -a {root}/. )")
                .into();
        }
        let text = files.read(path.as_bytes(), READ_LIMIT + 1).unwrap_or_default();
        let written = Writer::of(&text);
        let then = trial::with_file(run, files, to, text);
        let what = match (kind, written) {
            (Kind::Unfinished, _) => {
                format!("run grub-mkconfig in the guest again and read its errors, or rename `{path}` to `{to}`")
            }
            (_, Writer::Mkconfig) => {
                let boot = if to.starts_with("/boot/") { "" } else { "/boot" };
                format!("run grub-mkconfig -o {boot}{to} in the guest, or copy `{path}` to `{to}`")
            }
            _ => format!("copy `{path}` to `{to}`, or link it"),
        };
        Remedy::MoveConfiguration { what, then: then.map(|reason| beginning(&reason, 300)) }
    }
}
