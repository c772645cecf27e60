//! The NixOS module, evaluated by the real Nix: values are compared, not text.

use std::fmt::Write as _;

use pregrub::generate::nix_text::{list, string};
use pregrub::generate::{Choices, PartitionScheme, Plan, nixos};
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
    let partition =
        |number: u32| if choices.table == PartitionScheme::None { String::new() } else { number.to_string() };
    let boot = choices.boot_device.clone().unwrap_or_else(|| format!("/dev/xvda{}", partition(1)));
    let root = choices.root_device.clone().unwrap_or_else(|| match (choices.one_disk, choices.table) {
        (true, PartitionScheme::None) => "/dev/xvda".to_owned(),
        (true, _) => "/dev/xvda2".to_owned(),
        (false, _) => "/dev/xvdb".to_owned(),
    });
    let forced = |value: &str| json!({ "by": "force", "value": value });
    let filesystem = |device: &str, kind: &str| json!({ "device": forced(device), "fsType": forced(kind), "label": { "by": "force", "value": null } });
    let boot_filesystem = choices.boot_filesystem.as_deref().unwrap_or("ext4");
    let mut filesystems = json!({});
    if boot == root {
        filesystems["/"] = filesystem(&root, boot_filesystem);
    } else {
        filesystems["/"] = filesystem(&root, choices.root_filesystem.as_deref().unwrap_or("ext4"));
        filesystems["/boot"] = filesystem(&boot, boot_filesystem);
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
                    "default": 0,
                    "extraConfig": grub,
                    "extraInstallCommands": format!(
                        "pregrub=/run/current-system/sw/bin/pregrub\nif [ -x \"$pregrub\" ] && ! \"$pregrub\" check --until pygrub {}; \
                         then\n  echo \"pygrub would not boot what was written to /boot: see above\" >&2\n  exit 1\nfi\n",
                        if boot == root { "/" } else { "/boot" }
                    ),
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
    let expression = expression(&modules, "{ inherit (it) boot fileSystems; }");
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
        ("boot.loader.grub.default = \"1\";", Some("default = 0 alone"), 0),
        ("boot.loader.grub.default = 2;", Some("default"), 0),
        ("boot.loader.grub.default = \"0\";", None, 0),
        ("boot.loader.grub.enable = false;", Some("leave it enabled"), 0),
        ("boot.loader.systemd-boot.enable = true;", Some("systemd-boot"), 0),
        ("boot.loader.external.enable = true;", Some("external"), 0),
        (
            "boot.loader.grub.mirroredBoots = [ { path = \"/b2\"; devices = [ \"nodev\" ]; } ];",
            Some("mirroredBoots"),
            0,
        ),
        ("boot.loader.grub.mirroredBoots = [ { path = \"/b2\"; } { path = \"/boot\"; } ];", None, 0),
        ("boot.loader.grub.extraEntries = \"menuentry \\\"R\\\" { reboot }\";", Some("does not end with `{`"), 0),
        ("boot.loader.grub.extraEntries = \"menuentry \\\"R\\\"\\n{\\n}\";", Some("does not end with `{`"), 0),
        ("boot.loader.grub.extraEntries = \"menuentry \\\"R\\\" { \\n  reboot\\n}\\n\";", None, 0),
        ("boot.loader.grub.extraConfig = \"function f { true; }\";", Some("does not end with `{`"), 0),
        ("boot.loader.grub.extraConfig = \"set root=(hd0)\\n menuentry \\\"R\\\" {\\n}\";", Some("extraConfig"), 0),
        (
            "boot.loader.grub.extraConfig = \"set root=(hd0)\\nserial --unit=0\\nterminal_input serial console\\n\";",
            None,
            0,
        ),
        ("boot.loader.grub.extraConfig = \"# f\u{fc}r\";", Some("Latin-1"), 0),
        ("boot.loader.grub.extraEntries = \"# \u{2018}x\u{2019}\";", Some("Latin-1"), 0),
        ("boot.loader.grub.extraConfig = \"# \\t ~ $ a\\n#b\";", None, 0),
        ("boot.loader.grub.extraConfig = \"set a=b=c\";", Some("one `=`"), 0),
        ("boot.loader.grub.extraEntries = \"set a=b=c\";", Some("one `=`"), 0),
        ("boot.loader.grub.extraPerEntryConfig = \"set\";", Some("one `=`"), 0),
        ("boot.loader.grub.extraPerEntryConfig = \"set root=\\$prefix\";", Some("not `(hd0)`"), 0),
        ("boot.loader.grub.extraEntries = \"set root=lvm/x\";", Some("not `(hd0)`"), 0),
        ("boot.loader.grub.extraEntries = \"set root=(hd0,msdos1)\";", None, 0),
        ("boot.loader.grub.extraConfig = \"set default=2\";", Some("win over"), 0),
        ("boot.loader.grub.extraConfig = \"  set timeout=abc\";", Some("win over"), 0),
        ("boot.loader.grub.extraConfig = \"}\";", Some("closes no menu entry"), 0),
        (
            "boot.loader.grub.extraEntries = \"menuentry \\\"R\\\" {\\n reboot\\n}\\n}\";",
            Some("closes no menu entry"),
            0,
        ),
        ("boot.loader.limine.enable = true;", Some("limine"), 0),
        ("boot.loader.grub.extraEntriesBeforeNixOS = true;", Some("extraEntries"), 0),
        ("boot.loader.grub.extraEntries = \"linux (\\$drive1)/k\";", Some("plain paths"), 0),
        ("boot.loader.grub.extraEntries = \"linux /k\";", None, 0),
        ("boot.loader.grub.useOSProber = true;", Some("os-prober"), 0),
        ("boot.loader.grub.devices = [ \"nodev\" ];", None, 0),
        ("boot.loader.grub.devices = [ \"/dev/xvda\" \"nodev\" ];", Some("install GRUB"), 0),
        ("virtualisation.xen.enable = true;", Some("dom0"), 0),
        ("boot.loader.grub.users.a.password = \"x\";", None, 1),
    ];
    let settings: Vec<&str> = rest.iter().map(|(rest, ..)| *rest).collect();
    let Some(values) = objections(&module, &settings) else { return };
    for ((failures, warned), (rest, failed, warnings)) in values.iter().zip(&rest) {
        assert_eq!(failures.len(), usize::from(failed.is_some()), "{rest}: {failures:?}");
        if let Some(failed) = failed {
            assert!(failures[0].contains(failed), "{rest}: {failures:?}");
        }
        assert_eq!(warned, warnings, "{rest}");
    }
}

