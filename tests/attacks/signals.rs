//! Signals to the drop-in, at every system call of its own: afterwards there is nothing, or a result in full with its files. Every
//! signal at every call of both processes is tried with
//!
//!     PREGRUB_EVERY_CALL=1 cargo test --test integration attacks::signals -- --nocapture

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::handed_over::{Host, drop_in, good_disk};
use super::sandbox_required::strace;
use crate::common::images::Image;

/// How long a drop-in may live on after a signal: longer than a worker has for its terminal.
const BOUND: Duration = Duration::from_secs(10);

fn command(host: &Host, image: &Path) -> Command {
    let mut command = drop_in("4.17", &["--output-format=simple0"]);
    command.args(host.options()).arg(image).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The same under strace, which does what `expressions` say.
fn traced(strace: &str, expressions: &[&str], log: &Path, host: &Host, image: &Image) -> Command {
    let plain = command(host, image.path());
    let mut command = Command::new(strace);
    command.arg("-qq").arg("-o").arg(log).args(expressions).arg(plain.get_program()).args(plain.get_args());
    command.env_clear().env("PREGRUB_RELEASE", "4.17");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn ended(child: &mut Child, context: &str) {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < BOUND, "{context}: it does not end");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A system call, and which of its kind it is in its process: strace counts each kind for itself.
type Call = (String, usize);

/// The system calls that the drop-in makes when nothing disturbs it, in order; of `all_processes` each once.
fn calls(strace: &str, all_processes: bool) -> Vec<Call> {
    let (host, image) = (Host::new(), good_disk());
    let log = tempfile::NamedTempFile::new().unwrap();
    let options: &[&str] = if all_processes { &["-f"] } else { &[] };
    assert!(traced(strace, options, log.path(), &host, &image).status().unwrap().success());
    assert!(host.assert_all_or_nothing("undisturbed"));
    let log = String::from_utf8_lossy(&std::fs::read(log.path()).unwrap()).into_owned();
    let mut counts = BTreeMap::new();
    let mut calls = Vec::new();
    for line in log.lines() {
        let (process, line) = if all_processes { line.split_once(' ').unwrap() } else { ("", line) };
        let Some((name, _)) = line.trim_start().split_once('(') else { continue };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            continue;
        }
        let count = counts.entry((process.to_owned(), name.to_owned())).or_insert(0);
        *count += 1;
        let call = (name.to_owned(), *count);
        if !calls.contains(&call) {
            calls.push(call);
        }
    }
    calls
}

/// Each `step`th of the calls, or all of them where that is asked for.
fn every(step: usize, from: usize, calls: &[Call]) -> impl Iterator<Item = &Call> {
    let (step, from) = if std::env::var_os("PREGRUB_EVERY_CALL").is_some() { (1, 0) } else { (step, from) };
    calls.iter().skip(from).step_by(step)
}

/// Sends `signal` at each of the calls, and says how often nothing came of it and how often everything.
fn at_each<'a>(strace: &str, signal: &str, all_processes: bool, calls: impl Iterator<Item = &'a Call>) -> [usize; 2] {
    let mut counts = [0, 0];
    let (host, image) = (Host::new(), good_disk());
    for (call, number) in calls {
        let injected = format!("inject={call}:signal={signal}:when={number}");
        let mut expressions = vec!["-e", &injected];
        if all_processes {
            expressions.push("-f");
        }
        let mut child = traced(strace, &expressions, Path::new("/dev/null"), &host, &image).spawn().unwrap();
        let context = format!("{signal} at {call} number {number}");
        ended(&mut child, &context);
        counts[usize::from(host.assert_all_or_nothing(&context))] += 1;
        host.clear();
    }
    counts
}

#[test]
fn a_signal_at_any_system_call_leaves_nothing_or_all() {
    let Some(strace) = strace() else { return };
    let calls = calls(&strace, false);
    let count = calls.len();
    let [nothing, all] = at_each(&strace, "TERM", false, calls.iter());
    println!("TERM at {count} calls: nothing {nothing}, all {all}");
    // The last calls come too late, and only they.
    assert!(count > 80 && nothing > count / 2 && all > 0, "{count} {nothing} {all}");
    for (index, signal) in ["HUP", "INT", "QUIT", "USR1", "ALRM"].into_iter().enumerate() {
        let [nothing, all] = at_each(&strace, signal, false, every(5, index, &calls));
        println!("{signal}: nothing {nothing}, all {all}");
    }
}

/// The worker gets it, too, each process at its own call: the sandbox, the copies and what is handed over are among these.
#[test]
fn nor_does_a_signal_to_both() {
    let Some(strace) = strace() else { return };
    let calls = calls(&strace, true);
    assert!(calls.len() > 150, "{}", calls.len());
    for (signal, step, from) in [("TERM", 3, 0), ("INT", 9, 1)] {
        let [nothing, all] = at_each(&strace, signal, true, every(step, from, &calls));
        println!("{signal} at calls of both: nothing {nothing}, all {all}");
    }
}

fn fifo(path: &Path) {
    let _ = std::fs::remove_file(path);
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), signal).unwrap();
}

/// Once both copies are there.
fn wait_for_files(host: &Host) {
    let began = Instant::now();
    while host.left().len() < 2 || host.left().iter().any(|(_, content)| content.is_empty()) {
        assert!(began.elapsed() < BOUND, "no files");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Nobody reads: neither is there a reader, nor space for the result.
#[test]
fn a_reader_that_does_not_read() {
    let image = good_disk();
    for with in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let host = Host::new();
        fifo(&host.result());
        let mut child = command(&host, image.path()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(100));
        signal(&child, with);
        ended(&mut child, "it opens the output");
        assert_eq!(host.left(), []);

        let mut reader =
            OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(host.result()).unwrap();
        while reader.write(&[b'x'; 4096]).is_ok() {}
        let mut child = command(&host, image.path()).spawn().unwrap();
        wait_for_files(&host);
        std::thread::sleep(Duration::from_millis(100));
        signal(&child, with);
        ended(&mut child, "it writes the output");
        assert_eq!(host.left(), []);
        let mut all = Vec::new();
        let _ = reader.read_to_end(&mut all);
        assert!(all.iter().all(|&byte| byte == b'x'));
    }
}

/// What the caller ignores stays ignored, as after `nohup`.
#[test]
fn what_is_ignored_stays_ignored() {
    let (host, image) = (Host::new(), good_disk());
    fifo(&host.result());
    let plain = command(&host, image.path());
    let mut child = Command::new("/bin/sh")
        .args(["-c", "trap '' HUP; exec \"$@\"", "sh"])
        .arg(plain.get_program())
        .args(plain.get_args())
        .env("PREGRUB_RELEASE", "4.17")
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, Signal::HUP);
    std::thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().unwrap().is_none());
    let mut written = String::new();
    std::fs::File::open(host.result()).unwrap().read_to_string(&mut written).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(written.ends_with("\0\0") && host.left().len() == 2);
}

/// An instant of a signal's own choice, as a toolstack's: the first milliseconds are those in which files are made.
#[test]
fn at_any_instant() {
    let (host, image) = (Host::new(), good_disk());
    for number in 0..120_u32 {
        let with = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT][number as usize % 4];
        let mut child = command(&host, image.path()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(u64::from(number) * 100));
        signal(&child, with);
        ended(&mut child, "at an instant");
        host.assert_all_or_nothing(&format!("{with:?} after {} us", number * 100));
        host.clear();
    }
}
