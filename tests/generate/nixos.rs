//! The NixOS module, evaluated by the real Nix: values are compared, not text.

use std::fmt::Write as _;

use pregrub::generate::nix_text::{list, string};
use pregrub::generate::{Choices, Plan, Table, nixos};
use serde_json::{Value, json};

use super::random_choices;
use crate::common::nix::{LIB, evaluate};
use crate::common::random::Random;

#[test]
fn strings_come_back_as_they_were() {
    let mut random = Random::new(5);
    let mut texts: Vec<String> =
        ["", "''", "${", "$${x}", "\\${x}", "a\r\nb\rc", "\"\\\"", "\u{1}\u{1f}\u{7f}", "$", "\\"]
            .map(str::to_owned)
            .to_vec();
    texts.extend((0..600).map(|_| random_choices::hostile(&mut random)));
    let mut expression = String::from("[\n");
    for text in &texts {
        let _ = writeln!(expression, "{}", string(text).unwrap());
    }
    let _ = write!(expression, "{} ]", list(&texts).unwrap());
    let directory = tempfile::tempdir().unwrap();
    let Some(value) = evaluate(&expression, directory.path()) else { return };
    let mut expected: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    expected.push(json!(texts));
    for (number, (got, wanted)) in value.as_array().unwrap().iter().zip(&expected).enumerate() {
        assert_eq!(got, wanted, "text {number}");
    }
    assert_eq!(value.as_array().unwrap().len(), expected.len());
}

/// What the module must say for these choices, worked out from them alone.
fn expected(choices: &Choices) -> Value {
    let partition = |number: u32| if choices.table == Table::None { String::new() } else { number.to_string() };
    let boot = choices.boot_device.clone().unwrap_or_else(|| format!("/dev/xvda{}", partition(1)));
    let root = choices.root_device.clone().unwrap_or_else(|| match (choices.one_disk, choices.table) {
        (true, Table::None) => "/dev/xvda".to_owned(),
        (true, _) => "/dev/xvda2".to_owned(),
        (false, _) => "/dev/xvdb".to_owned(),
    });
    let forced = |value: &str| json!({ "by": "force", "value": value });
    let filesystem = |device: &str, kind: &str| json!({ "device": forced(device), "fsType": forced(kind) });
    let mut filesystems = json!({});
    if boot == root {
        filesystems["/"] = filesystem(&root, &choices.boot_filesystem);
    } else {
        filesystems["/"] = filesystem(&root, choices.root_filesystem.as_deref().unwrap_or("ext4"));
        filesystems["/boot"] = filesystem(&boot, &choices.boot_filesystem);
    }
    let mut grub = match &choices.boot_uuid {
        Some(uuid) => format!("search --fs-uuid --set=root {uuid}"),
        None => "set root=(hd0)".to_owned(),
    };
    if !choices.grub_config.is_empty() {
        let _ = write!(grub, "\n{}", choices.grub_config);
    }
    let mut parameters = vec!["console=hvc0".to_owned()];
    parameters.extend(choices.kernel_parameters.iter().cloned());
    let default = |value: Value| json!({ "by": "default", "value": value });
    let mut module = json!({
        "boot": {
            "loader": {
                "grub": {
                    "enable": true, "device": "nodev", "fsIdentifier": "provided",
                    "configurationLimit": choices.configuration_limit,
                    "default": choices.default.parse::<u32>().unwrap(),
                    "extraConfig": grub,
                },
                "timeout": choices.timeout,
            },
            "initrd": { "availableKernelModules": ["ata_piix", "sr_mod", "xen_blkfront"] },
            "kernelParams": parameters,
        },
        "fileSystems": filesystems,
        "swapDevices": default(json!([])),
        "warnings": [],
    });
    if choices.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        module["networking"] = json!({ "hostName": default(json!(choices.name)) });
    }
    if let Some(version) = &choices.state_version {
        module["system"] = json!({ "stateVersion": default(json!(version)) });
    }
    module
}

