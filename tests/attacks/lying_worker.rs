//! A worker that was taken over and lies to its supervisor, in every field.
//!
//! The supervisor starts its own program again, so this program is both sides: before the tests begin, [`START`] looks at how it was
//! called. The liar is no worse than the sandbox lets a worker be: it has the open files, the socket and standard error.

use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::{FromRawFd, RawFd};
use std::os::unix::fs::FileExt;
use std::process::Command;

use pregrub::cli::pygrub::handover::WorkerResult;
use pregrub::cli::pygrub::supervise;
use pregrub::cli::pygrub::worker::{Role, inherited, is_called};

use super::handed_over::{Host, good_disk, stderr};

/// What the worker does.
const LIE: &str = "PREGRUB_TEST_LIE";
/// The sign that this program is to be the drop-in.
const SUPERVISOR: &str = "PREGRUB_TEST_LIED_TO";

/// Runs before the test harness reads the command line, which is pygrub's or the worker's.
#[used]
#[cfg(target_os = "linux")]
// SAFETY: the C library calls what stands in this section with arguments that are not looked at, after the standard library's own
// entry, which keeps the command line.
#[unsafe(link_section = ".init_array")]
static START: extern "C" fn() = {
    extern "C" fn start() {
        if std::env::var_os(LIE).is_some() && is_called() {
            std::process::exit(lie(&std::env::var(LIE).unwrap()));
        }
        if std::env::var_os(SUPERVISOR).is_some() && !is_called() {
            let args: Vec<_> = std::env::args_os().skip(1).collect();
            std::process::exit(supervise("pygrub", &args).into());
        }
    }
    start
};

/// What an honest worker hands over of [`good_disk`].
fn truth() -> WorkerResult {
    WorkerResult {
        kernel: Some(8),
        ramdisk: Some(9),
        args: Some(b"root=/dev/xvda1 ro".to_vec()),
        ..WorkerResult::default()
    }
}

/// Does what a worker does, with one lie, and returns the exit status.
fn lie(which: &str) -> i32 {
    let mut inherited = inherited().unwrap();
    let outbox = inherited.take_outbox().unwrap();
    let _disk = inherited.take(Role::Disk).unwrap();
    let (kernel, ramdisk) = (inherited.take(Role::Kernel), inherited.take(Role::Ramdisk));
    if let (Some(mut kernel), Some(mut ramdisk)) = (kernel.as_ref(), ramdisk.as_ref()) {
        kernel.write_all(b"a kernel").unwrap();
        ramdisk.write_all(b"an initrd").unwrap();
        match which {
            "kernel grown" => kernel.set_len(9).unwrap(),
            "kernel of 8 TiB" => kernel.set_len(8 << 40).unwrap(),
            "no ramdisk" => ramdisk.set_len(0).unwrap(),
            _ => {}
        }
    }
    let text = |text: &str| Some(text.as_bytes().to_vec());
    let honest = truth();
    let told = match which {
        "kernel too short" => WorkerResult { kernel: Some(7), ..honest },
        "kernel of 8 TiB" => WorkerResult { kernel: Some(8 << 40), ..honest },
        "no kernel" => WorkerResult { kernel: None, ..honest },
        "another length of the ramdisk" => WorkerResult { ramdisk: Some(8), ..honest },
        "a ramdisk that is not told" | "no ramdisk" if which.ends_with("told") => {
            WorkerResult { ramdisk: None, ..honest }
        }
        "names" => WorkerResult { kernel_name: text("/harmless"), ramdisk_name: text("/harmless"), ..honest },
        "a name of the ramdisk" => WorkerResult { ramdisk_name: text("/harmless"), ..honest },
        "printed" => WorkerResult { printed: text("kernel harmless\0\0"), ..honest },
        "printed alone" => WorkerResult { printed: text("kernel harmless\0\0"), ..WorkerResult::default() },
        "a NUL" => WorkerResult { args: text("ro\0kernel harmless"), ..honest },
        "a line feed" => WorkerResult { args: text("ro\nkernel harmless"), ..honest },
        "a quote" => WorkerResult { args: text("ro\")(kernel harmless)(args \""), ..honest },
        "no arguments" => WorkerResult { args: Some(Vec::new()), ..honest },
        "long arguments" => WorkerResult { args: Some(vec![b'x'; (4 << 20) + 1]), ..honest },
        "nothing" => WorkerResult::default(),
        _ => honest,
    };
    let message = match which {
        "cut" => told.encode()[..30].to_vec(),
        "twice" => [told.encode(), told.encode()].concat(),
        "an unknown field" => [told.encode(), b"z\0\0\0\0".to_vec()].concat(),
        "text" => b"kernel harmless\0\0".to_vec(),
        "without end" => vec![b'a'; 20 << 20],
        "empty" => Vec::new(),
        _ => told.encode(),
    };
    if which == "every descriptor" {
        write_everywhere();
    }
    // The supervisor stops reading where it is too much.
    let _ = outbox.send(&message);
    match which {
        "exit status 100" => 100,
        "failure" => 1,
        "death" => std::process::abort(),
        "life" => {
            drop(outbox);
            std::thread::sleep(std::time::Duration::from_secs(100));
            0
        }
        _ => 0,
    }
}

