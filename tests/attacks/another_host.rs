//! `pregrub host --root` on a tree with something else in every place: nothing of this machine is read through it.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use serde_json::Value;

use super::machine::{HOST, Host, TRICKS, Trick, within};
use crate::common::program::{self, Ended};

/// The host whose tree it is, of XCP-ng, whose pygrub reads rules on titles.
fn tree(root: &Path) {
    let write = |name: &str, content: &[u8]| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write("usr/libexec/xen/bin/pygrub", b"#!/usr/bin/python3\n# /etc/pygrub/rules.d\n");
    write("etc/os-release", b"ID=xcp-ng\nPRETTY_NAME=\"XCP-ng 8.3\"\nVERSION_ID=8.3.0\n");
    write("etc/pygrub/rules.d/rule", b"title prefer x\n");
    write("srv/web.img", &fs::read(program::root().join("corpus/images/recipe.img")).unwrap());
    let domain = "memory = 512\nbootloader = \"pygrub\"\ndisk = [ \"/srv/web.img,raw,xvda,rw\" ]\n";
    write("etc/xen/web.cfg", format!("name = \"web\"\n{domain}").as_bytes());
    write("etc/xen/auto/first.cfg", format!("name = \"first\"\n{domain}").as_bytes());
}

fn look(root: &Path, what: &str) -> Ended {
    let root = root.to_str().unwrap().to_owned();
    within(60, what, move || program::run(&["host", "--root", &root, "--release", "xcp-ng-8.3", "--format", "json"]))
}

fn verdict(ended: &Ended, name: &str) -> Option<String> {
    let document: Value = serde_json::from_str(&ended.stdout).ok()?;
    let guest = document["guests"].as_array()?.iter().find(|guest| guest["name"] == name)?;
    Some(guest["verdict"].as_str()?.to_owned())
}

#[test]
fn nothing_of_this_machine_is_read() {
    let host = Host::new();
    let directory = tempfile::tempdir().unwrap();
    tree(directory.path());
    let ended = look(directory.path(), "without tricks");
    assert_eq!((ended.status, verdict(&ended, "web").as_deref()), (0, Some("boots")), "{}", ended.whole());
    for (place, target) in [
        ("etc/xen", "etc/xen"),
        ("etc/xen/web.cfg", "etc/xen/domain.cfg"),
        ("etc/xen/auto", "etc/xen/auto"),
        ("etc/xen/auto/first.cfg", "etc/xen/domain.cfg"),
        ("etc/pygrub", "etc/xen"),
        ("etc/pygrub/rules.d", "etc/rules"),
        ("etc/pygrub/rules.d/rule", "etc/rules/rule"),
        ("etc/os-release", "etc/os-release"),
        ("etc", "etc"),
        ("srv", "boot"),
        ("srv/web.img", "etc/shadow"),
        ("usr/libexec/xen/bin/pygrub", "etc/shadow"),
        ("usr", "boot"),
    ] {
        for trick in TRICKS {
            let what = format!("{trick:?} in the place of {place}");
            let directory = tempfile::tempdir().unwrap();
            let root = directory.path().join("mounted");
            tree(&root);
            trick.play(&root, place, &host, target);
            let ended = look(&root, &what);
            assert!(!ended.whole().contains(HOST), "{what}: {}", ended.whole());
            assert!([0, 1, 2, 3].contains(&ended.status), "{what}: {}", ended.whole());
            // There are no rules in the tree where they are elsewhere, and the file is not a regular one.
            if place == "etc/pygrub/rules.d" && matches!(trick, Trick::Absolute | Trick::Relative | Trick::Dangling) {
                assert_eq!(verdict(&ended, "web").as_deref(), Some("boots"), "{what}: {}", ended.whole());
            }
            // The decoy is the disk itself, by a link that stays in the tree.
            if place == "srv/web.img" && trick != Trick::AbsoluteWithDecoy {
                assert_ne!(verdict(&ended, "web").as_deref(), Some("boots"), "{what}");
            }
            host.assert_untouched(&what);
        }
    }
}

/// A device in the tree would be a device of this machine.
#[test]
fn no_device_of_the_tree_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    tree(directory.path());
    let disk = directory.path().join("srv/web.img");
    fs::remove_file(&disk).unwrap();
    // A number that no device has.
    let number = rustix::fs::makedev(240, 1023);
    let mode = rustix::fs::Mode::RUSR;
    if rustix::fs::mknodat(rustix::fs::CWD, &disk, rustix::fs::FileType::BlockDevice, mode, number).is_err() {
        eprintln!("skipped: only root makes a device");
        return;
    }
    assert!(fs::metadata(&disk).unwrap().file_type().is_block_device());
    let ended = look(directory.path(), "a device");
    assert_eq!(verdict(&ended, "web").as_deref(), Some("unknown"), "{}", ended.whole());
    assert!(ended.stdout.contains("is not a regular file of the host that is looked at"), "{}", ended.whole());
}
