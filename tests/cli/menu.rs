//! `pregrub menu` on a terminal: pygrub's screens and keys, and what would have been booted.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use super::pygrub::menu::{Pace, runs, screens, typed};
use crate::common::oracle::{Oracle, RunCase};
use crate::common::program::{command, corpus, path, run};
use crate::common::terminal::Terminal;

const DOWN: &str = "\x1bOB";
/// Stands for Ctrl-C.
const INTERRUPT: &str = "\x03";

const TWO: &str = "timeout 50\ntitle Linux one\nkernel /k0 a b\ninitrd /i0\n\ntitle two\n kernel /k1 x\n";

/// Types these keys once the menu is there. How the program ended, and all that it wrote.
fn menu(arguments: &[&str], keys: &str) -> (i32, String) {
    let terminal = Terminal::open();
    let mut command = command(&[&["menu", "--color", "never"], arguments].concat());
    command.env("TERM", "vt100").env("LC_ALL", "C.UTF-8");
    command.stdin(terminal.program()).stdout(terminal.program()).stderr(terminal.program());
    let mut child = command.spawn().unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut user: File = terminal.into_user();
    let (mut written, mut piece, mut is_typed) = (Vec::new(), [0; 4096], false);
    while let Ok(count @ 1..) = user.read(&mut piece) {
        written.extend_from_slice(&piece[..count]);
        if !is_typed && written.windows(8).any(|eight| eight == b"Press en") {
            if keys == INTERRUPT {
                // The terminal is not the one that the program is started from, so that it sends no signal.
                Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
            } else {
                user.write_all(keys.as_bytes()).unwrap();
            }
            is_typed = true;
        }
    }
    let status = child.wait().unwrap().code().unwrap_or(-1);
    (status, String::from_utf8_lossy(&written).replace('\r', ""))
}

fn config(text: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("menu.lst");
    std::fs::write(&path, text).unwrap();
    let name = path.to_str().unwrap().to_owned();
    (directory, name)
}

#[test]
fn the_choice_is_reported() {
    let (_directory, name) = config(TWO);
    let (status, written) = menu(&[&name], "\r");
    assert!(status == 0 && written.contains("selects: ") && written.contains("  kernel     /k0"), "{written}");
    let (status, written) = menu(&[&name], &format!("{DOWN}\r"));
    assert!(status == 0 && written.contains("  kernel     /k1") && written.contains("  arguments  x\n"), "{written}");
    // An entry that is edited.
    let (status, written) = menu(&[&name], "a c\r");
    assert!(status == 0 && written.contains("  arguments  a b c\n"), "{written}");
    let (status, written) = menu(&[&name], INTERRUPT);
    assert!(status == 1 && written.contains("fails: "), "{written}");
}

#[test]
fn a_disk_boots_from_the_menu() {
    let (status, written) = menu(&[&corpus("images/recipe.img")], "\r");
    assert!(status == 0 && written.contains("boots: ") && written.contains("  builder    loads it"), "{written}");
    // There is none to show: the file is rejected.
    let (status, written) = menu(&[&corpus("images/nixos-default.img")], "");
    assert!(
        status == 1 && written.starts_with("fails: ") && written.contains("note: pygrub shows no menu"),
        "{written}"
    );
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let disk = corpus("images/recipe.img");
    let ended = run(&["menu", &disk]);
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("needs a terminal") && ended.stderr.contains("pregrub entries"), "{}", ended.stderr);
    for (arguments, why) in [
        (["menu", &disk, "--quiet"].as_slice(), "shows no menu"),
        (&["menu", &disk, "--entry", "0"], "shows no menu"),
        (&["menu", "-"], "standard input"),
    ] {
        let ended = run(arguments);
        assert!(ended.status == 2 && ended.stderr.contains(why), "{}", ended.stderr);
    }
}

/// The same screens as pygrub's, before and after keys.
#[test]
fn its_screens_are_pygrubs() {
    let oracle = oracle_or_skip!();
    let numbered: String = (0..20).map(|n| format!("title Linux {n}\nkernel /k{}\n", n % 4)).collect();
    let cases = [
        typed("two", TWO, &[DOWN, "e", "q"]),
        typed("twenty", &format!("timeout 50\ndefault 9\n{numbered}"), &[DOWN, DOWN]),
    ];
    let pace = Pace { first: 2.5, between: 0.6 };
    let theirs = runs(&oracle, &cases.iter().collect::<Vec<_>>(), pace);
    for (case, [_, theirs]) in cases.iter().zip(&theirs) {
        let answer = ours(&oracle, case, pace);
        let (ours, theirs) = (screens(case, &answer), screens(case, theirs));
        // The last key may end it.
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs);
        }
        let ended = String::from_utf8_lossy(&answer.screen);
        assert!(ours.len() >= 3 && theirs.len() >= 3, "{} {} {ended}", ours.len(), theirs.len());
    }
}

fn ours(oracle: &Oracle, case: &super::pygrub::menu::Typed, pace: Pace) -> crate::common::oracle::RunAnswer {
    let disk = case.image.argument();
    let mut run = RunCase::new("", [disk.as_str()]);
    let (program, release) = (path(), format!("debian-4.{}", oracle.minor));
    // The arguments that are pygrub's own are left out.
    let script = "menu=$1 release=$2 disk=$3; exec \"$menu\" menu --release \"$release\" \"$disk\"";
    let words = ["/bin/sh", "-c", script, "sh", program.to_str().unwrap(), &release, disk.as_str()];
    run.program = Some(words.map(str::to_owned).to_vec());
    run.keys = case.timed(pace);
    run.timeout = Some(pace.first + pace.between * 6.0);
    run.env = [("LC_ALL", Some("C.UTF-8")), ("LINES", None), ("COLUMNS", None)]
        .map(|(name, value): (&str, Option<&str>)| (name.to_owned(), value.map(str::to_owned)))
        .into();
    oracle.terminal_runs(&[run]).remove(0)
}
