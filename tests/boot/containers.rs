//! What wraps a disk: image formats, which pygrub reads raw, compression, mirrors; and names of images.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::common::images::{Image, Layout, Tree, Volume};
use crate::common::side_by_side::{Allowed, Pairs};
use crate::common::tools;

fn disks() -> [(&'static str, Image); 2] {
    let volume = Volume::ext4(Tree::bootable()).sized(4 << 20);
    let partitioned = Image::new(&Layout::Mbr(vec![("83", true)]), std::slice::from_ref(&volume));
    [("whole", Image::whole(&volume)), ("partitioned", partitioned)]
}

#[test]
fn image_formats() {
    let oracle = oracle_or_skip!();
    let Some(convert) = tools::tool("qemu-img") else { return };
    let directory = tempfile::tempdir().unwrap();
    let mut pairs = Pairs::default();
    for (layout, disk) in disks() {
        for (format, options) in [
            ("qcow2", ""),
            ("vpc", "subformat=dynamic"),
            ("vpc", "subformat=fixed"),
            ("vmdk", "subformat=monolithicSparse"),
            ("vmdk", "subformat=monolithicFlat"),
            ("vdi", ""),
            ("vhdx", ""),
            ("qed", ""),
            ("parallels", ""),
        ] {
            let image = directory.path().join(format!("{layout}-{format}-{options}"));
            let mut command = Command::new(&convert);
            command.args(["convert", "-O", format]);
            if !options.is_empty() {
                command.args(["-o", options]);
            }
            let output = command.arg(disk.path()).arg(&image).output().unwrap();
            assert!(output.status.success(), "{format} {options}: {}", String::from_utf8_lossy(&output.stderr));
            pairs.add_path(Allowed::Known, &format!("{layout} in {format} {options}"), &image, &["-q"]);
        }
        let packed = directory.path().join(format!("{layout}.gz"));
        let mut writer = flate2::write::GzEncoder::new(File::create(&packed).unwrap(), flate2::Compression::fast());
        writer.write_all(&fs::read(disk.path()).unwrap()).unwrap();
        writer.finish().unwrap();
        pairs.add_path(Allowed::Known, &format!("{layout} in gzip"), &packed, &["-q"]);
    }
    let tally = pairs.compare(&oracle);
    tally.assert("image formats");
    // A fixed VHD has its footer at the end.
    assert_eq!((tally.boots, tally.fails), (2, 18));
}

/// Mirrors that have their superblock at the end are what they mirror.
#[test]
fn members_of_mirrors() {
    let oracle = oracle_or_skip!();
    let directory = tempfile::tempdir().unwrap();
    let mut pairs = Pairs::default();
    let magic = 0xa92b_4efc_u32.to_le_bytes();
    for (layout, disk) in disks() {
        let bytes = fs::read(disk.path()).unwrap();
        let length = bytes.len() as u64;
        // Versions 0.90 (the last whole 64 KiB but one), 1.0 (8 KiB before the end, at a multiple of 4 KiB), 1.1 and 1.2 (in front).
        let places =
            [("0.90", (length & !0xffff), 0), ("1.0", length + 0xe000, 0), ("1.1", 0, 1 << 20), ("1.2", 4096, 1 << 20)];
        for (version, at, shift) in places {
            let path = directory.path().join(format!("{layout}-{version}"));
            let mut file = File::create(&path).unwrap();
            file.seek(SeekFrom::Start(shift)).unwrap();
            file.write_all(&bytes).unwrap();
            file.set_len(length + shift + 0x10000).unwrap();
            file.seek(SeekFrom::Start(at)).unwrap();
            file.write_all(&magic).unwrap();
            pairs.add_path(Allowed::Known, &format!("{layout}, md {version}"), &path, &["-q"]);
        }
    }
    let tally = pairs.compare(&oracle);
    tally.assert("members of mirrors");
    assert_eq!((tally.boots, tally.fails), (4, 4));
}

#[test]
fn names_of_images() {
    let oracle = oracle_or_skip!();
    let directory = tempfile::tempdir().unwrap();
    let disk = Image::whole(&Volume::ext4(Tree::bootable()).sized(4 << 20));
    let mut pairs = Pairs::default();
    for name in ["a blank", "gr\u{fc}n", "what?", "a\\b", "-q", "new\nline", "it's \"it\""] {
        let path = directory.path().join(name);
        fs::copy(disk.path(), &path).unwrap();
        pairs.add_path(Allowed::Known, name, &path, &["-q"]);
    }
    let link = directory.path().join("link");
    symlink(disk.path(), &link).unwrap();
    pairs.add_path(Allowed::Known, "a symbolic link", &link, &["-q"]);
    let tally = pairs.compare(&oracle);
    tally.assert("names of images");
    assert_eq!(tally.boots, 8);
}
