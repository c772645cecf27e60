//! `nix/check.nix`: which guests it refuses before anything is built, and its build at work.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::common::nix;
use crate::common::nixos_store::{Spec, Store};
use crate::common::program;

/// The check of a guest with these settings; `lib` and `runCommand` are stand-ins that keep what they get.
fn check(config: &str) -> Option<Value> {
    let expression = format!(
        r#"
let
  lib = {{
    hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
    escapeShellArg = text: "'" + text + "'";
  }};
  pkgs = {{ inherit lib; runCommand = name: _: script: {{ inherit name script; }}; callPackage = _: _: "pregrub"; }};
  check = import {check} {{ inherit pkgs; system = {{ config = {{ networking.hostName = "web"; boot.loader = {{ }}; fileSystems = {{ }};
    system.build.toplevel = "TOPLEVEL"; }} // {config}; }}; }};
in
{{ fails = !(builtins.tryEval check.name).success; check = if (builtins.tryEval check.name).success then check else null; }}"#,
        check = program::root().join("nix/check.nix").display()
    );
    let folder = tempfile::tempdir().unwrap();
    nix::evaluate(&expression, folder.path())
}

#[test]
fn guests_that_pygrub_could_not_boot_end_the_evaluation() {
    let boot =
        |device: &str, kind: &str| format!(r#"fileSystems."/boot" = {{ device = "{device}"; fsType = "{kind}"; }};"#);
    let grub = |id: &str| format!(r#"boot.loader.grub = {{ enable = true; fsIdentifier = "{id}"; }};"#);
    for (config, fails) in [
        (String::new(), true),
        (grub("uuid") + &boot("/dev/xvda", "ext4"), true),
        (grub("provided") + &boot("/dev/disk/by-label/boot", "ext4"), true),
        (grub("provided") + &boot("/dev/xvda", "btrfs"), true),
        (grub("provided") + &boot("/dev/xvda", "ext4"), false),
        ("boot.loader.pregrub = { enable = true; package = \"P\"; };".to_owned(), false),
    ] {
        let Some(answer) = check(&format!("{{ {config} }}")) else { return };
        assert_eq!(answer["fails"], fails, "{config}: {answer}");
    }
}

/// The script that Nix would run, on a guest's closure.
#[test]
fn the_build_boots_the_closure_or_fails() {
    let mut store = Store::new();
    let toplevel = store.build(&Spec::new(1));
    let Some(answer) = check("{ boot.loader.pregrub = { enable = true; package = \"P\"; }; }") else { return };
    let script = answer["check"]["script"].as_str().unwrap();
    let build = |toplevel: &str| {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        // Here the guest's store lies below a folder.
        let wrapper = format!(
            "#!/bin/sh\nif [ \"$1\" = generate ]; then mkdir -p \"{1}$PWD/profiles\"; exec {0} \"$@\" --root {1}; fi\nexec {0} \"$@\"\n",
            program::path().display(),
            store.root().display()
        );
        fs::write(bin.join("pregrub"), wrapper).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(bin.join("pregrub"), mode).unwrap();
        let script = script.replace("TOPLEVEL", toplevel);
        let ended = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(folder.path())
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("out", folder.path().join("out"))
            .output()
            .unwrap();
        let said = [ended.stdout, ended.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        (ended.status.success(), fs::read_to_string(folder.path().join("out/report.txt")).unwrap_or_default(), said)
    };
    let (fine, report, said) = build(&toplevel);
    assert!(fine && report.starts_with("boots: "), "{report}{said}");
    let (fine, _, said) = build("/nix/store/none");
    assert!(!fine, "{said}");
}