/// Writes a record to every descriptor that it has, but standard error.
fn write_everywhere() {
    for number in (0..64).filter(|&number: &RawFd| number != 2) {
        // SAFETY: what is written to a descriptor that is closed, or to another one's, is what this test is about; it is not closed
        // again.
        let mut file = std::mem::ManuallyDrop::new(unsafe { File::from_raw_fd(number) });
        let is_copy = file.rewind().is_ok() && file.metadata().is_ok_and(|data| data.len() < 10);
        // The kernel, the initrd and the socket are its own.
        if !is_copy && !file.metadata().is_ok_and(|data| std::os::unix::fs::FileTypeExt::is_socket(&data.file_type())) {
            let _ = file.write_all(b"kernel harmless\0\0");
            let _ = file.write_all_at(b"kernel harmless\0\0", 0);
        }
    }
}

/// The word that leaves standard output as the output.
const TO_STDOUT: &str = "--output=-";

fn run(which: &str, release: &str, format: &str, more: &[&str]) -> (Host, Option<i32>, Vec<u8>, String) {
    let (host, image) = (Host::new(), good_disk());
    let [output, directory] = host.options();
    let mut command = Command::new("/proc/self/exe");
    command.args(["-q", &directory, &format!("--output-format={format}")]).args(more).arg(image.path());
    if !more.contains(&TO_STDOUT) {
        command.arg(output);
    }
    let answer = command
        .env(LIE, which)
        .env(SUPERVISOR, "1")
        .env("PREGRUB_RELEASE", release)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    (host, answer.status.code(), answer.stdout.clone(), stderr(&answer))
}

#[test]
fn the_truth_is_believed() {
    let (host, status, stdout, stderr) = run("truth", "4.22", "simple0", &[]);
    assert_eq!((status, &stdout[..]), (Some(0), &b""[..]), "{stderr}");
    assert!(host.assert_all_or_nothing("truth"));
    // A worker has no descriptor of the output, be it a file or standard output.
    let (host, status, _, stderr) = run("every descriptor", "4.22", "simple0", &[]);
    assert_eq!(status, Some(0), "{stderr}");
    assert!(host.assert_all_or_nothing("every descriptor"));
    let (host, status, stdout, stderr) = run("every descriptor", "4.22", "simple0", &[TO_STDOUT]);
    assert_eq!((status, host.left().len()), (Some(0), 2), "{stderr}");
    let stdout = String::from_utf8(stdout).unwrap();
    assert!(stdout.starts_with("kernel /") && stdout.ends_with("args root=/dev/xvda1 ro\0\0"), "{stdout:?}");
    assert!(!stdout.contains("harmless"));
}

#[test]
fn no_lie_is_believed() {
    let lies = [
        "kernel grown",
        "kernel too short",
        "kernel of 8 TiB",
        "no kernel",
        "another length of the ramdisk",
        "a ramdisk that is not told",
        "no ramdisk",
        "names",
        "a name of the ramdisk",
        "printed",
        "printed alone",
        "no arguments",
        "long arguments",
        "nothing",
        "cut",
        "twice",
        "an unknown field",
        "text",
        "without end",
        "empty",
        "exit status 100",
        "failure",
        "death",
    ];
    for which in lies {
        for (release, format) in [("4.6.0", "simple0"), ("4.22", "simple"), ("4.17", "sxp")] {
            let (host, status, stdout, stderr) = run(which, release, format, &[]);
            let context = format!("{which}, {release} {format}: {status:?} {stderr}");
            assert_ne!(status, Some(0), "{context}");
            assert_eq!(stdout, b"", "{context}");
            host.assert_nothing(&context);
            let silent = ["failure", "death", "without end"].contains(&which);
            assert!(silent || stderr.starts_with("pregrub: "), "{context}");
        }
    }
}

/// One that has handed over what it found only has to end.
#[test]
fn one_that_lives_on_is_not_waited_for() {
    let begun = std::time::Instant::now();
    let (host, status, stdout, stderr) = run("life", "4.22", "simple0", &[]);
    assert_eq!((status, &stdout[..]), (Some(1), &b""[..]), "{stderr}");
    assert!(stderr.contains("the worker did not end"), "{stderr}");
    host.assert_nothing("life");
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

/// What the guest writes goes through the same check, whoever read it.
#[test]
fn no_delimiter_passes() {
    for release in ["4.1", "4.6.0", "4.7.1", "4.7.2", "4.12", "4.17", "4.22"] {
        for (which, format) in [("a NUL", "simple0"), ("a line feed", "simple"), ("a quote", "sxp")] {
            let (host, status, stdout, stderr) = run(which, release, format, &[]);
            let context = format!("{which}, {release} {format}: {stderr}");
            assert_eq!(stdout, b"", "{context}");
            if status == Some(0) {
                // Quoted, by the releases that do.
                assert!(format == "sxp" && host.written().contains("'ro\")(kernel harmless)(args \"'"), "{context}");
            } else {
                host.assert_nothing(&context);
            }
        }
    }
}

/// Where a list is to be printed, it is all that is.
#[test]
fn a_list_is_a_list() {
    for more in [&["-l"][..], &["-n"], &["--isconfig"]] {
        for which in ["truth", "names", "printed", "nothing"] {
            let (host, status, stdout, stderr) = run(which, "4.22", "simple0", more);
            assert_eq!(host.left(), [], "{more:?} {which}");
            let fits = which == "nothing" && more == ["-n"];
            assert_eq!((status == Some(0), stdout.is_empty()), (fits, true), "{more:?} {which}: {stderr}");
            assert_eq!(host.written(), if fits { "kernel None\0\0" } else { "" }, "{more:?} {which}");
        }
    }
    let (host, status, stdout, _) = run("printed alone", "4.22", "simple0", &["-l"]);
    assert_eq!((status, &stdout[..], host.written().as_str()), (Some(0), &b"kernel harmless\0\0"[..], ""));
}
