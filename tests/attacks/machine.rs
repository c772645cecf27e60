//! A machine in a folder: a host with files that nobody may touch, and room for a guest's tree beside it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use crate::common::tools;

/// A word that only the host's files have.
pub const HOST: &str = "of-the-host";

/// The host.
pub struct Host {
    directory: TempDir,
    path: PathBuf,
    before: BTreeMap<PathBuf, String>,
}

impl Host {
    /// With a boot directory like a guest's, other files, a FIFO and a link to a device.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().canonicalize().unwrap();
        for name in ["boot/grub", "boot/kernels", "etc", "empty", "store"] {
            fs::create_dir_all(path.join(name)).unwrap();
        }
        let kernel = format!("/kernels/{}-linux", "h".repeat(32));
        // With a fault that --fix would fix.
        let grub_cfg = format!(
            "set default=\"B\"\nmenuentry \"{HOST}\" {{\n  linux {kernel} {HOST}\n}}\nmenuentry \"B\" {{\n  linux {kernel}\n}}\n"
        );
        for name in ["boot/grub/grub.cfg", "etc/grub.cfg"] {
            fs::write(path.join(name), &grub_cfg).unwrap();
        }
        fs::write(path.join(format!("boot/kernels/{}-linux", "h".repeat(32))), HOST.repeat(50)).unwrap();
        fs::write(path.join(format!("boot/kernels/.pregrub-new-{}-linux", "h".repeat(32))), HOST).unwrap();
        fs::write(path.join("etc/shadow"), format!("root:{HOST}:1::::::\n")).unwrap();
        // What a toolstack's host has.
        fs::create_dir_all(path.join("etc/xen/auto")).unwrap();
        fs::create_dir_all(path.join("etc/rules")).unwrap();
        let domain =
            format!("name = \"{HOST}\"\nmemory = 512\nbootloader = \"pygrub\"\ndisk = [ \"/{HOST},raw,xvda,w\" ]\n");
        for name in ["etc/xen/domain.cfg", "etc/xen/auto/domain.cfg"] {
            fs::write(path.join(name), &domain).unwrap();
        }
        fs::write(path.join("etc/rules/rule"), format!("title blacklist ({HOST}\n")).unwrap();
        fs::write(path.join("etc/os-release"), format!("ID=suse\nPRETTY_NAME=\"{HOST}\"\n")).unwrap();
        fifo(&path.join("fifo"));
        symlink("/dev/zero", path.join("zero")).unwrap();
        symlink("/dev/null", path.join("null")).unwrap();
        let before = listing(&path);
        Self { directory, path, before }
    }

    /// A real path.
    pub fn path(&self, name: &str) -> PathBuf {
        assert!(self.directory.path().exists());
        self.path.join(name)
    }

    /// Whether everything is what it was; `what` was tried.
    pub fn assert_untouched(&self, what: &str) {
        let now = listing(&self.path);
        assert_eq!(now, self.before, "{what}");
    }
}

pub fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// All that is below a directory: kind, permissions, number, time of the last change of a file, content or target.
pub fn listing(directory: &Path) -> BTreeMap<PathBuf, String> {
    let entries = walkdir::WalkDir::new(directory).min_depth(1).into_iter().map(Result::unwrap);
    entries
        .map(|entry| {
            let metadata = entry.path().symlink_metadata().unwrap();
            let kind = metadata.file_type();
            let content = if kind.is_file() {
                let (seconds, nanoseconds) = (metadata.mtime(), metadata.mtime_nsec());
                let length = metadata.len();
                // Nothing of this is long but files of holes.
                let text = if length < 1 << 20 { fs::read(entry.path()).unwrap() } else { Vec::new() };
                format!("{seconds}.{nanoseconds} {length} {}", String::from_utf8_lossy(&text))
            } else if kind.is_symlink() {
                fs::read_link(entry.path()).unwrap().display().to_string()
            } else {
                String::new()
            };
            let told = format!("{kind:?} {:o} {} {} {content}", metadata.mode(), metadata.ino(), metadata.nlink());
            (entry.path().strip_prefix(directory).unwrap().to_owned(), told)
        })
        .collect()
}

