//! `pregrub entries`.

use insta::assert_snapshot;

use crate::common::program::{corpus, run, run_with_input};

#[test]
fn the_menu_of_a_disk() {
    assert_snapshot!(run(&["entries", &corpus("images/recipe.img")]).whole());
}

#[test]
fn the_menu_of_a_configuration_as_json() {
    let text = b"set default=1\nset timeout=5\nmenuentry \"A\" {\n  set root='hd0,msdos1'\n  linux (hd0,1)/k a b\n  initrd /i\n}\nmenuentry 'B' {\n linux /kb\n}\n";
    let args = ["entries", "-", "--dialect", "grub2", "--release", "4.17", "--format", "json", "--args", "x"];
    assert_snapshot!(run_with_input(&args, text).whole());
}

#[test]
fn what_raised() {
    let text = b"menuentry \"A\" {\n  linux ($drive1)/k\n}\n";
    let ended = run_with_input(&["entries", "-", "--format", "json"], text);
    assert_eq!(ended.status, 1);
    assert_snapshot!(ended.whole());
    assert_snapshot!(run_with_input(&["entries", "-"], text).whole());
}

#[test]
fn an_entry_by_option() {
    let text = b"menuentry \"A\" {\n linux /a\n}\nmenuentry \"B\" {\n linux /b\n}\n";
    for (entry, selected) in [("1", 1), ("B", 1), ("b", 0), ("-1", 0), ("7", 0)] {
        let ended = run_with_input(&["entries", "-", "--format", "json", "--entry", entry], text);
        assert!(ended.stdout.contains(&format!("\"selected\":{selected},")), "{entry}: {}", ended.stdout);
    }
}
