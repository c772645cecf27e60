//! Names of files are bytes: those that are not UTF-8 are opened like all others, and shown with `\xff`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::common::program::{command, corpus};

/// A name as Latin-1 writes `café` and an ending.
fn latin(ending: &str) -> OsString {
    OsStr::from_bytes(&[b"caf\xe9", ending.as_bytes()].concat()).to_owned()
}

/// A folder with a disk, a configuration, a kernel and a domain of such names.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let place = |ending| dir.path().join(latin(ending));
    fs::copy(corpus("images/recipe.img"), place(".img")).unwrap();
    fs::create_dir(place("")).unwrap();
    fs::write(place("").join("grub.cfg"), "menuentry a {\n  linux ($drive1)/k\n}\n").unwrap();
    let disk = [
        b"name = 'x'\nbootloader = 'pygrub'\nmemory = 512\nvcpus = 1\ndisk = ['".as_slice(),
        b"caf\xe9.img,raw,xvda,w']\n",
    ];
    fs::write(place(".cfg"), disk.concat()).unwrap();
    dir
}

fn program(directory: &Path) -> Command {
    let mut command = command(&[]);
    command.current_dir(directory);
    command
}

fn ended(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn every_subcommand_opens_a_name_that_is_not_utf_8() {
    let dir = folder();
    let run =
        |words: &[&str], names: &[OsString]| ended(&program(dir.path()).args(words).args(names).output().unwrap());
    let image = [latin(".img")];
    for subcommand in ["check", "trace", "entries", "cat", "compare", "grub"] {
        let (status, stdout, stderr) = run(&[subcommand], &image);
        assert!(stderr.is_empty() && !stdout.is_empty(), "{subcommand}: {stderr}");
        assert_eq!(status == 0, subcommand != "compare", "{subcommand}: {stdout}");
        assert!(!stdout.contains('\u{fffd}'), "{stdout}");
    }
    let (status, stdout, _) = run(&["check", "--format", "json"], &image);
    let object: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((status, &object["target"]), (0, &"caf\\xe9.img".into()));
    for format in ["text", "concise", "sarif", "junit", "github", "openmetrics"] {
        let (status, stdout, stderr) = run(&["check", "--format", format], &image);
        assert_eq!((status, stderr.as_str()), (0, ""), "{format}");
        assert!(format == "github" || format == "sarif" || stdout.contains("caf\\"), "{format}: {stdout}");
    }
    let (status, stdout, _) = run(&["check", "--root-disk"], &[latin(".img"), latin(".img")]);
    // It has /boot and not the system.
    assert!(status == 1 && stdout.contains("there is no `nix` in the root"), "{stdout}");
    // The disk that a domain names is one of these, too.
    let (status, stdout, stderr) = run(&["check"], &[latin(".cfg")]);
    assert_eq!((status, stderr.as_str()), (0, ""), "{stdout}");
    assert!(stdout.contains("caf\\xe9.cfg"), "{stdout}");
    for subcommand in ["kernel", "initrd"] {
        let (status, _, stderr) = run(&[subcommand], &[latin(".gone")]);
        assert_eq!(status, 3);
        assert_eq!(stderr, "pregrub: cannot read `caf\\xe9.gone`: there is no such file\n");
    }
    let (status, _, stderr) = run(&["check"], &[latin(".gone")]);
    assert_eq!((status, stderr.as_str()), (3, "pregrub: cannot read `caf\\xe9.gone`: there is no such file\n"));
    let (status, _, stderr) = run(&["cat"], &[latin(".img"), latin(".gone")]);
    assert_eq!(status, 1, "{stderr}");
}

#[test]
fn trees_and_lists_have_such_names() {
    let dir = folder();
    let named = |stdout: &str| -> Vec<String> {
        let objects = stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        objects.map(|object| object["target"].as_str().unwrap().to_owned()).collect()
    };
    let output = program(dir.path()).args(["check", "--recursive", "--format", "json", "."]).output().unwrap();
    let (_, stdout, stderr) = ended(&output);
    assert_eq!(named(&stdout), ["./caf\\xe9/grub.cfg", "./caf\\xe9.cfg", "./caf\\xe9.img"], "{stderr}");
    let mut child = program(dir.path())
        .args(["lint", "--format", "json", "--targets-from", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"caf\xe9/grub.cfg\ncaf\xe9.img\n").unwrap();
    let (_, stdout, _) = ended(&child.wait_with_output().unwrap());
    assert_eq!(named(&stdout), ["caf\\xe9/grub.cfg", "caf\\xe9.img"]);
}

#[test]
fn a_fix_and_a_baseline_find_the_file_again() {
    let dir = folder();
    let file = PathBuf::from(latin("")).join("grub.cfg");
    let run = |words: &[&str]| ended(&program(dir.path()).args(words).arg(&file).output().unwrap());
    let (_, stdout, stderr) = run(&["lint"]);
    // What the last line names can be pasted.
    assert!(stdout.contains(" $'caf\\351/grub.cfg'\n"), "{stdout}{stderr}");
    let (status, stdout, _) = run(&["lint", "--baseline", "baseline.json", "--update-baseline"]);
    assert!(status == 0 && stdout.contains("to the baseline"), "{stdout}");
    let (status, stdout, _) = run(&["lint", "--baseline", "baseline.json"]);
    assert!(status == 0 && stdout.contains("of the baseline not shown"), "{stdout}");
    let (_, stdout, stderr) = run(&["lint", "--fix", "--unsafe"]);
    assert!(stdout.starts_with("fixed caf\\xe9/grub.cfg:3: "), "{stdout}{stderr}");
}

/// What is given to pygrub reaches it byte for byte: names in the guest, titles and arguments.
#[test]
fn options_of_pygrub_need_not_be_utf_8() {
    let dir = tempfile::tempdir().unwrap();
    let disk = dir.path().join("root");
    fs::create_dir(&disk).unwrap();
    fs::write(disk.join(latin(".kernel")), "k").unwrap();
    let option =
        |name: &str, value: &OsStr| OsStr::from_bytes(&[name.as_bytes(), value.as_bytes()].concat()).to_owned();
    let words = [
        option("--kernel=/", &latin(".kernel")),
        option("--args=", OsStr::from_bytes(b"title=\xe9")),
        OsString::from("root"),
    ];
    let output =
        program(dir.path()).args(["check", "--until", "pygrub", "--format", "json"]).args(words).output().unwrap();
    let (status, stdout, stderr) = ended(&output);
    assert_eq!((status, stderr.as_str()), (0, ""), "{stdout}");
    let object: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(object["verdict"], "boots", "{stdout}");
}

#[test]
fn sarif_names_the_bytes() {
    let dir = folder();
    let output = program(dir.path())
        .args(["lint", "--format", "sarif"])
        .arg(PathBuf::from(latin("")).join("grub.cfg"))
        .output()
        .unwrap();
    let (_, stdout, _) = ended(&output);
    assert!(stdout.contains("caf%E9/grub.cfg"), "{stdout}");
}
