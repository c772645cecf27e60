//! What a user points at: a disk, a directory, a boot configuration or a domain's, told apart by what it is.

mod libvirt;
mod prose;
mod xapi;
mod xl;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::libvirt::LibvirtTarget;
pub use self::xapi::XapiTarget;
pub use self::xl::XlTarget;
use crate::boot::{self, Options, Run};
use crate::config::{Dialect, READ_LIMIT};
use crate::explain::{Explanation, OtherDisks, explain_on};
use crate::release::{Change, Release};
use crate::storage::directory::DirectoryVolume;
use crate::storage::mount::{MountedOnce, Volumes};
use crate::storage::source::{FileSource, Source};
use crate::toolstack;
use crate::xl::domain::{Domain, Guest};
use crate::xl::syntax;

/// A kind of target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A block device, or a regular file that holds a disk or a filesystem.
    Image,
    /// The root of a mounted filesystem, or a tree that will become one.
    Directory,
    /// A boot configuration alone.
    Config,
    /// The configuration of a domain for xl: its first disk is what pygrub gets.
    Xl,
    /// A domain's XML for libvirt.
    Libvirt,
    /// A VM's record of xapi.
    Xapi,
}

impl Kind {
    /// The word for it on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Directory => "directory",
            Self::Config => "config",
            Self::Xl => "xl",
            Self::Libvirt => "libvirt",
            Self::Xapi => "xapi",
        }
    }

    /// Whether it is a domain, whose disk pygrub gets.
    pub fn is_domain(self) -> bool {
        matches!(self, Self::Xl | Self::Libvirt | Self::Xapi)
    }

    /// Whether there is a disk, with offsets on it.
    pub fn is_disk(self) -> bool {
        matches!(self, Self::Image) || self.is_domain()
    }
}

/// How a target is to be read, where that is not left to pregrub.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenOptions {
    /// Take it for this kind.
    pub kind: Option<Kind>,
    /// Take a configuration for this dialect.
    pub dialect: Option<Dialect>,
}

/// An opened target.
pub enum Target {
    /// A disk.
    Image(Arc<dyn Source>),
    /// A directory.
    Directory(PathBuf),
    /// A configuration.
    Config {
        /// Its dialect, by its name, its text or the user's word.
        dialect: Dialect,
        /// Its text: at least as much as pygrub reads.
        text: Vec<u8>,
    },
    /// A domain for xl.
    Xl(Box<XlTarget>),
    /// A domain for libvirt.
    Libvirt(Box<LibvirtTarget>),
    /// A VM of xapi.
    Xapi(Box<XapiTarget>),
}

/// Why a target cannot be read. The message is one sentence: what, where, and what to do.
#[derive(Debug)]
pub struct TargetError(String);

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TargetError {}

/// How much of a configuration is read for releases that read all of it.
const CONFIG_BOUND: usize = 16 << 20;
/// How much of a file is looked at to tell what it is.
const HEAD: usize = 64 << 10;

