//! `pregrub initrd`.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::Args;

use super::caller_file::{file_or_device, refuse_links_of_commits};
use super::output_args::{ObjectFormat, OutputArgs};
use super::release_args::ReleaseArgs;
use super::settings::SettingsArgs;
use super::target_name::TargetName;
use super::{Error, Status, cannot_read};
use crate::boot::LARGEST_COPY;
use crate::cli::stdout::{Out, complain};
use crate::escape::shown_path;
use crate::initrd::beside;
use crate::initrd::kernel_file::{self, BEGINNING};
use crate::initrd::{GuestKernel, InitrdDepth, InitrdLook, InitrdVerdict, KernelConfig, judge};
use crate::kernel as kernel_look;
use crate::release::Release;
use crate::report::initrd::{InitrdReport, write_text};
use crate::storage::beneath::HeldDirectory;
use crate::storage::directory::Directory;
use crate::storage::filesystem::Filesystem;
use crate::storage::guest_file::GuestFile;
use crate::storage::source::{FileSource, Source};

/// The most that a kernel's configuration has.
const CONFIG: usize = 4 << 20;

const AFTER_INITRD: &str = "\
Exit status: 0 the guest's kernel gets usable initrds; 1 it does not get one of them; 2 usage error, or an internal error; 3 a file \
could not be read, or the answer is unknown.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_INITRD)]
pub(super) struct InitrdArgs {
    /// The initrds
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<TargetName>,
    #[command(flatten)]
    release: ReleaseArgs,
    /// The guest's kernel: its version decides what it unpacks, and config-VERSION beside it is read if it is there, else the configuration in it (CONFIG_IKCONFIG)
    #[arg(long, value_name = "FILE")]
    pub kernel: Option<TargetName>,
    /// The configuration that the guest's kernel was built with, as /boot/config-VERSION
    #[arg(long, value_name = "FILE")]
    pub kernel_config: Option<TargetName>,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

impl InitrdArgs {
    /// The release of Xen that hands the initrds over, by the settings of the working directory. Up to 4.19 it unpacks one that begins
    /// as gzip.
    pub(super) fn release(&self) -> Result<Release, String> {
        let settings = self.settings.of("-")?;
        Ok(self.release.one(&settings)?.release)
    }
}

pub(super) fn run(args: &InitrdArgs) -> Result<Status, Error> {
    let release = args.release().map_err(Error::Usage)?;
    let named: Vec<&TargetName> = args.files.iter().chain(&args.kernel).chain(&args.kernel_config).collect();
    refuse_links_of_commits(&named).map_err(Error::Usage)?;
    let kernel = kernel(args)?;
    let mut out = Out::new(args.output.color);
    let mut worst = Status::Fine;
    for (number, file) in args.files.iter().enumerate() {
        let status = match look(file.path(), &kernel, release) {
            Ok(report) => {
                match args.output.format {
                    ObjectFormat::Json => out.json(&InitrdReport::new(file.as_str(), &report))?,
                    ObjectFormat::Text => {
                        if number > 0 {
                            writeln!(out.text())?;
                        }
                        write_text(file.as_str(), &report, &mut out.text())?;
                    }
                }
                match report.verdict() {
                    InitrdVerdict::Usable => Status::Fine,
                    InitrdVerdict::Unusable => Status::Fails,
                    InitrdVerdict::Unknown => Status::Unknown,
                }
            }
            Err(error) => {
                let error = cannot_read(file.as_str(), &error);
                if args.output.format == ObjectFormat::Json {
                    out.json(&InitrdReport::of_unreadable(file.as_str(), release, &error))?;
                }
                complain(&error);
                Status::Unknown
            }
        };
        worst = worst.max(status);
    }
    out.finish()?;
    Ok(worst)
}

fn open(path: &Path) -> io::Result<FileSource> {
    FileSource::new(file_or_device(path)?)
}

fn look(path: &Path, kernel: &GuestKernel, release: Release) -> io::Result<InitrdLook> {
    let file = open(path)?;
    if file.len() > LARGEST_COPY {
        return Err(io::Error::other("it is larger than 1 GiB, which is the most that is handed over"));
    }
    judge(&file, file.len(), kernel, release, InitrdDepth::Whole)
}

/// What --kernel and --kernel-config tell of the kernel.
fn kernel(args: &InitrdArgs) -> Result<GuestKernel, Error> {
    let mut kernel = GuestKernel::default();
    let unreadable = |file: &TargetName, error: &io::Error| Error::Target(cannot_read(file.as_str(), error));
    if let Some(file) = &args.kernel {
        let beginning = beginning(file.path(), BEGINNING).map_err(|error| unreadable(file, &error))?;
        kernel.release = kernel_file::release(&beginning);
        if kernel.release.is_none() {
            complain(&format!("`{file}` does not state a version: it is not a bzImage"));
        }
        if let Some(release) = &kernel.release {
            let path = file.path().as_os_str().as_bytes();
            let beside_kernel = BesideKernel::of(path).map_err(|error| unreadable(file, &error))?;
            let read = |path: &[u8], most: usize| beside_kernel.beginning(path, most);
            if args.kernel_config.is_none() {
                kernel.config = beside::configurations(path, release).into_iter().find_map(|path| {
                    let config = KernelConfig::read(&read(&path, CONFIG)?)?;
                    Some((config, shown_path(&native(&path))))
                });
            }
            kernel.built_in = beside::built_in(path, release, None, &read);
        }
        if args.kernel_config.is_none() && kernel.config.is_none() {
            let carried = carried_config(file.path()).map_err(|error| unreadable(file, &error))?;
            kernel.config = carried.map(|config| (config, KernelConfig::IN_THE_KERNEL.to_owned()));
        }
    }
    if let Some(file) = &args.kernel_config {
        let text = beginning(file.path(), CONFIG).map_err(|error| unreadable(file, &error))?;
        let config = KernelConfig::read(&text)
            .ok_or_else(|| Error::Target(format!("`{file}` is not the configuration of a kernel")))?;
        kernel.config = Some((config, file.to_string()));
    }
    Ok(kernel)
}

/// The directory of a kernel and the one above. The kernel says which names are looked up in them, and both may be a guest's: what
/// they name is found as the guest would find it, and never outside of them.
struct BesideKernel<'a> {
    folder: &'a [u8],
    own: Directory,
    above: Option<Directory>,
}

