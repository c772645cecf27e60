//! The sandbox, proved from the inside: this program starts itself again, enters it and tries what must and what must not work.
//!
//! One cannot leave a sandbox, so every case is a process: the test `inside`, which does nothing when nobody asks it to.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::terminal::Terminal;
use pregrub::cli::pygrub::sandbox::{Privileges, ResourceLimits, enter};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};
use rustix::process::{getegid, geteuid, getgroups, getppid};
use rustix::termios::{OptionalActions, Winsize};
use rustix::thread::CapabilitySet;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

/// Where the re-started program finds its files, and the sign that it is one.
const DIRECTORY: &str = "PREGRUB_TEST_SANDBOX";
/// The user to become; none if unset.
const RUN_AS: &str = "PREGRUB_TEST_SANDBOX_RUN_AS";
/// Names of system calls that the kernel shall not have.
const WITHOUT: &str = "PREGRUB_TEST_SANDBOX_WITHOUT";
/// What to do at the end.
const THEN: &str = "PREGRUB_TEST_SANDBOX_THEN";

const NOBODY: u32 = 65534;
const MIB: usize = 1 << 20;

/// How the process inside ended.
struct Inside {
    /// For each thing tried: `fine`, or the name of the error.
    results: BTreeMap<String, String>,
    /// What `enter` said.
    sentences: Vec<String>,
    stderr: String,
    status: Option<i32>,
    signal: Option<i32>,
}

impl Inside {
    #[track_caller]
    fn assert_all(&self, expected: &str, names: &[&str]) {
        for &name in names {
            let result = self.results.get(name).map(String::as_str);
            assert!(
                result.is_some_and(|result| expected.split('|').any(|one| one == result)),
                "{name}: {result:?}, not {expected}"
            );
        }
    }
}

/// How to start it.
#[derive(Default)]
struct Case {
    /// The user that starts it; the one that runs the tests if none.
    user: Option<u32>,
    run_as: Option<u32>,
    without: &'static str,
    /// What to do at the end instead of ending.
    then: &'static str,
}

