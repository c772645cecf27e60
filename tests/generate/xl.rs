//! Domain configurations, read by the real libxlutil and the real `xl create -n`, and carried out as far as a machine without
//! Xen allows.

use std::collections::BTreeSet;

use pregrub::boot::Verdict;
use pregrub::generate::init::BootImage;
use pregrub::generate::xl::{Phase, domain};
use pregrub::generate::xl_text::string;
use pregrub::generate::{Choices, Plan};
use serde_json::{Value, json};

use super::random_choices;
use crate::common::random::Random;
use crate::common::tools;
use crate::common::xl::Xl;

/// What libxlutil reads from each text: the value of `x`, or the number of its error.
fn values(texts: &[String]) -> Option<Vec<Value>> {
    if !tools::have("/usr/include/libxlutil.h") {
        return None;
    }
    let input = texts.iter().map(|text| json!(text).to_string() + "\n").collect::<String>();
    let (output, status) = tools::python("xl_strings.py", &[], &[], &input, 60);
    assert_eq!(status, Some(0));
    Some(output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

#[test]
fn strings_come_back_as_they_were() {
    let mut random = Random::new(7);
    let mut texts: Vec<String> =
        ["", "\\", "\\\\", "\"", "'\"", "\\n", "\\x41", "a\tb", "a\rb", "\u{1}", "# ;"].map(str::to_owned).to_vec();
    texts.extend((0..600).map(|_| random_choices::hostile(&mut random).replace('\n', " ")));
    let lines: Vec<String> = texts.iter().map(|text| format!("x = {}\n", string(text).unwrap())).collect();
    let Some(values) = values(&lines) else { return };
    assert_eq!(values, texts.iter().map(|text| json!(text)).collect::<Vec<_>>());
    assert!(string("a\nb").is_err() && string("a\0b").is_err());
}

fn path(disk: &Option<String>) -> Value {
    let disk = disk.as_deref().unwrap();
    json!(disk.trim_start_matches("phy:").trim_start_matches("file:"))
}

fn device(disk: &Option<String>) -> bool {
    let disk = disk.as_deref().unwrap();
    disk.starts_with("phy:") || disk.starts_with("/dev/")
}

/// Compares what xl made of a configuration with the choices that it was written from.
fn compare(json: &Value, choices: &Choices, phase: Phase) {
    let context = format!("{phase:?} {choices:?}\n{json:#}");
    let (domain, build) = (&json["c_info"], &json["b_info"]);
    assert_eq!(domain["name"], choices.name, "{context}");
    assert_eq!(build["max_memkb"], choices.memory * 1024, "{context}");
    assert_eq!(build["max_vcpus"], choices.vcpus, "{context}");
    let mut disks = vec![(path(&choices.boot_disk), "xvda", device(&choices.boot_disk))];
    if !choices.one_disk {
        disks.push((path(&choices.root_disk), "xvdb", device(&choices.root_disk)));
    }
    let mut wanted: Vec<Value> = disks
        .into_iter()
        .map(|(path, vdev, device)| {
            let mut disk = json!({ "pdev_path": path, "vdev": vdev, "format": "raw", "readwrite": 1 });
            if device {
                disk["backend"] = json!("phy");
            }
            disk
        })
        .collect();
    match phase {
        Phase::Install => {
            let iso =
                json!({ "pdev_path": choices.iso, "vdev": "hdc", "format": "raw", "removable": 1, "is_cdrom": 1 });
            wanted.push(iso);
            assert_eq!(domain["type"], "hvm", "{context}");
            assert_eq!(build["type.hvm"]["boot"], "dc", "{context}");
            assert_eq!(build["type.hvm"]["bios"], "seabios", "{context}");
            assert_eq!(build["type.hvm"]["serial"], "pty", "{context}");
            assert_eq!(build["type.hvm"]["vnc"], json!({ "enable": "True", "listen": "127.0.0.1" }), "{context}");
            assert_eq!(json["on_reboot"], Value::Null, "destroy is 1, and not told: {context}");
        }
        Phase::Run => {
            assert_eq!(domain["type"], choices.guest_type.name(), "{context}");
            assert_eq!(build["bootloader"], choices.bootloader, "{context}");
            let args = if choices.quiet { json!(["-q"]) } else { Value::Null };
            assert_eq!(build["bootloader_args"], args, "{context}");
            assert_eq!(json["on_reboot"], "restart", "{context}");
        }
    }
    assert_eq!(json["disks"], Value::Array(wanted), "{context}");
    let interfaces: Vec<Value> = choices
        .bridges
        .iter()
        .enumerate()
        .map(|(number, bridge)| {
            let told = json["nics"][number]["mac"].clone();
            let mac = choices.macs.get(number).map_or(told, |mac| json!(mac.to_lowercase()));
            json!({ "devid": number, "bridge": bridge, "mac": mac })
        })
        .collect();
    let nics = json.get("nics").cloned().unwrap_or_else(|| json!([]));
    assert_eq!(nics, Value::Array(interfaces), "{context}");
    let addresses: BTreeSet<&str> = nics.as_array().unwrap().iter().map(|nic| nic["mac"].as_str().unwrap()).collect();
    assert_eq!(addresses.len(), choices.bridges.len(), "{context}");
}

#[test]
fn xl_reads_what_was_chosen() {
    let oracle = oracle_or_skip!();
    let Some(xl) = Xl::find(&oracle) else { return };
    let mut random = Random::new(3);
    for _ in 0..100 {
        let choices = random_choices::choices(&mut random);
        let plan = Plan::new(choices.clone()).unwrap_or_else(|refusal| panic!("{refusal}: {choices:?}"));
        let mut addresses = Vec::new();
        for phase in [Phase::Install, Phase::Run] {
            let text = domain(&plan, phase).unwrap();
            let (accepted, json, said) = xl.dry_run(&text);
            assert!(accepted, "{said}\n{text}");
            assert!(!said.contains("arning"), "{said}\n{text}");
            compare(&json, &choices, phase);
            addresses.push(json["nics"].clone());
        }
        assert_eq!(addresses[0], addresses[1], "both phases have the same addresses");
    }
}

/// The run phase, carried out: xl calls its own pygrub on the first disk, and hands the newest kernel to the domain builder.
#[test]
fn the_run_phase_starts_the_newest_generation() {
    let oracle = oracle_or_skip!();
    let Some(xl) = Xl::find(&oracle) else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    std::fs::write(file("kernel"), "the kernel").unwrap();
    std::fs::write(file("root, \"1\".img"), vec![0; 4096]).unwrap();
    let image = file("boot, it's \"1\".img");
    let choices = Choices {
        quiet: true,
        boot_disk: Some(image.to_str().unwrap().to_owned()),
        root_disk: Some(file("root, \"1\".img").to_str().unwrap().to_owned()),
        bootloader: oracle.pygrub.to_str().unwrap().to_owned(),
        ..Choices::default()
    };
    let plan = Plan::new(choices).unwrap();
    let made = BootImage { plan: plan.clone(), generations: 2, size: 16, kernel: Some(file("kernel")), initrd: None };
    let run = made.make(&image, false).unwrap();
    assert_eq!(run.verdict, Verdict::Boots);
    let created = xl.create_configured(oracle.pygrub.to_str().unwrap(), &domain(&plan, Phase::Run).unwrap(), "");
    assert_eq!(created.built.kernel.as_deref(), Some(&b"the kernel"[..]), "{}", created.log);
    assert_eq!(created.built.arguments, run.chosen.unwrap().args.map(|args| args.to_string()), "{}", created.log);
    assert!(created.arguments.iter().any(|argument| argument == "-q"), "{:?}", created.arguments);
    assert_eq!(created.arguments.last().map(String::as_str), image.to_str());
}

/// What libxl refuses as a name is refused here, and what is accepted here reaches the bootloader.
#[test]
fn names_of_domains() {
    let oracle = oracle_or_skip!();
    let Some(xl) = Xl::find(&oracle) else { return };
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("boot.img");
    let root = directory.path().join("root.img");
    std::fs::write(&image, vec![0; 4096]).unwrap();
    std::fs::write(&root, vec![0; 4096]).unwrap();
    let choices = |name: &str| Choices {
        name: name.to_owned(),
        quiet: true,
        boot_disk: Some(image.to_str().unwrap().to_owned()),
        root_disk: Some(root.to_str().unwrap().to_owned()),
        bootloader: oracle.pygrub.to_str().unwrap().to_owned(),
        ..Choices::default()
    };
    let create = |name: &str| {
        let text = domain(&Plan::new(choices("plain")).unwrap(), Phase::Run).unwrap();
        let text = text.replace("name = \"plain\"", &format!("name = {}", string(name).unwrap()));
        assert!(text.contains(&string(name).unwrap()), "{text}");
        xl.create_configured(oracle.pygrub.to_str().unwrap(), &text, "")
    };
    let longest = "n".repeat(244);
    for name in ["web", "a b", "a.b", "\u{e4}", "it's", "a;b", "a\"b", "100%", "a:b", "guest 12", &longest] {
        Plan::new(choices(name)).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        let created = create(name);
        assert!(!created.arguments.is_empty(), "{name}: {}", created.log);
    }
    // libxl's own rule: no two domains have one name.
    assert!(Plan::new(choices("Domain-0")).unwrap_err().to_string().contains("no two domains have one name"));
    let created = create("Domain-0");
    assert!(
        created.arguments.is_empty() && created.log.contains("Domain with name \"Domain-0\" already exists"),
        "{}",
        created.log
    );
    // What libxl takes, and what its users do not get on with: files are named after a domain, and commands take its name.
    for (name, why) in [
        ("", "is empty"),
        (" a", "a space at an end"),
        ("a/b", "a slash in it, and files are named after it"),
        ("../a", "a slash in it, and files are named after it"),
        ("a\tb", "a control character"),
        ("-a", "looks like an option"),
        (".a", "is hidden"),
        ("12", "xl treats a number as the number of a domain"),
        (&"n".repeat(245), "longer name than a file can have"),
        (&"\u{e4}".repeat(123), "longer name than a file can have"),
    ] {
        let refusal = Plan::new(choices(name)).map(|_| ()).unwrap_err().to_string();
        assert!(refusal.contains(why), "{name:?}: {refusal}");
    }
}
