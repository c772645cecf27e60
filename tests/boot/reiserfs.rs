//! Whole runs on reiserfs, side by side with the installed pygrub.

use serde_json::json;

use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::reiserfs_images::make;
use crate::common::side_by_side::Pairs;
use crate::common::tools;

#[test]
fn reiserfs_boots() {
    let oracle = oracle_or_skip!();
    if tools::tool("mkreiserfs").is_none() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let image = directory.path().join("image");
    make(
        &image,
        &[],
        &json!({"tree": {
            "boot": {"dir": {"vmlinuz": {"file": 2_500_001}, "initrd": {"file": 9001}, "link": {"link": "vmlinuz"}, "second": {"link": "link"}}},
            "sparse": {"file": 70000, "holes": [[2, 5]], "tail": false},
        }}),
    );
    let bytes = std::fs::read(&image).expect("made above");
    let volume = Volume::new(Filesystem::Raw(bytes.clone()), Tree::new());
    let runs: &[&[&str]] = &[
        &["-q", "--kernel=/boot/vmlinuz", "--ramdisk=/boot/initrd"],
        &["-q", "--kernel=/boot/second"],
        &["-q", "--kernel=/sparse"],
        &["-q", "--kernel=/boot/../boot/initrd"],
        &["-q", "--kernel=/../boot/initrd"],
        &["-q", "--kernel=/boot"],
        &["-q"],
    ];
    let mut pairs = Pairs::default();
    pairs.add("whole", Image::of_bytes(&bytes), runs);
    pairs.add("partition", Image::mbr(&[Volume::ext4(Tree::new()).sized(2 << 20), volume]), &[&["-q"]]);
    let tally = pairs.compare(&oracle);
    tally.assert("reiserfs");
    assert!(tally.boots > 3 && tally.fails > 2, "{} {}", tally.boots, tally.fails);
}
