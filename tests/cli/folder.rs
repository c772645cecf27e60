//! A directory in which the program is run.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::program::{Ended, command};

pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, with the directories that it needs.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Runs the program in the directory.
    pub fn run(&self, args: &[&str]) -> Ended {
        self.run_in("", args)
    }

    /// Runs it in a directory below.
    pub fn run_in(&self, below: &str, args: &[&str]) -> Ended {
        let output = command(args).current_dir(self.path().join(below)).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(self.path().to_str().unwrap(), "@DIR");
        let status = output.status.code().unwrap_or(-1);
        Ended { status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// A menu whose default is a title: under Python 3 a warning, and a safe fix.
pub const BY_TITLE: &str = "set default=\"B\"\nmenuentry \"A\" {\n  linux /a\n}\nmenuentry \"B\" {\n  linux /b\n}\n";
