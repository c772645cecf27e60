//! The filesystem plugins of the installed pygrub.

use std::fs;
use std::path::{Path, PathBuf};

use crate::release::{Change, Release};

/// The filesystem plugins of the installed pygrub, in the order in which it tries them: the reverse of that in which their
/// directory lists them. Empty where none are installed.
pub fn plugins(release: Release) -> Vec<String> {
    let named = std::env::var_os("XEN_FSIMAGE_FSDIR").filter(|_| !release.has(Change::NoFsimageDirectory));
    let named = named.map(PathBuf::from);
    let directory = named.into_iter().chain(plugin_directories(Path::new("/usr/lib"))).find(|path| path.is_dir());
    let Some(entries) = directory.and_then(|directory| fs::read_dir(directory).ok()) else { return Vec::new() };
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.reverse();
    names
}

/// Where plugins may lie: in Debian's directory of the newest line, or right below the libraries.
fn plugin_directories(libraries: &Path) -> impl Iterator<Item = PathBuf> {
    let below = |path: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(path).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
    };
    let minor = |path: &Path| path.file_name()?.to_str()?.strip_prefix("xen-4.")?.parse::<u8>().ok();
    let newest = below(libraries).into_iter().filter(|path| minor(path).is_some()).max_by_key(|path| minor(path));
    let of_debian = newest.into_iter().flat_map(move |path| below(&path.join("lib")));
    let plain = [libraries.to_owned(), "/usr/lib64".into(), "/usr/local/lib".into()];
    of_debian.chain(plain).map(|path| path.join("xenfsimage"))
}
