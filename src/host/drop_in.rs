//! Whether the pygrub of this host is pregrub in its place.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{program_places, root};

/// Whether the file is pregrub, by its name or as what a link leads to.
pub fn is_drop_in(path: &Path) -> bool {
    let is_named = |path: &Path| path.file_name() == Some(OsStr::new("pregrub"));
    is_named(path) || path.canonicalize().is_ok_and(|path| is_named(&path))
}

/// Whether a domain's `bootloader` is pregrub: a path to it, or a bare name that xl finds as a link to it.
pub fn runs_drop_in(bootloader: &[u8]) -> bool {
    let path = Path::new(OsStr::from_bytes(bootloader));
    if path.is_absolute() {
        return is_drop_in(path);
    }
    let below = root();
    let places = program_places(&below).into_iter().map(|(place, _)| below.join(place));
    // xl looks in its own directory first, and then along PATH.
    let found: Option<PathBuf> =
        places.into_iter().find(|place| place.exists() && place.file_name() == path.file_name());
    path.file_name() == Some(OsStr::new("pregrub")) || found.is_some_and(|found| is_drop_in(&found))
}
