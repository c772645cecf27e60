//! The program itself, as a user calls it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The root of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the corpus.
pub fn corpus(path: &str) -> String {
    root().join("corpus").join(path).to_str().expect("UTF-8").to_owned()
}

/// How the program ended.
pub struct Ended {
    /// The exit status.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(root().to_str().expect("UTF-8"), "@ROOT");
        let status = output.status.code().unwrap_or(-1);
        Self { status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// All of it, for a snapshot.
    pub fn whole(&self) -> String {
        format!("{}{}exit status {}\n", self.stdout, self.stderr, self.status)
    }
}

/// The program with an environment of its own: no colours forced, no width of a terminal.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(path());
    command.args(args).env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    // Whatever is installed on this machine: tests that are about a host make one.
    command.env("PREGRUB_HOST_ROOT", root().join("corpus/no-host"));
    command
}

/// Where the program is.
pub fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_pregrub"))
}

/// Runs the program.
pub fn run(args: &[&str]) -> Ended {
    Ended::new(&command(args).output().expect("pregrub runs"))
}

/// Runs the program with a text on standard input.
pub fn run_with_input(args: &[&str], input: &[u8]) -> Ended {
    use std::io::Write;
    let mut child = command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("pregrub starts");
    // It may end before it reads.
    match child.stdin.take().expect("a pipe").write_all(input) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => panic!("pregrub reads: {error}"),
        _ => {}
    }
    Ended::new(&child.wait_with_output().expect("pregrub ends"))
}