/// Does something that must end.
pub fn within<T: Send + 'static>(seconds: u64, what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || drop(sender.send(work())));
    match receiver.recv_timeout(Duration::from_secs(seconds)) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what}: it had not ended after {seconds} s"),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{what}: it panicked"),
    }
}

/// What is put in the place of something in a guest's tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    /// An absolute link to the host's counterpart.
    Absolute,
    /// The same, with the guest's own tree at that path inside its root, so that whoever looks from there sees nothing.
    AbsoluteWithDecoy,
    /// The same, with a loop there.
    AbsoluteWithLoop,
    /// A relative link up and out of the root.
    Relative,
    /// A link to nothing, beside the host's files.
    Dangling,
    /// A link to itself.
    Loop,
    /// A link to a FIFO of the host's.
    LinkToFifo,
    /// A link to an endless device.
    LinkToDevice,
    /// A FIFO.
    Fifo,
    /// An empty directory, or an empty file where a directory was.
    OtherKind,
}

pub const TRICKS: [Trick; 10] = [
    Trick::Absolute,
    Trick::AbsoluteWithDecoy,
    Trick::AbsoluteWithLoop,
    Trick::Relative,
    Trick::Dangling,
    Trick::Loop,
    Trick::LinkToFifo,
    Trick::LinkToDevice,
    Trick::Fifo,
    Trick::OtherKind,
];

impl Trick {
    /// Puts it at `place` of the guest below `root`; the host's counterpart is `target`.
    pub fn play(self, root: &Path, place: &str, host: &Host, target: &str) {
        let at = root.join(place);
        let was_directory = at.is_dir() && !at.is_symlink();
        let aside = root.join("aside");
        if at.symlink_metadata().is_ok() {
            fs::rename(&at, &aside).unwrap();
        }
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        let target = host.path(target);
        let inside = root.join(target.strip_prefix("/").unwrap());
        match self {
            Self::Absolute => symlink(&target, &at).unwrap(),
            Self::AbsoluteWithDecoy => {
                fs::create_dir_all(inside.parent().unwrap()).unwrap();
                if aside.symlink_metadata().is_ok() {
                    fs::rename(&aside, &inside).unwrap();
                }
                symlink(&target, &at).unwrap();
            }
            Self::AbsoluteWithLoop => {
                fs::create_dir_all(inside.parent().unwrap()).unwrap();
                symlink(&target, &inside).unwrap();
                symlink(&target, &at).unwrap();
            }
            Self::Relative => {
                let up = "../".repeat(at.parent().unwrap().components().count() + 5);
                symlink(format!("{up}{}", target.strip_prefix("/").unwrap().display()), &at).unwrap();
            }
            Self::Dangling => symlink(host.path("empty/nothing"), &at).unwrap(),
            Self::Loop => symlink(at.file_name().unwrap(), &at).unwrap(),
            Self::LinkToFifo => symlink(host.path("fifo"), &at).unwrap(),
            Self::LinkToDevice => symlink(host.path("zero"), &at).unwrap(),
            Self::Fifo => fifo(&at),
            Self::OtherKind if was_directory => fs::write(&at, "").unwrap(),
            Self::OtherKind => fs::create_dir(&at).unwrap(),
        }
    }
}

/// Makes a file immutable or a directory append-only until it is dropped; `None`, and a line that says so, where that cannot be.
pub struct Attribute<'a>(&'a str, PathBuf);

impl<'a> Attribute<'a> {
    /// `letter` is that of `chattr`.
    pub fn set(letter: &'a str, path: PathBuf) -> Option<Self> {
        let output = Command::new(tools::tool("chattr")?).arg(format!("+{letter}")).arg(&path).output().unwrap();
        if !output.status.success() {
            tools::skipped(&format!("attributes take root and ext4: {}", String::from_utf8_lossy(&output.stderr)));
            return None;
        }
        Some(Self(letter, path))
    }
}

impl Drop for Attribute<'_> {
    fn drop(&mut self) {
        let _ = Command::new("chattr").arg(format!("-{}", self.0)).arg(&self.1).status();
    }
}
