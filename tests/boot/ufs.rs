//! Whole runs on UFS1 images, side by side with the installed pygrub.

use std::fs;
use std::process::{Command, Stdio};

use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::random::Random;
use crate::common::side_by_side::Pairs;
use crate::common::tools;

const CONFIG: &str = "menuentry 'one' {\n linux /boot/vmlinuz a b\n initrd /boot/initrd.img\n}\n\
                      menuentry 'two' {\n linux /boot/nothing\n}\nmenuentry 'three' {\n linux /link\n}\n";

/// The bytes of an image that makefs makes.
fn makefs(options: &str) -> Vec<u8> {
    let mut random = Random::new(1);
    let kernel: Vec<u8> = (0..2_500_000).map(|_| random.next() as u8).collect();
    let tree = Tree::new()
        .file("/boot/grub/grub.cfg", CONFIG)
        .file("/boot/vmlinuz", kernel)
        .file("/boot/initrd.img", "the initrd")
        .symlink("/link", "boot/vmlinuz");
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    tree.write(&root);
    let image = directory.path().join("image");
    let made = Command::new(tools::tool("makefs").unwrap())
        .args(["-t", "ffs", "-s", "6m", "-o", options])
        .arg(&image)
        .arg(&root)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success(), "{options}");
    fs::read(image).unwrap()
}

fn ufs(options: &str) -> Volume {
    Volume::new(Filesystem::Raw(makefs(options)), Tree::new())
}

#[test]
fn ufs_images() {
    let oracle = oracle_or_skip!();
    if tools::tool("makefs").is_none() {
        return;
    }
    let mut pairs = Pairs::default();
    let runs: &[&[&str]] = &[
        &["-q"],
        &["--entry=1"],
        &["--entry=2"],
        &["-q", "--kernel=/boot/../boot/vmlinuz/", "--args=x"],
        &["-q", "--kernel=/boot"],
    ];
    pairs.add("8 KiB blocks", Image::whole(&ufs("version=1,bsize=8192,fsize=1024")), runs);
    pairs.add("4 KiB blocks, a partition", Image::mbr(&[ufs("version=1,bsize=4096,fsize=512")]), runs);
    pairs.add("UFS2", Image::whole(&ufs("version=2,bsize=8192,fsize=1024")), &[&["-q"]]);
    let tally = pairs.compare(&oracle);
    tally.assert("UFS");
    assert!(tally.boots > 3 && tally.fails > 4, "{} {}", tally.boots, tally.fails);
}
