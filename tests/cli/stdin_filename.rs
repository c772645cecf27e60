//! `--stdin-filename`: standard input in place of a file that an editor holds.

use std::fs;
use std::process::Stdio;

use crate::common::program::{command, run_with_input};

const BAD: &[u8] = b"menuentry \"A\" {\n linux ($a)/k\n}\n";

#[test]
fn reports_name_the_file() {
    for subcommand in ["check", "lint"] {
        let args = [subcommand, "-", "--stdin-filename", "boot/grub/grub.cfg", "-A", "all", "-D", "PG001"];
        let of = |format: &str| run_with_input(&[&args[..], &["--format", format]].concat(), BAD).stdout;
        let concise = of("concise");
        assert!(concise.contains("boot/grub/grub.cfg:2:8: error[PG001] "), "{concise}");
        assert!(of("text").contains("[boot/grub/grub.cfg:2:8]"), "{}", of("text"));
        assert!(of("sarif").contains("\"uri\": \"boot/grub/grub.cfg\""));
        assert!(of("github").contains("file=boot/grub/grub.cfg,line=2"));
        let object: serde_json::Value = serde_json::from_str(&of("json")).unwrap();
        assert_eq!(object["target"], "boot/grub/grub.cfg");
        assert_eq!(object["findings"][0]["file"], "boot/grub/grub.cfg");
    }
}

/// Its name decides the dialect, as that of a file does; --dialect wins.
#[test]
fn the_dialect_goes_by_the_name() {
    let text = b"title A\n root (hd0,0)\n kernel /k\n";
    let of = |args: &[&str]| run_with_input(&[&["check", "-", "--stdin-filename"], args].concat(), text).stdout;
    assert!(of(&["x/menu.lst"]).starts_with("selects: x/menu.lst "), "{}", of(&["x/menu.lst"]));
    assert!(of(&["x/grub.cfg"]).starts_with("fails: x/grub.cfg "));
    assert!(of(&["x/grub.cfg", "--dialect", "legacy"]).starts_with("selects: "));
}

#[test]
fn settings_are_those_of_the_working_directory() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("guest")).unwrap();
    fs::write(folder.path().join("guest/pregrub.toml"), "allow = [\"all\"]\n").unwrap();
    let lint = |at: &str, name: &str| {
        let mut child = command(&["lint", "-", "--stdin-filename", name])
            .current_dir(folder.path().join(at))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), BAD).unwrap();
        child.wait().unwrap().code()
    };
    assert_eq!(lint("guest", "../grub.cfg"), Some(0));
    assert_eq!(lint("", "guest/grub.cfg"), Some(1));
}

#[test]
fn a_difference_is_one_of_the_file() {
    let args = ["lint", "-", "--stdin-filename", "boot/grub.cfg", "--diff"];
    let diff = run_with_input(&args, super::folder::BY_TITLE.as_bytes()).stdout;
    assert!(diff.starts_with("--- boot/grub.cfg\n+++ boot/grub.cfg\n"), "{diff}");
}
