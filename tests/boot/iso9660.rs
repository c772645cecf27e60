//! Whole runs on ISO 9660 images, side by side with the installed pygrub.

use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::random::Random;
use crate::common::side_by_side::Pairs;

const CONFIG: &str = "menuentry 'one' {\n linux /boot/vmlinuz a b\n initrd /boot/initrd.img\n}\n\
                      menuentry 'two' {\n linux /boot/nothing\n}\nmenuentry 'three' {\n linux /link\n}\n";

fn tree() -> Tree {
    let mut random = Random::new(1);
    let kernel: Vec<u8> = (0..2_500_000).map(|_| random.next() as u8).collect();
    Tree::new()
        .file("/boot/grub/grub.cfg", CONFIG)
        .file("/boot/vmlinuz", kernel)
        .file("/boot/initrd.img", "the initrd")
        .symlink("/link", "boot/vmlinuz")
}

fn iso(options: &[&str]) -> Volume {
    let options = options.iter().map(|&option| option.to_owned()).collect();
    Volume::new(Filesystem::Iso { options }, tree())
}

#[test]
fn iso9660_images() {
    let oracle = oracle_or_skip!();
    let mut pairs = Pairs::default();
    let runs: &[&[&str]] = &[
        &["-q"],
        &["--entry=1"],
        &["--entry=2"],
        &["-q", "--kernel=/boot/vmlinuz", "--args=x"],
        &["-q", "--kernel=/boot"],
        &["-q", "--kernel=/boot/../boot/vmlinuz"],
    ];
    pairs.add("Rock Ridge", Image::whole(&iso(&["-R"])), runs);
    pairs.add("Joliet only", Image::whole(&iso(&["--norock", "-J"])), &[&["-q"], &["-q", "--kernel=/BOOT/VMLINUZ"]]);
    pairs.add("lower case", Image::whole(&iso(&["--norock", "-allow-lowercase", "-iso-level", "3"])), &[&["-q"]]);
    pairs.add("a partition", Image::mbr(&[iso(&["-R"])]), &[&["-q"], &["--entry=1"]]);
    let ext4 = Volume::ext4(Tree::new()).sized(2 << 20);
    pairs.add("behind an ext4 without files", Image::mbr(&[ext4, iso(&["-R"])]), &[&["-q"]]);
    let tally = pairs.compare(&oracle);
    tally.assert("ISO 9660");
    assert!(tally.boots > 5 && tally.fails > 4, "{} {}", tally.boots, tally.fails);
}
