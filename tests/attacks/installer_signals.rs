//! A signal, or an error, at the installer's system calls. Every call is tried with
//!
//!     PREGRUB_EVERY_CALL=1 cargo test --test integration installer_signals -- --nocapture

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use pregrub::generate::grub_cfg::{self, PlanOptions};
use rustix::process::{Pid, Signal, kill_process};

use crate::common::faulty_disk::FaultyDisk;
use crate::common::nixos_store::{self, Spec, Store};
use crate::common::{program, tools};

const CURRENT: &str = "/nix/var/nix/profiles/system";

/// strace, where it is there and allowed to do its work.
fn strace() -> Option<PathBuf> {
    let strace = tools::tool("strace")?;
    let works = Command::new(&strace).args(["-f", "-o", "/dev/null", "true"]).output().unwrap();
    if !works.status.success() {
        tools::skipped("strace may not trace here");
        return None;
    }
    Some(strace)
}

/// Generation 1 is installed; generation 2, with secrets, is to be.
struct Guest {
    store: Store,
    before: BTreeMap<String, Vec<u8>>,
    /// The files after it.
    after: Vec<String>,
}

fn guest() -> Guest {
    let mut store = Store::of(&[Spec::new(1)]);
    let install = |store: &Store| {
        let options = PlanOptions { limit: 1, ..store.options() };
        grub_cfg::install(&options, std::path::Path::new(CURRENT), &mut FaultyDisk::new()).unwrap();
        nixos_store::files(&store.boot())
    };
    let before = install(&store);
    let new = store.build(&Spec { secrets: Some("s".into()), ..Spec::new(2) });
    store.link(None, 2, &new);
    let after = install(&store).into_keys().collect();
    let guest = Guest { store, before, after };
    guest.reset();
    guest
}

impl Guest {
    fn reset(&self) {
        fs::remove_dir_all(self.store.boot()).unwrap();
        fs::create_dir(self.store.boot()).unwrap();
        nixos_store::write_files(&self.store.boot(), &self.before);
    }

    fn command(&self) -> Command {
        let arguments = self.store.arguments();
        let arguments: Vec<&str> =
            arguments.iter().map(String::as_str).chain(["--limit", "1", "--install", CURRENT]).collect();
        program::command(&arguments)
    }