/// The modules as one expression: a list of what each evaluates to, in a system that has nothing but it.
fn expression(modules: &[String], config: &str) -> String {
    let mut text =
        format!("let lib = {LIB}; of = module: let it = module {{ inherit lib; config = {config}; }}; in it; in [\n");
    for module in modules {
        let _ = writeln!(text, "(of (\n{module}))");
    }
    text + "]"
}

#[test]
fn the_module_says_what_was_chosen() {
    let mut random = Random::new(11);
    let mut all = vec![Choices::default()];
    all.extend((0..120).map(|_| random_choices::choices(&mut random)));
    let modules: Vec<String> = all
        .iter()
        .map(|choices| {
            let plan = Plan::new(choices.clone()).unwrap_or_else(|refusal| panic!("{refusal}: {choices:?}"));
            nixos::module(&plan).unwrap()
        })
        .collect();
    let directory = tempfile::tempdir().unwrap();
    let expression = expression(&modules, "{ inherit (it) boot; }");
    let Some(Value::Array(values)) = evaluate(&expression, directory.path()) else { return };
    assert_eq!(values.len(), all.len());
    for (mut value, choices) in values.into_iter().zip(&all) {
        let assertions = value.as_object_mut().unwrap().remove("assertions").unwrap();
        assert_eq!(value, expected(choices), "{choices:?}");
        for assertion in assertions.as_array().unwrap() {
            assert_eq!(assertion["assertion"], true, "{assertion}");
        }
    }
}

#[test]
fn the_module_objects_to_what_cannot_boot() {
    let module = nixos::module(&Plan::new(Choices::default()).unwrap()).unwrap();
    let rest = [
        ("", None, 0),
        ("boot.loader.grub.fsIdentifier = \"uuid\";", Some("($drive1)"), 0),
        ("boot.initrd.secrets = { \"/key\" = /key; };", Some("secrets"), 0),
        ("boot.loader.grub.default = \"saved\";", Some("default"), 0),
        ("boot.loader.grub.default = 2;", Some("default"), 0),
        ("boot.loader.grub.extraEntriesBeforeNixOS = true;", Some("extraEntries"), 0),
        ("boot.loader.grub.extraEntries = \"linux (\\$drive1)/k\";", Some("plain paths"), 0),
        ("boot.loader.grub.extraEntries = \"linux /k\";", None, 0),
        ("boot.loader.grub.useOSProber = true;", Some("os-prober"), 0),
        ("virtualisation.xen.enable = true;", Some("dom0"), 0),
        ("boot.loader.grub.users.a.password = \"x\";", None, 1),
    ];
    let mut text = format!("let lib = {LIB}; module =\n{module};\n");
    text.push_str(
        "merge = a: b: a // builtins.mapAttrs (name: value: if builtins.isAttrs value && builtins.isAttrs (a.${name} or null) \
         then merge a.${name} value else value) b;\n of = rest: let it = module { inherit lib; config = merge { inherit (it) boot; } rest; }; \
         in { failed = map (a: a.message) (builtins.filter (a: !a.assertion) it.assertions); inherit (it) warnings; };\nin [\n",
    );
    for (rest, ..) in &rest {
        let _ = writeln!(text, "(of {{ {rest} }})");
    }
    text.push(']');
    let directory = tempfile::tempdir().unwrap();
    let Some(Value::Array(values)) = evaluate(&text, directory.path()) else { return };
    for (value, (rest, failed, warnings)) in values.iter().zip(&rest) {
        let failures = value["failed"].as_array().unwrap();
        assert_eq!(failures.len(), usize::from(failed.is_some()), "{rest}: {failures:?}");
        if let Some(failed) = failed {
            assert!(failures[0].as_str().unwrap().contains(failed), "{rest}: {failures:?}");
        }
        assert_eq!(value["warnings"].as_array().unwrap().len(), *warnings, "{rest}");
    }
    assert_eq!(values.len(), rest.len());
}
