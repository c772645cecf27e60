//! `--recursive`.

use std::fs;
use std::os::unix::fs::symlink;

use super::folder::{BY_TITLE, Folder};
use crate::common::program::root;

/// A tree with everything that must be found, and what looks like it.
fn tree() -> Folder {
    let folder = Folder::new();
    let image = |name: &str| fs::read(root().join("corpus/images").join(name)).unwrap();
    folder.file("guests/a/boot.img", image("recipe.img"));
    folder.file("guests/b/disk", image("nixos-default.img"));
    folder.file("guests/c/boot/grub/grub.cfg", BY_TITLE);
    folder.file("guests/c/boot/extlinux/extlinux.conf", "DEFAULT a\nLABEL a\n  KERNEL /k\n");
    folder.file("guests/a/a.cfg", "name = 'a'\nbootloader = 'pygrub'\ndisk = ['boot.img,raw,xvda,rw']\n");
    // GRUB's own stub, its boot code, an initrd, a text, another program's configuration.
    folder.file("guests/c/boot/EFI/debian/grub.cfg", "configfile /grub/grub.cfg\n");
    folder.file("guests/c/boot/grub/i386-pc/boot.img", [0; 512]);
    folder.file("guests/c/boot/initrd.img", [&b"070701"[..], &[b'0'; 100_000]].concat());
    folder.file("guests/c/boot/initramfs-x.img", [0xab; 100_000]);
    folder.file("notes.txt", "menuentry\n".repeat(10_000));
    folder.file("app.cfg", "x = 1\n");
    symlink("..", folder.path().join("guests/c/loop")).unwrap();
    folder
}