impl Case {
    fn run(&self) -> Inside {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let mode = |name: &str, content: &[u8], mode| {
            std::fs::write(directory.path().join(name), content).unwrap();
            std::fs::set_permissions(directory.path().join(name), PermissionsExt::from_mode(mode)).unwrap();
        };
        // Whoever is started may open these; with --runas the later user may not.
        let others = if self.user.is_some() { 0o666 } else { 0o600 };
        mode("disk", b"the guest's disk", others);
        mode("output", b"", others);
        mode("large", b"", others);
        mode("stray", b"a file that was open by mistake", others);

        // A terminal as libxl makes it.
        let terminal = Terminal::open();

        // Not by its path, which another user may be unable to walk.
        let mut command = Command::new("/proc/self/exe");
        command.args(["--exact", "cli::pygrub::sandbox::inside", "--nocapture"]).stdin(terminal.program());
        command
            .env(DIRECTORY, directory.path())
            .env(WITHOUT, self.without)
            .env(THEN, self.then)
            .env_remove("RUST_BACKTRACE");
        if let Some(user) = self.run_as {
            command.env(RUN_AS, user.to_string());
        }
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        let output = command.stdout(Stdio::null()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let mut results = BTreeMap::new();
        let mut sentences = Vec::new();
        for line in stderr.lines() {
            if let Some(sentence) = line.strip_prefix("sentence: ") {
                sentences.push(sentence.to_owned());
            } else if let Some((name, result)) = line.strip_prefix("tried ").and_then(|line| line.split_once(": ")) {
                results.insert(name.to_owned(), result.to_owned());
            }
        }
        let written = std::fs::read_to_string(directory.path().join("output")).unwrap();
        if output.status.code() == Some(0) {
            assert_eq!(written, "the guest's disk and more", "{stderr}");
        }
        Inside { results, sentences, stderr, status: output.status.code(), signal: output.status.signal() }
    }
}

fn root() -> bool {
    if geteuid().is_root() {
        return true;
    }
    eprintln!("SKIPPED: only root can become another user");
    false
}

/// Every process that these tests start must work.
const WORK: &[&str] = &[
    "read the disk",
    "write the output",
    "copy disk to output",
    "cut the output",
    "terminal settings",
    "window size",
    "read the clock",
    "sleep",
    "64 MiB of memory",
    "wait for the terminal",
    "write to standard error",
];

/// Each needs something that a worker has no business with.
const FORBIDDEN: &[&str] = &[
    "open a file",
    "create a file",
    "look at a file",
    "delete a file",
    "list a directory",
    "open /proc/self/fd",
    "connect over TCP",
    "bind UDP",
    "socket pair",
    "accept",
    "start a process",
    "start a thread",
    "fork",
    "execute",
    "trace the parent",
    "signal the parent",
    "limits of the parent",
    "memory of the parent",
    "become root",
    "become root's group",
    "new namespace",
    "raise a limit",
    "executable memory",
    "make memory executable",
    "map a file",
    "read a stray descriptor",
    "write a stray descriptor",
    "copy from a stray descriptor",
    "duplicate a descriptor",
    "type into the terminal",
    "cut standard error",
    "overwrite standard error",
    "overwrite standard error in pieces",
    "wind standard error back",
    "read standard error",
    "read standard error in pieces",
    "read standard output",
    "copy the disk over standard error",
    "send the disk to standard error",
    "cut standard output",
    "overwrite standard output",
    "write to standard input",
    "cut standard input",
    "io_uring",
    "bpf",
];

fn assert_sealed(inside: &Inside) {
    assert_eq!(inside.status, Some(0), "{}", inside.stderr);
    inside.assert_all("fine", WORK);
    inside.assert_all("EPERM|EACCES|EAGAIN", FORBIDDEN);
    inside.assert_all("ENOMEM", &["1 GiB of memory"]);
    inside.assert_all("fine", &["no capabilities", "not dumpable", "no new privileges", "a call of the x32 kind"]);
    assert!(
        inside.stderr.contains("panicked at") && inside.stderr.contains("a message that must be read"),
        "{}",
        inside.stderr
    );
}

#[test]
fn nothing_is_left_to_whoever_starts_it() {
    let inside = Case::default().run();
    assert_sealed(&inside);
    assert_eq!(inside.sentences, [""; 0]);
    inside.assert_all("fine", &["a file of 200 MiB"]);
}

#[test]
fn nothing_is_left_to_an_ordinary_user() {
    if !root() {
        return;
    }
    let inside = Case { user: Some(NOBODY), ..Case::default() }.run();
    assert_sealed(&inside);
    assert_eq!(inside.sentences, [""; 0]);
}

#[test]
fn runas_becomes_that_user_for_good() {
    if !root() {
        return;
    }
    let inside = Case { run_as: Some(1234), ..Case::default() }.run();
    assert_sealed(&inside);
    assert_eq!(inside.sentences, [""; 0]);
    inside.assert_all("1234 1234 []", &["who"]);
    // Where pygrub's write fails, and not by a signal.
    inside.assert_all("EFBIG", &["a file of 200 MiB"]);
}

#[test]
fn runas_root_changes_nothing() {
    if !root() {
        return;
    }
    let inside = Case { run_as: Some(0), ..Case::default() }.run();
    assert_sealed(&inside);
    assert!(inside.results["who"].starts_with("0 0 "), "{}", inside.results["who"]);
}

#[test]
fn runas_that_cannot_be_honoured_ends_it() {
    let ordinary = Case { user: root().then_some(NOBODY), run_as: Some(1234), ..Case::default() }.run();
    assert_eq!(ordinary.status, Some(1));
    assert!(
        ordinary.stderr.contains("cannot become user 1234 (--runas): operation not permitted\n"),
        "{}",
        ordinary.stderr
    );
    // "No change" to the kernel.
    let minus_one = Case { run_as: Some(u32::MAX), ..Case::default() }.run();
    assert_eq!(minus_one.status, Some(1));
    assert!(
        minus_one.stderr.contains("cannot become user 4294967295 (--runas): invalid argument"),
        "{}",
        minus_one.stderr
    );
}

/// One that runs as another user but kept its groups would be no worker of that user.
#[test]
fn runas_fails_where_a_step_is_refused() {
    if !root() {
        return;
    }
    for call in ["setgroups", "setresgid", "setresuid"] {
        let inside = Case { run_as: Some(1234), without: call, ..Case::default() }.run();
        assert_eq!(inside.status, Some(1), "{call}: {}", inside.stderr);
        assert!(inside.stderr.contains("cannot become user 1234 (--runas): "), "{call}: {}", inside.stderr);
    }
}

#[test]
fn without_landlock_the_rest_holds() {
    let inside = Case { without: "landlock_create_ruleset", ..Case::default() }.run();
    assert_eq!(
        inside.sentences,
        ["this kernel does not give Landlock (it is not built in): the disk is read without it"]
    );
    assert_sealed(&inside);
}

#[test]
fn without_seccomp_the_rest_holds() {
    for user in [None, root().then_some(NOBODY)] {
        let inside = Case { user, without: "seccomp", ..Case::default() }.run();
        assert_eq!(
            inside.sentences,
            ["this kernel does not give seccomp filters (function not implemented): the disk is read without it"]
        );
        assert_eq!(inside.status, Some(0), "{}", inside.stderr);
        inside.assert_all("fine", WORK);
        // Landlock, limits and the lack of capabilities.
        inside.assert_all(
            "EPERM|EACCES|EMFILE|EAGAIN",
            &[
                "open a file",
                "create a file",
                "delete a file",
                "list a directory",
                "open /proc/self/fd",
                "connect over TCP",
                "bind UDP",
                "socket pair",
                "execute",
                "trace the parent",
                "signal the parent",
                "memory of the parent",
                "new namespace",
                "raise a limit",
            ],
        );
        // What fcntl says where dup says EMFILE.
        inside.assert_all("EINVAL", &["duplicate a descriptor"]);
        inside.assert_all("ENOMEM", &["1 GiB of memory"]);
    }
}

/// The set is emptied while the right to do so is still there, with `--runas` too.
#[test]
fn no_capability_can_come_back() {
    if !root() {
        return;
    }
    for run_as in [None, Some(1234)] {
        let inside = Case { run_as, without: "seccomp", ..Case::default() }.run();
        inside.assert_all("fine", &["an empty bounding set", "no capabilities", "no new privileges"]);
    }
}

#[test]
fn without_either_each_is_told_once() {
    let inside = Case { without: "landlock_create_ruleset seccomp", ..Case::default() }.run();
    assert_eq!(inside.status, Some(0), "{}", inside.stderr);
    assert_eq!(inside.sentences.len(), 2, "{:?}", inside.sentences);
    inside.assert_all("fine", &["no capabilities", "not dumpable", "no new privileges"]);
    inside.assert_all("EMFILE", &["open a file", "create a file", "bind UDP"]);
}

/// The filter looks at the numbers of 64-bit calls only; the same numbers mean other calls to a 32-bit program.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_call_as_of_a_32_bit_program_ends_it() {
    let inside = Case { then: "call as a 32-bit program", ..Case::default() }.run();
    assert_eq!(inside.status, None, "{}", inside.stderr);
    // SIGSEGV on a kernel that knows no such programs.
    assert!(matches!(inside.signal, Some(libc::SIGSYS | libc::SIGSEGV)), "{:?}", inside.signal);
}

