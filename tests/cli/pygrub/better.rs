//! Where the drop-in is deliberately better than pygrub (docs/drop-in.md): both are run, and each does what is said of it there.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::drop_in;
use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::oracle::Oracle;
use crate::common::program;
use crate::common::terminal::on_terminal;
use crate::common::tools;

const CONFIG: &str = "menuentry 'A' {\n  linux /k ro\n  initrd /i\n}\n";

/// The shell's `ulimit -f 64`: files of 64 blocks of 512 bytes.
const SMALL_FILES: [&str; 3] = ["/bin/sh", "-c", "ulimit -f 64; exec \"$@\""];

struct Ended {
    exit: Option<i32>,
    stdout: String,
    stderr: String,
    /// Names and sizes of what is left in the output directory.
    left: Vec<(String, u64)>,
}

/// Runs one of the two on the image.
fn run(program: &Path, first: &[&str], wrapper: &[&str], oracle: &Oracle, argv: &[&str], image: &Path) -> Ended {
    let out = tempfile::tempdir().unwrap();
    let mut command = match wrapper {
        [] => Command::new(program),
        [shell, rest @ ..] => {
            let mut command = Command::new(shell);
            command.args(rest).arg("sh").arg(program);
            command
        }
    };
    let environment = drop_in::environment(oracle).into_iter().filter_map(|(name, value)| Some((name, value?)));
    let Output { status, stdout, stderr } = command
        .args(first)
        .args(argv)
        .arg(format!("--output-directory={}", out.path().display()))
        .arg(image)
        .envs(environment)
        .output()
        .unwrap();
    let mut left: Vec<_> = fs::read_dir(out.path())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name.split('.').next().unwrap().to_owned(), entry.metadata().unwrap().len())
        })
        .collect();
    left.sort();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { exit: status.code(), stdout: text(stdout), stderr: text(stderr), left }
}

fn both(oracle: &Oracle, wrapper: &[&str], argv: &[&str], image: &Image) -> (Ended, Ended) {
    let theirs = run(&oracle.pygrub, &[], wrapper, oracle, argv, image.path());
    (run(&program::path(), &["pygrub"], wrapper, oracle, argv, image.path()), theirs)
}

fn image(kernel: usize, initrd: Option<usize>) -> Image {
    let mut tree = Tree::new().file("grub/grub.cfg", CONFIG).file("k", vec![b'K'; kernel]);
    if let Some(initrd) = initrd {
        tree = tree.file("i", vec![b'I'; initrd]);
    }
    Image::whole(&Volume::ext4(tree))
}

#[test]
fn a_failure_leaves_no_files() {
    let oracle = oracle_or_skip!();
    let (ours, theirs) = both(&oracle, &[], &["-q"], &Image::of_bytes(&[0; 4096]));
    assert_eq!((ours.exit, theirs.exit), (Some(1), Some(1)));
    assert_eq!((ours.left.len(), theirs.left.len()), (0, 2));
    let (ours, theirs) = both(&oracle, &[], &["-q"], &image(100, None));
    assert_eq!((ours.exit, theirs.exit), (Some(1), Some(1)));
    assert_eq!((ours.left.len(), theirs.left.len()), (0, 1), "{:?}", theirs.left);
    for argv in [&["-l"][..], &["--isconfig", "-q"]] {
        let (ours, theirs) = both(&oracle, &[], argv, &Image::of_bytes(CONFIG.as_bytes()));
        assert_eq!((ours.exit, theirs.exit), (Some(0), Some(0)));
        assert_eq!((ours.left.len(), theirs.left.len()), (0, 2));
    }
}

/// What is written only in part, without an error: pygrub hands over a kernel that is cut.
#[test]
fn a_write_that_is_cut_is_noticed() {
    let oracle = oracle_or_skip!();
    let image = image(100_000, Some(10));
    let (ours, theirs) = both(&oracle, &SMALL_FILES, &["-q"], &image);
    assert_eq!(
        (theirs.exit, theirs.left),
        (Some(0), vec![("boot_kernel".to_owned(), 32_768), ("boot_ramdisk".to_owned(), 10)])
    );
    assert_eq!((ours.exit, ours.left), (Some(1), vec![]));
    assert_eq!(ours.stdout, "");
    assert!(
        ours.stderr.ends_with("[Errno 27] File too large\nError writing temporary copy of kernel\n"),
        "{}",
        ours.stderr
    );
}

