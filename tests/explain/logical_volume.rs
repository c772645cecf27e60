//! A physical volume of LVM: pygrub reads none, and pregrub says on which logical volume /boot is.

use std::fs;
use std::os::unix::fs::FileExt;

use crate::common::images::{Image, Tree, Volume};
use crate::common::program;
use crate::storage::lvm::physical_volume;

#[test]
fn names_the_volume_with_the_configuration() {
    let filesystem = Image::whole(&Volume::ext4(Tree::bootable()).sized(4 << 20));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disk.img");
    fs::write(&path, physical_volume()).unwrap();
    let disk = fs::File::options().write(true).open(&path).unwrap();
    disk.set_len(16 << 20).unwrap();
    // vg-guest/boot begins with the hundredth extent of 64 KiB, behind 128 KiB.
    disk.write_all_at(&fs::read(filesystem.path()).unwrap(), (128 << 10) + (100 << 16)).unwrap();
    let ended = program::run(&["check", path.to_str().unwrap()]);
    let text = ended.whole();
    assert_eq!(ended.status, 1, "{text}");
    assert!(text.contains("is on the logical volume `vg-guest/boot` (ext4)"), "{text}");
}
