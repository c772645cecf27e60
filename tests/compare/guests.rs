//! Guests' disks as Debian and Fedora write them, with kernels that Xen loads.

use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::kernels::{Elf, bzimage, pack};
use crate::common::program::corpus;

const DEBIAN_UUID: &str = "0ab1c2d3-1111-2222-3333-444455556666";

/// A kernel that is packed with gzip, which every release and pvgrub2 unpack.
pub fn kernel() -> Vec<u8> {
    bzimage(&pack(&Elf::default().bytes(), &["gzip", "-9n"], false).expect("gzip is everywhere"))
}

fn text(case: &str) -> Vec<u8> {
    std::fs::read(corpus(&format!("cases/{case}/grub.cfg"))).expect("it is in the corpus")
}

fn volume(uuid: &str, tree: Tree) -> Volume {
    Volume::new(Filesystem::ext("ext4", &["-U", uuid]), tree)
}

/// Debian 12: one partition in a GPT, with `/boot` on it.
pub fn debian() -> Image {
    let tree = Tree::new()
        .file("/boot/grub/grub.cfg", text("debian-12-mkconfig"))
        .file("/boot/vmlinuz-6.1.0-18-amd64", kernel())
        .file("/boot/initrd.img-6.1.0-18-amd64", "an initrd");
    Image::gpt(&[volume(DEBIAN_UUID, tree)])
}

/// Fedora 39: `/boot` is a filesystem of its own, and its entries are files of the Boot Loader Specification.
pub fn fedora() -> Image {
    let entry = |version: &str, title: &str| {
        format!(
            "title {title}\nversion {version}\nlinux /vmlinuz-{version}\ninitrd /initramfs-{version}.img\noptions root=UUID=9a1b6f0e-1f3c-4c0e-b0f5-7f2f6f7a6d11 ro rhgb quiet\n"
        )
    };
    let mut tree = Tree::new().file("/grub2/grub.cfg", text("fedora-39"));
    for version in ["6.5.6-300.fc39.x86_64", "6.6.9-200.fc39.x86_64"] {
        tree = tree
            .file(
                &format!("/loader/entries/f00d-{version}.conf"),
                entry(version, &format!("Fedora Linux ({version}) 39")),
            )
            .file(&format!("/vmlinuz-{version}"), kernel())
            .file(&format!("/initramfs-{version}.img"), "an initrd");
    }
    Image::gpt(&[volume("5b1b6f0e-1f3c-4c0e-b0f5-7f2f6f7a6d11", tree)])
}

/// Both.
pub fn all() -> [Image; 2] {
    [debian(), fedora()]
}
