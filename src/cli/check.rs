//! `pregrub check`.

use std::io::{self, Write};
use std::path::Path;

use super::Status;
use super::args::{Check, ReportFormat};
use super::out::{Out, complain};
use super::reports::Reports;
use crate::boot::{self, Options, Run};
use crate::lint::{self, Finding, RootDisk, Subject};
use crate::release::Release;
use crate::report::check::{Check as Report, Hashes};
use crate::report::examined;
use crate::report::finding::Sources;
use crate::report::text;
use crate::storage::mount::Volumes;
use crate::target::{Kind, Target, Wanted};

pub(super) fn run(args: &Check) -> io::Result<Status> {
    let options = match args.how.options() {
        Ok(options) => options,
        Err(error) => {
            complain(&error);
            return Ok(Status::Usage);
        }
    };
    let root_disk = match args.root_disk.as_deref().map(|name| open_root_disk(name, options.release)).transpose() {
        Ok(root_disk) => root_disk,
        Err(error) => {
            complain(&error);
            return Ok(Status::Unknown);
        }
    };
    let out = Out::new(args.answer.color);
    let mut reports = Reports::new(out, args.answer.format, options.release, args.levels.threshold);
    let mut worst = Status::Fine;
    for (number, target) in args.targets.iter().enumerate() {
        if number > 0 && args.answer.format == ReportFormat::Text {
            writeln!(reports.out.text())?;
        }
        worst = worst.max(one(args, target, &options, root_disk.as_ref(), &mut reports)?);
    }
    reports.finish(worst)?;
    Ok(worst)
}

fn open_root_disk(name: &str, release: Release) -> Result<RootDisk, String> {
    let target = Target::open(Path::new(name), Wanted::default(), release).map_err(|error| error.to_string())?;
    RootDisk::open(&target).map_err(|error| format!("cannot look for files on the root disk `{name}`: {error}"))
}

fn one(
    args: &Check,
    name: &str,
    options: &Options,
    root_disk: Option<&RootDisk>,
    reports: &mut Reports,
) -> io::Result<Status> {
    let out = &mut reports.out;
    match examine(args, name, options, root_disk) {
        Ok(Examined { kind, run, hashes, findings }) => {
            let path =
                run.deciding_attempt().and_then(|attempt| attempt.found.as_ref()).map(|found| found.path.to_string());
            let domain = (kind == Kind::Xl).then_some(name);
            let sources = Sources { configuration: path.as_deref(), domain };
            match args.answer.format {
                ReportFormat::Json => {
                    out.json(&Report::of_run(name, kind, &run, hashes, &findings, sources))?;
                }
                ReportFormat::Text => {
                    let look = out.look(args.verbose);
                    text::write(&run, name, kind, &findings, look, &mut out.text())?;
                    for (what, hash) in [("kernel", hashes.kernel), ("initrd", hashes.ramdisk)] {
                        if let Some(hash) = hash {
                            writeln!(out.text(), "  sha256     {hash}  {what}")?;
                        }
                    }
                    if let Some(summary) = text::summary(&findings) {
                        writeln!(out.text())?;
                        text::write_findings(&findings, &run, true, sources, look, &mut out.text())?;
                        writeln!(out.text(), "\n{summary}")?;
                    }
                }
                _ => {
                    let outcome =
                        examined::Outcome::Read { kind, run: &run, judged: true, findings: &findings, sources };
                    reports.add(&examined::Examined { target: name, outcome })?;
                }
            }
            let status = Status::from(run.verdict).max(args.levels.threshold.status(&findings));
            if args.targets.len() == 1 {
                // The process ends here: taking a large menu apart piece by piece would only cost time.
                std::mem::forget(run);
            }
            Ok(status)
        }
        Err(Error::Usage(error)) => {
            complain(&error);
            Ok(Status::Usage)
        }
        Err(Error::Target(error)) => {
            match args.answer.format {
                ReportFormat::Json => out.json(&Report::of_unreadable(name, options.release, &error))?,
                _ => {
                    let outcome = examined::Outcome::Unreadable(&error);
                    reports.add(&examined::Examined { target: name, outcome })?;
                }
            }
            complain(&error);
            Ok(Status::Unknown)
        }
    }
}

/// Why there is no verdict on a target.
enum Error {
    /// The options do not go with it.
    Usage(String),
    /// It cannot be read.
    Target(String),
}

/// What is known of a target.
struct Examined {
    kind: Kind,
    run: Run,
    hashes: Hashes,
    findings: Vec<Finding>,
}

fn examine(args: &Check, name: &str, options: &Options, root_disk: Option<&RootDisk>) -> Result<Examined, Error> {
    let target = Target::open(Path::new(name), args.how.wanted(), options.release)
        .map_err(|error| Error::Target(error.to_string()))?;
    let kind = target.kind();
    if kind == Kind::Config && (options.kernel.is_some() || options.offset.is_some()) {
        return Err(Error::Usage(format!("`{name}` is a configuration alone: --kernel and --offset need a disk")));
    }
    let run = target.run(name, options.clone()).map_err(|error| Error::Target(error.to_string()))?;
    let volumes = target.volumes();
    let hashes = match &volumes {
        Some(volumes) if args.hash => {
            hashes(&**volumes, &run).map_err(|error| Error::Target(format!("cannot read `{name}`: {error}")))?
        }
        _ => Hashes::default(),
    };
    let mut subject = Subject::new(&run, kind);
    if let Some(volumes) = &volumes {
        subject = subject.with_volumes(&**volumes);
    }
    if let Target::Xl(domain) = &target {
        subject = subject.with_domain(domain);
    }
    if let Some(root_disk) = root_disk {
        subject = subject.with_root_disk(root_disk);
    }
    let findings = lint::lint(&subject, &args.levels.levels);
    Ok(Examined { kind, run, hashes, findings })
}

fn hashes(volumes: &dyn Volumes, run: &Run) -> io::Result<Hashes> {
    let Some(chosen) = run.chosen.as_ref().filter(|_| run.failure.is_none()) else { return Ok(Hashes::default()) };
    let offset = u64::try_from(run.attempts[chosen.attempt].offset).unwrap_or_default();
    Ok(Hashes {
        kernel: Some(boot::sha256(volumes, offset, &chosen.kernel)?),
        ramdisk: chosen.ramdisk.as_ref().map(|ramdisk| boot::sha256(volumes, offset, ramdisk)).transpose()?,
    })
}