impl<'a> BesideKernel<'a> {
    fn of(kernel: &'a [u8]) -> io::Result<Self> {
        let folder = beside::folder(kernel);
        let held =
            HeldDirectory::open(if folder.is_empty() { Path::new(".") } else { Path::new(OsStr::from_bytes(folder)) })?;
        let above = held.parent().and_then(Directory::held).ok();
        Ok(Self { folder, own: Directory::held(held)?, above })
    }

    /// The first bytes of a file that lies there. Of this machine's own lists nothing is known to be of the guest.
    fn beginning(&self, path: &[u8], most: usize) -> Option<Vec<u8>> {
        let below = path.strip_prefix(self.folder).filter(|below| !below.starts_with(b"/"))?;
        let (directory, below) = match below.strip_prefix(b"../") {
            Some(below) => (self.above.as_ref()?, below),
            None => (&self.own, below),
        };
        GuestFile(directory.open(below).ok()?).beginning(most)
    }
}

/// The configuration that a kernel carries.
fn carried_config(path: &Path) -> io::Result<Option<KernelConfig>> {
    let file = open(path)?;
    let look = kernel_look::look(&file, file.len(), &kernel_look::Question::default(), kernel_look::KernelDepth::All)?;
    Ok(look.config)
}

/// The first bytes of a file.
fn beginning(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let source = open(path)?;
    let mut bytes = vec![0; usize::try_from(source.len()).unwrap_or(most).min(most)];
    let count = source.read_at(0, &mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// A path of this machine.
fn native(path: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(path))
}