/// An image that ends inside the kernel.
#[test]
fn a_damaged_kernel_is_refused() {
    let oracle = oracle_or_skip!();
    let tree = Tree::new().file("grub/grub.cfg", CONFIG).file("i", "initrd");
    let whole = Image::whole(&Volume::new(Filesystem::fat(12), tree));
    // The kernel comes last, so that nothing else is behind the end.
    let host = tempfile::tempdir().unwrap();
    fs::write(host.path().join("k"), vec![b'K'; 50_000]).unwrap();
    let mut mcopy = Command::new(tools::tool("mcopy").expect("mtools"));
    assert!(mcopy.arg("-i").arg(whole.path()).arg(host.path().join("k")).arg("::k").status().unwrap().success());
    let mut bytes = fs::read(whole.path()).unwrap();
    bytes.truncate(memchr::memmem::find(&bytes, b"KKKK").unwrap() + 30_000);
    let (ours, theirs) = both(&oracle, &[], &["-q"], &Image::of_bytes(&bytes));
    assert_eq!(theirs.exit, Some(0));
    assert_eq!(theirs.left, [("boot_kernel".to_owned(), 50_000), ("boot_ramdisk".to_owned(), 6)]);
    assert_eq!((ours.exit, ours.stdout.as_str(), ours.left), (Some(1), "", vec![]));
    assert!(
        ours.stderr.contains("pregrub: `/k` is damaged (the image ends before byte 30000 of its 50000"),
        "{}",
        ours.stderr
    );
    let image = Image::of_bytes(&bytes);
    let check = program::run(&["check", &image.argument()]);
    assert_eq!(check.status, 1);
    insta::assert_snapshot!(check.stdout.replace(&image.argument(), "disk.img"));
}

/// A length that a guest claims: pygrub copies the holes, too.
#[test]
fn a_kernel_larger_than_its_disk_is_refused() {
    let oracle = oracle_or_skip!();
    let tree = Tree::new().file("grub/grub.cfg", CONFIG).file("k", "kernel").file("i", "initrd");
    let image = Image::whole(&Volume::ext4(tree).sized(4 << 20));
    image.debugfs("set_inode_field /k size 41943040\n");
    let (ours, theirs) = both(&oracle, &[], &["-q"], &image);
    assert_eq!(
        (theirs.exit, theirs.left),
        (Some(0), vec![("boot_kernel".to_owned(), 41_943_040), ("boot_ramdisk".to_owned(), 6)])
    );
    assert_eq!((ours.exit, ours.stdout.as_str(), ours.left), (Some(1), "", vec![]));
    let why = "pregrub: the kernel claims 41943040 bytes, and its whole disk has 4194304: write the file again";
    assert!(ours.stderr.contains(why), "{}", ours.stderr);
}

/// The exit status of a child that failed under `--runas`.
#[test]
fn a_failure_under_runas_is_one() {
    let oracle = oracle_or_skip!();
    if !rustix::process::getuid().is_root() {
        eprintln!("SKIPPED: --runas takes root");
        return;
    }
    let empty = Image::of_bytes(&[0; 4096]);
    let (ours, theirs) = both(&oracle, &[], &["-q", "--runas=65534"], &empty);
    assert_eq!((ours.exit, theirs.exit), (Some(1), Some(0)));
    assert!(ours.stderr.ends_with("RuntimeError: Unable to find partition containing kernel\n"), "{}", ours.stderr);
    let good = image(3000, Some(2000));
    let (ours, theirs) = both(&oracle, &[], &["-q", "--runas=65534", "--output-format=simple"], &good);
    assert_eq!((ours.exit, theirs.exit), (Some(0), Some(0)));
    assert_eq!(ours.left, theirs.left);
    let lines = |ended: &Ended| ended.stdout.lines().count();
    assert_eq!(lines(&ours), lines(&theirs));
}

