//! Configurations that a guest may write to harm whoever reads them: huge ones of whatever makes a parser look twice.
//!
//! The bound on time is a net, not a promise: generous for a linear parser in an unoptimised build on a busy machine, far out
//! of reach for a quadratic one on ten megabytes.
//! `PREGRUB_HOSTILE_BYTES=10000000` makes the files that long, and a million lines of them, which takes minutes.

use std::sync::mpsc;
use std::time::Duration;

use pregrub::boot::{self, Overrides};
use pregrub::config::{self, Config, Dialect};
use pregrub::release::Release;

use crate::common::memory;
use crate::common::setting::setting;

const MIB: usize = 1 << 20;

/// The length of the files for releases that read all of it: 1 MB, or `PREGRUB_HOSTILE_BYTES` (10000000 at a desk).
fn long() -> usize {
    setting("PREGRUB_HOSTILE_BYTES", 1_000_000)
}

/// Repeats `unit` up to `length`.
fn filled(unit: &str, length: usize) -> Vec<u8> {
    unit.bytes().cycle().take(length / unit.len() * unit.len()).collect()
}

/// `head`, then `unit` up to `length`, then `tail`.
fn around(head: &str, unit: &str, tail: &str, length: usize) -> Vec<u8> {
    [head.as_bytes(), &filled(unit, length), tail.as_bytes()].concat()
}

/// In one line: what may be looked at again and again.
const UNITS: [&str; 24] = [
    "\"",
    "'",
    "\" ",
    "\" {",
    "' {",
    "{",
    "}",
    "=",
    " ",
    "\t",
    "a",
    "a ",
    "\0",
    "\x1c",
    "\u{2003}",
    "é",
    "(",
    ")",
    ",",
    ">",
    "menuentry \"",
    "set ",
    "---",
    "initrd=",
];

/// Where such a line can stand.
const PLACES: [(Dialect, &str, &str); 13] = [
    (Dialect::Grub2, "", ""),
    (Dialect::Grub2, "menuentry \"", ""),
    (Dialect::Grub2, "menuentry \"", "\" {\n linux /k\n}\n"),
    (Dialect::Grub2, "set x=\"", "\n"),
    (Dialect::Grub2, "set default='", "\n"),
    (Dialect::Grub2, "set ", "x\n"),
    (Dialect::Grub2, "menuentry \"A\" {\n linux ", "x\n}\n"),
    (Dialect::Grub2, "menuentry \"A\" {\n set root=(", "\n}\n"),
    (Dialect::Legacy, "title ", "\nkernel (hd0"),
    (Dialect::Legacy, "default ", "\n"),
    (Dialect::Extlinux, "default a\nlabel a\nkernel /k\nappend ", "\n"),
    (Dialect::Extlinux, "label \"", "\"\nkernel \" "),
    (Dialect::Extlinux, "label a\nkernel mboot.c32\nappend ", "x\n"),
];

/// Lines, as many as fit.
const LINES: [(Dialect, &str); 14] = [
    (Dialect::Grub2, "\n"),
    (Dialect::Grub2, "a\n"),
    (Dialect::Grub2, "#\n"),
    (Dialect::Grub2, "submenu\n"),
    (Dialect::Grub2, "set a=b\n"),
    (Dialect::Grub2, "set default=1\n"),
    (Dialect::Grub2, "menuentry \"\" {\n}\n"),
    (Dialect::Grub2, "function\n}\n"),
    (Dialect::Legacy, "title\n"),
    (Dialect::Legacy, "title\nroot (hd0,0)\n"),
    (Dialect::Legacy, "default 1\n"),
    (Dialect::Extlinux, "label\n"),
    (Dialect::Extlinux, "label=a\nkernel=b\n"),
    (Dialect::Extlinux, "é\n"),
];

fn parse(dialect: Dialect, text: &[u8], release: Release) -> Config {
    let parsed = config::parse(dialect, text, release);
    if parsed.raised.is_none() {
        boot::select(&parsed, Overrides { entry: Some(b"no such title"), ..Overrides::default() }, release);
    }
    parsed
}

