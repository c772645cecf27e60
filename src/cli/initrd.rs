//! `pregrub initrd`.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::Args;

use super::output_args::{Format, OutputArgs};
use super::release_args::ReleaseArgs;
use super::settings::SettingsArgs;
use super::target_name::TargetName;
use super::{Error, Status, why};
use crate::cli::stdout::{Out, complain};
use crate::escape::shown_path;
use crate::initrd::beside;
use crate::initrd::kernel_file::{self, BEGINNING};
use crate::initrd::{Depth, GuestKernel, KernelConfig, Report, Verdict, judge};
use crate::release::Release;
use crate::report::initrd::{InitrdReport, write_text};
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
    /// The guest's kernel: its version decides what it unpacks, and config-VERSION beside it is read if it is there
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
    let kernel = kernel(args).map_err(Error::Usage)?;
    let mut out = Out::new(args.output.color);
    let mut worst = Status::Fine;
    for (number, file) in args.files.iter().enumerate() {
        let status = match look(file.path(), &kernel, release) {
            Ok(report) => {
                match args.output.format {
                    Format::Json => out.json(&InitrdReport::new(file.as_str(), &report))?,
                    Format::Text => {
                        if number > 0 {
                            writeln!(out.text())?;
                        }
                        write_text(file.as_str(), &report, &mut out.text())?;
                    }
                }
                match report.verdict() {
                    Verdict::Usable => Status::Fine,
                    Verdict::Unusable => Status::Fails,
                    Verdict::Unknown => Status::Unknown,
                }
            }
            Err(error) => {
                let error = format!("cannot read `{file}`: {}", why(&error));
                if args.output.format == Format::Json {
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
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::other("it is a directory"));
    }
    FileSource::new(file)
}

fn look(path: &Path, kernel: &GuestKernel, release: Release) -> io::Result<Report> {
    let file = open(path)?;
    judge(&file, file.len(), kernel, release, Depth::Whole)
}

/// What --kernel and --kernel-config tell of the kernel.
fn kernel(args: &InitrdArgs) -> Result<GuestKernel, String> {
    let mut kernel = GuestKernel::default();
    let unreadable = |file: &TargetName, error: &io::Error| format!("cannot read `{file}`: {}", why(error));
    if let Some(file) = &args.kernel {
        let beginning = beginning(file.path(), BEGINNING).map_err(|error| unreadable(file, &error))?;
        kernel.release = kernel_file::release(&beginning);
        if kernel.release.is_none() {
            complain(&format!("`{file}` does not state a version: it is not a bzImage"));
        }
        if let Some(release) = &kernel.release {
            let path = file.path().as_os_str().as_bytes();
            let read = |path: &[u8], most: usize| self::beginning(&native(path), most).ok();
            if args.kernel_config.is_none() {
                kernel.config = beside::configurations(path, release).into_iter().find_map(|path| {
                    let config = KernelConfig::read(&read(&path, CONFIG)?)?;
                    Some((config, shown_path(&native(&path))))
                });
            }
            // Of this machine's own lists nothing is known to be of the guest.
            let of_kernel = |path: &[u8], most: usize| {
                let below = path.strip_prefix(beside::folder(file.path().as_os_str().as_bytes()))?;
                if below.starts_with(b"/") { None } else { read(path, most) }
            };
            kernel.built_in = beside::built_in(path, release, None, &of_kernel);
        }
    }
    if let Some(file) = &args.kernel_config {
        let text = beginning(file.path(), CONFIG).map_err(|error| unreadable(file, &error))?;
        let config =
            KernelConfig::read(&text).ok_or_else(|| format!("`{file}` is not the configuration of a kernel"))?;
        kernel.config = Some((config, file.to_string()));
    }
    Ok(kernel)
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
