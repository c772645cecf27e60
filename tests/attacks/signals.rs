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

pub(super) fn ended(child: &mut Child, context: &str) {
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
    listed(&String::from_utf8_lossy(&std::fs::read(log.path()).unwrap()), all_processes)
}

/// The system calls in a log of strace, in order; of `all_processes` each once.
pub(super) fn listed(log: &str, all_processes: bool) -> Vec<Call> {
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
pub(super) fn every(step: usize, from: usize, calls: &[Call]) -> impl Iterator<Item = &Call> {
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

/// A limit on the size of files is one of the toolstack's: nothing is left behind by it.
#[test]
fn a_limit_on_files_leaves_nothing() {
    let arguments = "x".repeat(3000);
    let image = super::handed_over::disk(
        "/boot/grub/grub.cfg",
        format!("menuentry 'A' {{\n linux /k {arguments}\n initrd /i\n}}\n"),
    );
    let host = super::handed_over::Host::new();
    let mut plain = super::handed_over::drop_in("4.17", &[]);
    plain.args(host.options()).arg(image.path());
    let limited = |blocks: &str| {
        let mut command = std::process::Command::new("/bin/sh");
        command.args(["-c", &format!("ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
        command.arg(plain.get_program()).args(plain.get_args()).env("PREGRUB_RELEASE", "4.17");
        command.stdin(std::process::Stdio::null()).output().unwrap()
    };
    let output = limited("1");
    assert!(!output.status.success(), "{}", super::handed_over::stderr(&output));
    assert_eq!(host.left(), []);
    assert!(!host.written().ends_with("\0\0"), "{}", host.written());
    host.clear();
    let output = limited("100");
    assert!(output.status.success(), "{}", super::handed_over::stderr(&output));
}

/// The result of one disk never becomes the first bytes of that disk.
#[test]
fn the_disk_is_not_the_output() {
    let image = super::handed_over::good_disk();
    let before = std::fs::read(image.path()).unwrap();
    let host = super::handed_over::Host::new();
    let link = host.result().with_file_name("link");
    std::os::unix::fs::symlink(image.path(), &link).unwrap();
    for output in [image.path().to_path_buf(), link] {
        let mut drop_in = super::handed_over::drop_in("4.17", &[]);
        drop_in.arg(format!("--output={}", output.display())).arg(&host.options()[1]).arg(image.path());
        let ended = drop_in.output().unwrap();
        let said = super::handed_over::stderr(&ended);
        assert!(!ended.status.success() && said.contains("the output is the disk itself"), "{said}");
        assert_eq!(host.left(), [], "{said}");
    }
    assert!(std::fs::read(image.path()).unwrap() == before);
}

/// The numbers of all signals that end a process and that it can catch. (SIGILL, SIGFPE and SIGSEGV are left to a fault of its own,
/// SIGPIPE is ignored.)
pub fn ending() -> impl Iterator<Item = i32> {
    let others = [
        libc::SIGKILL,
        libc::SIGSTOP,
        libc::SIGILL,
        libc::SIGFPE,
        libc::SIGSEGV,
        libc::SIGPIPE,
        libc::SIGCHLD,
        libc::SIGCONT,
        libc::SIGURG,
        libc::SIGWINCH,
        libc::SIGTSTP,
        libc::SIGTTIN,
        libc::SIGTTOU,
    ];
    (1..32).filter(move |signal| !others.contains(signal)).chain(libc::SIGRTMIN()..=libc::SIGRTMAX())
}

/// Sends a signal by its number: not all have a name.
pub fn send(child: &Child, signal: i32) {
    let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// How a program ends that a signal has ended: by it, or with the status that a shell shows.
#[track_caller]
pub fn assert_died_of(status: std::process::ExitStatus, signal: i32) {
    use std::os::unix::process::ExitStatusExt;
    assert!(status.signal() == Some(signal) || status.code() == Some(128 + signal), "signal {signal}: {status}");
}

#[test]
fn no_signal_leaves_files() {
    let image = good_disk();
    for signal in ending() {
        let host = Host::new();
        fifo(&host.result());
        let mut reader =
            OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(host.result()).unwrap();
        while reader.write(&[b'x'; 4096]).is_ok() {}
        let mut child = command(&host, image.path()).spawn().unwrap();
        wait_for_files(&host);
        std::thread::sleep(Duration::from_millis(30));
        send(&child, signal);
        ended(&mut child, "it writes the output");
        assert_eq!(host.left(), [], "signal {signal}");
        assert_died_of(child.wait().unwrap(), signal);
    }
}

/// What cannot be delivered is not delivered: pygrub ends with status 1 then, and leaves its files.
#[test]
fn a_result_that_nobody_gets_is_none() {
    let image = good_disk();
    for release in ["4.7", "4.17", "4.22"] {
        for task in [&[][..], &["-n"], &["-l"]] {
            for redirected in [">&-", "1<>/dev/null"] {
                let host = Host::new();
                let plain = drop_in(release, task);
                let mut command = Command::new("/bin/sh");
                command.args(["-c", &format!("exec \"$0\" \"$@\" {redirected}")]).arg(plain.get_program());
                command.args(plain.get_args()).arg(&host.options()[1]).arg(image.path());
                let output = command.env("PREGRUB_RELEASE", release).stdin(Stdio::null()).output().unwrap();
                let said = super::handed_over::stderr(&output);
                assert_eq!(output.status.code(), Some(1), "{release} {task:?} {redirected}: {said}");
                assert!(said.contains("standard output is closed"), "{said}");
                assert_eq!(host.left(), [], "{release} {task:?} {redirected}");
            }
        }
        // For reading only, and for writing only: as with pygrub.
        for (redirected, status, left) in [("1</dev/null", 1, 0), (">/dev/null", 0, 2)] {
            let host = Host::new();
            let plain = drop_in(release, &[]);
            let mut command = Command::new("/bin/sh");
            command.args(["-c", &format!("exec \"$0\" \"$@\" {redirected}")]).arg(plain.get_program());
            command.args(plain.get_args()).arg(&host.options()[1]).arg(image.path());
            let output = command.env("PREGRUB_RELEASE", release).stdin(Stdio::null()).output().unwrap();
            let said = super::handed_over::stderr(&output);
            assert_eq!((output.status.code(), host.left().len()), (Some(status), left), "{redirected}: {said}");
        }
    }
}