/// Does the work in another thread, and fails where it is not done in time or panics.
fn in_time<T: Send + 'static>(seconds: u64, what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    std::thread::spawn(move || done.send(work()));
    match wait.recv_timeout(Duration::from_secs(seconds)) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what}: not done in {seconds} s"),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{what}: panicked"),
    }
}

/// Two releases that read all of a file (the second knows extlinux better), and three that stop at 1 MiB.
const RELEASES: [&str; 5] = ["4.0.0", "4.1.3", "4.4.0", "4.12", "4.22"];

/// In time, and with no more than three times its size beside itself.
fn one_long_line(of: Dialect) {
    for release in RELEASES {
        let length = if matches!(release, "4.0.0" | "4.1.3") { long() } else { MIB };
        for (dialect, head, tail) in PLACES.into_iter().filter(|(dialect, ..)| *dialect == of) {
            if release == "4.1.3" && dialect != Dialect::Extlinux {
                continue;
            }
            for unit in UNITS {
                let text = around(head, unit, tail, length);
                let what = format!("{release} {head:?} {length} of {unit:?} {tail:?}");
                let release = release.parse().expect("a release");
                let (parsed, peak) = in_time(10, &what, move || memory::peak(|| parse(dialect, &text, release)));
                // Python prints the lines of an open entry, four characters for a byte; what raises is kept as pygrub's, and among all
                // that does. And what pygrub has then is kept beside what is read after it.
                let printed = parsed.raised.map_or(0, |raised| raised.message.len());
                // A word of eight bytes is kept with sixteen; only 4.1.3 reads that many.
                let factor = if unit == "initrd=" && release.minor() == 1 { 6 } else { 3 };
                assert!(peak <= (factor + 1) * length + 3 * printed + MIB / 16, "{what}: {peak} bytes");
            }
        }
    }
}

#[test]
fn one_long_line_of_grub_cfg() {
    one_long_line(Dialect::Grub2);
}

#[test]
fn one_long_line_of_menu_lst() {
    one_long_line(Dialect::Legacy);
}

#[test]
fn one_long_line_of_extlinux_conf() {
    one_long_line(Dialect::Extlinux);
}

#[test]
fn many_lines_are_read_in_time() {
    for release in ["4.0.0", "4.4.0", "4.22"] {
        let release: Release = release.parse().expect("a release");
        for (dialect, line) in LINES {
            let what = format!("{release} {line:?}");
            in_time(10, &what, move || parse(dialect, &filled(line, long() / 10 * line.len()), release));
        }
    }
}

#[test]
fn a_hundred_thousand_initrds_are_taken_out_in_time() {
    let distinct: String = (0..100_000).map(|number| format!("initrd=/{number} ")).collect();
    let equal = "initrd=/i ".repeat(100_000);
    let one_word: String = (0..50_000).map(|number| format!("initrd={number}")).collect();
    let shrinking: String = (0..400).rev().map(|number| "initrd=".repeat(number) + " ").collect();
    for words in [distinct, equal, format!("{one_word} initrd=x"), shrinking, "initrd=".repeat(140_000) + " initrd="] {
        for release in ["4.4.0", "4.22"] {
            let release: Release = release.parse().expect("a release");
            let text = format!("label a\nkernel /k\nappend x {words}");
            let what = format!("{release} {}", &text[..60]);
            in_time(20, &what, move || parse(Dialect::Extlinux, text.as_bytes(), release));
        }
    }
}

#[test]
fn equal_initrds_leave_nothing_but_blanks() {
    let text = format!("label a\nkernel /k\nappend x {}y", "initrd=/i ".repeat(100_000));
    let parsed = config::parse(Dialect::Extlinux, text.as_bytes(), Release::NEWEST);
    let args = parsed.entries[0].args.as_ref().map(|args| args.as_bytes().len());
    assert_eq!(args, Some("x ".len() + 100_000 + "y".len()));
}
