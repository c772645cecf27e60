//! `pregrub grub` as a program.

use std::fs;

use serde_json::Value;

use super::menus;
use crate::common::program::{self, run, run_with_input};

fn json(args: &[&str]) -> (Value, i32) {
    let ended = run(&[&["grub", "--format", "json"], args].concat());
    (serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{} {}", ended.stdout, ended.stderr)), ended.status)
}

fn tree(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    menus::furnish(folder.path());
    fs::write(folder.path().join("grub/grub.cfg"), text).unwrap();
    folder
}

const MENU: &str = "set default=1\nset timeout=5\nmenuentry 'A' { linux /k0 a; }\nmenuentry 'B' --id b { linux /k1 x=\"a b\"; initrd /i0; }\n\
                    submenu 'S' { menuentry 'C' { linux /nope; }; }\n";

#[test]
fn shows_what_boots() {
    let folder = tree(MENU);
    let target = folder.path().to_str().unwrap();
    let (object, status) = json(&[target]);
    assert_eq!(status, 0);
    assert_eq!((object["chosen"].as_str(), object["path"].as_str()), (Some("B"), Some("b")));
    assert_eq!((object["default"].as_str(), object["timeout"].as_str()), (Some("1"), Some("5")));
    assert_eq!(object["commands"][0]["args"], serde_json::json!(["/k1", "x=a b"]));
    assert_eq!(object["commands"][0]["files"], serde_json::json!([{"path": "/k1", "exists": true}]));
    assert_eq!(object["command_line"], "BOOT_IMAGE=/k1 \"x=a b\"");
    assert_eq!(object["menu"][2]["entries"][0]["index"], "2>0");

    let (object, status) = json(&[target, "--entry", "S>C"]);
    assert_eq!((object["chosen"].as_str(), status), (Some("C"), 1));
    assert_eq!(object["errors"], serde_json::json!([]));
    assert_eq!(object["commands"][0]["error"], "file `/nope' not found.");
    assert_eq!(object["commands"][0]["files"][0]["exists"], false);

    let text = run(&["grub", target, "--trace"]);
    assert_eq!(text.status, 0);
    assert!(
        text.stdout.contains("boots `B` after 5 seconds") && text.stdout.contains("menuentry B --id b"),
        "{}",
        text.stdout
    );
}

#[test]
fn reads_a_configuration_alone() {
    let ended =
        run_with_input(&["grub", "-", "--format", "json", "--env", "k=/k9"], b"menuentry A {\n linux $k a\n}\n");
    let object: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(ended.status, 0);
    assert_eq!(object["commands"][0]["args"], serde_json::json!(["/k9", "a"]));
    assert_eq!(object["commands"][0]["files"][0]["exists"], Value::Null);
}

#[test]
fn says_what_is_wrong_with_the_call() {
    for (args, status, needle) in [
        (&["grub", "x", "--grub", "2.04"][..], 2, "not a release of GRUB"),
        (&["grub", "x", "--platform", "arm"], 2, "not a platform"),
        (&["grub", "x", "--env", "x"], 2, "NAME=VALUE"),
        (&["grub", "/nonexistent"], 3, "no such file"),
        (&["grub", "/usr"], 3, "no grub.cfg"),
    ] {
        let ended = run(args);
        assert_eq!(ended.status, status, "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(needle), "{args:?}: {}", ended.stderr);
    }
}

#[test]
fn keeps_its_schema() {
    let text = fs::read_to_string(program::root().join("docs/schema/pregrub.grub-1.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    let (image, nixos) = (program::corpus("images/recipe.img"), program::corpus("images/nixos-default.img"));
    let folder = tree(&format!("set superusers=root\nset fallback=1\nlinux\n}}\n{MENU}"));
    let target = folder.path().to_str().unwrap();
    for args in [
        &[image.as_str()][..],
        &[&nixos],
        &[target],
        &[target, "--trace"],
        &[target, "--entry", "9"],
        &[target, "--platform", "xen"],
    ] {
        let (object, _) = json(args);
        let errors: Vec<String> =
            validator.iter_errors(&object).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{args:?}: {errors:?} in {object}");
    }
}
