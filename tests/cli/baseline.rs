//! `--baseline` and `--update-baseline`.

use std::fs;

use super::folder::{BY_TITLE, Folder};
use crate::common::program::root;

const UPDATE: [&str; 3] = ["--baseline", "old.json", "--update-baseline"];

#[test]
fn old_findings_are_not_told_and_new_ones_are() {
    let folder = Folder::new();
    folder.file("grub.cfg", BY_TITLE);
    let lint = |args: &[&str]| folder.run(&[&["lint", "--threshold", "note", "grub.cfg"], args].concat());
    let mut told = lint(&["--baseline", "old.json"]).whole();
    told.push_str(&lint(&UPDATE).whole());
    told.push_str(&folder.read("old.json"));
    // Lines move.
    folder.file("grub.cfg", format!("# a comment\n\n{BY_TITLE}"));
    told.push_str(&lint(&["--baseline", "old.json"]).whole());
    // Another sin.
    folder.file("grub.cfg", BY_TITLE.replace("\"B\"\nmenu", "\"C\"\nmenu"));
    let ended = lint(&["--baseline", "old.json"]);
    assert_eq!(ended.status, 1, "{}", ended.whole());
    assert!(ended.stdout.contains("[PG101]"), "{}", ended.whole());
    insta::assert_snapshot!(told);
}

#[test]
fn what_is_gone_is_pruned_and_what_was_not_looked_at_stays() {
    let folder = Folder::new();
    for name in ["a/grub.cfg", "b/grub.cfg", "c/grub.cfg"] {
        folder.file(name, BY_TITLE);
    }
    let update = |names: &[&str]| {
        let ended = folder.run(&[&["lint"], names, &UPDATE].concat());
        assert_eq!(ended.status, 0, "{}", ended.whole());
        folder.read("old.json")
    };
    let all = update(&["a/grub.cfg", "b/grub.cfg", "c/grub.cfg"]);
    assert_eq!(all.matches("PG101").count(), 3, "{all}");
    assert_eq!(update(&["c/grub.cfg", "a/grub.cfg", "b/grub.cfg"]), all, "the order does not matter");
    folder.file("a/grub.cfg", "set timeout=5\nmenuentry \"A\" {\n  linux /a\n}\n");
    fs::remove_file(folder.path().join("c/grub.cfg")).unwrap();
    let pruned = update(&["a/grub.cfg"]);
    assert!(
        pruned.contains("b/grub.cfg") && !pruned.contains("a/grub.cfg") && !pruned.contains("c/grub.cfg"),
        "{pruned}"
    );
}

#[test]
fn a_baseline_keeps_its_schema_and_is_found_from_anywhere() {
    let schema = fs::read_to_string(root().join("docs/schema/pregrub.baseline-1.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let folder = Folder::new();
    folder.file("guests/a/grub.cfg", BY_TITLE);
    folder.file("pregrub.toml", "baseline = 'old.json'\nthreshold = 'note'\n");
    folder.file("disk.img", fs::read(root().join("corpus/images/nixos-default.img")).unwrap());
    assert_eq!(folder.run(&["lint", "--update-baseline", "guests/a/grub.cfg"]).status, 0);
    assert_eq!(folder.run_in("guests/a", &["lint", "grub.cfg"]).status, 0);
    // The verdict stands, whatever the baseline says.
    assert_eq!(folder.run(&["check", "--update-baseline", "disk.img"]).status, 1);
    let ended = folder.run(&["check", "disk.img"]);
    assert!(ended.status == 1 && ended.stdout.contains("of the baseline not shown"), "{}", ended.whole());
    let text = folder.read("old.json");
    assert!(text.contains("\"within\"") && text.contains("guests/a/grub.cfg"), "{text}");
    assert!(validator.is_valid(&serde_json::from_str(&text).unwrap()), "{text}");
}

#[test]
fn what_is_no_baseline_is_told() {
    let folder = Folder::new();
    folder.file("grub.cfg", BY_TITLE);
    let mut told = String::new();
    for text in ["", "[]", "{\"schema\":\"pregrub.baseline/9\",\"findings\":[]}", "{\"findings\":[]}"] {
        folder.file("old.json", text);
        let ended = folder.run(&["lint", "--baseline", "old.json", "grub.cfg"]);
        assert_eq!(ended.status, 2);
        told.push_str(&ended.stderr);
    }
    told.push_str(&folder.run(&["lint", "--update-baseline", "grub.cfg"]).whole());
    insta::assert_snapshot!(told);
}
