//! What the program says to do next: fixes, rules that are probably meant, the right subcommand.

use super::folder::{BY_TITLE, Folder};
use crate::common::program::{corpus, run, run_with_input};

#[test]
fn fixes_are_announced() {
    let folder = Folder::new();
    folder.file("grub.cfg", BY_TITLE);
    let last = |args: &[&str]| {
        let stdout = folder.run(args).stdout;
        stdout.lines().last().unwrap_or_default().to_owned()
    };
    assert_eq!(last(&["lint", "grub.cfg"]), "1 finding can be fixed: pregrub lint --fix grub.cfg");
    // A fix that somebody must look at, and one that need not be.
    folder.file("grub.cfg", format!("{BY_TITLE}menuentry \"C\" {{\n  linux ($x)/k\n}}\n"));
    assert_eq!(
        last(&["lint", "grub.cfg"]),
        "2 findings can be fixed, 1 of them after a look at the change (--unsafe): pregrub lint --fix [--unsafe] grub.cfg"
    );
    folder.file("grub.cfg", "menuentry \"C\" {\n  linux ($x)/k\n}\n");
    assert_eq!(
        last(&["lint", "grub.cfg"]),
        "1 finding can be fixed after a look at the change: pregrub lint --diff --unsafe grub.cfg"
    );
}

#[test]
fn rules_that_are_probably_meant() {
    let folder = Folder::new();
    folder.file("grub.cfg", BY_TITLE);
    for (args, told) in [
        (&["lint", "-D", "default-by-titel", "grub.cfg"][..], "the closest is PG101 (default-by-title)"),
        (&["check", "-A", "device-varable", "grub.cfg"], "the closest is PG001 (device-variable)"),
        (&["explain", "device-varable"], "the closest is PG001 (device-variable)"),
    ] {
        let ended = folder.run(args);
        assert!(ended.status == 2 && ended.stderr.contains(told), "{args:?}: {}", ended.whole());
    }
}

#[test]
fn a_file_in_place_of_a_subcommand() {
    let image = corpus("images/recipe.img");
    let ended = run(&[&image]);
    assert!(
        ended.status == 2 && ended.stderr.contains(": pregrub check @ROOT/corpus/images/recipe.img\n"),
        "{}",
        ended.whole()
    );
    let ended = run(&["nonsense"]);
    assert!(ended.status == 2 && !ended.stderr.contains("pregrub check"), "{}", ended.whole());
}

#[test]
fn python_in_a_domain() {
    let text = b"name = 'g'\nbootloader = 'pygrub'\npath = '/srv'\ndisk = [ 'phy:' + path + ',xvda,w' ]\n";
    let ended = run_with_input(&["check", "--as", "xl", "-"], text);
    assert!(ended.status == 1 && ended.stdout.contains("write each value literally"), "{}", ended.whole());
}

/// What is said of many places counts as many, and one annotation is enough for a cause.
#[test]
fn counts_add_up() {
    let entries = |count: usize, line: &str| {
        let entry = |number| format!("menuentry \"{number}\" {{\n  linux {line}\n}}\n");
        (0..count).map(entry).collect::<String>()
    };
    let folder = Folder::new();
    folder.file("grub.cfg", format!("set timeout=5\n{}", entries(300, "/k $x")));
    let stdout = folder.run(&["lint", "grub.cfg"]).stdout;
    assert!(stdout.contains("so it is in ") && stdout.contains("\n300 warnings\n"), "{stdout}");
    folder.file("grub.cfg", format!("set timeout=5\n{}", entries(200, "($x)/k")));
    let stdout = folder.run(&["lint", "-A", "all", "-D", "PG001", "grub.cfg"]).stdout;
    assert!(stdout.contains("\n200 errors; all stop the boot"), "{stdout}");
    let stdout = folder.run(&["check", "--format", "github", "grub.cfg"]).stdout;
    let errors = stdout.lines().filter(|line| line.starts_with("::error ")).count();
    assert!(errors <= 3 && stdout.contains("also in line "), "{stdout}");
}

#[test]
fn failures_only() {
    let (good, bad) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    let ended = run(&["check", "--failures-only", &good, &bad, &good]);
    assert!(
        ended.status == 1 && ended.stdout.starts_with("fails: ") && !ended.stdout.contains("boots: "),
        "{}",
        ended.stdout
    );
    assert_eq!(ended.stdout.lines().last(), Some("3 targets: 2 would boot, 1 would not"));
    let ended = run(&["check", "--failures-only", "--format", "json", &good, &bad]);
    assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.stdout);
    assert_eq!(run(&["check", "--failures-only", &good]).stdout.lines().last(), Some("1 target: 1 would boot"));
}
