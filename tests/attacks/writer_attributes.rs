//! The commands that write a file, in a directory whose names stay: a guest sets attributes in its own tree.

use std::fs;

use super::machine::{Attribute, listing};
use crate::common::{program, tools};

const MENU: &str = "menuentry \"B\" {\n  linux /k \"a b\"\n  initrd   /i;\n}\n";

/// A file that is made for a moment could neither get its name nor go away, one more with every run.
#[test]
fn nothing_is_made_where_nothing_can_be_renamed() {
    for letter in ["a", "i"] {
        let directory = tempfile::tempdir().unwrap();
        let tree = directory.path().join("tree");
        fs::create_dir(&tree).unwrap();
        fs::write(tree.join("grub.cfg"), MENU).unwrap();
        let Some(_kept) = Attribute::set(letter, tree.clone()) else { return };
        let before = listing(&tree);
        let image = program::corpus("images/recipe.img");
        let path = |name: &str| tree.join(name).to_str().unwrap().to_owned();
        let grub_cfg = path("grub.cfg");
        for command in [
            &["lint", "--no-config", "--fix", "--unsafe", &grub_cfg][..],
            &["lint", "--no-config", "--update-baseline", "--baseline", &path("b.json"), &grub_cfg],
            &["report", "--no-compare", &image, "-o", &path("report.html")],
            &["generate", "nixos", "-o", &path("web.nix")],
            &["init", "--size", "4", &path("x.img")],
        ] {
            if command[0] == "init" && tools::tool("mke2fs").is_none() {
                continue;
            }
            let ended = program::run(command);
            assert_ne!(ended.status, 0, "{command:?}: {}", ended.whole());
            let why = "its directory is append-only or immutable, so that no file in it can be renamed";
            assert!(ended.stderr.contains(why), "{command:?}: {}", ended.whole());
            assert_eq!(listing(&tree), before, "{command:?}");
        }
    }
}
