//! The installed pygrub and the tools that make images, and what to do where they are missing.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The pygrub that pregrub is compared with.
pub const PYGRUB: &str = "/usr/lib/xen-4.17/bin/pygrub";

/// Whether `path` is there. Where it is not, the test says so and goes on without it, unless the environment demands it.
pub fn have(path: &str) -> bool {
    let there = Path::new(path).exists();
    if !there {
        skipped(&format!("{path} is not installed"));
    }
    there
}

/// The program's path, where it is installed. As [`have`].
pub fn tool(name: &str) -> Option<PathBuf> {
    let found =
        ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].iter().map(|dir| Path::new(dir).join(name)).find(|p| p.exists());
    if found.is_none() {
        skipped(&format!("{name} is not installed"));
    }
    found
}

/// Says that something is not tested; panics under `CI` or `PREGRUB_REQUIRE_ORACLE`.
pub fn skipped(what: &str) {
    let demanded = ["CI", "PREGRUB_REQUIRE_ORACLE"].iter().any(|name| std::env::var_os(name).is_some());
    assert!(!demanded, "SKIPPED: {what}");
    eprintln!("SKIPPED: {what}");
}

/// Fails where xmllint rejects `xml` by a schema (`--schema`) or a DTD (`--dtdvalid`) of tests/schemas.
pub fn assert_xml(xml: &str, how: &str, schema: &str) {
    let schema = super::program::root().join("tests/schemas").join(schema);
    xmllint(xml, &[how.as_ref(), schema.as_os_str()]);
}

/// Fails where xmllint finds `xml` not well-formed.
pub fn assert_well_formed(xml: &str) {
    xmllint(xml, &[]);
}

fn xmllint(xml: &str, arguments: &[&OsStr]) {
    let Some(xmllint) = tool("xmllint") else { return };
    let mut child = Command::new(xmllint)
        .args(["--noout", "--nonet"])
        .args(arguments)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(xml.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}\n{xml}", String::from_utf8_lossy(&ended.stderr));
}

/// Runs a script of tests/oracle with `input` on standard input and gives its standard output and how it ended, or nothing
/// where it did not end by itself within `seconds`.
pub fn python(
    script: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
    input: &str,
    seconds: u32,
) -> (String, Option<i32>) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(script);
    let mut child = Command::new("timeout")
        .arg(seconds.to_string())
        .arg("python3")
        .arg(&script)
        .args(arguments)
        .envs(environment.iter().copied())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("python3 runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // A child that dies early closes the pipe.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("python3 ends");
    writer.join().expect("the writer ends");
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
}

/// The Python that pygrub runs under: not one that comes first in `PATH`. Only its version 3.11 says what the tests expect.
pub fn system_python() -> Option<PathBuf> {
    let python = PathBuf::from("/usr/bin/python3");
    let version = Command::new(&python).arg("--version").output().ok();
    let told = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if told.starts_with("Python 3.11.") {
        return Some(python);
    }
    skipped(&format!("/usr/bin/python3 is no Python 3.11 but {told:?}"));
    None
}
