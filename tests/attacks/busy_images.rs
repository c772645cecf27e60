//! Images that are made to keep their reader busy: what they cost has an end, and then the verdict is *unknown*.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::machine::within;
use crate::common::program::{Ended, command, corpus, run};
use crate::common::{memory, tools};

fn qemu_img(folder: &Path, args: &[&str]) {
    let output = Command::new("qemu-img").args(args).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A chain of so many images on a disk, with the smallest clusters. Where `every_table` is set, each image has all tables of its map,
/// with nothing in them.
fn chain(folder: &Path, disk: &str, images: usize, every_table: bool) -> String {
    qemu_img(folder, &["convert", "-O", "qcow2", "-o", "cluster_size=512", disk, "0.qcow2"]);
    for number in 1..=images {
        let (below, name) = (format!("{}.qcow2", number - 1), format!("{number}.qcow2"));
        qemu_img(
            folder,
            &["create", "-q", "-f", "qcow2", "-o", "cluster_size=512", "-b", &below, "-F", "qcow2", &name],
        );
        if every_table {
            with_tables(&folder.join(&name));
        }
    }
    folder.join(format!("{images}.qcow2")).to_str().unwrap().to_owned()
}

/// Gives an image one table of 64 clusters that have nothing, which stands for all of them.
fn with_tables(image: &Path) {
    let mut bytes = fs::read(image).unwrap();
    let number = |at: usize| u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap());
    let (entries, table) = (u32::from_be_bytes(bytes[36..40].try_into().unwrap()), number(40));
    let nothing = bytes.len().next_multiple_of(512);
    bytes.resize(nothing + 512, 0);
    for entry in 0..usize::try_from(entries).unwrap() {
        let at = usize::try_from(table).unwrap() + entry * 8;
        bytes[at..at + 8].copy_from_slice(&(u64::try_from(nothing).unwrap() | 1 << 63).to_be_bytes());
    }
    fs::write(image, bytes).unwrap();
}

fn check(target: &str) -> Ended {
    let target = target.to_owned();
    within(120, "check", move || run(&["check", "-A", "all", "--hash", "--image-format", "qcow2", &target]))
}

#[test]
fn a_chain_of_maps_has_an_end() {
    if tools::tool("qemu-img").is_none() {
        return tools::skipped("qemu-img");
    }
    let folder = tempfile::tempdir().unwrap();
    let plain = run(&["check", "-A", "all", "--hash", &corpus("images/recipe.img")]);
    fs::copy(corpus("images/recipe.img"), folder.path().join("disk")).unwrap();
    // A chain as a host has one is judged as the disk is, also with as many images as are read at all.
    for (images, every_table) in [(3, true), (60, false)] {
        let ended = check(&chain(folder.path(), "disk", images, every_table));
        assert_eq!(ended.status, 0, "{images}: {}", ended.whole());
        let hashes = |text: &str| text.lines().filter(|line| line.contains("sha256")).count();
        assert_eq!(hashes(&ended.stdout), hashes(&plain.stdout), "{images}: {}", ended.whole());
    }
}

/// Every read of the directory goes down through 62 maps for each 512 bytes.
#[test]
fn a_chain_that_is_asked_too_often_is_unknown() {
    if tools::tool("qemu-img").is_none() || tools::tool("mke2fs").is_none() {
        return tools::skipped("qemu-img and mke2fs");
    }
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    fs::create_dir_all(tree.join("boot/grub")).unwrap();
    // The kernel is larger than what the maps answer for: 60 questions for each 512 bytes.
    fs::write(tree.join("k"), vec![0x5a; 24 << 20]).unwrap();
    fs::write(tree.join("boot/grub/grub.cfg"), "menuentry 'a' {\n linux /k\n}\n").unwrap();
    let disk = folder.path().join("disk");
    fs::File::create(&disk).unwrap().set_len(40 << 20).unwrap();
    let made = Command::new("mke2fs").args(["-q", "-F", "-t", "ext2", "-d"]).args([&tree, &disk]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let ended = check(&chain(folder.path(), "disk", 60, true));
    assert_eq!(ended.status, 3, "{}", ended.whole());
    assert!(ended.whole().contains("more work than pregrub puts into an image"), "{}", ended.whole());
}

/// A physical volume whose text has as many assignments as a mebibyte holds, and a logical volume with 4,096 segments among them.
#[test]
fn a_text_of_lvm_has_an_end() {
    let id = b"a".repeat(32);
    for filler in ["a{}", "a=1 ", "a=[] "] {
        let segments: String = (1..=4096)
            .map(|number| {
                format!("segment{number}{{type=\"striped\" stripe_count=1 extent_count=1 stripes=[\"p\",0]}}")
            })
            .collect();
        let head = format!(
            "v{{extent_size=8 physical_volumes{{p{{id=\"aaaaaa-{0}-{0}-{0}-{0}-{0}-aaaaaa\" pe_start=2048}}}}\
             logical_volumes{{l{{status=[\"VISIBLE\"] segment_count=4096 ",
            "a".repeat(4)
        );
        let room = (1 << 20) - head.len() - segments.len() - 3;
        let text = format!("{head}{}{segments}}}}}}}", filler.repeat(room / filler.len()));
        let mut disk = vec![0; 16 << 20];
        let mut put = |at: usize, bytes: &[u8]| disk[at..at + bytes.len()].copy_from_slice(bytes);
        let number = |value: u64| value.to_le_bytes();
        put(512, b"LABELONE\x01\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0LVM2 001");
        put(544, &id);
        put(576, &number(16 << 20));
        for (at, value) in [(584, 8 << 20), (616, 4096), (624, 6 << 20)] {
            put(at, &number(value));
        }
        put(4100, b" LVM2 x[5A%r0N*>\x01\0\0\0");
        for (at, value) in [(4120, 4096), (4128, 6 << 20), (4136, 512), (4144, u64::try_from(text.len()).unwrap())] {
            put(at, &number(value));
        }
        put(4608, text.as_bytes());
        let image = tempfile::Builder::new().suffix(".img").tempfile().unwrap();
        fs::write(image.path(), &disk).unwrap();
        let path = image.path().to_str().unwrap().to_owned();
        let mut check = memory::limited(&command(&["check", &path]), 64 << 20);
        let output = within(60, filler, move || check.output().unwrap());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said} {}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("LVM"), "{said}");
    }
}
