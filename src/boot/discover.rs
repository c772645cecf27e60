//! Where pygrub looks for a configuration, and in which order.

use crate::config::Dialect;
use crate::release::{Change, Release};

/// The paths that a release tries, in its order. The first one that opens is used, whatever comes of it.
pub fn candidates(release: Release) -> impl Iterator<Item = (&'static str, Dialect)> {
    let grub2 = [
        ("/boot/grub/grub.cfg", true),
        ("/grub/grub.cfg", true),
        ("/boot/grub2/grub.cfg", release.has(Change::Grub2Directory)),
        ("/grub2/grub.cfg", release.has(Change::Grub2Directory)),
    ];
    let extlinux = [
        ("/boot/isolinux/isolinux.cfg", true),
        ("/boot/extlinux/extlinux.conf", release.has(Change::ExtlinuxDirectory)),
        ("/boot/extlinux.conf", true),
        ("/extlinux/extlinux.conf", release.has(Change::ExtlinuxAtRoot)),
        ("/extlinux.conf", release.has(Change::ExtlinuxAtRoot)),
    ];
    let legacy = [
        ("/boot/grub/menu.lst", true),
        ("/boot/grub/grub.conf", true),
        ("/grub/menu.lst", true),
        ("/grub/grub.conf", true),
    ];
    let known = |paths: &[(&'static str, bool)], dialect| -> Vec<_> {
        paths.iter().filter(|(_, known)| *known).map(|&(path, _)| (path, dialect)).collect()
    };
    let grub2 = known(&grub2, Dialect::Grub2);
    let extlinux = known(&extlinux, Dialect::Extlinux);
    let legacy = known(&legacy, Dialect::Legacy);
    let order = if release.has(Change::Grub2First) { [grub2, extlinux, legacy] } else { [legacy, grub2, extlinux] };
    order.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(release: &str) -> Vec<&'static str> {
        candidates(release.parse().unwrap()).map(|(path, _)| path).collect()
    }

    #[test]
    fn order_by_release() {
        assert_eq!(paths("4.17").len(), 13);
        assert_eq!(paths("4.17")[0], "/boot/grub/grub.cfg");
        assert_eq!(paths("4.0").len(), 8);
        assert_eq!(paths("4.0")[0], "/boot/grub/menu.lst");
        assert_eq!(paths("4.1.5").len(), 10);
        assert_eq!(paths("4.1.6").len(), 11);
        assert_eq!(paths("4.3.0").len(), 10);
        assert_eq!(paths("4.4.1").len(), 11);
    }
}
