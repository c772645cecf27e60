//! The package that pygrub is in, by the files of dpkg's and rpm's databases.

use std::cmp::Ordering;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

use memchr::memmem;

use super::rooted::Rooted;

/// The status of some ten thousand packages has 20 MiB.
const LONGEST_STATUS: u64 = 48 << 20;
/// How much of it is read at once: it has a megabyte, and is read before the first verdict.
const STATUS_PIECE: usize = 64 << 10;
/// How much of it is read at once where a package is looked for by its name: the stanza of a program's package is shorter.
const STATUS_WINDOW: usize = 8 << 10;
/// No package has a longer stanza.
const LONGEST_STANZA: usize = 4 << 20;

/// A package.
pub(super) struct Package {
    pub name: String,
    /// As the database has it: `4.17.5+23-ga4e5191dc0-1`.
    pub version: String,
    /// The number of Xen's release in it: `4.17.5`.
    pub release: String,
}

/// The package with pygrub; of Debian's that of the line 4.`minor`, where that is known, else the newest.
pub(super) fn find(host: &Rooted, minor: Option<u8>) -> Option<Package> {
    of_dpkg(host, minor).or_else(|| of_rpm(host))
}

fn package(name: &str, version: &str) -> Option<Package> {
    let upstream = version.rsplit_once(':').map_or(version, |(_, rest)| rest);
    let end = upstream.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(upstream.len());
    let release = upstream[..end].trim_end_matches('.').to_owned();
    release.starts_with("4.").then(|| Package { name: name.to_owned(), version: version.to_owned(), release })
}

/// Debian has a package for each line of Xen: `xen-utils-4.17`.
fn of_dpkg(host: &Rooted, minor: Option<u8>) -> Option<Package> {
    let file = host.open(Path::new("var/lib/dpkg/status")).ok()?;
    if let Some(package) = minor.and_then(|minor| in_order(&file, minor)) {
        return Some(package);
    }
    let mut file = file.take(LONGEST_STATUS);
    let mut window = Vec::with_capacity(2 * STATUS_PIECE);
    let mut newest = None::<(u8, Package)>;
    loop {
        let count = file.by_ref().take(STATUS_PIECE as u64).read_to_end(&mut window).ok()?;
        // A stanza that is cut is looked at with its rest.
        let whole = if count == 0 { window.len() } else { memmem::rfind(&window, b"\n\n").map_or(0, |at| at + 1) };
        for (line, package) in in_status(&window[..whole], minor) {
            if newest.as_ref().is_none_or(|(newest, _)| *newest <= line) {
                newest = Some((line, package));
            }
        }
        if count == 0 || window.len() > LONGEST_STANZA {
            return newest.map(|(_, package)| package);
        }
        window.drain(..whole);
    }
}

/// The package of the line 4.`minor`, found by its name: dpkg writes its status in the order of the names. `None` if it is not there, or
/// not in its place.
fn in_order(file: &File, minor: u8) -> Option<Package> {
    const NAMED: &[u8] = b"\n\nPackage: ";
    let wanted = format!("xen-utils-4.{minor}");
    let mut window = [0; STATUS_WINDOW];
    let length = file.metadata().ok()?.len();
    let (mut from, mut to) = (0, length);
    while to.saturating_sub(from) > STATUS_WINDOW as u64 {
        let middle = from + (to - from) / 2;
        let count = file.read_at(&mut window, middle).ok()?;
        let at = memmem::find(&window[..count], NAMED)?;
        let name = &window[at + NAMED.len()..count];
        let name = &name[..memchr::memchr(b'\n', name)?];
        // Where this stanza begins.
        let begins = middle + at as u64 + 2;
        match name.cmp(wanted.as_bytes()) {
            Ordering::Less => from = begins,
            Ordering::Equal => (from, to) = (begins, begins),
            Ordering::Greater => to = middle,
        }
    }
    // The last stanza that begins before the end has its rest after it.
    let mut stanzas = [0; 3 * STATUS_WINDOW];
    let count = file.read_at(&mut stanzas, from).ok()?;
    let is_whole = from + count as u64 == length;
    let whole = if is_whole { count } else { memmem::rfind(&stanzas[..count], b"\n\n")? + 1 };
    in_status(&stanzas[..whole], Some(minor)).last().map(|(_, package)| package)
}

/// The packages in some stanzas of dpkg's status.
fn in_status(stanzas: &[u8], minor: Option<u8>) -> impl Iterator<Item = (u8, Package)> {
    const NAMED: &[u8] = b"Package: xen-utils-4.";
    memmem::find_iter(stanzas, NAMED).filter_map(move |at| {
        let begins = memmem::rfind(&stanzas[..at], b"\n\n").map_or(0, |at| at + 2);
        let ends = memmem::find(&stanzas[at..], b"\n\n").map_or(stanzas.len(), |length| at + length);
        let stanza = std::str::from_utf8(&stanzas[begins..ends]).ok()?;
        let field = |key: &str| {
            stanza.lines().find_map(|line| Some(line.strip_prefix(key)?.strip_prefix(": ")?.trim().to_owned()))
        };
        let name = field("Package")?;
        let line: u8 = name.strip_prefix("xen-utils-4.")?.parse().ok()?;
        // A package that was removed keeps its stanza.
        let is_there = field("Status").is_none_or(|status| status.ends_with(" installed"));
        let asked = minor.is_none_or(|minor| minor == line);
        (is_there && asked).then(|| Some((line, package(&name, &field("Version")?)?))).flatten()
    })
}

/// Where rpm keeps its database: SQLite, ndb, Berkeley DB.
const RPM: [&str; 5] = [
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/Packages.db",
    "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/Packages.db",
    "var/lib/rpm/Packages",
];
/// The packages that pygrub is in: SUSE's and XCP-ng's.
const NAMES: [&str; 3] = ["xen-tools", "xen-dom0-tools", "xen"];
/// How much of a database is read.
const MOST: u64 = 512 << 20;
/// How much at once.
const PIECE: usize = 1 << 20;
/// No name and version are longer together.
const OVERLAP: usize = 512;

/// Each format stores a package's header as it is: its strings begin with the name, the version and the release of the package,
/// each ended by a NUL, after the locale `C`.
fn of_rpm(host: &Rooted) -> Option<Package> {
    RPM.iter().find_map(|path| in_database(host.open(Path::new(path)).ok()?))
}

fn in_database(file: File) -> Option<Package> {
    let mut file = file.take(MOST);
    let mut window = Vec::with_capacity(PIECE + OVERLAP);
    loop {
        let kept = window.len();
        let count = file.by_ref().take(PIECE as u64).read_to_end(&mut window).ok()?;
        if let Some(package) = NAMES.iter().find_map(|name| in_header(&window, name)) {
            return Some(package);
        }
        if count == 0 || window.len() == kept {
            return None;
        }
        window.drain(..window.len().saturating_sub(OVERLAP));
    }
}

fn in_header(bytes: &[u8], name: &str) -> Option<Package> {
    let pattern = [b"C\0", name.as_bytes(), b"\0"].concat();
    memmem::find_iter(bytes, &pattern).find_map(|at| {
        // A version that is cut is looked at again, in the next window.
        let rest = &bytes[at + pattern.len()..];
        let end = memchr::memchr(0, rest).filter(|&end| end < 64)?;
        package(name, std::str::from_utf8(&rest[..end]).ok()?)
    })
}
