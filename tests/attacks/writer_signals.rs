//! Signals to the commands that write a file, at their system calls: afterwards the file is what it was, or is there in full, and nothing
//! lies beside it. Every signal at every call is tried with
//!
//!     PREGRUB_EVERY_CALL=1 cargo test --test integration attacks::writer_signals -- --nocapture

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::sandbox_required::strace;
use super::signals::{ended, every, listed};
use crate::common::program::{command, corpus};
use crate::common::tools;

const MENU: &str = "menuentry \"B\" {\n  linux /k \"a b\"\n  initrd   /i;\n}\n";

/// A command, the file that it writes, and what is in that before. `DIR` is a folder of its own.
struct Writer {
    arguments: &'static [&'static str],
    written: &'static str,
    before: Option<&'static str>,
}

/// A machine without guests.
fn host() -> &'static Path {
    static HOST: OnceLock<tempfile::TempDir> = OnceLock::new();
    let host = HOST.get_or_init(|| tempfile::tempdir().unwrap());
    fs::create_dir_all(host.path().join("etc/xen")).unwrap();
    host.path()
}

const WRITERS: [Writer; 7] = [
    Writer {
        arguments: &["report", "--no-compare", "IMAGE", "-o", "DIR/report.html"],
        written: "report.html",
        before: None,
    },
    Writer {
        arguments: &["lint", "--no-config", "--fix", "--unsafe", "DIR/grub.cfg"],
        written: "grub.cfg",
        before: Some(MENU),
    },
    Writer {
        arguments: &["lint", "--no-config", "--update-baseline", "--baseline", "DIR/b.json", "DIR/menu.cfg"],
        written: "b.json",
        before: None,
    },
    Writer {
        arguments: &["host", "--root", "HOST", "--release", "4.17", "-o", "DIR/host.prom"],
        written: "host.prom",
        before: None,
    },
    Writer { arguments: &["man", "--directory", "DIR"], written: "pregrub.1", before: None },
    Writer { arguments: &["generate", "nixos", "-o", "DIR/web.nix"], written: "web.nix", before: None },
    Writer { arguments: &["init", "--size", "4", "DIR/x.img"], written: "x.img", before: None },
];

impl Writer {
    fn prepare(&self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        fs::write(folder.join("menu.cfg"), MENU).unwrap();
        if let Some(before) = self.before {
            fs::write(folder.join(self.written), before).unwrap();
        }
    }

    /// Under strace, which does what `options` say.
    fn traced(&self, strace: &str, options: &[&str], folder: &Path) -> Command {
        let directory = folder.to_str().unwrap();
        let image = corpus("images/recipe.img");
        let replaced =
            |it: &&str| it.replace("DIR", directory).replace("IMAGE", &image).replace("HOST", host().to_str().unwrap());
        let arguments: Vec<_> = self.arguments.iter().map(replaced).collect();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let plain = command(&arguments);
        let mut traced = Command::new(strace);
        traced.arg("-qq").args(options).arg(plain.get_program()).args(plain.get_args());
        // What is unpacked or made on the way lies in the folder, too.
        traced.env("TMPDIR", folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        traced
    }

    /// The names in the folder, and what is in the file.
    fn state(&self, folder: &Path) -> (BTreeSet<String>, Option<Vec<u8>>) {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        (names.collect(), fs::read(folder.join(self.written)).ok())
    }
}

#[test]
fn a_signal_at_any_system_call_leaves_nothing_beside_the_file() {
    let Some(strace) = strace() else { return };
    if tools::tool("mke2fs").is_none() {
        return tools::skipped("mke2fs");
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let log = tempfile::NamedTempFile::new().unwrap();
    for (index, writer) in WRITERS.iter().enumerate() {
        writer.prepare(&folder);
        let before = writer.state(&folder);
        let log_options = ["-o", log.path().to_str().unwrap()];
        writer.traced(&strace, &log_options, &folder).status().unwrap();
        let after = writer.state(&folder);
        assert!(after.1.as_ref().is_some_and(|text| !text.is_empty()) && after != before, "{:?}", writer.arguments);
        let calls = listed(&String::from_utf8_lossy(&fs::read(log.path()).unwrap()), false);
        // The file is written at the end.
        let end = calls.len().saturating_sub(60);
        let chosen: Vec<_> = every(23, index, &calls[..end]).chain(every(3, index % 3, &calls[end..])).collect();
        let mut finished = 0;
        for (number, (call, count)) in chosen.iter().enumerate() {
            writer.prepare(&folder);
            let signal = ["TERM", "INT", "HUP", "QUIT", "USR1"][number % 5];
            let injected = format!("inject={call}:signal={signal}:when={count}");
            let context = format!("{:?}, {signal} at {call} number {count}", writer.arguments);
            let mut child = writer.traced(&strace, &["-o", "/dev/null", "-e", &injected], &folder).spawn().unwrap();
            ended(&mut child, &context);
            let (names, text) = writer.state(&folder);
            assert!(names.is_subset(&after.0), "{context}: {names:?}");
            let is_new = text.as_ref().map(Vec::len) == after.1.as_ref().map(Vec::len);
            assert!(text == before.1 || is_new, "{context}: {:?}", text.map(|text| text.len()));
            finished += usize::from(is_new);
        }
        println!("{}: {} signals, {finished} times the file is there", writer.arguments[0], chosen.len());
        assert!(finished > 0 && finished < chosen.len(), "{:?}", writer.arguments);
    }
}
