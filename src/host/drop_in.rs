//! Whether the pygrub of this host is pregrub in its place.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::rooted::Rooted;
use super::{other_machine, program_places, rooted};

/// Whether a file of the host is pregrub, by its name or as what a link leads to.
pub fn is_drop_in(path: &Path) -> bool {
    match other_machine() {
        Some(host) => is_drop_in_on(host, path),
        None => is_drop_in_on(&Rooted::new("/"), path),
    }
}

fn is_drop_in_on(host: &Rooted, path: &Path) -> bool {
    let is_named = |path: &Path| path.file_name() == Some(OsStr::new("pregrub"));
    is_named(path) || host.real(path).is_ok_and(|path| is_named(&path))
}

/// Whether a domain's `bootloader` is pregrub: a path to it, or a bare name that xl finds as a link to it.
pub fn runs_drop_in(bootloader: &[u8]) -> bool {
    let path = Path::new(OsStr::from_bytes(bootloader));
    if path.is_absolute() {
        return is_drop_in(path);
    }
    let host = rooted();
    // xl looks in its own directory first, and then along PATH.
    let mut places = program_places(&host).into_iter().map(|(place, _)| Path::new("/").join(place));
    let found = places.find(|place| place.file_name() == path.file_name() && host.node(place).is_ok());
    path.file_name() == Some(OsStr::new("pregrub")) || found.is_some_and(|found| is_drop_in_on(&host, &found))
}
