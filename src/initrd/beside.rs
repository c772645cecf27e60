//! What lies beside a kernel and describes it: its configuration, and the list of the drivers that it has built in.

use memchr::memmem;

/// A file of the guest by its path: its first bytes, at most so many; `None` if it cannot be opened or read.
pub(crate) type Reader<'a> = dyn Fn(&[u8], usize) -> Option<Vec<u8>> + 'a;

/// The most that a list of drivers has.
const LIST: usize = 1 << 20;

/// Paths at which the configuration of a kernel may be, the likeliest first: distributions put `config-RELEASE` beside it, Fedora
/// `config` into the directory of its modules.
pub(crate) fn configurations(kernel: &[u8], release: &str) -> Vec<Vec<u8>> {
    let folder = folder(kernel);
    let mut paths = vec![[folder, b"config-", release.as_bytes()].concat()];
    if is_of(folder, release) {
        paths.push([folder, b"config"].concat());
    }
    paths
}

/// Paths at which modules.builtin of a kernel may be: beside it, beside the directory that it lies in, where a root filesystem has it, and in the NixOS
/// system that `init=` names (`kernel-modules`).
fn lists(kernel: &[u8], release: &str, init: Option<&[u8]>) -> Vec<Vec<u8>> {
    let folder = folder(kernel);
    let modules = [b"lib/modules/", release.as_bytes(), b"/modules.builtin"].concat();
    let mut paths = Vec::new();
    if is_of(folder, release) {
        paths.push([folder, b"modules.builtin"].concat());
    }
    paths.extend([[folder, &modules].concat(), [folder, b"../", &modules].concat()]);
    paths.extend([[b"/", &modules[..]].concat(), [b"/usr/", &modules[..]].concat()]);
    let system = init.and_then(|init| init.strip_suffix(b"/init")).filter(|system| system.starts_with(b"/nix/store/"));
    paths.extend(system.map(|system| [system, b"/kernel-modules/", &modules].concat()));
    paths
}

/// Whether the list of what a kernel has built in names the driver for Xen's disks, and where that list is. `None` if there is
/// none.
pub(crate) fn built_in(kernel: &[u8], release: &str, init: Option<&[u8]>, read: &Reader<'_>) -> Option<(bool, String)> {
    lists(kernel, release, init).into_iter().find_map(|path| {
        let list = read(&path, LIST)?;
        // Each line is the path of a module.
        list.starts_with(b"kernel/").then(|| (names_driver(&list), String::from_utf8_lossy(&path).into_owned()))
    })
}

/// Whether a list of modules names the driver for Xen's disks.
pub(super) fn names_driver(list: &[u8]) -> bool {
    [b"xen-blkfront.ko".as_slice(), b"xen_blkfront.ko"].iter().any(|name| memmem::find(list, name).is_some())
}

/// The directory of a file, with its slash.
pub(crate) fn folder(path: &[u8]) -> &[u8] {
    &path[..path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at.saturating_add(1))]
}

/// Whether a directory is named by a release, as that of its modules is.
fn is_of(folder: &[u8], release: &str) -> bool {
    let folder = folder.strip_suffix(b"/").unwrap_or(folder);
    folder.rsplit(|&byte| byte == b'/').next() == Some(release.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{built_in, configurations};

    #[test]
    fn where_distributions_put_them() {
        let release = "6.1.0-56-amd64";
        for (there, kernel, init) in [
            ("/lib/modules/6.1.0-56-amd64/modules.builtin", "/boot/vmlinuz", None),
            ("/usr/lib/modules/6.1.0-56-amd64/modules.builtin", "/vmlinuz", None),
            ("/usr/lib/modules/6.1.0-56-amd64/modules.builtin", "/usr/lib/modules/6.1.0-56-amd64/vmlinuz", None),
            ("/nix/store/a-linux/lib/modules/6.1.0-56-amd64/modules.builtin", "/nix/store/a-linux/bzImage", None),
            (
                "/nix/store/b-nixos-system/kernel-modules/lib/modules/6.1.0-56-amd64/modules.builtin",
                "/kernels/a-bzImage",
                Some("/nix/store/b-nixos-system/init"),
            ),
        ] {
            for (text, expected) in [
                ("kernel/fs/ext4/ext4.ko\nkernel/drivers/block/xen-blkfront.ko\n", true),
                ("kernel/fs/ext4/ext4.ko\n", false),
            ] {
                let read = |path: &[u8], _: usize| (path == there.as_bytes()).then(|| text.as_bytes().to_vec());
                let found = built_in(kernel.as_bytes(), release, init.map(str::as_bytes), &read);
                assert_eq!(found, Some((expected, there.to_owned())), "{kernel}");
            }
        }
        assert_eq!(built_in(b"/k", release, None, &|_, _| Some(b"not a list".to_vec())), None);
    }

    #[test]
    fn a_configuration_is_of_this_kernel() {
        let paths = |kernel: &str| {
            let paths = configurations(kernel.as_bytes(), "6.1");
            paths.iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(paths("/boot/vmlinuz"), ["/boot/config-6.1"]);
        assert_eq!(paths("/lib/modules/6.1/vmlinuz"), ["/lib/modules/6.1/config-6.1", "/lib/modules/6.1/config"]);
    }
}
