//! The configurations of `corpus/xl`, with what pregrub makes of them beside them; the settings are compared with libxlutil's.
//!
//! `INSTA_UPDATE=always cargo test --test integration xl::corpus` accepts changed snapshots.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use pregrub::flavour::Flavour;
use pregrub::release::Release;
use pregrub::xl::call::NotInvoked;
use pregrub::xl::domain::Domain;
use pregrub::xl::{Item, syntax};

use super::syntax::compare;
use crate::common::case_tests::assert_complete;
use crate::common::program;

fn cases() -> Vec<(PathBuf, Vec<u8>)> {
    let folders = fs::read_dir(program::root().join("corpus/xl")).expect("the corpus is there");
    let folders = folders.map(|entry| entry.expect("it can be read").path()).filter(|path| path.is_dir());
    let mut cases: Vec<_> = folders
        .map(|folder| {
            let text = fs::read(folder.join("guest.cfg")).expect("each has a guest.cfg");
            (folder, text)
        })
        .collect();
    cases.sort();
    assert!(cases.len() > 10, "only {} cases", cases.len());
    cases
}

/// What decides about the boot, for a reader.
fn told(text: &[u8], release: Release) -> String {
    let mut out = String::new();
    let settings = match syntax::parse(text, release) {
        Ok(settings) => settings,
        Err(error) => {
            let (line, column, length) = (error.span.line, error.span.column, error.span.length);
            return format!(
                "{error}: line {line} (as told: {}), column {column}, length {length}\n",
                error.reported_line
            );
        }
    };
    let domain = Domain::new(settings, release);
    let mut line = |name: &str, text: String| writeln!(out, "{name:<12}{text}").expect("a String takes it");
    let item = |item: &Item| {
        format!("{:?} at {}:{}-{}", item.text, item.span.line, item.span.column, item.span.column + item.span.length)
    };
    line("guest", domain.guest.name().to_owned());
    for (name, value) in [
        ("name", &domain.name),
        ("kernel", &domain.kernel),
        ("ramdisk", &domain.ramdisk),
        ("cmdline", &domain.cmdline),
        ("bootloader", &domain.bootloader),
        ("boot", &domain.boot),
    ] {
        value.iter().for_each(|value| line(name, item(value)));
    }
    domain.bootloader_args.iter().for_each(|argument| line("argument", item(argument)));
    for disk in &domain.disks {
        line("disk", item(&disk.specification));
        line("", format!("{:?}", disk.disk));
    }
    domain.vifs.iter().for_each(|vif| line("vif", item(vif)));
    domain.actions.iter().for_each(|(name, action)| line(name, item(action)));
    line("numbers", format!("memory {:?}, vcpus {:?}", domain.memory, domain.vcpus));
    if domain.bootloader_restricted {
        line("restricted", "yes".to_owned());
    }
    let mut not = |verb: &str, why: NotInvoked| {
        let verdict = why.verdict.words();
        line(verb, format!("{verdict}: {}, line {:?}, {:?}", why.reason, why.span.map(|span| span.line), why.help));
    };
    match domain.call(release) {
        Err(why) => not("no call", why),
        Ok(call) => {
            let options = call.options(release, Flavour::Upstream);
            if let Err(why) = options {
                not("no options", why);
            }
            line("call", format!("{} {:?} {}", call.bootloader.text, call.arguments, call.disk));
        }
    }
    out
}

/// What decides about the boot is what was reviewed.
fn is_as_reviewed(_: &str, name: &str) {
    let folder = program::root().join("corpus/xl").join(name);
    let text = fs::read(folder.join("guest.cfg")).expect("each has a guest.cfg");
    let releases: Vec<_> =
        ["4.17", "4.22"].into_iter().map(|release| (release, told(&text, release.parse().unwrap()))).collect();
    let same = releases[0].1 == releases[1].1;
    let releases = if same { vec![("any", releases[0].1.clone())] } else { releases };
    for (release, told) in releases {
        insta::with_settings!({ snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("xen-{release}"), told);
        });
    }
}

mod reviewed {
    case_tests! { super::super::is_as_reviewed, domains:
        cdrom_first = "cdrom-first",
        comment_without_line_feed = "comment-without-line-feed",
        disk_is_no_list = "disk-is-no-list",
        hvm_install = "hvm-install",
        kernel_beside_bootloader = "kernel-beside-bootloader",
        kernel_of_dom0 = "kernel-of-dom0",
        nested_lists_and_appends = "nested-lists-and-appends",
        nixos_pv = "nixos-pv",
        old_disks = "old-disks",
        pvh = "pvh",
        python_leftovers = "python-leftovers",
        qcow2 = "qcow2",
        restricted = "restricted",
        windows_line_ends = "windows-line-ends",
    }
}

#[test]
fn each_case_has_a_test_of_its_name() {
    let name = |folder: PathBuf| folder.file_name().unwrap().to_str().unwrap().to_owned();
    assert_complete(
        include_str!("corpus.rs"),
        cases().into_iter().map(|(folder, _)| ("domains".to_owned(), name(folder))),
    );
}

#[test]
fn settings_as_libxlutil_has_them() {
    let oracle = oracle_or_skip!();
    let names = ["name", "disk", "bootloader_args", "memory", "vnuma", "extra", "vif", "vcpus", "bootloader"];
    let cases: Vec<_> = cases().into_iter().map(|(_, text)| (text, names.map(str::to_owned).to_vec())).collect();
    let (differences, accepted) = compare(&oracle, &cases);
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n\n"));
    assert!(accepted > 8 && accepted < cases.len());
}
