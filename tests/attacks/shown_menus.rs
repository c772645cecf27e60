//! `pregrub menu` on a terminal of the host: what turns or hides a title does not reach it.

use std::io::{Read, Write};
use std::process::Stdio;

use super::handed_over::disk;
use crate::common::program::command;
use crate::common::terminal::Terminal;

const UNSEEN: &str = "\u{202e}\u{2066}\u{e0041}\u{200b}\u{3164}";

#[test]
fn no_title_turns_the_screen() {
    let image = disk("/boot/grub/menu.lst", format!("timeout 50\ntitle on{UNSEEN}e \u{e9}\nkernel /k a\n"));
    let terminal = Terminal::open();
    let mut program = command(&["menu", &image.argument()]);
    program.env("TERM", "vt100").env("LC_ALL", "C.UTF-8");
    program.stdin(terminal.program()).stdout(terminal.program()).stderr(terminal.program());
    let mut child = program.spawn().unwrap();
    program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut user = terminal.into_user();
    let (mut written, mut piece, mut answered) = (Vec::new(), [0; 4096], false);
    while let Ok(count @ 1..) = user.read(&mut piece) {
        written.extend_from_slice(&piece[..count]);
        if !answered && written.windows(8).any(|window| window == b"Press en") {
            user.write_all(b"\r").unwrap();
            answered = true;
        }
    }
    child.wait().unwrap();
    let shown = String::from_utf8(written).unwrap();
    assert!(answered && shown.contains("e \u{e9}"), "{shown}");
    for unseen in UNSEEN.chars() {
        assert!(!shown.contains(unseen), "{unseen:?}: {shown:?}");
    }
}
