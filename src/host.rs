//! The pygrub that is installed on this machine: `--release host`.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::release::{Flavour, Release};

/// No installed pygrub was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoHost;

impl fmt::Display for NoHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no Xen is installed here: neither /sys/hypervisor/version nor /usr/lib/xen-4.*/bin/pygrub tells a release; \
             name one, such as --release 4.17",
        )
    }
}

impl std::error::Error for NoHost {}

/// Finds the release and flavour of the installed pygrub: the newest Debian package (`/usr/lib/xen-4.*/bin/pygrub`), else
/// the release of the running hypervisor.
///
/// # Errors
///
/// Neither is there, or it is a release that pregrub does not know.
pub fn installed() -> Result<(Release, Flavour), NoHost> {
    debian(Path::new("/")).or_else(|| running(Path::new("/"))).ok_or(NoHost)
}

/// The filesystem plugins of the installed pygrub, in the order in which it tries them: the reverse of that in which their
/// directory lists them. Empty where none are installed.
pub fn plugins() -> Vec<String> {
    let named = std::env::var_os("XEN_FSIMAGE_FSDIR").map(PathBuf::from);
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

/// Debian keeps each line in a directory of its own, and the package version has the point release.
fn debian(root: &Path) -> Option<(Release, Flavour)> {
    let entries = fs::read_dir(root.join("usr/lib")).ok()?;
    let newest = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_prefix("xen-4.")?.parse::<u8>().ok())
        .filter(|minor| root.join(format!("usr/lib/xen-4.{minor}/bin/pygrub")).exists())
        .filter_map(Release::line)
        .max_by_key(|release| release.minor())?;
    let exact = package_version(root, newest.minor()).and_then(|version| version.parse().ok());
    Some((exact.unwrap_or(newest), Flavour::Debian))
}

/// The upstream version of the package xen-utils-4.`minor`, such as `4.17.7`.
fn package_version(root: &Path, minor: u8) -> Option<String> {
    let status = fs::read_to_string(root.join("var/lib/dpkg/status")).ok()?;
    let package = format!("Package: xen-utils-4.{minor}");
    let stanza = status.split("\n\n").find(|stanza| stanza.lines().any(|line| line == package))?;
    let version = stanza.lines().find_map(|line| line.strip_prefix("Version: "))?;
    let upstream = version.rsplit_once(':').map_or(version, |(_, rest)| rest);
    Some(upstream.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect())
}

/// What the hypervisor says of itself in a dom0.
fn running(root: &Path) -> Option<(Release, Flavour)> {
    let read = |name: &str| fs::read_to_string(root.join("sys/hypervisor/version").join(name)).ok();
    let (major, minor, extra) = (read("major")?, read("minor")?, read("extra").unwrap_or_default());
    let point: String = extra.trim().chars().skip(1).take_while(char::is_ascii_digit).collect();
    let text = format!("{}.{}{}{point}", major.trim(), minor.trim(), if point.is_empty() { "" } else { "." });
    Some((text.parse().ok()?, Flavour::Upstream))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_debian_and_hypervisor() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!(debian(root.path()), None);
        write("sys/hypervisor/version/major", "4\n");
        write("sys/hypervisor/version/minor", "18\n");
        write("sys/hypervisor/version/extra", ".3-pre\n");
        assert_eq!(running(root.path()).unwrap().0.to_string(), "4.18.3");
        write("usr/lib/xen-4.17/bin/pygrub", "");
        write("usr/lib/xen-4.14/bin/pygrub", "");
        assert_eq!(debian(root.path()).unwrap().0.to_string(), "4.17");
        let status = "Package: a\nVersion: 1\n\nPackage: xen-utils-4.17\nVersion: 1:4.17.5+23-g1\n";
        write("var/lib/dpkg/status", status);
        let (release, flavour) = debian(root.path()).unwrap();
        assert_eq!((release.to_string().as_str(), flavour), ("4.17.5", Flavour::Debian));
    }
}