/// Makes the kernel answer as one that lacks the named system calls.
fn take_from_the_kernel(calls: &str) {
    let number = |call| match call {
        "landlock_create_ruleset" => libc::SYS_landlock_create_ruleset,
        "seccomp" => libc::SYS_seccomp,
        "setgroups" => libc::SYS_setgroups,
        "setresgid" => libc::SYS_setresgid,
        "setresuid" => libc::SYS_setresuid,
        _ => panic!("{call}"),
    };
    let rules: BTreeMap<_, _> = calls.split_whitespace().map(|call| (number(call), Vec::new())).collect();
    if rules.is_empty() {
        return;
    }
    let missing = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, missing, arch).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    apply_filter(&program).unwrap();
}

fn name_of(error: &io::Error) -> String {
    let names = [
        (libc::EPERM, "EPERM"),
        (libc::EACCES, "EACCES"),
        (libc::EAGAIN, "EAGAIN"),
        (libc::EINVAL, "EINVAL"),
        (libc::EMFILE, "EMFILE"),
        (libc::EFBIG, "EFBIG"),
        (libc::ENOMEM, "ENOMEM"),
    ];
    let name = names.iter().find(|&&(number, _)| error.raw_os_error() == Some(number));
    name.map_or_else(|| error.to_string(), |&(_, name)| name.to_owned())
}

