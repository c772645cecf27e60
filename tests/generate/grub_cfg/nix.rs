//! `nix/module.nix`, `nix/package.nix` and `flake.nix`, by the real evaluator, and the hook that the module makes at work.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::nixos_store::{self, Spec, Store};
use crate::common::{program, tools};

/// The value of an expression that knows `stub`; nothing where nix is not installed.
fn evaluate(expression: &str) -> Option<Value> {
    let nix = tools::tool("nix-instantiate")?;
    let stub = program::root().join("tests/oracle/nix_stub.nix");
    let expression = format!("let stub = import {}; in {expression}", stub.display());
    // This store needs neither a place nor a daemon.
    let output = Command::new(nix)
        .args(["--store", "dummy://", "--eval", "--strict", "--json", "-E", &expression])
        .output()
        .expect("it is installed");
    assert!(output.status.success(), "{expression}: {}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

fn module(settings: &str, system: &str) -> Option<Value> {
    let module = program::root().join("nix/module.nix");
    evaluate(&format!(
        "stub.evaluate {{ module = {}; settings = {{ package = \"/bin/pregrub\"; }} // {settings}; system = {system}; }}",
        module.display()
    ))
}

#[test]
fn the_module_calls_the_program_with_what_is_set() {
    let Some(plain) = module("{ enable = true; }", "{ }") else { return };
    assert_eq!(plain["condition"], json!(true));
    assert_eq!(plain["failed"], json!([]));
    assert_eq!(plain["loader"]["external"]["enable"], json!(true));
    assert_eq!(plain["loader"]["supportsInitrdSecrets"], json!(true));
    let script = |value: &Value| value["loader"]["external"]["installHook"]["text"].as_str().unwrap().to_owned();
    assert_eq!(
        script(&plain),
        "exec /bin/pregrub generate grub-cfg '--install' '--boot' '/boot' '--limit' '20' '--timeout' '5' \"$@\"\n"
    );
    let set =
        module(r#"{ boot = "/b o'ot"; limit = 3; uuid = "none"; prefix = "/boot"; }"#, "{ timeout = null; }").unwrap();
    assert_eq!(set["condition"], json!(false));
    assert_eq!(
        script(&set),
        "exec /bin/pregrub generate grub-cfg '--install' '--boot' '/b o'\\''ot' '--limit' '3' '--timeout' '5' '--uuid' 'none' \
         '--prefix' '/boot' \"$@\"\n"
    );
    assert!(script(&module("{ }", "{ timeout = 30; }").unwrap()).contains("'--timeout' '30'"));
    assert!(script(&module("{ }", "{ timeout = -1; }").unwrap()).contains("'--timeout' '5'"));
    assert_eq!(plain["initrd"]["availableKernelModules"], json!(["xen_blkfront"]));
    assert_eq!(plain["kernelParams"], json!(["console=hvc0"]));
    insta::assert_snapshot!(serde_json::to_string_pretty(&plain["options"]).unwrap());
}

#[test]
fn the_module_refuses_what_pygrub_cannot_boot() {
    let Some(btrfs) = module("{ enable = true; }", r#"{ fileSystems."/boot".fsType = "btrfs"; }"#) else { return };
    assert!(
        btrfs["failed"][0].as_str().unwrap().contains(r#"/boot is on fileSystems."/boot", whose fsType must be ext2"#),
        "{btrfs}"
    );
    let ext4 = module("{ enable = true; }", r#"{ fileSystems."/boot".fsType = "ext4"; }"#).unwrap();
    assert_eq!(ext4["failed"], json!([]));
    for (settings, system, told) in [
        ("boot = \"/boot/\";", r#"fileSystems."/boot".fsType = "btrfs";"#, Some(r#"fileSystems."/boot""#)),
        ("", r#"fileSystems."/".fsType = "btrfs";"#, Some(r#"/boot is on fileSystems."/""#)),
        ("", r#"fileSystems."/".fsType = "btrfs"; fileSystems."/boot".fsType = "ext2";"#, None),
        ("", r#"fileSystems."/".fsType = "ext4"; fileSystems."/boot/efi".fsType = "vfat";"#, None),
        ("", r#"fileSystems.b = { mountPoint = "/boot"; fsType = "vfat"; };"#, Some(r#"fileSystems."b""#)),
        (
            "boot = \"/a//b/\";",
            r#"fileSystems."/".fsType = "ext4"; fileSystems."/a".fsType = "xfs";"#,
            Some(r#"fileSystems."/a""#),
        ),
        ("boot = \"/\";", r#"fileSystems."/".fsType = "f2fs";"#, Some(r#"fileSystems."/""#)),
        ("", "loader.grub.enable = true;", Some("boot.loader.grub")),
        ("", "loader.systemd-boot.enable = true;", Some("systemd-boot")),
        ("", "loader.limine.enable = true;", Some("limine")),
        ("", "loader.grub.enable = false; loader.systemd-boot.enable = false;", None),
    ] {
        let judged = module(&format!("{{ enable = true; {settings} }}"), &format!("{{ {system} }}")).unwrap();
        let failed = judged["failed"].as_array().unwrap();
        assert_eq!(failed.len(), usize::from(told.is_some()), "{settings} {system}: {failed:?}");
        if let Some(told) = told {
            assert!(failed[0].as_str().unwrap().contains(told), "{settings} {system}: {failed:?}");
        }
    }
    let dom0 = module("{ enable = true; }", "{ virtualisation.xen.enable = true; }").unwrap();
    assert!(dom0["failed"][0].as_str().unwrap().contains("dom0"), "{dom0}");
}

#[test]
fn the_flake_offers_package_and_module() {
    let flake = program::root().join("flake.nix");
    let Some(flake) = evaluate(&format!("stub.flake {}", flake.display())) else { return };
    assert_eq!(flake["modules"], json!(["default", "pregrub"]));
    assert_eq!(flake["module"]["version"], json!(env!("CARGO_PKG_VERSION")));
    assert_eq!(flake["module"]["imports"], json!([program::root().join("nix/module.nix")]));
    let package = &flake["packages"]["x86_64-linux"];
    assert_eq!((&package["pname"], &package["version"]), (&json!("pregrub"), &json!(env!("CARGO_PKG_VERSION"))));
    assert_eq!(package["meta"]["mainProgram"], json!("pregrub"));
}

#[test]
fn the_package_wants_its_rust_and_no_built_files() {
    let root = program::root();
    let package = |rust: &str| {
        let paths: Vec<String> = ["target", "fuzz/target", "src/target", "fuzz", "src/target/xl.rs"]
            .iter()
            .map(|path| format!("\"{}\"", root.join(path).display()))
            .collect();
        evaluate(&format!(
            "stub.package {{ path = {}; rust = \"{rust}\"; paths = if {} then [ {} ] else [ ]; }}",
            root.join("nix/package.nix").display(),
            rust == "1.88.0",
            paths.join(" ")
        ))
    };
    // Those of NixOS 24.05, 24.11 and 25.05.
    for old in ["1.77.2", "1.82.0", "1.86.0"] {
        let Some(answer) = package(old) else { return };
        assert_eq!(answer["built"], json!(false), "{old}");
    }
    let answer = package("1.88.0").unwrap();
    assert_eq!(answer["built"], json!(true));
    let kept = ["src/target", "fuzz", "src/target/xl.rs"].map(|path| root.join(path).display().to_string());
    assert_eq!(answer["kept"], json!(kept));
}

/// The script of the module, called as NixOS calls it.
#[test]
fn the_hook_of_the_module_installs() {
    let store = Store::of(&[Spec::new(1), Spec::new(2)]);
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let settings = format!(
        "{{ enable = true; package = \"{}\"; boot = \"{}\"; prefix = \"/\"; uuid = \"none\"; }}",
        path(&program::path()),
        path(&store.boot())
    );
    let Some(module) = module(&settings, "{ timeout = 7; }") else { return };
    let script = store.root().join("hook");
    let text = module["loader"]["external"]["installHook"]["text"].as_str().unwrap();
    fs::write(&script, format!("#!/bin/sh\n{text}")).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    // This machine is not the guest: its root is told as a user tells further arguments.
    let output = Command::new(&script)
        .args(["--root", &path(store.root()), "/nix/var/nix/profiles/system"])
        .env("NIXOS_INSTALL_BOOTLOADER", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let check = program::run(&["check", "--until", "pygrub", &path(&store.boot())]);
    assert_eq!(check.status, 0, "{}", check.whole());
    assert!(check.stdout.contains("loglevel=2") && check.stdout.contains("after 7 seconds"), "{}", check.stdout);
    assert_eq!(nixos_store::files(&store.boot()).len(), 5);
}
