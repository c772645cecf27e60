//! Whole runs on XFS, side by side with the installed pygrub.

use crate::common::images::{Filesystem, Image, Layout, Tree, Volume};
use crate::common::random::Random;
use crate::common::side_by_side::Pairs;

const TWO: &str = "menuentry \"Linux one\" {\n linux /boot/vmlinuz root=/dev/xvda1 ro quiet\n initrd /boot/initrd.img\n}\n\
                   menuentry \"Linux two\" {\n linux /link root=/dev/xvda2\n}\n";

fn tree() -> Tree {
    let mut random = Random::new(7);
    let mut noise = |length: usize| -> Vec<u8> { (0..length).map(|_| random.next() as u8).collect() };
    Tree::new()
        .file("/boot/grub/grub.cfg", TWO)
        .file("/boot/vmlinuz", noise(2_500_001))
        .file("/boot/initrd.img", noise(1 << 20))
        .file("/kernels/k", noise(9000))
        .file("/empty", "")
        .symlink("/link", "kernels/k")
        .symlink("/absolute", "/kernels/k")
        .symlink("/second", "link")
}

const RUNS: &[&[&str]] = &[
    &["-q"],
    &["-q", "--entry=1"],
    &["-q", "--kernel=/kernels/k"],
    &["-q", "--kernel=/absolute", "--ramdisk=/link"],
    &["-q", "--kernel=/second"],
    &["-q", "--kernel=/kernels/../link"],
    &["-q", "--kernel=//kernels//k"],
    &["-q", "--kernel=/kernels/k quiet"],
    &["-q", "--kernel=/kernels"],
    &["-q", "--kernel=/empty"],
];

#[test]
fn version_4_boots() {
    let oracle = oracle_or_skip!();
    let mut pairs = Pairs::default();
    let volume = Volume::new(Filesystem::xfs4(), tree());
    pairs.add("whole", Image::whole(&volume), RUNS);
    pairs.add("partition", Image::mbr(&[Volume::ext4(Tree::new()).sized(2 << 20), volume.clone()]), &[&["-q"]]);
    pairs.add("second of a GPT", Image::gpt(&[Volume::ext4(Tree::new()).sized(2 << 20), volume]), &[&["-q"]]);
    let small_blocks = [&["-b", "size=1024"][..], &["-m", "crc=0", "-n", "ftype=0", "-i", "sparse=0"]].concat();
    let options = small_blocks.iter().map(|option| (*option).to_owned()).collect();
    pairs.add("blocks of 1 KiB", Image::whole(&Volume::new(Filesystem::Xfs { options }, tree())), RUNS);
    let tally = pairs.compare(&oracle);
    tally.assert("XFS version 4");
    assert!(tally.boots > 12 && tally.fails > 4, "{} {}", tally.boots, tally.fails);
}

#[test]
fn other_versions_do_not() {
    let oracle = oracle_or_skip!();
    let mut pairs = Pairs::default();
    let options = |words: &[&str]| Filesystem::Xfs { options: words.iter().map(|word| (*word).to_owned()).collect() };
    pairs.add("version 5", Image::whole(&Volume::new(options(&[]), tree())), &[&["-q"]]);
    let types = Volume::new(options(&["-m", "crc=0", "-n", "ftype=1"]), tree());
    pairs.add("ftype", Image::whole(&types), &[&["-q"], &["-q", "--kernel=/kernels/k"]]);
    pairs.add("ftype in a partition", Image::new(&Layout::Mbr(vec![("83", true)]), &[types]), &[&["-q"]]);
    let tally = pairs.compare(&oracle);
    tally.assert("XFS of other kinds");
    assert_eq!(tally.boots, 0);
}
