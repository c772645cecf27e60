//! How the worker is started: this program is both sides.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pregrub::cli::pygrub::sandbox::{Privileges, ResourceLimits};
use pregrub::cli::pygrub::worker::{NAME, Role, Worker, WorkerConsole, inherited, is_called, spawn};

/// The sign that this program is to be a supervisor.
const SUPERVISOR: &str = "PREGRUB_TEST_SUPERVISOR";

const PRIVILEGES: Privileges =
    Privileges { run_as: None, limits: ResourceLimits { memory: 1 << 28, file_size: None }, draws: false };

/// Starts the test `in_the_worker` as a worker.
fn worker(files: Vec<(Role, File)>, task: &str, console: WorkerConsole) -> Worker {
    // What follows `--skip` names no test: it only tells the worker.
    let args = ["--exact", "cli::pygrub::worker::in_the_worker", "--nocapture", "--skip", task];
    spawn(args.map(OsString::from), files, console).unwrap()
}

#[test]
fn files_arrive_in_their_roles() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("disk"), "the disk").unwrap();
    let create = |name: &str| File::create(path(name)).unwrap();
    let files = vec![(Role::Ramdisk, create("ramdisk")), (Role::Disk, File::open(path("disk")).unwrap())];
    let console = WorkerConsole { input: File::open(path("disk")).unwrap().into(), ..WorkerConsole::none().unwrap() };
    let mut worker = worker(files, "copy", console);
    let handed_over = String::from_utf8(worker.receive(100).unwrap().unwrap()).unwrap();
    assert!(worker.child.wait().unwrap().success());
    assert_eq!(std::fs::read_to_string(path("ramdisk")).unwrap(), "the disk");
    assert_eq!(handed_over, "sealed: true, standard input: the disk");
}

/// What is handed over comes in packets, as many as it takes and no more than are asked for.
#[test]
fn much_is_handed_over() {
    for (most, expected) in [(200_000, Some(200_000)), (199_999, None)] {
        let mut worker = worker(Vec::new(), "send much", WorkerConsole::none().unwrap());
        let handed_over = worker.receive(most).unwrap();
        assert_eq!(handed_over.map(|all| all.iter().filter(|&&byte| byte == b'x').count()), expected);
        worker.child.kill().unwrap();
        worker.child.wait().unwrap();
    }
}

#[test]
fn no_role_has_two_files() {
    let file = || (Role::Disk, File::open("/dev/null").unwrap());
    let error = spawn(["--list".into()], vec![file(), file()], WorkerConsole::none().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "a role has more than one file");
}

/// Without the files the name alone gives nothing.
#[test]
fn a_worker_started_by_hand_is_told_so() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (&ours).write_all(b"pregrub\x01\0\0\0\0").unwrap();
    let (_silent, nothing_said) = UnixStream::pair().unwrap();
    let stream = |stream: UnixStream| Stdio::from(std::os::fd::OwnedFd::from(stream));
    for stdin in [Stdio::null(), Stdio::piped(), stream(theirs), stream(nothing_said)] {
        let mut command = Command::new("/proc/self/exe");
        command.arg0(NAME).args(["--exact", "cli::pygrub::worker::in_the_worker", "--nocapture"]);
        let output = command.stdin(stdin).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "pregrub-worker is started by pregrub itself, with the files it works on; there are none here\n"
        );
    }
}

/// A toolstack kills the process that it knows.
#[test]
fn the_worker_dies_with_its_supervisor() {
    let mut supervisor = Command::new("/proc/self/exe")
        .args(["--exact", "cli::pygrub::worker::as_the_supervisor", "--nocapture"])
        .env(SUPERVISOR, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(supervisor.stdout.take().unwrap());
    let mut line = String::new();
    while line != "ready\n" {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "the worker did not come up");
    }
    supervisor.kill().unwrap();
    supervisor.wait().unwrap();
    // Both held the pipe's other end.
    let killed = Instant::now();
    stdout.read_to_end(&mut Vec::new()).unwrap();
    assert!(killed.elapsed() < Duration::from_secs(20), "it slept to its end");
}

/// Not a test of its own: a supervisor that waits.
#[test]
fn as_the_supervisor() {
    if std::env::var_os(SUPERVISOR).is_some() && !is_called() {
        let mut worker = worker(Vec::new(), "sleep", WorkerConsole::shared().unwrap());
        worker.child.wait().unwrap();
    }
}

/// Not a test of its own: the worker.
#[test]
fn in_the_worker() {
    if !is_called() {
        return;
    }
    let mut inherited = inherited().unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(2)
    });
    let disk = inherited.take(Role::Disk);
    let outbox = inherited.take_outbox().unwrap();
    for sentence in inherited.give_up_privileges(&PRIVILEGES).unwrap() {
        eprintln!("{sentence}");
    }
    if std::env::args().next_back().as_deref() == Some("send much") {
        outbox.send(&[b'x'; 200_000]).unwrap();
        std::process::exit(0);
    }
    if std::env::args().next_back().as_deref() == Some("sleep") {
        println!("ready");
        std::thread::sleep(Duration::from_secs(40));
        std::process::exit(0);
    }
    let mut text = [0; 8];
    disk.unwrap().read_exact_at(&mut text, 0).unwrap();
    inherited.take(Role::Ramdisk).unwrap().write_all(&text).unwrap();
    assert!(inherited.take(Role::Kernel).is_none());
    let sealed = OpenOptions::new().read(true).open("/dev/null").is_err();
    let mut stdin = String::new();
    std::io::stdin().read_to_string(&mut stdin).unwrap();
    outbox.send(format!("sealed: {sealed}, ").as_bytes()).unwrap();
    outbox.send(format!("standard input: {stdin}").as_bytes()).unwrap();
    std::process::exit(0);
}
