//! `pregrub check`, as text. What it says of the images is what the real pygrub does with them (tests/boot/images.rs).

use insta::assert_snapshot;

use crate::common::program::{corpus, run, run_with_input};

#[test]
fn a_disk_that_boots() {
    assert_snapshot!(run(&["check", &corpus("images/recipe.img")]).whole());
}

#[test]
fn the_default_of_nixos_fails() {
    assert_snapshot!(run(&["check", &corpus("images/nixos-default.img")]).whole());
}

#[test]
fn several_targets_and_an_unreadable_one() {
    let ended = run(&["check", &corpus("images/recipe.img"), "/nonexistent/disk", &corpus("images/nixos-default.img")]);
    assert_eq!(ended.status, 3);
    assert_eq!(ended.stderr, "pregrub: cannot read `/nonexistent/disk`: there is no such file\n");
    assert_eq!(ended.stdout.matches("\nfails: ").count(), 1);
}

fn config(text: &str) -> String {
    run_with_input(&["check", "-", "--dialect", "grub2"], text.as_bytes()).whole()
}

#[test]
fn a_configuration_alone_selects() {
    assert_snapshot!(config("set timeout=3\nmenuentry \"A\" {\n  linux (hd0,1)/k quiet\n  initrd /i\n}\n"));
}

#[test]
fn an_unquoted_title() {
    assert_snapshot!(config("menuentry A {\n  linux /k\n}\n"));
}

#[test]
fn a_set_with_two_equals_signs() {
    assert_snapshot!(config("set kernelopts=\"root=/dev/xvda\"\nmenuentry \"A\" {\n  linux /k\n}\n"));
}

#[test]
fn a_timeout_that_is_no_integer() {
    assert_snapshot!(config("set timeout=1.5\nmenuentry \"A\" {\n  linux /k\n}\n"));
    let quiet = run_with_input(
        &["check", "-q", "-", "--dialect", "grub2"],
        b"set timeout=1.5\nmenuentry \"A\" {\n  linux /k\n}\n",
    );
    assert_eq!(quiet.status, 0);
}

#[test]
fn an_entry_without_kernel() {
    assert_snapshot!(config("menuentry \"Windows\" {\n  chainloader +1\n}\n"));
}

#[test]
fn no_entries_but_blscfg() {
    assert_snapshot!(config("insmod blscfg\nblscfg\n"));
}

#[test]
fn extlinux_keywords() {
    let text = b"DEFAULT a\nLABEL a\n  LINUX /k\n  INITRD /i\n";
    assert_snapshot!(run_with_input(&["check", "-"], text).whole());
}

#[test]
fn not_utf_8() {
    assert_snapshot!(run_with_input(&["check", "-"], b"set default=0\nmenuentry \"B\xe9\" {\n}\n").whole());
}

#[test]
fn the_releases_differ() {
    let text = b"set default=\"B\"\nmenuentry \"A\" {\n linux /a\n}\nmenuentry \"B\" {\n linux /b\n}\n";
    let kernel = |release| run_with_input(&["check", "-", "--release", release], text).stdout;
    assert!(kernel("4.22").contains("/a"), "titles are not understood under Python 3");
    assert!(kernel("4.12").contains("/b"), "titles are understood under Python 2");
    assert!(kernel("4.2").contains("fails"), "titles raise in the old releases");
}

#[test]
fn what_a_guest_wrote_does_not_steer_the_terminal() {
    let text = b"menuentry \"A\x1b[2J\" {\n linux /k\x1b]0;x\x07 \x9b\n}\n";
    for command in ["check", "entries", "trace"] {
        for release in ["4.22", "4.4"] {
            let ended = run_with_input(&[command, "-", "--dialect", "grub2", "--release", release], text);
            assert!(!ended.whole().contains(['\x1b', '\x07', '\u{9b}']), "{command} {release}: {}", ended.whole());
        }
    }
}

#[test]
fn ignored_wishes_are_told() {
    let menu = "menuentry \"A\" {\n linux /a\n}\nmenuentry \"B\" {\n linux /b\n}\n";
    let noted = |head: &str, args: &[&str], note: &str| {
        let text = format!("{head}{menu}");
        let ended = run_with_input(&[&["check", "-", "--dialect", "grub2"], args].concat(), text.as_bytes());
        assert!(ended.stdout.contains(note), "{head}: {}", ended.whole());
    };
    noted("set default=\"B\"\n", &[], "the default is `B`, and pygrub knows numbers only");
    noted("set default=9\n", &[], "the entries are 0 to 1: pygrub takes entry 0");
    // With the menu on for two seconds and more it is the last entry (measured with pygrub 4.17).
    noted("set default=2\nset timeout=2\n", &[], "the entries are 0 to 1: pygrub takes entry 1");
    noted("set default=2\nset timeout=2\n", &["-q"], "the entries are 0 to 1: pygrub takes entry 0");
    noted("", &["--entry", "zz"], "--entry zz names none of the 2 entries");
    noted("", &["--ramdisk", "/x"], "pygrub ignores --ramdisk without --kernel");
    for args in [&["--entry", "1"][..], &["--entry", "B"], &["--entry", " 1 "]] {
        let ended = run_with_input(&[&["check", "-", "--dialect", "grub2"], args].concat(), menu.as_bytes());
        assert!(!ended.stdout.contains("names none"), "{args:?}: {}", ended.whole());
    }
}