impl Target {
    /// Opens a target; `-` is a configuration on standard input. `release` says how much of a configuration matters, and how xl
    /// reads a domain's. The disk of a domain is looked for as libxl does it: a relative path from the working directory.
    ///
    /// # Errors
    ///
    /// It cannot be opened, or pregrub cannot tell what it is.
    ///
    /// ```no_run
    /// use std::path::Path;
    /// use pregrub::{boot::Options, release::Release, target::{OpenOptions, Target}};
    ///
    /// let target = Target::open(Path::new("/dev/vg/guest-boot"), OpenOptions::default(), Release::NEWEST)?;
    /// let run = target.run("/dev/vg/guest-boot", Options::default())?;
    /// println!("{}", run.verdict.name());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: &Path, wanted: OpenOptions, release: Release) -> Result<Self, TargetError> {
        if path == Path::new("-") {
            if matches!(wanted.kind, Some(Kind::Image | Kind::Directory)) {
                return Err(TargetError(
                    "standard input can only be a configuration: name an image by its path".to_owned(),
                ));
            }
            let text = read_limited(&mut io::stdin().lock(), release).map_err(|error| failed(path, "read", &error))?;
            return Self::config(path, text, wanted, release);
        }
        let metadata = fs::metadata(path).map_err(|error| failed(path, "open", &error))?;
        if metadata.is_dir() {
            return match wanted.kind {
                None | Some(Kind::Directory) => Ok(Self::Directory(path.to_owned())),
                Some(kind) => Err(TargetError(format!("`{}` is a directory, no {}", path.display(), kind.name()))),
            };
        }
        if wanted.kind == Some(Kind::Directory) {
            return Err(TargetError(format!("`{}` is no directory", path.display())));
        }
        let device = metadata.file_type().is_block_device();
        if !metadata.is_file() && !device {
            // Opening a FIFO would wait for a writer.
            let path = path.display();
            return Err(TargetError(format!(
                "`{path}` is neither a file nor a block device nor a directory: name one of those"
            )));
        }
        let mut file = open_without_waiting(path).map_err(|error| failed(path, "open", &error))?;
        let kind = match wanted.kind {
            Some(kind) => kind,
            None if device => Kind::Image,
            // Who names a dialect has a configuration, whatever bytes it has.
            None if wanted.dialect.is_some() => Kind::Config,
            None => detect_kind(path, &mut file).map_err(|error| failed(path, "read", &error))?,
        };
        if kind == Kind::Config || kind.is_domain() {
            let text = read_limited(&mut file, release).map_err(|error| failed(path, "read", &error))?;
            return Self::config(path, text, wanted, release);
        }
        let source = FileSource::new(file).map_err(|error| failed(path, "read", &error))?;
        Ok(Self::Image(Arc::new(source)))
    }

    fn config(path: &Path, text: Vec<u8>, wanted: OpenOptions, release: Release) -> Result<Self, TargetError> {
        if wanted.kind == Some(Kind::Xl) {
            return Ok(Self::Xl(Box::new(XlTarget::new(path, text, release)?)));
        }
        if wanted.kind == Some(Kind::Libvirt)
            || wanted.kind.is_none() && wanted.dialect.is_none() && toolstack::libvirt::is_domain(&text)
        {
            return Ok(Self::Libvirt(Box::new(LibvirtTarget::new(path, text, release)?)));
        }
        if wanted.kind == Some(Kind::Xapi)
            || wanted.kind.is_none() && wanted.dialect.is_none() && toolstack::xapi::is_record(&text)
        {
            return Ok(Self::Xapi(Box::new(XapiTarget::new(&text))));
        }
        if path == Path::new("-") && wanted.dialect.is_none() {
            if text.is_empty() {
                return Err(TargetError("standard input is empty: there is no configuration to read".to_owned()));
            }
            if memchr::memchr(0, &text).is_some() {
                return Err(TargetError("standard input is no text: name an image by its path".to_owned()));
            }
        }
        if wanted.kind.is_none() && wanted.dialect.is_none() && prose::is_document(path, &text) {
            return Err(TargetError(format!(
                "`{}` is a document, and not a boot configuration, a disk or a domain: say --dialect or --as if it is one of those",
                path.display()
            )));
        }
        let by_name = || path.file_name().and_then(|name| Dialect::from_file_name(name.to_str()?));
        let dialect = wanted.dialect.or_else(by_name);
        if dialect.is_none() && wanted.kind.is_none() && looks_like_xl(&text, release) {
            return Ok(Self::Xl(Box::new(XlTarget::new(path, text, release)?)));
        }
        match dialect.or_else(|| guess_dialect(&text)) {
            Some(dialect) => Ok(Self::Config { dialect, text }),
            None if wanted.kind == Some(Kind::Config) => Err(TargetError(format!(
                "`{}` is no boot configuration that pregrub recognises: say --dialect grub2, legacy or extlinux if it is one; \
                 disks and domains are for `pregrub check`",
                path.display()
            ))),
            None => Err(TargetError(format!(
                "`{}` is text, but no boot configuration that pregrub recognises: say --dialect grub2, legacy or extlinux if \
                 it is one, --as xl if it is a domain's, or --as image if it is a disk",
                path.display()
            ))),
        }
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Image(_) => Kind::Image,
            Self::Directory(_) => Kind::Directory,
            Self::Config { .. } => Kind::Config,
            Self::Xl(_) => Kind::Xl,
            Self::Libvirt(_) => Kind::Libvirt,
            Self::Xapi(_) => Kind::Xapi,
        }
    }

    /// The domain that it is about, if it is a domain's configuration that xl can parse.
    pub fn domain(&self) -> Option<&Domain> {
        match self {
            Self::Xl(target) => target.domain.as_ref().ok(),
            Self::Image(_) | Self::Directory(_) | Self::Config { .. } | Self::Libvirt(_) | Self::Xapi(_) => None,
        }
    }

    /// The type of the guest, where a domain says it.
    pub fn guest(&self) -> Option<Guest> {
        match self {
            Self::Libvirt(target) => target.guest(),
            Self::Xapi(target) => target.guest(),
            _ => self.domain().map(|domain| domain.guest),
        }
    }

    /// Performs the run on it. `name` is what a configuration alone is called in the result. For a domain the options of its
    /// configuration count too: those that are given here win.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn run(&self, name: &str, options: Options) -> Result<Run, TargetError> {
        self.run_on(self.volumes().as_ref(), name, options)
    }

    /// Performs the run as [`run`](Self::run) does, on volumes of this target that others look at as well: each filesystem is
    /// mounted once then, and each block of the disk read once.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_on(&self, volumes: Option<&MountedOnce<'_>>, name: &str, options: Options) -> Result<Run, TargetError> {
        let result = match (self, volumes) {
            (Self::Config { dialect, text }, _) => Ok(boot::run_config(name, *dialect, text.clone(), options)),
            (Self::Xl(target), volumes) => target.run(volumes, options),
            (Self::Libvirt(target), volumes) => target.run(volumes, options),
            (Self::Xapi(target), volumes) => target.run(volumes, options),
            (Self::Image(_) | Self::Directory(_), Some(volumes)) => boot::run_volumes(volumes, options),
            (Self::Image(_) | Self::Directory(_), None) => Err(io::Error::other("it has no volumes")),
        };
        let mut run = result.map_err(|error| failed(Path::new(name), "read", &error))?;
        match self {
            Self::Xapi(_) => {}
            Self::Image(_) if run.options.caller.is_xapi() => toolstack::xapi::complete_disk(&mut run, name),
            _ => toolstack::complete(&mut run),
        }
        Ok(run)
    }

    /// Why a run on it does not boot, with its volumes at hand. `None` if nothing failed.
    pub fn explain(&self, run: &Run, volumes: Option<&MountedOnce<'_>>) -> Option<Explanation> {
        let others = match self {
            Self::Xl(target) => Some(&**target as &dyn OtherDisks),
            Self::Image(_) | Self::Directory(_) | Self::Config { .. } | Self::Libvirt(_) | Self::Xapi(_) => None,
        };
        explain_on(run, volumes.map(|volumes| volumes as &dyn Volumes), others)
    }

    /// The filesystems on it. `None` for a configuration alone, and for a domain without a disk that pygrub gets.
    pub fn volumes(&self) -> Option<MountedOnce<'_>> {
        match self {
            Self::Image(disk) => Some(MountedOnce::of_disk(Arc::clone(disk))),
            Self::Directory(path) => Some(MountedOnce::new(DirectoryVolume(path))),
            Self::Config { .. } => None,
            Self::Xl(target) => Some(MountedOnce::of_disk(Arc::clone(target.disk()?))),
            Self::Libvirt(target) => Some(MountedOnce::of_disk(Arc::clone(target.disk()?))),
            Self::Xapi(target) => Some(MountedOnce::of_disk(Arc::clone(target.disk()?))),
        }
    }
}

