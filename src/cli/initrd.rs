//! `pregrub initrd`.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::args::{Format, Initrd};
use super::{Status, why};
use crate::cli::stdout::{Out, complain};
use crate::initrd::kernel_file::{self, BEGINNING};
use crate::initrd::{Depth, GuestKernel, KernelConfig, Report, Verdict, judge};
use crate::report::initrd::{InitrdReport, write_text};
use crate::storage::source::{FileSource, Source};

/// The most that a kernel's configuration has.
const CONFIG: usize = 4 << 20;

pub(super) fn run(args: &Initrd) -> io::Result<Status> {
    let prepared = args.release().and_then(|release| Ok((release, kernel(args)?)));
    let (release, kernel) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            complain(&error);
            return Ok(Status::Usage);
        }
    };
    let mut out = Out::new(args.answer.color);
    let mut worst = Status::Fine;
    for (number, file) in args.files.iter().enumerate() {
        let status = match look(Path::new(file), &kernel, release) {
            Ok(report) => {
                match args.answer.format {
                    Format::Json => out.json(&InitrdReport::new(file, &report))?,
                    Format::Text => {
                        if number > 0 {
                            writeln!(out.text())?;
                        }
                        write_text(file, &report, &mut out.text())?;
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
                if args.answer.format == Format::Json {
                    out.json(&InitrdReport::of_unreadable(file, release, &error))?;
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

fn look(path: &Path, kernel: &GuestKernel, release: crate::release::Release) -> io::Result<Report> {
    let file = open(path)?;
    judge(&file, file.len(), kernel, release, Depth::Whole)
}

/// What --kernel and --kernel-config tell of the kernel.
fn kernel(args: &Initrd) -> Result<GuestKernel, String> {
    let mut kernel = GuestKernel::default();
    let unreadable = |file: &str, error: &io::Error| format!("cannot read `{file}`: {}", why(error));
    if let Some(file) = &args.kernel {
        let beginning = beginning(Path::new(file), BEGINNING).map_err(|error| unreadable(file, &error))?;
        kernel.release = kernel_file::release(&beginning);
        if kernel.release.is_none() {
            complain(&format!("`{file}` tells no version: it is not a bzImage"));
        }
        // Distributions put both into /boot.
        if let (Some(release), None, Some(folder)) = (&kernel.release, &args.kernel_config, Path::new(file).parent()) {
            let path = folder.join(format!("config-{release}"));
            if let Ok(text) = self::beginning(&path, CONFIG) {
                kernel.config = KernelConfig::read(&text).map(|config| (config, path.display().to_string()));
            }
        }
    }
    if let Some(file) = &args.kernel_config {
        let text = beginning(Path::new(file), CONFIG).map_err(|error| unreadable(file, &error))?;
        let config =
            KernelConfig::read(&text).ok_or_else(|| format!("`{file}` is not the configuration of a kernel"))?;
        kernel.config = Some((config, file.clone()));
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
