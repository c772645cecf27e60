//! What the drop-in leaves to its toolstack: the result, and the files.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::common::images::{Image, Tree, Volume};
use crate::common::program;

/// A disk with this configuration, a kernel and an initrd.
pub fn disk(path: &str, config: impl Into<Vec<u8>>) -> Image {
    let tree = Tree::new().file(path, config).file("/k", "a kernel").file("/i", "an initrd");
    Image::whole(&Volume::ext4(tree).sized(4 << 20))
}

/// A disk that boots.
pub fn good_disk() -> Image {
    disk("/boot/grub/grub.cfg", "menuentry 'A' {\n linux /k root=/dev/xvda1 ro\n initrd /i\n}\n")
}

/// Where a run puts its files and its result.
pub struct Host {
    directory: TempDir,
}

impl Host {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("out")).unwrap();
        fs::write(directory.path().join("result"), "").unwrap();
        Self { directory }
    }

    /// The file for `--output`.
    pub fn result(&self) -> PathBuf {
        self.directory.path().join("result")
    }

    /// The two options that lead here.
    pub fn options(&self) -> [String; 2] {
        let out = self.directory.path().join("out");
        [format!("--output={}", self.result().display()), format!("--output-directory={}", out.display())]
    }

    /// The names of the files that were left, and their contents, sorted.
    pub fn left(&self) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(self.directory.path().join("out")).unwrap();
        let mut left: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
            .collect();
        left.sort();
        left
    }

    /// What was written to the result.
    pub fn written(&self) -> String {
        String::from_utf8(fs::read(self.result()).unwrap()).unwrap()
    }

    /// Nothing was handed over.
    #[track_caller]
    pub fn assert_nothing(&self, context: &str) {
        assert_eq!(self.written(), "", "{context}");
        assert_eq!(self.left(), [], "{context}");
    }

    /// Either nothing is left, or a result in full (`simple0`) with the two files that it names. Says which.
    #[track_caller]
    pub fn assert_all_or_nothing(&self, context: &str) -> bool {
        let (written, left) = (self.written(), self.left());
        if left.is_empty() {
            assert!(!written.ends_with("\0\0"), "{context}: a result without files: {written:?}");
            return false;
        }
        let [(kernel, kernel_content), (ramdisk, ramdisk_content)] = &left[..] else { panic!("{context}: {left:?}") };
        assert_eq!((&kernel_content[..], &ramdisk_content[..]), (&b"a kernel"[..], &b"an initrd"[..]), "{context}");
        let whole = format!("kernel {kernel}\0ramdisk {ramdisk}\0args root=/dev/xvda1 ro\0\0");
        assert_eq!(written, whole, "{context}");
        true
    }

    /// For another run.
    pub fn clear(&self) {
        for (path, _) in self.left() {
            fs::remove_file(path).unwrap();
        }
        fs::write(self.result(), "").unwrap();
    }
}

/// The drop-in as a release, not yet started: `pregrub pygrub -q` with these arguments.
pub fn drop_in(release: &str, arguments: &[&str]) -> Command {
    let mut command = program::command(&["pygrub", "-q"]);
    command.args(arguments).env("PREGRUB_RELEASE", release).stdin(Stdio::null());
    command
}

/// Standard error of a program that has ended.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