fn tried<T>(name: &str, result: io::Result<T>) {
    let result = result.map_or_else(|error| name_of(&error), |_| "fine".to_owned());
    eprintln!("tried {name}: {result}");
}

fn holds(name: &str, so: bool) {
    tried(name, if so { Ok(()) } else { Err(io::Error::other("no")) });
}

/// A system call that no safe function makes.
fn call(number: libc::c_long, arguments: [usize; 6]) -> io::Result<libc::c_long> {
    // All six that a call can have: one left out is what the register happens to hold, such as flags that no kernel knows.
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: the kernel checks the addresses, all of which are null or outlive the call; nothing of Rust's is changed.
    let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Not a test of its own: what the tests above start.
#[test]
fn inside() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let directory = Path::new(&directory);
    let open = |name: &str| OpenOptions::new().read(true).write(true).open(directory.join(name)).unwrap();
    let (disk, mut output, large, stray) =
        (File::open(directory.join("disk")).unwrap(), open("output"), open("large"), open("stray"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    take_from_the_kernel(&std::env::var(WITHOUT).unwrap());

    let run_as = std::env::var(RUN_AS).ok().map(|user| user.parse().unwrap());
    let limits =
        if run_as.is_some() { ResourceLimits::restricted(|_| None).unwrap() } else { ResourceLimits::default() };
    let files = [disk.as_raw_fd(), output.as_raw_fd(), large.as_raw_fd()];
    match enter(&Privileges { run_as, limits, draws: true }, &files) {
        Ok(sentences) => sentences.iter().for_each(|sentence| eprintln!("sentence: {sentence}")),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
    let groups: Vec<u32> = groups().iter().map(|group| group.as_raw()).collect();
    eprintln!("tried who: {} {} {groups:?}", geteuid().as_raw(), getegid().as_raw());

    work(&disk, &mut output, &large);
    forbidden(directory, &disk, &stray, &listener, address);
    state();

    let panic = std::panic::catch_unwind(|| panic!("a message that must be read"));
    assert!(panic.is_err());
    #[cfg(target_arch = "x86_64")]
    if !std::env::var(THEN).unwrap().is_empty() {
        // SAFETY: getpid of the 32-bit convention, which has the number 20 there; it changes nothing but its result.
        unsafe { std::arch::asm!("int 0x80", inlateout("eax") 20 => _) };
    }
    std::process::exit(0);
}

/// Before seccomp is in force nobody asks; afterwards the list cannot be read.
fn groups() -> Vec<rustix::process::Gid> {
    getgroups().unwrap_or_default()
}

fn work(disk: &File, output: &mut File, large: &File) {
    let mut buffer = [0; 10];
    tried("read the disk", disk.read_exact_at(&mut buffer, 4));
    assert_eq!(&buffer, b"guest's di");
    tried("copy disk to output", io::copy(&mut &*disk, output));
    tried("write the output", output.write_all(b" and more, which is cut"));
    tried("cut the output", output.set_len(25));
    let stdin = io::stdin();
    tried(
        "terminal settings",
        rustix::termios::tcgetattr(&stdin)
            .and_then(|mut settings| {
                settings.make_raw();
                rustix::termios::tcsetattr(&stdin, OptionalActions::Flush, &settings)
            })
            .map_err(Into::into),
    );
    let size = rustix::termios::tcgetwinsize(&stdin)
        .map(|Winsize { ws_row, ws_col, .. }| assert_eq!((ws_row, ws_col), (0, 0)));
    tried("window size", size.map_err(Into::into));
    let before = Instant::now();
    std::thread::sleep(Duration::from_millis(5));
    holds("sleep", before.elapsed() >= Duration::from_millis(5));
    holds("read the clock", std::time::SystemTime::now() > std::time::UNIX_EPOCH);
    holds("64 MiB of memory", vec![1_u8; 64 * MIB].iter().all(|&byte| byte == 1));
    let mut none: Vec<u8> = Vec::new();
    let refused = none.try_reserve_exact(1024 * MIB).map_err(|_| io::Error::from_raw_os_error(libc::ENOMEM));
    tried("1 GiB of memory", refused);
    let mut ready = [rustix::event::PollFd::new(&stdin, rustix::event::PollFlags::IN)];
    let timeout = rustix::event::Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
    tried("wait for the terminal", rustix::event::poll(&mut ready, Some(&timeout)).map_err(Into::into));
    tried("write to standard error", io::stderr().write_all(b"\n"));
    // Sparse: only its last block is there.
    tried("a file of 200 MiB", large.write_all_at(b"x", 200 * MIB as u64));
}

fn forbidden(directory: &Path, disk: &File, mut stray: &File, listener: &TcpListener, address: std::net::SocketAddr) {
    let other = directory.join("stray");
    tried("open a file", File::open(&other));
    tried("create a file", File::create(directory.join("new")));
    tried("look at a file", std::fs::metadata(&other));
    tried("delete a file", std::fs::remove_file(&other));
    tried("list a directory", std::fs::read_dir(directory));
    tried("open /proc/self/fd", File::open(format!("/proc/self/fd/{}", stray.as_raw_fd())));

    tried("connect over TCP", TcpStream::connect(address));
    tried("bind UDP", UdpSocket::bind("127.0.0.1:0"));
    tried("socket pair", UnixStream::pair());
    tried("accept", listener.accept());

    tried("start a process", Command::new("/bin/true").status());
    tried("start a thread", std::thread::Builder::new().spawn(|| ()));
    // With neither it would work.
    if !std::env::var(WITHOUT).unwrap().contains(' ') {
        tried("execute", Err::<(), _>(Command::new("/bin/true").exec()));
    }
    // CLONE_VFORK alone is a fork that waits; the child ends at once.
    match call(libc::SYS_clone, [libc::CLONE_VFORK as usize | libc::SIGCHLD as usize, 0, 0, 0, 0, 0]) {
        Ok(0) => std::process::abort(),
        result => tried("fork", result),
    }

    let parent = getppid().unwrap();
    let number = parent.as_raw_nonzero().get() as usize;
    tried("trace the parent", call(libc::SYS_ptrace, [libc::PTRACE_SEIZE as usize, number, 0, 0, 0, 0]));
    tried("signal the parent", rustix::process::test_kill_process(parent).map_err(Into::into));
    tried("limits of the parent", call(libc::SYS_prlimit64, [number, libc::RLIMIT_CORE as usize, 0, 0, 0, 0]));
    let mut byte = 0_u8;
    // Whether it may is decided before the address is looked at.
    let local = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let remote = libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 1 };
    let (local, remote) = (&raw const local as usize, &raw const remote as usize);
    tried("memory of the parent", call(libc::SYS_process_vm_readv, [number, local, 1, remote, 1, 0]));

    tried("become root", rustix::thread::set_thread_uid(rustix::process::Uid::ROOT).map_err(Into::into));
    tried("become root's group", rustix::thread::set_thread_gid(rustix::process::Gid::ROOT).map_err(Into::into));
    tried("new namespace", call(libc::SYS_unshare, [libc::CLONE_NEWNS as usize, 0, 0, 0, 0, 0]));
    let more = rustix::process::Rlimit { current: Some(100), maximum: Some(100) };
    tried("raise a limit", rustix::process::setrlimit(rustix::process::Resource::Nofile, more).map_err(Into::into));

    memory(disk);

    let mut buffer = [0; 4];
    tried("read a stray descriptor", stray.read_exact(&mut buffer));
    tried("write a stray descriptor", stray.write_all(&buffer));
    let copy = [stray.as_raw_fd() as usize, 0, disk.as_raw_fd() as usize, 0, 1, 0];
    tried("copy from a stray descriptor", call(libc::SYS_copy_file_range, copy));
    let _ = stray.rewind();
    tried("duplicate a descriptor", disk.try_clone());
    tried(
        "type into the terminal",
        call(libc::SYS_ioctl, [0, libc::TIOCSTI as usize, b"x".as_ptr() as usize, 0, 0, 0]),
    );
    standard_descriptors(disk);
    tried("io_uring", call(libc::SYS_io_uring_setup, [1, 0, 0, 0, 0, 0]));
    tried("bpf", call(libc::SYS_bpf, [0, 0, 0, 0, 0, 0]));
    #[cfg(target_arch = "x86_64")]
    {
        const X32: libc::c_long = 0x4000_0000;
        // getpid, which is allowed without that bit. A kernel without x32 says ENOSYS where no filter is.
        let refused = call(X32 | libc::SYS_getpid, [0; 6]).is_err();
        holds("a call of the x32 kind", refused);
    }
    #[cfg(not(target_arch = "x86_64"))]
    holds("a call of the x32 kind", true);
}

/// A log to which standard error goes grows at its end; nothing in it is changed or read.
fn standard_descriptors(disk: &File) {
    let disk = disk.as_raw_fd() as usize;
    let mut byte = *b"x";
    let address = byte.as_mut_ptr() as usize;
    let piece = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
    let piece = &raw const piece as usize;
    tried("cut standard error", call(libc::SYS_ftruncate, [2, 0, 0, 0, 0, 0]));
    tried("overwrite standard error", call(libc::SYS_pwrite64, [2, address, 1, 0, 0, 0]));
    tried("overwrite standard error in pieces", call(libc::SYS_pwritev, [2, piece, 1, 0, 0, 0]));
    tried("wind standard error back", call(libc::SYS_lseek, [2, 0, libc::SEEK_SET as usize, 0, 0, 0]));
    tried("read standard error", call(libc::SYS_read, [2, address, 1, 0, 0, 0]));
    tried("read standard error in pieces", call(libc::SYS_readv, [2, piece, 1, 0, 0, 0]));
    tried("read standard output", call(libc::SYS_read, [1, address, 1, 0, 0, 0]));
    tried("copy the disk over standard error", call(libc::SYS_copy_file_range, [disk, 0, 2, 0, 1, 0]));
    tried("send the disk to standard error", call(libc::SYS_sendfile, [2, disk, 0, 1, 0, 0]));
    tried("cut standard output", call(libc::SYS_ftruncate, [1, 0, 0, 0, 0, 0]));
    tried("overwrite standard output", call(libc::SYS_pwrite64, [1, address, 1, 0, 0, 0]));
    tried("write to standard input", call(libc::SYS_write, [0, address, 1, 0, 0, 0]));
    tried("cut standard input", call(libc::SYS_ftruncate, [0, 0, 0, 0, 0, 0]));
}

fn memory(disk: &File) {
    let code = ProtFlags::READ | ProtFlags::EXEC;
    // SAFETY: new mappings at addresses of the kernel's choice, unmapped by nobody and used by nobody.
    unsafe {
        let new = rustix::mm::mmap_anonymous(std::ptr::null_mut(), 4096, code, MapFlags::PRIVATE);
        tried("executable memory", new.map_err(Into::into));
        let data = rustix::mm::mmap_anonymous(std::ptr::null_mut(), 4096, ProtFlags::READ, MapFlags::PRIVATE).unwrap();
        let change = rustix::mm::mprotect(data, 4096, MprotectFlags::READ | MprotectFlags::EXEC);
        tried("make memory executable", change.map_err(Into::into));
        let file = rustix::mm::mmap(std::ptr::null_mut(), 4096, ProtFlags::READ, MapFlags::PRIVATE, disk, 0);
        tried("map a file", file.map_err(Into::into));
    }
}

/// What the kernel says of this process. A filter refuses the question; then the answers were asked of its parent's tests.
fn state() {
    let refused = |error| error == rustix::io::Errno::PERM;
    let none = CapabilitySet::empty();
    let capabilities = rustix::thread::capabilities(None)
        .map_or_else(refused, |sets| (sets.effective, sets.permitted, sets.inheritable) == (none, none, none));
    holds("no capabilities", capabilities);
    let dumpable = rustix::process::dumpable_behavior()
        .map_or_else(refused, |behavior| behavior == rustix::process::DumpableBehavior::NotDumpable);
    holds("not dumpable", dumpable);
    let bounding = (0..40).map(|bit| CapabilitySet::from_bits_retain(1 << bit));
    let mut bounding = bounding.map(rustix::thread::capability_is_in_bounding_set);
    holds("an empty bounding set", bounding.all(|there| there.map_or_else(refused, |there| !there)));
    holds("no new privileges", rustix::thread::no_new_privs().unwrap_or_else(refused));
}
