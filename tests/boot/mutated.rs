//! Whole runs on damaged filesystems of every kind that pygrub reads, side by side with the installed pygrub.
//!
//! `PREGRUB_DISK_MUTATIONS=1000 PREGRUB_DISK_SEED=7 cargo test --test integration boot::mutated` for more than the 20 of each.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use pregrub::boot::{self, Options};
use serde_json::json;

use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::setting::setting;
use crate::common::side_by_side::{Allowed, Pairs};
use crate::common::xfs_images::Entry;
use crate::common::{memory, processor, reiserfs_images, tools, xfs_images};

const CONFIG: &str = "set default=1\nmenuentry 'one' {\n  linux /boot/other a\n}\nmenuentry 'two' {\n  linux /boot/vmlinuz ro\n  \
                      initrd /boot/initrd\n}\n";

/// A disk, and how pygrub is called on it.
type Base = (&'static str, Vec<u8>, &'static [&'static str]);

fn bases() -> Vec<Base> {
    let (kernel, initrd) = (vec![0x4b; 40_000], vec![0x49; 9_000]);
    let tree = Tree::new()
        .file("/boot/grub/grub.cfg", CONFIG)
        .file("/boot/vmlinuz", kernel.clone())
        .file("/boot/other", "other")
        .file("/boot/initrd", initrd.clone());
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let read = |name: &str| fs::read(dir.path().join(name)).expect("made just now");
    let made = |filesystem, bytes| {
        let image = Image::whole(&Volume::new(filesystem, tree.clone()).sized(bytes));
        fs::read(image.path()).expect("made just now")
    };
    let mut bases: Vec<Base> = vec![
        ("ext4", made(Filesystem::ext("ext4", &["-b", "1024", "-O", "^has_journal"]), 512 << 10), &["-q"]),
        ("FAT12", made(Filesystem::fat(12), 1 << 20), &["-q"]),
        (
            "FAT16",
            made(Filesystem::Fat { options: ["-F", "16", "-s", "1"].map(str::to_owned).into() }, 5 << 20),
            &["-q"],
        ),
        (
            "FAT32",
            made(Filesystem::Fat { options: ["-F", "32", "-s", "1"].map(str::to_owned).into() }, 34 << 20),
            &["-q"],
        ),
        ("ISO 9660", made(Filesystem::iso(), 0), &["-q"]),
    ];
    if tools::tool("mkfs.xfs").is_some() {
        let grub = vec![("grub.cfg".to_owned(), Entry::File(CONFIG.as_bytes()))];
        let boot = vec![
            ("grub".to_owned(), Entry::Directory(grub)),
            ("vmlinuz".to_owned(), Entry::File(&kernel)),
            ("initrd".to_owned(), Entry::File(&initrd)),
        ];
        let content = vec![("boot".to_owned(), Entry::Directory(boot))];
        xfs_images::make(&dir.path().join("xfs"), 16, true, &[], content);
        bases.push(("XFS", read("xfs"), &["-q"]));
    }
    if tools::tool("mkreiserfs").is_some() {
        let content = json!({"tree": {"boot": {"dir": {"vmlinuz": {"file": 40_000}, "initrd": {"file": 9_000}}}}});
        reiserfs_images::make(&dir.path().join("reiserfs"), &[], &content);
        bases.push(("reiserfs", read("reiserfs"), &["-q", "--kernel=/boot/vmlinuz", "--ramdisk=/boot/initrd"]));
    }
    if let Some(makefs) = tools::tool("makefs") {
        tree.write(&dir.path().join("tree"));
        let arguments = ["-t", "ffs", "-s", "1m", "-o", "version=1,bsize=8192,fsize=1024", "ufs", "tree"];
        let status = Command::new(makefs).args(arguments).current_dir(dir.path()).stdout(Stdio::null()).status();
        assert!(status.expect("makefs runs").success());
        bases.push(("UFS", read("ufs"), &["-q"]));
    }
    bases
}

/// Overwrites some bytes where there is something: structures, rather than the contents of files; or cuts the end off.
fn mutated(bytes: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut image = bytes.to_vec();
    let filled: Vec<usize> = (0..image.len() / 512)
        .filter(|sector| {
            let sector = &image[sector * 512..(sector + 1) * 512];
            sector.iter().any(|&byte| byte != 0) && sector.iter().any(|byte| *byte != sector[0])
        })
        .collect();
    for _ in 0..random.usize(1..5) {
        let at = filled[random.usize(..filled.len())] * 512 + random.usize(..512);
        let value = [0, 0xff, 1, 0x7f, 0x80, random.u8(..), random.u8(..)][random.usize(..7)];
        for at in at..at + [1, 1, 2, 4, 16][random.usize(..5)] {
            if let Some(byte) = image.get_mut(at) {
                *byte = value;
            }
        }
    }
    if random.u8(0..8) == 0 {
        let end = filled.last().map_or(image.len(), |last| (last + 1) * 512);
        image.truncate(random.usize(..end));
    }
    image
}

/// Whatever is on the disk, a run needs no more than 64 MiB and five seconds.
fn bounded(image: &[u8], context: &str) {
    let disk = Arc::new(image.to_vec());
    let options = Options::default();
    let began = processor::time();
    let (run, bytes) = memory::peak(|| boot::run(disk, options).expect("memory can be read"));
    assert!(bytes < 64 << 20, "{context}: {bytes} bytes");
    let took = processor::time() - began;
    assert!(took < Duration::from_secs(5), "{context}: {:?} after {took:?}", run.verdict);
}

#[test]
fn damaged_filesystems() {
    let oracle = oracle_or_skip!();
    let mut random = Rng::with_seed(setting("PREGRUB_DISK_SEED", 0x6469_736b));
    let rounds = setting("PREGRUB_DISK_MUTATIONS", 20);
    for (name, bytes, argv) in bases() {
        let mut pairs = Pairs::default();
        pairs.add(&format!("{name}, sound"), Image::of_bytes(&bytes), &[argv]);
        for round in 0..rounds {
            let image = mutated(&bytes, &mut random);
            bounded(&image, &format!("{name}, mutation {round}"));
            let image = Image::of_bytes(&image);
            pairs.add_as(Allowed::Any, &format!("{name}, mutation {round}"), image, &[argv]);
        }
        let tally = pairs.compare(&oracle);
        tally.assert(name);
        assert!(tally.boots > 0, "{name}");
        assert!(tally.unknown.len() as u64 <= rounds / 3 + 1, "{name}: {} unknown", tally.unknown.len());
    }
}