fn targets(stdout: &str) -> Vec<String> {
    let objects = stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    objects.map(|object| object["target"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_pygrub_could_be_given_is_found() {
    let folder = tree();
    let ended = folder.run(&["check", "--recursive", ".", "--format", "json"]);
    let all = [
        "./guests/a/a.cfg",
        "./guests/a/boot.img",
        "./guests/b/disk",
        "./guests/c/boot/extlinux/extlinux.conf",
        "./guests/c/boot/grub/grub.cfg",
    ];
    assert_eq!(targets(&ended.stdout), all, "{}", ended.stderr);
    assert_eq!(ended.stderr, "", "no bar where there is no terminal");
    let ended = folder.run(&["lint", "--recursive", ".", "--format", "json"]);
    assert_eq!(targets(&ended.stdout), all[3..], "{}", ended.stderr);
    insta::assert_snapshot!(folder.run(&["lint", "--recursive", "guests"]).whole());
    // xl takes a disk's path from where it is called, and there is none there: unknown.
    let ended = folder.run(&["check", "--recursive", "guests"]);
    insta::assert_snapshot!(ended.stdout.lines().last().unwrap(), @"5 targets: 3 would boot, 1 would not, 1 unknown");
}

#[test]
fn patterns_leave_out() {
    let folder = tree();
    let found = |args: &[&str]| {
        let ended = folder.run(&[&["check", "--format", "json", "--recursive", "guests"], args].concat());
        targets(&ended.stdout).join(" ")
    };
    assert_eq!(found(&["--exclude", "c"]), "guests/a/a.cfg guests/a/boot.img guests/b/disk");
    assert_eq!(found(&["--exclude", "c/**", "--exclude", "*.cfg"]), "guests/a/boot.img guests/b/disk");
    folder.file("pregrub.toml", "exclude = ['guests/c', 'disk']\n");
    assert_eq!(found(&[]), "guests/a/a.cfg guests/a/boot.img");
    assert_eq!(found(&["--exclude", "*.cfg"]), "guests/a/boot.img");
    let ended = folder.run(&["check", "--recursive", "guests", "--exclude", "a["]);
    assert_eq!(ended.status, 2, "{}", ended.whole());
}

#[test]
fn what_is_passed_over_is_counted() {
    let folder = tree();
    folder.file("outside.img", fs::read(root().join("corpus/images/recipe.img")).unwrap());
    folder.file("inside/boot.img", fs::read(root().join("corpus/images/recipe.img")).unwrap());
    let place = |name: &str| folder.path().join("inside").join(name);
    symlink("boot.img", place("again.img")).unwrap();
    symlink("../outside.img", place("out.img")).unwrap();
    symlink("nowhere", place("broken")).unwrap();
    std::os::unix::net::UnixListener::bind(place("socket")).unwrap();
    let ended = folder.run(&["check", "--recursive", "inside", "--format", "json"]);
    // What lies in the tree is found once, where it is; what leads out of it is a stranger's word.
    assert_eq!(targets(&ended.stdout), ["inside/boot.img"], "{}", ended.stderr);
    assert_eq!(
        ended.stderr,
        "pregrub: passed over in `inside`: 1 link, which is not followed, 1 FIFO, socket or character device\n"
    );
    folder.file("notes/a", "text");
    folder.file("notes/b", "text");
    symlink("../outside.img", folder.path().join("notes/c")).unwrap();
    assert_eq!(
        folder.run(&["check", "--recursive", "notes"]).stderr,
        "pregrub: there is no boot configuration, disk image or domain's configuration in `notes` (passed over: 2 other files, 1 link, \
         which is not followed)\n"
    );
}

/// A repository's own files: a branch may be called as a configuration is.
#[test]
fn a_repository_is_not_searched() {
    let folder = Folder::new();
    let image = || fs::read(root().join("corpus/images/recipe.img")).unwrap();
    folder.file("boot.img", image());
    folder.file("sub/.git", "gitdir: ../.git/modules/sub\n");
    folder.file(".git/hidden.img", image());
    folder.file(".git/logs/refs/heads/x/grub.cfg", "0 0 a <a> 0 +0000\n");
    folder.file("web.cfg", "name = 'a'\nbootloader = 'pygrub'\ndisk = ['.git/hidden.img,raw,xvda,w']\n");
    let ended = folder.run(&["check", "--recursive", ".", "--format", "json"]);
    assert_eq!(targets(&ended.stdout), ["./boot.img", "./web.cfg"], "{}", ended.stderr);
    assert!(ended.stderr.is_empty() && ended.stdout.contains("`.git/hidden.img` is not opened"), "{}", ended.whole());
    let ended = folder.run(&["lint", "--recursive", "."]);
    assert_eq!(
        (ended.status, ended.stderr.as_str()),
        (3, "pregrub: there is no boot configuration in `.` (passed over: 2 other files, 2 repositories (`.git`))\n")
    );
    // Who names it has it searched.
    let ended = folder.run(&["check", "--recursive", ".git", "--format", "json"]);
    assert_eq!(targets(&ended.stdout)[0], ".git/hidden.img", "{}", ended.stderr);
}

#[test]
fn nothing_there() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("empty")).unwrap();
    let ended = folder.run(&["check", "--recursive", "empty"]);
    assert_eq!(
        (ended.status, ended.stderr.as_str()),
        (3, "pregrub: there is no boot configuration, disk image or domain's configuration in `empty`\n")
    );
    assert!(ended.stdout.ends_with("0 targets: nothing was found that pygrub could be given\n"), "{}", ended.whole());
    assert_eq!(folder.run(&["lint", "--recursive", "empty"]).status, 3);
    assert_eq!(folder.run(&["lint", "--exclude", "x", "empty"]).status, 2);
}

/// A domain that does not ask pygrub needs no disk: a tree of such domains is green.
#[test]
fn domains_of_other_bootloaders() {
    let folder = Folder::new();
    let domain = |rest: &str| format!("name = 'g'\nmemory = 64\n{rest}\ndisk = [ '/nowhere/disk.img,raw,xvda,w' ]\n");
    folder.file("domains/pvgrub.cfg", domain("bootloader = 'pvgrub'"));
    folder.file(
        "domains/script.cfg",
        "name = 'g'\nmemory = 64\nbootloader = '/opt/boot'\ndisk = [ 'vdev=xvda,script=x,target=y' ]\n",
    );
    folder.file("domains/hvm.cfg", domain("type = 'hvm'"));
    let ended = folder.run(&["check", "--recursive", "domains"]);
    assert_eq!(ended.status, 0, "{}", ended.whole());
    assert!(ended.stdout.ends_with("3 targets: 3 do not ask pygrub\n"), "{}", ended.whole());
    assert!(!ended.stdout.contains("PG602"), "{}", ended.whole());
}
