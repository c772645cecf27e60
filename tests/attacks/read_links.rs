//! `check DIR` and its like on a mounted tree with something else in every place.

use std::fs;

use super::machine::{HOST, Host, TRICKS, within};
use crate::common::program;

const FILES: [&str; 3] = ["boot/grub/grub.cfg", "boot/kernel", "boot/initrd"];

#[test]
fn nothing_of_the_host_is_read_through_a_guests_tree() {
    let host = Host::new();
    let mut seen = std::collections::BTreeSet::new();
    for place in [
        "boot",
        "boot/grub",
        "boot/grub/grub.cfg",
        "boot/kernel",
        "boot/initrd",
        "boot/grub/menu.lst",
        "extlinux.conf",
        "pregrub.toml",
    ] {
        for trick in TRICKS {
            let what = format!("{trick:?} in the place of {place}");
            let directory = tempfile::tempdir().unwrap();
            let root = directory.path().join("mounted");
            for file in FILES {
                let path = root.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, file).unwrap();
            }
            fs::write(root.join(FILES[0]), "menuentry \"A\" {\n  linux /boot/kernel x\n  initrd /boot/initrd\n}\n")
                .unwrap();
            let target = match place {
                "boot" => "boot",
                "boot/grub" => "boot/grub",
                "boot/kernel" | "boot/initrd" => "etc/shadow",
                _ => "boot/grub/grub.cfg",
            };
            trick.play(&root, place, &host, target);
            let named = root.to_str().unwrap().to_owned();
            let ended = within(60, &what, move || {
                ["check", "trace", "entries"].map(|command| program::run(&[command, "--format", "json", &named]))
            });
            for ended in &ended {
                assert!(!ended.whole().contains(HOST), "{what}: {}", ended.whole());
            }
            assert!([0, 1, 3].contains(&ended[0].status), "{what}: {}", ended[0].whole());
            seen.insert(ended[0].status);
            host.assert_untouched(&what);
        }
    }
    assert!(seen.len() > 1, "{seen:?}");
}

/// A tree that is walked for configurations: a link is not taken for what it leads to.
#[test]
fn a_recursive_walk_takes_no_link() {
    let host = Host::new();
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("guests");
    fs::create_dir_all(root.join("a")).unwrap();
    for (name, target) in [("a/grub.cfg", "etc/grub.cfg"), ("b", "boot"), ("a/disk.img", "zero"), ("a/c.cfg", "fifo")] {
        std::os::unix::fs::symlink(host.path(target), root.join(name)).unwrap();
    }
    super::machine::fifo(&root.join("a/menu.lst"));
    let named = root.to_str().unwrap().to_owned();
    for command in [&["check"][..], &["lint"], &["lint", "--fix"]] {
        let arguments: Vec<String> =
            command.iter().copied().chain(["--recursive", &named]).map(str::to_owned).collect();
        let ended =
            within(60, "a walk", move || program::run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
        assert!(ended.status == 3 && ended.stderr.contains("there is no boot configuration"), "{}", ended.whole());
    }
    host.assert_untouched("a walk");
}

/// A checkout that a commit has looked at as a guest's tree.
#[test]
fn a_repository_tells_nothing_of_itself() {
    let directory = tempfile::tempdir().unwrap();
    let tree = directory.path();
    std::fs::create_dir_all(tree.join("boot/grub")).unwrap();
    std::fs::create_dir_all(tree.join(".git")).unwrap();
    std::fs::write(tree.join(".git/config"), "menuentry \"of-the-host\" {\n linux /k\n}\n").unwrap();
    let menu = "source /.git/config\nsource /.GIT/config\nconfigfile /boot/../.git/config\nmenuentry \"A\" {\n linux /.git/config\n}\n";
    std::fs::write(tree.join("boot/grub/grub.cfg"), menu).unwrap();
    let tree = tree.to_str().unwrap();
    for arguments in [&["check", "-v", tree][..], &["grub", tree], &["compare", tree], &["cat", tree, "/.git/config"]] {
        let ended = crate::common::program::run(arguments);
        assert!(!ended.whole().contains("of-the-host"), "{arguments:?}: {}", ended.whole());
    }
}
