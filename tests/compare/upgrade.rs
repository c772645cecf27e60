//! Upgrades over trees of domain configurations.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::guests;
use crate::common::images::{Image, Tree, Volume};
use crate::common::kernels::{Elf, bzimage, pack};
use crate::common::program::{Ended, corpus, run};

/// A tree of domains; each disk lies beside its configuration.
struct Fleet {
    directory: TempDir,
}

impl Fleet {
    fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn domain(&self, name: &str, disk: &Path, more: &str) {
        let image = self.path().join(format!("{name}.img"));
        fs::copy(disk, &image).unwrap();
        let text = format!(
            "name = \"{name}\"\nbootloader = \"pygrub\"\nmemory = 256\n{more}disk = [ \"format=raw, vdev=xvda, target={}\" ]\n",
            image.display()
        );
        fs::write(self.path().join(format!("{name}.cfg")), text).unwrap();
    }

    fn guest(&self, name: &str, tree: Tree) {
        self.domain(name, Image::whole(&Volume::ext4(tree).sized(4 << 20)).path(), "");
    }

    /// The domains alone: a disk is a target of its own.
    fn compare(&self, args: &[&str]) -> Ended {
        let tree = self.path().to_str().unwrap();
        let mut ended = run(&[&["compare", "--recursive", "--exclude", "*.img", tree], args].concat());
        ended.stdout = ended.stdout.replace(tree, "@TREE");
        ended
    }
}

const ONE: &str = "menuentry 'A' {\n linux /vmlinuz root=/dev/xvda1\n}\n";

fn guest(config: &str, kernel: Vec<u8>) -> Tree {
    Tree::new().file("/boot/grub/grub.cfg", config).file("/vmlinuz", kernel.clone()).file("/other", kernel)
}

/// Two entries, the default by its title: pygrub finds it under Python 2 only.
const BY_TITLE: &str =
    "set default=\"B\"\nmenuentry 'A' {\n linux /vmlinuz a\n}\nmenuentry 'B' {\n linux /other b\n}\n";

#[test]
fn shows_what_changes_and_counts_the_rest() {
    let Some(zstd) = pack(&Elf::default().bytes(), &["zstd", "-19", "-q"], true) else { return };
    let fleet = Fleet::new();
    fleet.guest("same", guest(ONE, guests::kernel()));
    fleet.guest("also-the-same", guest(ONE, guests::kernel()));
    fleet.guest("zstd", guest(ONE, bzimage(&zstd)));
    fleet.guest("by-title", guest(BY_TITLE, guests::kernel()));
    fleet.domain("nixos", Path::new(&corpus("images/nixos-default.img")), "");
    fs::write(
        fleet.path().join("hvm.cfg"),
        "name = \"hvm\"\ntype = \"hvm\"\ndisk = [ \"format=raw, vdev=hda, target=/nonexistent\" ]\n",
    )
    .unwrap();

    let forth = fleet.compare(&["--from", "4.12", "--to", "4.22"]);
    insta::assert_snapshot!("forth", forth.whole());
    let back = fleet.compare(&["--from", "4.22", "--to", "4.14"]);
    insta::assert_snapshot!("back", back.whole());
    assert_eq!(back.status, 1);
    let still = fleet.compare(&["--from", "4.20", "--to", "debian-4.20"]);
    assert!(!still.stdout.contains("would"), "{}", still.stdout);
}

#[test]
fn one_object_a_target() {
    let fleet = Fleet::new();
    fleet.guest("same", guest(ONE, guests::kernel()));
    fleet.guest("by-title", guest(BY_TITLE, guests::kernel()));
    let ended = fleet.compare(&["--from", "4.12", "--to", "4.22", "--format", "json"]);
    let objects: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let changes: Vec<&str> = objects.iter().map(|object| object["upgrade"]["change"].as_str().unwrap()).collect();
    assert_eq!((changes, ended.status), (vec!["boots-something-else", "same"], 1));
    assert_eq!(objects[0]["pygrub"][0]["boot"]["title"], "B");
    assert_eq!(objects[0]["pygrub"][1]["boot"]["title"], "A");
    assert_eq!(objects[0]["differences"][0]["line"], 1);
}

#[test]
fn says_what_is_wrong_with_the_call() {
    let image = corpus("images/recipe.img");
    for (args, status, needle) in [
        (&["compare", &image, "--from", "4.17"][..], 2, "--to"),
        (&["compare", &image, "--from", "4.17", "--to", "4.99"], 2, "4.99"),
        (&["compare", &image, "--from", "4.17", "--to", "4.20", "--releases", "4.18"], 2, "exclude each other"),
        (&["compare", &image, "--to", "4.20"], 2, ""),
        (&["compare", &image, "--releases", "gentoo-4"], 2, "gentoo"),
        (&["compare", "/nonexistent"], 3, "no such file"),
    ] {
        let ended = run(args);
        assert_eq!(ended.status, status, "{args:?}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains(needle), "{args:?}: {}", ended.stderr);
    }
    assert_eq!(run(&["compare", &image, "--releases", "4.17,4.20"]).status, 0);
    assert_eq!(run(&["compare", &image, "--from", "4.17", "--to", "4.20"]).status, 0);
}

/// Threads change neither what is reported nor its order.
#[test]
fn the_number_of_jobs_changes_nothing() {
    let fleet = Fleet::new();
    for (name, config) in [("a", ONE), ("b", BY_TITLE), ("c", "nothing\n"), ("d", BY_TITLE)] {
        fleet.guest(name, guest(config, guests::kernel()));
    }
    fs::write(fleet.path().join("e.cfg"), "disk = [ \"/nonexistent,raw,xvda,w\" ]\nbootloader = \"pygrub\"\n").unwrap();
    let upgrade = ["--from", "4.12", "--to", "4.22"];
    for args in [&upgrade[..], &["--format", "json"], &["--releases", "4.17,4.20", "--no-grub"]] {
        let one = fleet.compare(&[args, &["--jobs", "1"]].concat());
        let four = fleet.compare(&[args, &["--jobs", "4"]].concat());
        assert_eq!((one.stdout, one.stderr, one.status), (four.stdout, four.stderr, four.status), "{args:?}");
    }
}
