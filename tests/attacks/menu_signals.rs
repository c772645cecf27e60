//! Signals while a menu is on the terminal: its modes are what they were, and what the drop-in made is gone.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::termios::{Termios, tcgetattr};

use super::handed_over::{Host, disk};
use super::signals::{assert_died_of, ending, send};
use crate::common::images::Image;
use crate::common::program::command;
use crate::common::terminal::Terminal;
use crate::common::tools;

const TWO: &str = "timeout 50\ntitle one\nkernel /k a\ninitrd /i\ntitle two\nkernel /k b\ninitrd /i\n";

/// What leaves the menu: the keypad and the cursor's keys as they were.
const LEFT: &[u8] = b"\x1b[?1l\x1b>";

fn image() -> Image {
    disk("/boot/grub/menu.lst", TWO)
}

/// A program with a menu on a terminal of its own.
struct Shown {
    child: Child,
    user: File,
    before: Termios,
    written: Vec<u8>,
}

impl Shown {
    fn start(mut command: Command) -> Self {
        let terminal = Terminal::open();
        let before = tcgetattr(terminal.program().as_fd()).unwrap();
        command.env("TERM", "vt100").env("LC_ALL", "C.UTF-8");
        command.stdin(terminal.program()).stdout(terminal.program()).stderr(terminal.program());
        let child = command.spawn().unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut shown = Self { child, user: terminal.into_user(), before, written: Vec::new() };
        shown.wait_for(b"Press en");
        shown
    }

    /// Reads until this was written, and forgets what was before it.
    fn wait_for(&mut self, words: &[u8]) {
        let mut piece = [0; 4096];
        loop {
            if let Some(at) = self.written.windows(words.len()).position(|window| window == words) {
                self.written.drain(..at + words.len());
                return;
            }
            let count = self.user.read(&mut piece).unwrap_or(0);
            assert!(count > 0, "it ended before: {}", String::from_utf8_lossy(&self.written));
            self.written.extend_from_slice(&piece[..count]);
        }
    }

    /// Waits for its end, and checks that it left the terminal as it was.
    #[track_caller]
    fn ended(&mut self, what: &str) -> std::process::ExitStatus {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{what}: it does not end");
            std::thread::sleep(Duration::from_millis(2));
        };
        let after = tcgetattr(self.user.as_fd()).unwrap();
        assert_eq!(format!("{after:?}"), format!("{:?}", self.before), "{what}");
        status
    }
}

#[test]
fn every_signal_gives_the_terminal_back() {
    let image = image();
    for signal in ending().filter(|&signal| signal != libc::SIGINT) {
        let mut shown = Shown::start(command(&["menu", &image.argument()]));
        send(&shown.child, signal);
        let status = shown.ended(&format!("signal {signal}"));
        shown.wait_for(LEFT);
        // As curses ends.
        if signal == libc::SIGTERM {
            assert_eq!(status.code(), Some(1));
        } else {
            assert_died_of(status, signal);
        }
    }
}

#[test]
fn every_signal_takes_the_files_of_the_drop_in_away() {
    let image = image();
    for signal in ending().filter(|&signal| signal != libc::SIGINT) {
        let host = Host::new();
        let mut drop_in = command(&["pygrub"]);
        drop_in.args(host.options()).arg(image.path()).env("PREGRUB_RELEASE", "4.17");
        let mut shown = Shown::start(drop_in);
        send(&shown.child, signal);
        let status = shown.ended(&format!("signal {signal}"));
        shown.wait_for(LEFT);
        host.assert_nothing(&format!("signal {signal}"));
        assert!(!status.success(), "signal {signal}: {status}");
    }
}

/// A terminal that takes nothing, after Ctrl-S.
#[test]
fn a_terminal_that_stands_still() {
    let image = image();
    for signal in [libc::SIGHUP, libc::SIGTERM, libc::SIGUSR1] {
        let mut shown = Shown::start(command(&["menu", &image.argument()]));
        shown.user.write_all(b"\x13").unwrap();
        std::thread::sleep(Duration::from_millis(100));
        send(&shown.child, signal);
        let began = Instant::now();
        while shown.child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < Duration::from_secs(10), "signal {signal}");
            std::thread::sleep(Duration::from_millis(5));
        }
        let after = tcgetattr(shown.user.as_fd()).unwrap();
        assert_eq!(format!("{after:?}"), format!("{:?}", shown.before));
    }
}

/// Ctrl-Z in a shell: the terminal is the shell's, and with the program the menu comes back.
#[test]
fn a_pause_gives_the_terminal_back_too() {
    let (Some(setsid), Some(bash)) = (tools::tool("setsid"), tools::tool("bash")) else {
        return tools::skipped("setsid and bash");
    };
    let image = image();
    for words in [&["menu"][..], &["pygrub", "--output-directory=DIR", "--output=DIR/result"]] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_str().unwrap();
        std::fs::write(directory.path().join("result"), "").unwrap();
        let words: Vec<String> = words.iter().map(|word| word.replace("DIR", path)).collect();
        let program = command(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let mut shell = Command::new(&setsid);
        // The shell prints the modes of the terminal, and has the program go on.
        let script = "set -m; \"$0\" \"$@\"; echo stopped $(stty -a | grep -o -e '-\\?icanon' -e '-\\?echo '); fg; echo ended $?";
        shell.arg("--ctty").arg("--wait").arg(&bash).args(["-c", script]).arg(program.get_program());
        shell.args(program.get_args()).arg(image.path()).env_clear().env("PATH", "/usr/bin:/bin");
        shell.env("PREGRUB_RELEASE", "4.17").env("TERM", "vt100");
        let mut shown = Shown::start(shell);
        shown.user.write_all(b"\x1a").unwrap();
        shown.wait_for(LEFT);
        shown.wait_for(b"stopped icanon echo");
        // All of it anew.
        shown.wait_for(b"Press en");
        shown.user.write_all(b"\r").unwrap();
        shown.wait_for(b"ended ");
        shown.ended(&words[0]);
    }
}
