//! Disk images for tests, made by the real mkfs programs, without root and without mounting anything.
//!
//! A [`Tree`] says what is on a file system, a [`Volume`] which file system that is, a [`Layout`] how volumes lie on
//! the disk. Images are sparse files in a directory that goes away with them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What stands at a path.
#[derive(Debug, Clone)]
pub enum Node {
    File(Vec<u8>),
    /// Data at some offsets, holes between them and up to the length.
    Sparse {
        len: u64,
        data: Vec<(u64, Vec<u8>)>,
    },
    Symlink(String),
    Directory,
}

/// Files by their path, which begins with a slash. Directories on the way are made.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: BTreeMap<String, Node>,
}

impl Tree {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn file(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.node(path, Node::File(content.into()))
    }

    #[must_use]
    pub fn sparse(self, path: &str, len: u64, data: Vec<(u64, Vec<u8>)>) -> Self {
        self.node(path, Node::Sparse { len, data })
    }

    #[must_use]
    pub fn symlink(self, path: &str, target: &str) -> Self {
        self.node(path, Node::Symlink(target.to_owned()))
    }

    #[must_use]
    pub fn directory(self, path: &str) -> Self {
        self.node(path, Node::Directory)
    }

    #[must_use]
    pub fn node(mut self, path: &str, node: Node) -> Self {
        self.nodes.insert(path.to_owned(), node);
        self
    }

    /// The smallest thing that boots: one entry, a kernel and an initrd.
    pub fn bootable() -> Self {
        Self::new()
            .file(
                "/boot/grub/grub.cfg",
                "menuentry \"one\" {\n linux /boot/vmlinuz root=/dev/xvda1\n initrd /boot/initrd\n}\n",
            )
            .file("/boot/vmlinuz", "the kernel")
            .file("/boot/initrd", "the initrd")
    }

    /// Writes it all below a directory of the host.
    pub fn write(&self, top: &Path) {
        for (path, node) in &self.nodes {
            let place = top.join(path.trim_start_matches('/'));
            std::fs::create_dir_all(place.parent().expect("it is below `top`")).expect("a directory can be made");
            match node {
                Node::File(content) => std::fs::write(&place, content).expect("a file can be written"),
                Node::Sparse { len, data } => {
                    let file = File::create(&place).expect("a file can be made");
                    file.set_len(*len).expect("a file can have holes");
                    for (offset, bytes) in data {
                        file.write_all_at(bytes, *offset).expect("a file can be written");
                    }
                }
                Node::Symlink(target) => std::os::unix::fs::symlink(target, &place).expect("a link can be made"),
                Node::Directory => std::fs::create_dir_all(&place).expect("a directory can be made"),
            }
        }
    }
}

/// A file system and the options that it is made with, as its mkfs takes them.
#[derive(Debug, Clone)]
pub enum Filesystem {
    /// `mke2fs -t KIND OPTIONS`.
    Ext { kind: &'static str, options: Vec<String> },
    /// `mkfs.fat OPTIONS`; no symbolic links.
    Fat { options: Vec<String> },
    /// `xorriso -as mkisofs OPTIONS`; the size is what it needs.
    Iso { options: Vec<String> },
    /// `mkfs.xfs OPTIONS`; pygrub reads version 4 without ftype only.
    Xfs { options: Vec<String> },
    /// These bytes.
    Raw(Vec<u8>),
}

fn strings(options: &[&str]) -> Vec<String> {
    options.iter().map(|option| (*option).to_owned()).collect()
}

impl Filesystem {
    pub fn ext(kind: &'static str, options: &[&str]) -> Self {
        Self::Ext { kind, options: strings(options) }
    }

    pub fn ext4() -> Self {
        Self::ext("ext4", &[])
    }

    pub fn fat(bits: u8) -> Self {
        Self::Fat { options: vec!["-F".into(), bits.to_string()] }
    }

    /// With Rock Ridge, so that names are found as written.
    pub fn iso() -> Self {
        Self::Iso { options: strings(&["-R"]) }
    }

    /// The only XFS that pygrub reads.
    pub fn xfs4() -> Self {
        Self::Xfs { options: strings(&["-m", "crc=0,finobt=0,reflink=0,rmapbt=0", "-n", "ftype=0", "-i", "sparse=0"]) }
    }
}

/// A file system with its content.
#[derive(Debug, Clone)]
pub struct Volume {
    pub filesystem: Filesystem,
    pub tree: Tree,
    /// Ignored by ISO 9660 and raw bytes.
    pub bytes: u64,
}

impl Volume {
    pub fn new(filesystem: Filesystem, tree: Tree) -> Self {
        // The smallest that each mkfs takes with its default options, rounded up.
        let bytes = match &filesystem {
            Filesystem::Xfs { .. } => 320 << 20,
            Filesystem::Fat { options } if options.iter().any(|option| option == "32") => 40 << 20,
            _ => 8 << 20,
        };
        Self { filesystem, tree, bytes }
    }

