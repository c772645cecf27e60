//! The rule on `root` (PG704): disks with and without partitions, each with what the installed pygrub and, at the desk, grub-emu do.

use pregrub::boot::Options;

use super::fixture::lint_disk;
use crate::common::images::{Image, Tree, Volume};
use crate::common::oracle::RunCase;

fn tree(root: &str) -> Tree {
    Tree::new()
        .file("/grub/grub.cfg", format!("{root}\nmenuentry \"A\" {{\n  linux /vmlinuz quiet\n}}\n"))
        .file("/vmlinuz", "a kernel")
}

fn codes(image: &Image) -> Vec<&'static str> {
    let linted = lint_disk(image.path(), Options::default(), None);
    let own = linted.findings.iter().map(|finding| finding.rule.code);
    own.filter(|code| code.starts_with("PG7")).collect()
}

#[test]
fn a_root_that_is_not_the_partition() {
    let mbr = |root: &str| Image::mbr(&[Volume::ext4(tree(root)).sized(4 << 20)]);
    let whole = |root: &str| Image::whole(&Volume::ext4(tree(root)).sized(4 << 20));
    let misled = mbr("set root=(hd0)");
    assert_eq!(codes(&misled), ["PG704"]);
    assert_eq!(codes(&mbr("set root=(hd0,msdos2)")), ["PG704"]);
    assert_eq!(codes(&mbr("set root=(hd0,msdos1)")), [""; 0]);
    assert_eq!(codes(&mbr("set root='hd0,1'")), [""; 0]);
    assert_eq!(codes(&mbr("# nothing")), [""; 0]);
    assert_eq!(codes(&whole("set root=(hd0)")), [""; 0]);

    let linted = lint_disk(misled.path(), Options::default(), None);
    let finding = linted.findings.iter().find(|finding| finding.rule.code == "PG704").unwrap();
    assert_eq!(finding.span.unwrap().line, 1);
    assert!(finding.message.contains("it lies on hd0,msdos1"), "{}", finding.message);
    assert!(!finding.stops_boot);

    let oracle = oracle_or_skip!();
    let asked = [RunCase::new("misled".to_owned(), vec!["-q".to_owned(), misled.argument()])];
    assert_eq!(oracle.runs(&asked)[0].rc, Some(0), "pygrub boots it");
}
