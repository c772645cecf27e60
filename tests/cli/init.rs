//! `pregrub init`, as a program. What the images are worth is asked in tests/generate/init.rs.

use std::fs;

use insta::assert_snapshot;

use super::folder::Folder;
use crate::common::program::{corpus, run};
use crate::common::tools;

#[test]
fn an_image_that_boots() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("boot.img");
    let name = path.to_str().unwrap();
    assert_snapshot!(run(&["init", name, "--table", "gpt"]).whole().replace(name, "IMAGE"));
    assert_snapshot!(run(&["check", name]).whole().replace(name, "IMAGE"));
    let again = run(&["init", name]);
    assert_eq!(again.status, 2);
    assert!(again.stderr.contains("already there"), "{}", again.stderr);
    assert_eq!(run(&["init", name, "--force", "--size", "8"]).status, 0);
}

#[test]
fn refusals() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("boot.img");
    let name = path.to_str().unwrap();
    let all: String = [
        &["init"][..],
        &["init", "/nonexistent/x"],
        &["init", name, "--boot-filesystem", "f2fs"],
        &["init", name, "--kernel", "/nonexistent"],
        &["init", name, "--kernel", "/dev"],
        &["init", name, "--generations", "0"],
        &["init", name, "--kernel-param", "/*"],
        &["init", name, "--boot-label", "LABEL-OF-ELEVEN", "--boot-filesystem", "vfat"],
    ]
    .iter()
    .map(|arguments| format!("$ pregrub {}\n{}\n", arguments.join(" "), run(arguments).whole()).replace(name, "IMAGE"))
    .collect();
    assert_snapshot!(all);
    assert!(!path.exists());
}

/// The menu is the one that NixOS's own installer writes, byte for byte.
#[test]
fn the_menu_is_what_nixos_writes() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, recorded) in [(&[][..], "two-disks"), (&["--one-disk"], "one-disk")] {
        let image = folder.path().join(recorded);
        let image = image.to_str().expect("UTF-8");
        let made = run(&[&["init", image], arguments].concat());
        assert_eq!(made.status, 0, "{}", made.whole());
        let written = fs::read_to_string(corpus(&format!("cases/nixos-installed-{recorded}/grub.cfg"))).unwrap();
        assert_eq!(run(&["cat", "--force", image]).stdout, written, "{recorded}");
    }
}

/// What is not a kernel or an initrd is not taken for one.
#[test]
fn files_of_another_kind_are_refused() {
    let folder = Folder::new();
    folder.file("text", "hello\n");
    folder.file("empty", "");
    for (args, why) in [
        (
            ["--kernel", "text"],
            "`text`, for --kernel, is not a kernel that Xen loads: the file that is to be the kernel is a text file",
        ),
        (["--kernel", "empty"], "`empty`, for --kernel, is not a kernel that Xen loads"),
        (["--initrd", "text"], "`text`, for --initrd, is not an initrd: the initrd is not a cpio archive"),
        (["--initrd", "empty"], "`empty`, for --initrd, is not an initrd: the initrd is empty"),
    ] {
        let ended = folder.run(&[&["init", "boot.img"][..], &args].concat());
        assert_eq!(ended.status, 2, "{args:?}: {}", ended.whole());
        assert!(ended.stderr.contains(why), "{args:?}: {}", ended.stderr);
        assert!(!folder.path().join("boot.img").exists());
    }
    if tools::tool("mke2fs").is_none() {
        return;
    }
    // Its own are taken.
    assert_eq!(folder.run(&["init", "first.img"]).status, 0);
    for (what, name) in [("kernel", "linux-6.6.3-bzImage"), ("initrd", "initrd-linux-6.6.3-initrd")] {
        let menu = folder.run(&["cat", "--force", "first.img"]).stdout;
        let path = menu.split_whitespace().find(|word| word.ends_with(name)).unwrap().to_owned();
        let file = folder.path().join(what);
        let file = std::fs::File::create(file).unwrap();
        let mut command = crate::common::program::command(&["cat", "--force", "first.img", &path]);
        assert!(command.current_dir(folder.path()).stdout(file).status().unwrap().success());
    }
    let ended = folder.run(&["init", "second.img", "--kernel", "kernel", "--initrd", "initrd"]);
    assert!(ended.status == 0 && ended.stderr.is_empty(), "{}", ended.whole());
}