/// An error of the operating system as a sentence.
fn failed(path: &Path, verb: &str, error: &io::Error) -> TargetError {
    let path = path.display();
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied; it must be readable for you".to_owned(),
        // `Is a directory (os error 21)` without the number.
        _ => error.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
    };
    TargetError(format!("cannot {verb} `{path}`: {why}"))
}

fn read_limited(reader: &mut dyn Read, release: Release) -> io::Result<Vec<u8>> {
    // One byte more than pygrub reads tells that there is more.
    let limit = if release.has(Change::ReadLimit) { READ_LIMIT } else { CONFIG_BOUND } + 1;
    let mut text = Vec::new();
    reader.take(limit as u64).read_to_end(&mut text)?;
    Ok(text)
}

/// Opens a file for reading. Of one that makes its reader wait (`/proc/kmsg`, a FIFO that has taken a file's place) reading fails
/// instead.
pub(crate) fn open_without_waiting(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(all(feature = "install", target_os = "linux"))]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.read(true).open(path)
}

/// A file with a NUL near its start, or without a byte, is a disk; one that is named like a configuration is one.
fn detect_kind(path: &Path, file: &mut File) -> io::Result<Kind> {
    if path.file_name().and_then(|name| Dialect::from_file_name(name.to_str()?)).is_some() {
        return Ok(Kind::Config);
    }
    let mut head = Vec::new();
    file.take(HEAD as u64).read_to_end(&mut head)?;
    io::Seek::rewind(file)?;
    Ok(if head.is_empty() || memchr::memchr(0, &head).is_some() { Kind::Image } else { Kind::Config })
}