    /// Runs the installer with something injected into it.
    fn inject(&self, strace: &PathBuf, calls: &str, what: &str) -> Output {
        let plain = self.command();
        Command::new(strace)
            .args(["-qq", "-o", "/dev/null", "-e", &format!("trace={calls}"), "-e", &format!("inject={calls}:{what}")])
            .arg(plain.get_program())
            .args(plain.get_args())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn boots(&self, what: &str) {
        let check = program::run(&["check", "-A", "all", self.store.boot().to_str().unwrap()]);
        assert_eq!(check.status, 0, "{what}: {}", check.whole());
    }

    /// Whether the disk is as it was, or has the new system and nothing that is half done.
    fn is_one_or_the_other(&self, what: &str) -> bool {
        self.boots(what);
        let now = nixos_store::files(&self.store.boot());
        if now == self.before {
            return false;
        }
        assert_ne!(now["grub/grub.cfg"], self.before["grub/grub.cfg"], "{what}: {:?}", now.keys());
        assert_eq!(now.into_keys().collect::<Vec<_>>(), self.after, "{what}");
        true
    }
}

const CALLS: &str = "openat,newfstatat,statx,fstat,read,readlinkat,getdents64,flock,write,fchmod,fsync,syncfs,renameat,renameat2,linkat,unlinkat,\
                     mkdirat,vfork,clone,clone3,waitid,wait4,kill,close,execve,rt_sigaction";

/// How many calls there are between two that are tried.
fn step(usual: usize) -> usize {
    if std::env::var_os("PREGRUB_EVERY_CALL").is_some() { 1 } else { usual }
}

#[test]
fn a_signal_at_any_system_call_leaves_nothing_half_done() {
    let Some(strace) = strace() else { return };
    let guest = guest();
    let signals = [("TERM", 15), ("HUP", 1), ("INT", 2), ("QUIT", 3)];
    let (mut old, mut new, mut ended) = (0, 0, false);
    for (turn, number) in (1..).step_by(step(37)).enumerate() {
        guest.reset();
        let (signal, expected) = signals[turn % signals.len()];
        let output = guest.inject(&strace, CALLS, &format!("signal=SIG{signal}:when={number}"));
        let what = format!("SIG{signal} at call {number}: {}", String::from_utf8_lossy(&output.stderr));
        if guest.is_one_or_the_other(&what) {
            assert!(output.status.success() || output.status.signal() == Some(expected), "{what} {:?}", output.status);
            new += 1;
        } else {
            assert_eq!(output.status.signal(), Some(expected), "{what}");
            old += 1;
        }
        // Two turns beyond the end.
        if ended {
            break;
        }
        ended = output.status.success() && !output.stdout.is_empty() && turn % 4 == 3 && new > 3;
    }
    println!("{old} ended before, {new} after");
    assert!(old > 10 && new > 3, "{old} {new}");
}

/// strace counts each call by itself: those of which there are few have their turns here, one after the other.
#[test]
fn a_signal_at_each_change_leaves_nothing_half_done() {
    let Some(strace) = strace() else { return };
    let guest = guest();
    let signals = [("TERM", 15), ("HUP", 1), ("INT", 2), ("QUIT", 3), ("KILL", 9)];
    let (mut turn, mut all) = (0, 0);
    for call in ["renameat", "renameat2", "linkat", "unlinkat", "syncfs", "fsync", "flock", "fchmod", "write"] {
        let mut ended = (0, 0);
        for number in 1..100 {
            guest.reset();
            let (signal, expected) = signals[turn % signals.len()];
            turn += 1;
            let output = guest.inject(&strace, call, &format!("signal=SIG{signal}:when={number}"));
            let what = format!("SIG{signal} at {call} {number}: {}", String::from_utf8_lossy(&output.stderr));
            if expected == 9 && output.status.signal() == Some(9) {
                // Nothing can be taken back by then: what is there boots, and the next installation takes away what is left.
                guest.boots(&what);
                let next = guest.command().output().unwrap();
                assert!(next.status.success(), "{what}: {}", String::from_utf8_lossy(&next.stderr));
                guest.boots(&what);
                ended.0 += 1;
                continue;
            }
            let is_new = guest.is_one_or_the_other(&what);
            let by_signal = output.status.signal() == Some(expected);
            assert!(by_signal || is_new && output.status.success(), "{what} {:?}", output.status);
            if by_signal {
                ended.0 += 1
            } else {
                ended.1 += 1
            }
            if ended.1 > 1 {
                break;
            }
        }
        println!("{call}: {} ended by a signal, {} installed", ended.0, ended.1);
        all += ended.0;
    }
    assert!(all > 12, "{all}");
}

/// A generation that cannot be read is not one that is gone: without an entry its kernel would go with the next installation.
#[test]
fn an_error_of_the_disk_drops_no_generation() {
    let Some(strace) = strace() else { return };
    let store = Store::of(&[Spec::new(1), Spec::new(2), Spec::new(3)]);
    let arguments = store.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--install", CURRENT]).collect();
    let whole = program::command(&arguments).output().unwrap();
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    let titles = |text: &[u8]| {
        let text = String::from_utf8_lossy(text).into_owned();
        text.lines().filter(|line| line.starts_with("menuentry ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let grub_cfg = store.boot().join("grub/grub.cfg");
    let expected = titles(&fs::read(&grub_cfg).unwrap());
    assert_eq!(expected.len(), 3, "{expected:?}");
    let (mut failed, mut installed) = (0, 0);
    for (call, usual) in [("readlinkat", 1), ("newfstatat", 5), ("openat", 31), ("read", 13), ("getdents64", 1)] {
        let mut quiet = 0;
        for number in (1..).step_by(step(usual)).take(if step(2) > 1 { 16 } else { usize::MAX }) {
            fs::write(&grub_cfg, "old").unwrap();
            let plain = program::command(&arguments);
            let output = Command::new(&strace)
                .args(["-qq", "-o", "/dev/null", "-e", &format!("trace={call}")])
                .args(["-e", &format!("inject={call}:error=EIO:when={number}")])
                .arg(plain.get_program())
                .args(plain.get_args())
                .stdin(Stdio::null())
                .output()
                .unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let now = fs::read(&grub_cfg).unwrap();
            if now == b"old" {
                assert!(!output.status.success(), "{call} {number}: {told}");
                failed += 1;
                continue;
            }
            assert_eq!(titles(&now), expected, "{call} {number}: {told}");
            installed += 1;
            // Some calls of the runtime do not matter.
            quiet = if told.is_empty() { quiet + 1 } else { 0 };
            if quiet > 3 {
                break;
            }
        }
    }
    println!("{failed} failed, {installed} installed");
    assert!(failed > 8 && installed > 3, "{failed} {installed}");
}

/// One error on the way to a kernel that a link alone leads to, and the refusal of a later change: the kernel is still there.
#[test]
fn an_error_on_the_way_to_a_kernel_keeps_it() {
    let Some(strace) = strace() else { return };
    let guest = guest();
    let kernel = |number: char| format!("kernels/{}-linux", number.to_string().repeat(32));
    for (number, link) in [('a', "vmlinuz"), ('b', "old/vmlinuz")] {
        guest.store.file(&format!("/boot/{}", kernel(number)), b"a kernel");
        fs::create_dir_all(guest.store.boot().join("old")).unwrap();
        symlink(format!("/{}", kernel(number)), guest.store.boot().join(link)).unwrap();
    }
    guest.store.file(
        "/boot/grub/grub.cfg",
        b"menuentry 'a' {\n  linux /vmlinuz\n}\nmenuentry 'b' {\n  linux /old/vmlinuz\n}\n",
    );
    let (mut kept, mut told) = (0, 0);
    for (call, usual) in [("readlinkat", 1), ("newfstatat", 7), ("openat", 31)] {
        let mut quiet = 0;
        for number in (1..).step_by(step(usual)) {
            let plain = guest.command();
            let output = Command::new(&strace)
                .args(["-qq", "-o", "/dev/null", "-e", &format!("trace={call},fsync")])
                .args(["-e", &format!("inject={call}:error=EIO:when={number}"), "-e", "inject=fsync:error=EIO:when=1"])
                .arg(plain.get_program())
                .args(plain.get_args())
                .stdin(Stdio::null())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success(), "{call} {number}: {said}");
            for letter in ['a', 'b'] {
                assert!(guest.store.boot().join(kernel(letter)).exists(), "{call} {number} {letter}: {said}");
            }
            kept += 1;
            // Where the calls end, the second error alone is left.
            let is_second = said.contains("grub.cfg is what it was");
            told += usize::from(!is_second);
            quiet = if is_second { quiet + 1 } else { 0 };
            if quiet > 24 {
                break;
            }
        }
    }
    println!("{kept} runs, {told} of them ended before anything was changed");
    assert!(kept > 60 && told > 3, "{kept} {told}");
}

#[test]
fn an_error_at_any_system_call_leaves_a_disk_that_boots() {
    let Some(strace) = strace() else { return };
    let guest = guest();
    let (mut failed, mut installed) = (0, 0);
    let errors = ["EIO", "ENOSPC", "EACCES", "ELOOP", "EROFS", "ENOENT"];
    for calls in [
        "openat",
        "newfstatat",
        "read",
        "readlinkat",
        "getdents64",
        "flock",
        "write",
        "fsync",
        "syncfs",
        "renameat",
        "renameat2",
        "linkat",
        "unlinkat",
    ] {
        let mut turn = 0;
        for number in (1..).step_by(step(if matches!(calls, "openat" | "newfstatat" | "read") { 97 } else { 2 })) {
            guest.reset();
            let error = errors[turn % errors.len()];
            turn += 1;
            let output = guest.inject(&strace, calls, &format!("error={error}:when={number}"));
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let what = format!("{error} at {calls} {number}: {told}");
            guest.boots(&what);
            let now = nixos_store::files(&guest.store.boot());
            for (path, content) in &guest.before {
                if path != "grub/grub.cfg" {
                    assert_eq!(now.get(path), Some(content), "{what}: {path}");
                }
            }
            if told.contains("grub.cfg is what it was") || told.contains("nothing was changed") {
                assert_eq!(now["grub/grub.cfg"], guest.before["grub/grub.cfg"], "{what}");
                failed += 1;
            }
            if output.status.success() && !output.stdout.is_empty() && told.is_empty() {
                installed += 1;
                break;
            }
            if turn > 12 && step(2) > 1 {
                break;
            }
        }
    }
    println!("{failed} failed with the old state, {installed} calls were all tried");
    assert!(failed > 5, "{failed}");
}

/// Without strace: a program that waits for its secrets, or for the lock, ends at once.
#[test]
fn a_signal_ends_one_that_waits() {
    for waits_for_the_lock in [false, true] {
        let mut store = Store::new();
        let toplevel = store.build(&Spec { secrets: Some("s".into()), ..Spec::new(1) });
        store.link(None, 1, &toplevel);
        let begun = store.host("/begun");
        store.program(
            &format!("{toplevel}/append-initrd-secrets"),
            &format!("#!/bin/sh\n: > {}\nsleep 600\n", begun.display()),
        );
        let lock = fs::File::open(store.boot()).unwrap();
        if waits_for_the_lock {
            rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
        }
        let arguments = store.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--install", CURRENT]).collect();
        let mut child = program::command(&arguments).stderr(Stdio::piped()).spawn().unwrap();
        let since = Instant::now();
        while !waits_for_the_lock && !begun.exists() && since.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_secs(1));
        let signalled = Instant::now();
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(15), "{status}");
        assert!(signalled.elapsed() < Duration::from_secs(10), "{:?}", signalled.elapsed());
        assert!(nixos_store::files(&store.boot()).is_empty(), "{waits_for_the_lock}");
    }
}

/// What the caller has a program ignore stays ignored.
#[test]
fn a_hangup_that_is_ignored_ends_nothing() {
    let Some(strace) = strace() else { return };
    let guest = guest();
    let plain = guest.command();
    let words: Vec<String> = [plain.get_program()]
        .into_iter()
        .chain(plain.get_args())
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let script = format!(
        "trap '' HUP; exec {} -qq -o /dev/null -e trace=syncfs -e inject=syncfs:signal=SIGHUP:when=1 {}",
        strace.display(),
        words.join(" ")
    );
    let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(guest.is_one_or_the_other("nohup"));
}