/// In place of a traceback: what is wrong, where, and the way out.
#[test]
fn a_failure_is_explained() {
    let oracle = oracle_or_skip!();
    let config = "menuentry 'A' {\n  linux ($drive1)/k ro\n}\n";
    let image = Image::whole(&Volume::ext4(Tree::new().file("grub/grub.cfg", config)));
    let (ours, theirs) = both(&oracle, &[], &["-q"], &image);
    assert_eq!((ours.exit, theirs.exit), (Some(1), Some(1)));
    assert!(theirs.stderr.contains("Traceback (most recent call last):"));
    assert!(!theirs.stderr.contains("drive1"));
    assert_eq!(
        ours.stderr,
        "Using <class 'grub.GrubConf.Grub2ConfigFile'> to parse /grub/grub.cfg\n\
         pregrub: /grub/grub.cfg, line 2: pygrub parses `($drive1)` as a device name, expects a number after its first two \
         characters, and rejects the whole file\n\
         pregrub: write the path without a device, as pygrub never uses it: it reads the kernel from where it found the \
         configuration\n\
         RuntimeError: Unable to find partition containing kernel\n"
    );
}

/// The guest's words reach the toolstack's log without what a terminal would obey.
#[test]
fn an_explanation_is_escaped() {
    let oracle = oracle_or_skip!();
    let config = "menuentry 'A' {\n  linux (hd\u{1b}[2J)/k ro\n}\n";
    let image = Image::whole(&Volume::ext4(Tree::new().file("grub/grub.cfg", config)));
    let (ours, _) = both(&oracle, &[], &["-q"], &image);
    assert!(ours.stderr.contains("(hd\\x1b[2J") && !ours.stderr.contains('\u{1b}'), "{}", ours.stderr);
}

/// A release that nobody knows ends the drop-in with a sentence, before anything is made.
#[test]
fn the_environment_is_checked() {
    for (name, value, told) in [
        ("PREGRUB_RELEASE", "5.0", "`5.0` is not a Xen release that pregrub knows"),
        (
            "PREGRUB_FLAVOUR",
            "gentoo",
            "`gentoo` is not a value of PREGRUB_FLAVOUR: use upstream, debian, suse or xcp-ng",
        ),
    ] {
        let output = program::command(&["pygrub", "-q", "x"]).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("pregrub: ") && stderr.contains(told), "{stderr}");
    }
}

/// A result that a terminal would obey is not printed on one; a pipe or a file gets it as it is.
#[test]
fn a_result_steers_no_terminal() {
    let config = |arguments: &str| format!("menuentry 'A' {{\n  linux /k {arguments}\n}}\n");
    let image = |arguments: &str| {
        Image::whole(&Volume::ext4(Tree::new().file("grub/grub.cfg", config(arguments)).file("k", "K")))
    };
    let (plain, steering) = (image("ro é"), image("ro \u{1b}[31m"));
    let turning = image("ro \u{202e}");
    for (format, release) in [("sxp", "4.4"), ("simple", "4.17"), ("simple0", "4.20")] {
        let out = tempfile::tempdir().unwrap();
        let command = |image: &Image, more: &[&str]| {
            let mut command = program::command(&["pygrub", "-q"]);
            command.env("PREGRUB_RELEASE", release).args(more).arg(format!("--output-format={format}"));
            command.arg(format!("--output-directory={}", out.path().display())).arg(image.path());
            command.stderr(std::process::Stdio::null());
            command
        };
        for (image, is_refused) in [(&plain, false), (&steering, true), (&turning, true)] {
            for more in [&[][..], &["--output=-"], &["--output=/dev/stdout"], &["--output=/proc/self/fd/1"]] {
                let (status, written) = on_terminal(&mut command(image, more));
                let written = String::from_utf8_lossy(&written).into_owned();
                assert_eq!(status.code(), Some(i32::from(is_refused)), "{format} {more:?}: {written}");
                assert_eq!(written.contains("args"), !is_refused, "{format} {more:?}: {written}");
            }
            let piped = command(image, &[]).output().unwrap();
            assert!(piped.status.success() && !piped.stdout.is_empty(), "{format}: {piped:?}");
            let file = out.path().join("result");
            fs::write(&file, "").unwrap();
            let (status, _) = on_terminal(&mut command(image, &[&format!("--output={}", file.display())]));
            assert!(status.success() && fs::read(file).unwrap().len() == piped.stdout.len(), "{format}");
        }
    }
}