/// The dialect of a text, by the first word that only one dialect has.
fn guess_dialect(text: &[u8]) -> Option<Dialect> {
    let head = &text[..text.len().min(HEAD)];
    head.split(|&byte| byte == b'\n').find_map(|line| {
        let line = line.trim_ascii();
        let word = line.split(|byte| matches!(byte, b' ' | b'\t' | b'=')).next().unwrap_or_default();
        match word.to_ascii_lowercase().as_slice() {
            b"menuentry" | b"submenu" | b"set" | b"linux" | b"insmod" => Some(Dialect::Grub2),
            b"title" => Some(Dialect::Legacy),
            b"label" => Some(Dialect::Extlinux),
            _ => None,
        }
    })
}

/// Whether a text is a domain's configuration: one that xl can parse, with a name that only such a one has; or one that xl cannot
/// parse, with an assignment to such a name at the start of a line.
fn looks_like_xl(text: &[u8], release: Release) -> bool {
    const NAMES: [&str; 10] =
        ["disk", "bootloader", "memory", "maxmem", "vcpus", "vif", "builder", "on_crash", "on_reboot", "on_poweroff"];
    if let Ok(settings) = syntax::parse(&text[..text.len().min(syntax::LIMIT)], release) {
        return NAMES.iter().any(|name| settings.get(name).is_some());
    }
    // A word of a boot configuration says more than an assignment.
    guess_dialect(text).is_none()
        && !prose::outweighs_assignments(text)
        && text.split(|&byte| byte == b'\n').take(1000).any(|line| {
            let mut sides = line.splitn(2, |&byte| byte == b'=');
            let name = sides.next().unwrap_or_default().trim_ascii();
            sides.next().is_some() && NAMES.iter().any(|known| known.as_bytes() == name)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialects_are_guessed() {
        assert_eq!(guess_dialect(b"# x\nset default=0\n"), Some(Dialect::Grub2));
        assert_eq!(guess_dialect(b"default 0\n title T\n"), Some(Dialect::Legacy));
        assert_eq!(guess_dialect(b"DEFAULT x\nLABEL x\n"), Some(Dialect::Extlinux));
        assert_eq!(guess_dialect(b"hello\n"), None);
        let xl = |text: &[u8]| looks_like_xl(text, Release::NEWEST);
        assert!(xl(b"name='x'\ndisk = ['a']\n") && xl(b"kernel = '/k'\n disk=[ 'a'\n"));
        assert!(!xl(b"default=0\ntimeout=5\n") && !xl(b"set default=0\nmemory=5\n") && !xl(b"# disk=\ndisks=1\n"));
    }
}
