//! Configurations as distributions write them: by the real grub-mkconfig, and by hand in their forms. What is found is what a
//! careful reader expects, reviewed one by one; the real pygrub says whether it boots.

use std::process::Command;

use super::fixture::{Case, Description};
use crate::common::oracle::RunCase;
use crate::common::program::root;

/// The line of the pygrub that the expectations are made for.
const MINOR: u32 = 17;

/// A configuration, its place in the guest, and the rules that find something.
struct Expected {
    name: String,
    path: String,
    text: Vec<u8>,
    codes: &'static [&'static str],
}

/// What is in `corpus/cases`, and what is to be found with the menu shown.
const BY_HAND: &[(&str, &[&str])] = &[
    ("debian-12-mkconfig", &[]),
    ("debian-12-lvm", &["PG002"]),
    ("ubuntu-24.04", &["PG005", "PG108", "PG208"]),
    ("fedora-39", &["PG005", "PG102", "PG107", "PG208"]),
    ("rhel-7", &["PG102"]),
    ("rhel-8-bls", &["PG005", "PG107"]),
    ("rhel-9-bls", &["PG107"]),
    ("opensuse", &["PG102", "PG208"]),
    ("alpine-extlinux", &["PG108", "PG312"]),
    ("arch", &["PG201"]),
    ("legacy-centos-6", &["PG601"]),
    ("nixos-default", &["PG001"]),
    ("nixos-provided", &[]),
    ("nixos-secrets", &["PG201"]),
    ("nixos-saved-default", &["PG102", "PG108"]),
    ("nixos-generic-extlinux", &["PG108", "PG312"]),
];

/// The arguments of `tests/oracle/mkconfig.sh`, and what is to be found.
const MKCONFIG: &[(&str, &[&str], &[&str])] = &[
    ("whole disk", &["whole", "6.1.0-18-amd64,6.1.0-17-amd64", "GRUB_DEFAULT=0", "GRUB_TIMEOUT=5"], &[]),
    ("partition", &["partition", "6.1.0-18-amd64", "GRUB_DEFAULT=0", "GRUB_TIMEOUT=5"], &[]),
    ("LVM", &["lvm", "6.1.0-18-amd64", "GRUB_DEFAULT=0", "GRUB_TIMEOUT=5"], &["PG002"]),
    (
        "saved",
        &["partition", "6.1.0-18-amd64", "GRUB_DEFAULT=saved", "GRUB_SAVEDEFAULT=true", "GRUB_TIMEOUT=5"],
        &["PG102"],
    ),
    (
        "submenu",
        &[
            "partition",
            "6.1.0-18-amd64,6.1.0-17-amd64",
            "GRUB_DEFAULT='Advanced options for GNU/Linux>GNU/Linux, with Linux 6.1.0-17-amd64'",
            "GRUB_TIMEOUT=5",
        ],
        &["PG101"],
    ),
    ("waits", &["partition", "6.1.0-18-amd64", "GRUB_DEFAULT=0", "GRUB_TIMEOUT=-1"], &["PG108"]),
];

fn expected() -> Vec<Expected> {
    let mut all = Vec::new();
    for (name, codes) in BY_HAND {
        let folder = root().join("corpus/cases").join(name);
        let about: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.join("case.json")).expect("a case")).expect("JSON");
        let path = about["path"].as_str().expect("a path").to_owned();
        let text = std::fs::read(folder.join(path.rsplit('/').next().expect("a name"))).expect("it is in the corpus");
        all.push(Expected { name: (*name).to_owned(), path, text, codes });
    }
    for (name, arguments, codes) in MKCONFIG {
        let made = Command::new(root().join("tests/oracle/mkconfig.sh")).args(*arguments).output().expect("bash");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let name = format!("grub-mkconfig: {name}");
        let path = "/boot/grub/grub.cfg".to_owned();
        all.push(Expected { name, path, text: made.stdout, codes });
    }
    all
}

#[test]
fn what_distributions_write() {
    let oracle = oracle_or_skip!();
    let expected = expected();
    let cases: Vec<Case> = expected
        .iter()
        .map(|one| Case {
            folder: format!("distributions/found-{}", one.name.replace([' ', ':'], "-")).into(),
            description: Description {
                source: "a distribution".to_owned(),
                path: one.path.clone(),
                parts: None,
                files: None,
                release: None,
                arguments: Some(vec!["-i".to_owned()]),
                root_files: None,
            },
            text: one.text.clone(),
        })
        .collect();
    let disks: Vec<_> = cases.iter().map(Case::disk).collect();
    let asked: Vec<RunCase> = cases
        .iter()
        .zip(&disks)
        .map(|(case, disk)| RunCase::new(case.name(), ["-q".to_owned(), disk.argument()]))
        .collect();
    let mut wrong = Vec::new();
    for (((one, case), disk), answer) in expected.iter().zip(&cases).zip(&disks).zip(oracle.runs(&asked)) {
        let linted = case.lint(disk.path(), MINOR);
        let mut codes: Vec<&str> = linted.findings.iter().map(|finding| finding.rule.code).collect();
        codes.sort_unstable();
        codes.dedup();
        if codes != one.codes {
            wrong.push(format!("{}: {codes:?}, not {:?}\n{}", one.name, one.codes, linted.shown(&linted.findings)));
        }
        let stops = linted.findings.iter().any(|finding| finding.stops_boot);
        if stops == (answer.rc == Some(0)) {
            wrong.push(format!("{}: pygrub ends with {:?}, and findings stop it: {stops}", one.name, answer.rc));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
