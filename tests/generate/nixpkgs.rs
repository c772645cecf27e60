//! The NixOS module in the real module system: `PREGRUB_NIXPKGS` names a checkout of nixpkgs, of which `lib` is enough.
//!
//!     git clone https://github.com/nix-community/nixpkgs.lib /tmp/nixpkgs
//!     PREGRUB_NIXPKGS=/tmp/nixpkgs cargo test --all-features --test integration nixpkgs
//!
//! Without it these tests are skipped with a visible line.

use std::path::PathBuf;

use pregrub::generate::{Choices, PartitionScheme, Plan, nixos};
use serde_json::{Value, json};

use crate::common::nix::evaluate;

/// The options that the module sets and asks for, typed as nixpkgs types them, and what a guest's own configuration says of them.
const SYSTEM: &str = r#"
  { config, lib, ... }:
  let
    inherit (lib) mkOption mkDefault mkIf types;
    option = type: default: mkOption { inherit type default; };
    enable = option types.bool false;
    cfg = config.boot.loader.grub;
  in {
    options = {
      assertions = option (types.listOf types.unspecified) [ ];
      warnings = option (types.listOf types.str) [ ];
      boot.loader.grub = {
        enable = option types.bool true;
        device = option types.str "";
        devices = option (types.listOf types.str) [ ];
        fsIdentifier = option (types.enum [ "uuid" "label" "provided" ]) "uuid";
        configurationLimit = option types.int 100;
        default = mkOption { type = types.either types.int types.str; default = "0"; apply = toString; };
        extraConfig = option types.lines "";
        extraEntries = option types.lines "";
        extraPerEntryConfig = option types.lines "";
        extraInstallCommands = option types.lines "";
        extraEntriesBeforeNixOS = enable;
        useOSProber = enable;
        users = option (types.attrsOf types.unspecified) { };
      };
      boot.loader.timeout = option (types.nullOr types.int) 5;
      boot.loader.systemd-boot.enable = enable;
      boot.loader.limine.enable = enable;
      boot.loader.external.enable = enable;
      boot.initrd.availableKernelModules = option (types.coercedTo (types.listOf types.str) (names: lib.genAttrs names (_: true)) (types.attrsOf types.bool)) { };
      boot.initrd.secrets = option (types.attrsOf types.unspecified) { };
      boot.kernelParams = option (types.listOf types.str) [ ];
      fileSystems = option (types.attrsOf (types.submodule ({ config, name, ... }: {
        options = {
          mountPoint = option types.str name;
          device = option (types.nullOr types.str) null;
          label = option (types.nullOr types.str) null;
          fsType = mkOption { type = types.str; };
        };
        config.device = mkIf (config.label != null) (mkDefault "/dev/disk/by-label/${config.label}");
      }))) { };
      swapDevices = option (types.listOf types.unspecified) [ ];
      networking.hostName = option types.str "nixos";
      system.stateVersion = option types.str "26.05";
      virtualisation.xen.enable = enable;
    };
    config = {
      boot.loader.grub.devices = lib.optional (cfg.device != "") cfg.device;
      boot.kernelParams = [ "root=fstab" "loglevel=4" ];
      # As nixos-generate-config writes them.
      fileSystems."/" = { device = "/dev/disk/by-uuid/0"; fsType = "xfs"; };
      fileSystems."/boot" = { label = "BOOT"; fsType = "vfat"; };
      swapDevices = [ { device = "/dev/disk/by-uuid/1"; } ];
    };
  }
"#;

/// Of a filesystem.
const UUID: &str = "0d3a7f8e-8c3b-4b6e-9d43-1c5f0a2b7e61";

/// The checkout, or nothing and a line that says so.
fn checkout() -> Option<PathBuf> {
    let checkout = std::env::var_os("PREGRUB_NIXPKGS").map(PathBuf::from);
    if checkout.is_none() {
        eprintln!("SKIPPED: PREGRUB_NIXPKGS names no checkout of nixpkgs");
    }
    checkout
}

/// The values of the module for these choices beside what a guest says, in the real module system.
fn values(choices: Choices, rest: &str) -> Option<Value> {
    let lib = checkout()?.join("lib");
    let module = nixos::module(&Plan::new(choices).expect("it boots")).expect("Nix");
    let expression = format!(
        "let lib = import {}; it = (lib.evalModules {{ modules = [ ({SYSTEM}) ({module}) {{ {rest} }} ]; }}).config; in {{
           inherit (it) fileSystems swapDevices warnings;
           inherit (it.boot) kernelParams;
           inherit (it.boot.loader.grub) device devices default fsIdentifier extraConfig;
           modules = builtins.attrNames it.boot.initrd.availableKernelModules;
           failed = map (one: one.message) (builtins.filter (one: !one.assertion) it.assertions);
         }}",
        lib.display()
    );
    let directory = tempfile::tempdir().expect("a folder");
    evaluate(&expression, directory.path())
}

#[test]
fn nixpkgs_takes_the_module() {
    let Some(two) = values(Choices::default(), "") else { return };
    assert_eq!(two["failed"], json!([]), "{two}");
    let filesystem =
        |place: &str, device: &str| json!({ "device": device, "fsType": "ext4", "label": null, "mountPoint": place });
    assert_eq!(
        two["fileSystems"],
        json!({ "/": filesystem("/", "/dev/xvdb"), "/boot": filesystem("/boot", "/dev/xvda") })
    );
    assert_eq!((&two["devices"], &two["default"]), (&json!(["nodev"]), &json!("0")));
    assert_eq!(two["modules"], json!(["ata_piix", "sr_mod", "xen_blkfront"]));
    assert!(two["kernelParams"].as_array().unwrap().contains(&json!("console=hvc0")), "{two}");
    let one =
        Choices { one_disk: true, table: PartitionScheme::Gpt, boot_uuid: Some(UUID.to_owned()), ..Choices::default() };
    let one = values(one, "").unwrap();
    assert_eq!((&one["failed"], &one["fileSystems"]["/boot"]["device"]), (&json!([]), &json!("/dev/xvda1")), "{one}");
}

#[test]
fn nixpkgs_refuses_what_pygrub_cannot_boot() {
    for (rest, said) in [
        ("boot.loader.grub.devices = [ \"/dev/xvda\" ];", "install GRUB"),
        ("boot.loader.grub.extraConfig = \"# f\u{fc}r\";", "ASCII"),
        ("boot.loader.grub.extraEntries = \"set root=\\$x\";", "set root="),
        ("boot.loader.limine.enable = true;", "limine"),
        ("boot.initrd.secrets.x = null;", "boot.initrd.secrets"),
    ] {
        let Some(value) = values(Choices::default(), rest) else { return };
        let failed = value["failed"].as_array().unwrap();
        assert!(failed.len() == 1 && failed[0].as_str().unwrap().contains(said), "{rest}: {value}");
    }
}