/// The words that GRUB and pygrub read differently, by the module and by the plan: one judgement.
#[test]
fn the_module_judges_kernel_parameters_as_the_plan_does() {
    let mut words: Vec<String> = [
        "a=\"b\"",
        "$x",
        "a;b",
        "{",
        "a}",
        "it's",
        "a\\b",
        "a|b",
        "a&b",
        "a<b",
        "a>b",
        "#a",
        "[[",
        "]]",
        "*",
        "/*",
        "(*)",
        "/ker*",
        "(hd?)",
        "/[k]",
        "a\tb",
        "a\u{1}",
        "quiet",
        "a#b",
        "k*",
        "a=/ker*",
        "é=雪",
        "list=[a,b]*?",
        "/",
        "(",
        "]",
        "`",
        "--",
        "!x",
        "~",
        "@",
        "%",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut random = Random::new(41);
    while words.len() < 300 {
        let word = random_choices::hostile(&mut random);
        // Blanks beyond ASCII are refused by the plan alone; what ends a string is none of this.
        if !word.is_empty()
            && !word.contains(|c: char| c == ' ' || !c.is_ascii() && (c.is_whitespace() || c.is_control()))
        {
            words.push(word);
        }
    }
    let module = nixos::module(&Plan::new(Choices::default()).unwrap()).unwrap();
    let settings: Vec<String> =
        words.iter().map(|word| format!("boot.kernelParams = [ \"quiet\" {} ];", string(word).unwrap())).collect();
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let Some(values) = objections(&module, &settings) else { return };
    let mut refused = 0;
    for ((failures, _), word) in values.iter().zip(&words) {
        let plan = Plan::new(Choices { kernel_parameters: vec![word.clone()], ..Choices::default() });
        assert_eq!(failures.is_empty(), plan.is_ok(), "{word:?}: {failures:?} {:?}", plan.err());
        if let Some(failure) = failures.first() {
            refused += 1;
            assert!(failure.contains(word.as_str()) && failure.contains("kernelParams"), "{word:?}: {failure}");
        }
    }
    assert!(refused > 20 && refused < words.len(), "{refused}");
    // What is one definition of NixOS may be several words.
    let values =
        objections(&module, &["boot.kernelParams = [ \"a=1 /ker* b\" ];", "boot.kernelParams = [ \"a  b\" ];"])
            .unwrap();
    assert!(values[0].0[0].contains("`/ker*`") && values[1].0.is_empty(), "{values:?}");
}

#[test]
fn the_module_objects_to_another_boot_where_it_is_a_directory() {
    let of = |one_disk| nixos::module(&Plan::new(Choices { one_disk, ..Choices::default() }).unwrap()).unwrap();
    let apart = r#"fileSystems."/boot".device = "/dev/disk/by-uuid/1";"#;
    let Some(one) = objections(&of(true), &["", apart]) else { return };
    assert!(one[0].0.is_empty() && one[1].0[0].contains("directory"), "{one:?}");
    assert!(objections(&of(false), &[""]).unwrap()[0].0.is_empty());
}

/// What the module objects to, and how often it warns, in systems that say these settings besides.
fn objections(module: &str, settings: &[&str]) -> Option<Vec<(Vec<String>, usize)>> {
    let mut text = format!("let lib = {LIB}; module =\n{module};\n");
    text.push_str(
        "merge = a: b: a // builtins.mapAttrs (name: value: if builtins.isAttrs value && builtins.isAttrs (a.${name} or null) \
         then merge a.${name} value else value) b;\n of = rest: let it = module { inherit lib; config = merge { inherit (it) boot \
         fileSystems; } rest; }; in { failed = map (a: a.message) (builtins.filter (a: !a.assertion) it.assertions); inherit (it) \
         warnings; };\nin [\n",
    );
    for rest in settings {
        let _ = writeln!(text, "(of {{ {rest} }})");
    }
    text.push(']');
    let directory = tempfile::tempdir().unwrap();
    let value = evaluate(&text, directory.path())?;
    let values: Vec<_> = value
        .as_array()
        .unwrap()
        .iter()
        .map(|value| {
            let failed = value["failed"].as_array().unwrap().iter();
            (
                failed.map(|text| text.as_str().unwrap().to_owned()).collect(),
                value["warnings"].as_array().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(values.len(), settings.len());
    Some(values)
}