    pub fn ext4(tree: Tree) -> Self {
        Self::new(Filesystem::ext4(), tree)
    }

    #[must_use]
    pub fn sized(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// Makes it as the file `image`.
    fn make(&self, image: &Path) {
        let host = TempDir::new().expect("a temporary directory can be made");
        self.tree.write(host.path());
        let sized = || File::create(image).and_then(|file| file.set_len(self.bytes)).expect("an image can be made");
        match &self.filesystem {
            Filesystem::Ext { kind, options } => {
                sized();
                run(Command::new(tool("mke2fs"))
                    .args(["-q", "-F", "-t", kind, "-d"])
                    .arg(host.path())
                    .args(options)
                    .arg(image));
            }
            Filesystem::Fat { options } => {
                sized();
                run(Command::new(tool("mkfs.fat")).args(options).arg(image));
                let top: Vec<PathBuf> =
                    std::fs::read_dir(host.path()).expect("made above").flatten().map(|entry| entry.path()).collect();
                if !top.is_empty() {
                    run(Command::new(tool("mcopy")).arg("-s").arg("-i").arg(image).args(top).arg("::"));
                }
            }
            Filesystem::Iso { options } => {
                run(Command::new(tool("xorriso"))
                    .args(["-as", "mkisofs", "-quiet"])
                    .args(options)
                    .arg("-o")
                    .arg(image)
                    .arg(host.path()));
            }
            Filesystem::Xfs { options } => {
                sized();
                let list = host.path().with_extension("proto");
                std::fs::write(&list, self.xfs_list(host.path())).expect("a file can be written");
                run(Command::new(tool("mkfs.xfs")).args(["-q", "-f"]).args(options).arg("-p").arg(&list).arg(image));
                std::fs::remove_file(list).expect("written above");
            }
            Filesystem::Raw(bytes) => std::fs::write(image, bytes).expect("an image can be written"),
        }
    }

    /// The list of files that `mkfs.xfs -p` wants, nested by directory.
    fn xfs_list(&self, host: &Path) -> String {
        fn directory(out: &mut String, path: &Path, name: &str) {
            out.push_str(&format!("{name} d--755 0 0\n"));
            let mut entries: Vec<_> = std::fs::read_dir(path).expect("made above").flatten().collect();
            entries.sort_by_key(std::fs::DirEntry::file_name);
            for entry in entries {
                let name = entry.file_name().into_string().expect("test names are UTF-8");
                let path = entry.path();
                let kind = entry.file_type().expect("made above");
                if kind.is_dir() {
                    directory(out, &path, &name);
                } else if kind.is_symlink() {
                    let target = std::fs::read_link(&path).expect("made above");
                    out.push_str(&format!("{name} l--777 0 0 {}\n", target.display()));
                } else {
                    out.push_str(&format!("{name} ---644 0 0 {}\n", path.display()));
                }
            }
            out.push_str("$\n");
        }
        let mut out = String::from("/\n0 0\n");
        directory(&mut out, host, "");
        // The root has no name.
        out.replacen("\n d--755", "\nd--755", 1)
    }
}

/// How volumes lie on a disk.
#[derive(Debug, Clone)]
pub enum Layout {
    /// The first volume from byte 0 on.
    Whole,
    /// Each at a byte offset, without any table.
    At(Vec<u64>),
    /// A DOS table; of each partition the type in hexadecimal and whether it is active.
    Mbr(Vec<(&'static str, bool)>),
    /// A GUID table with this many entries (128 is usual).
    Gpt { entries: u32 },
}

/// A disk image in a temporary directory.
#[derive(Debug)]
pub struct Image {
    path: PathBuf,
    offsets: Vec<u64>,
    _directory: TempDir,
}

const SECTOR: u64 = 512;
/// Where the first partition begins, and what partitions are aligned to.
const ALIGNMENT: u64 = 1 << 20;

impl Image {
    /// A file system without a partition table.
    pub fn whole(volume: &Volume) -> Self {
        Self::new(&Layout::Whole, std::slice::from_ref(volume))
    }

    /// One DOS partition a volume, all of type 83, none active.
    pub fn mbr(volumes: &[Volume]) -> Self {
        Self::new(&Layout::Mbr(vec![("83", false); volumes.len()]), volumes)
    }

    pub fn gpt(volumes: &[Volume]) -> Self {
        Self::new(&Layout::Gpt { entries: 128 }, volumes)
    }

    pub fn new(layout: &Layout, volumes: &[Volume]) -> Self {
        let directory = TempDir::new().expect("a temporary directory can be made");
        let path = directory.path().join("disk.img");
        if matches!(layout, Layout::Whole) {
            volumes[0].make(&path);
            return Self { path, offsets: vec![0], _directory: directory };
        }
        let parts: Vec<PathBuf> =
            (0..volumes.len()).map(|number| directory.path().join(format!("part{number}"))).collect();
        let mut next = ALIGNMENT;
        let mut offsets = Vec::new();
        for (number, (volume, part)) in volumes.iter().zip(&parts).enumerate() {
            volume.make(part);
            let length = std::fs::metadata(part).expect("made above").len();
            let offset = if let Layout::At(given) = layout { given[number] } else { next };
            offsets.push(offset);
            next = (offset + length).next_multiple_of(ALIGNMENT);
        }
        let disk = File::create(&path).expect("an image can be made");
        disk.set_len(next.max(ALIGNMENT) + ALIGNMENT).expect("a file can have holes");
        let sectors = |number: usize| std::fs::metadata(&parts[number]).expect("made above").len().div_ceil(SECTOR);
        match layout {
            Layout::Whole | Layout::At(_) => {}
            Layout::Mbr(kinds) => {
                let mut script = String::from("label: dos\nunit: sectors\n");
                for (number, (kind, active)) in kinds.iter().enumerate() {
                    let active = if *active { ", bootable" } else { "" };
                    script.push_str(&format!(
                        "start={}, size={}, type={kind}{active}\n",
                        offsets[number] / SECTOR,
                        sectors(number)
                    ));
                }
                run_with(
                    Command::new(tool("sfdisk")).args(["-q", "--no-reread", "--no-tell-kernel"]).arg(&path),
                    &script,
                );
            }
            Layout::Gpt { entries } => {
                let mut command = Command::new(tool("sgdisk"));
                command.args(["-a", "1", "-S", &entries.to_string()]);
                for (number, offset) in offsets.iter().enumerate() {
                    let start = offset / SECTOR;
                    command.arg("-n").arg(format!("{}:{start}:{}", number + 1, start + sectors(number) - 1));
                    command.arg("-t").arg(format!("{}:8300", number + 1));
                }
                run(command.arg(&path));
            }
        }
        for (part, offset) in parts.iter().zip(&offsets) {
            copy_data(part, &disk, *offset);
            std::fs::remove_file(part).expect("made above");
        }
        Self { path, offsets, _directory: directory }
    }

    /// An image of exactly these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::whole(&Volume::new(Filesystem::Raw(bytes.to_vec()), Tree::new()))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path as an argument.
    pub fn argument(&self) -> String {
        self.path.to_str().expect("temporary names are UTF-8").to_owned()
    }

    /// Where each volume begins.
    pub fn offsets(&self) -> &[u64] {
        &self.offsets
    }

    /// Overwrites bytes: to damage what the mkfs made right.
    pub fn patch(&self, offset: u64, bytes: &[u8]) {
        let file = File::options().write(true).open(&self.path).expect("made by new");
        file.write_all_at(bytes, offset).expect("an image can be written");
    }

    /// Runs `debugfs -w` on the first volume of a whole-disk image, for what mke2fs cannot make.
    pub fn debugfs(&self, commands: &str) {
        run_with(Command::new(tool("debugfs")).args(["-w", "-f", "-"]).arg(&self.path), commands);
    }
}

/// Copies what is not zero, which keeps the disk sparse.
fn copy_data(from: &Path, to: &File, offset: u64) {
    let mut from = File::open(from).expect("made above");
    let mut block = vec![0; 1 << 16];
    let mut place = offset;
    loop {
        let read = from.read(&mut block).expect("made above");
        if read == 0 {
            return;
        }
        if block[..read].iter().any(|byte| *byte != 0) {
            to.write_all_at(&block[..read], place).expect("an image can be written");
        }
        place += read as u64;
    }
}

/// A program of an administrator's: these are not in everybody's PATH.
fn tool(name: &str) -> PathBuf {
    ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
        .iter()
        .map(|directory| Path::new(directory).join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from(name))
}

fn run(command: &mut Command) {
    run_with(command, "");
}

fn run_with(command: &mut Command, input: &str) {
    use std::io::Write;
    let mut child = command
        // The same image on every machine and in every year, where the tool lets it.
        .env("SOURCE_DATE_EPOCH", "1700000000")
        .env("E2FSPROGS_FAKE_TIME", "1700000000")
        .env("MTOOLS_SKIP_CHECK", "1")
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error} (tests/setup installs what is needed)"));
    // A tool that reads nothing may be gone by now.
    let _ = child.stdin.take().expect("piped above").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the child was started here");
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
