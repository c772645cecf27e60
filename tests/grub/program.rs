//! `pregrub grub` as a program.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::menus;
use crate::common::kernels::{Elf, PACKINGS, bzimage, pack};
use crate::common::program::{self, run, run_with_input};
use crate::common::tools;

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

/// A word is one word for a shell, too, whatever is in it.
#[test]
fn words_end_where_grub_ends_them() {
    let menu = "menuentry A {\n linux /k0 \"'; touch x; '\" it\\'s a=b\n}\n";
    let ended = run_with_input(&["grub", "-", "--trace"], menu.as_bytes());
    let words = r#"/k0 ''"'"'; touch x; '"'"'' 'it'"'"'s' a=b"#;
    assert_eq!(ended.stdout.matches(words).count(), 2, "{}", ended.stdout);
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

/// What pvgrub2 cannot unpack does not boot there, by grub-file, which has its loader and its decompressors.
#[test]
fn pvgrub2_does_not_load_every_kernel() {
    let Some(judge) = tools::tool("grub-file") else { return };
    let elf = Elf::default().bytes();
    for (name, program, length) in PACKINGS {
        let Some(packed) = pack(&elf, program, length) else { continue };
        let folder = tree("menuentry A {\n linux /k a\n initrd /i0\n}\n");
        let file = folder.path().join("k");
        fs::write(&file, bzimage(&packed)).unwrap();
        let loads = Command::new(&judge).arg("--is-x86_64-xen-domu").arg(&file).status().unwrap().success();
        let (object, status) = json(&[folder.path().to_str().unwrap(), "--platform", "xen"]);
        // Where pregrub cannot tell, it says so.
        if status != 3 {
            assert_eq!(status, i32::from(!loads), "{name}: {object}");
        }
        let (kernel, initrd) = (&object["commands"][0], &object["commands"][1]);
        if status == 1 {
            assert_eq!((&kernel["error"], &kernel["loaded"]), (&Value::from("not xen image."), &Value::from(false)));
            assert_eq!(initrd["error"], "you need to load the kernel first.");
        }
        let must = ["gzip-9", "xz-as-linux", "zstd-19", "lz4", "lzma", "bzip2"].contains(&name);
        assert!(!must || status != 3, "{name}: {object}");
        // A BIOS starts any of them, and they unpack themselves.
        assert_eq!(json(&[folder.path().to_str().unwrap()]).1, 0, "{name}");
    }
    // A second initrd is refused there.
    let folder = tree("menuentry A {\n linux /k a\n initrd /i0\n initrd /i1\n}\n");
    fs::write(folder.path().join("k"), bzimage(&pack(&elf, &["gzip", "-9n"], false).unwrap())).unwrap();
    let (object, status) = json(&[folder.path().to_str().unwrap(), "--platform", "xen"]);
    assert_eq!((object["commands"][2]["error"].as_str(), status), (Some("initrd already loaded."), 1));
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

#[test]
fn nothing_is_claimed_of_files_in_an_image() {
    let folder = tree("loopback l /k0\nmenuentry A { linux (l)/k0; initrd (l,msdos1)/i0; }\n");
    let (object, status) = json(&[folder.path().to_str().unwrap()]);
    assert_eq!(status, 3, "{object}");
    for command in object["commands"].as_array().unwrap() {
        assert_eq!((&command["error"], &command["files"][0]["exists"]), (&Value::Null, &Value::Null), "{object}");
    }
}

/// Timeouts were tried with grub-emu, hotkeys and hidden menus, too.
#[test]
fn says_when_the_menu_is_not_shown_and_which_keys_boot() {
    for (settings, said) in [
        ("timeout=5", "boots `A` after 5 seconds\n"),
        ("timeout=1", "boots `A` after 1 second\n"),
        ("timeout=0x3", "boots `A` after 3 seconds\n"),
        ("timeout=2s", "boots `A` after 2 seconds\n"),
        ("timeout=0", "boots `A` at once\n"),
        ("timeout=-1", "boots `A` when somebody presses Enter (timeout=-1)\n"),
        ("timeout=five", "boots `A` when somebody presses Enter (timeout=five)\n"),
        ("x=1", "boots `A` when somebody presses Enter (no timeout is set)\n"),
        (
            "timeout=5; set timeout_style=hidden",
            "boots `A` after 5 seconds without a menu (timeout_style=hidden: Esc shows it)\n",
        ),
        (
            "timeout=5; set timeout_style=countdown",
            "boots `A` after 5 seconds that are counted down (timeout_style=countdown: Esc shows the menu)\n",
        ),
        ("timeout=5; set timeout_style=menu", "boots `A` after 5 seconds\n"),
    ] {
        let folder = tree(&format!("set {settings}\nmenuentry A --hotkey=k {{ linux /k0; }}\n"));
        let target = folder.path().to_str().unwrap();
        let text = run(&["grub", target]).stdout;
        assert!(text.contains(said) && text.contains("> 0      A  [k]\n"), "{settings}: {text}");
        let (object, _) = json(&[target]);
        assert_eq!(object["menu"][0]["hotkey"], "k");
        let style = settings.split("style=").nth(1).map_or(Value::Null, Value::from);
        assert_eq!(object["timeout_style"], style, "{settings}");
    }
}
