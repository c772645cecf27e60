//! `pregrub compare`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;

use super::emitter::{Command, Emitter};
use super::guest_arg::GuestArg;
use super::levels::Threshold;
use super::output_args::{ReportFormat, ReportOutputArgs};
use super::progress::Progress;
use super::pygrub_args::PygrubArgs;
use super::recursive::{RecursiveArgs, Sought};
use super::settings::{Finder, Settings};
use super::stdout::{Out, complain};
use super::target_name::TargetName;
use super::{Error, Status};
use crate::boot::Options;
use crate::compare::{Change, Comparison, Environment, Readers, compare_on};
use crate::flavour::Build;
use crate::lint::{Finding, explaining_findings, findings_of_differences};
use crate::release::Release;
use crate::report::check::Hashes;
use crate::report::compare::{Report, Upgrade};
use crate::report::compare_text;
use crate::report::finding::Sources;
use crate::report::target_report::{Outcome, TargetReport};
use crate::storage::mount::{MountedOnce, Volumes};
use crate::target::{DiskAccess, Target};

const AFTER: &str = "\
Exit status: 0 all boot the same; with --from and --to, every target boots the same as before, or boots with neither; 1 something \
boots something else or nothing; 2 called wrongly, a broken pregrub.toml, or an internal error; 3 a target could not be read, or \
pregrub cannot tell (with several targets this wins over 1).";

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(super) struct CompareArgs {
    /// What to compare on: an image, a block device, a directory, a configuration (of the boot, or of a domain), or `-`
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<TargetName>,
    /// The pygrub of today, as --release takes it: show only what another one (--to) changes [default with --to: host]
    #[arg(long, value_name = "RELEASE", requires = "to", conflicts_with = "release")]
    from: Option<String>,
    /// The pygrub of tomorrow: 4.20, debian-4.17, xcp-ng-8.3
    #[arg(long, value_name = "RELEASE", conflicts_with = "release")]
    to: Option<String>,
    /// Leave GRUB out: compare pygrubs only
    #[arg(long)]
    no_grub: bool,
    /// The type of the guest that the kernel is loaded for [default: what the domain's configuration says, else pv]
    #[arg(long = "type", value_enum)]
    guest: Option<GuestArg>,
    /// Show every block in full, whether or not all of them fit on one screen
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    pygrub: PygrubArgs,
    #[command(flatten)]
    output: ReportOutputArgs,
    #[command(flatten)]
    recursive: RecursiveArgs,
}

pub(super) fn run(args: &CompareArgs) -> Result<Status, Error> {
    let finder = Finder::new(&args.pygrub.settings, &args.targets).map_err(Error::Usage)?;
    let targets = args.recursive.targets(args.targets.clone(), Sought::Everything, &finder).map_err(Error::Usage)?;
    if args.output.format == ReportFormat::Openmetrics {
        return Err(Error::Usage("--format openmetrics is for `pregrub check`: a comparison has no gauges".to_owned()));
    }
    // A mistake in the options is reported before anything is read.
    let first = finder.of("-").map_err(Error::Usage)?;
    let asked = args.readers(&first).map_err(Error::Usage)?;
    let newest = asked.pygrubs.iter().map(|options| options.release).max().unwrap_or(Release::NEWEST);
    let form = args.output.form().map_err(Error::Usage)?;
    let out = Out::new(args.output.color);
    let mut work = Work {
        args,
        reports: Emitter::new(out, &form, newest, Threshold::default(), Command::Check, args.verbose),
        newest,
        counts: BTreeMap::new(),
        unreadable: 0,
        upgrade: args.upgrade().map_err(Error::Usage)?,
        written: false,
    };
    let mut progress = Progress::new(targets.names.len());
    let mut worst = if targets.incomplete { Status::Unknown } else { Status::Fine };
    for name in &targets.names {
        let settings = finder.of(name).map_err(Error::Usage)?;
        let readers = args.readers(&settings).map_err(Error::Usage)?;
        let status = work.one(name, &readers, &targets.access(name))?;
        worst = worst.max(status);
        progress.done(status, || work.reports.out.flush())?;
    }
    progress.finish();
    work.finish(worst)?;
    Ok(worst)
}

impl CompareArgs {
    /// The format of the answer.
    pub(super) fn format(&self) -> ReportFormat {
        self.output.format
    }

    /// The two pygrubs of an upgrade.
    fn upgrade(&self) -> Result<Option<(Build, Build)>, String> {
        let Some(to) = &self.to else { return Ok(None) };
        let from = self.from.as_deref().unwrap_or("host");
        Ok(Some((PygrubArgs::build_named(from)?, PygrubArgs::build_named(to)?)))
    }

    fn readers(&self, settings: &Settings) -> Result<Readers, String> {
        let guest = self.guest.map(Into::into);
        if let Some(to) = &self.to {
            let from = self.from.as_deref().unwrap_or("host");
            let pygrubs: Vec<Options> = [from, to]
                .into_iter()
                .map(|word| self.pygrub.options_named(word, settings))
                .collect::<Result<_, _>>()?;
            return Ok(Readers { pygrubs, environments: Vec::new(), guest });
        }
        let environments = if self.no_grub { Vec::new() } else { Environment::all() };
        Ok(Readers { pygrubs: self.pygrub.every_options(settings)?, environments, guest })
    }
}

/// The work on all targets.
struct Work<'a> {
    args: &'a CompareArgs,
    reports: Emitter,
    /// The newest release that is asked.
    newest: Release,
    counts: BTreeMap<Change, usize>,
    unreadable: usize,
    upgrade: Option<(Build, Build)>,
    /// Whether a target is on the page already.
    written: bool,
}

impl Work<'_> {
    fn one(&mut self, name: &TargetName, readers: &Readers, access: &DiskAccess) -> io::Result<Status> {
        let target = open(self.args, name, readers, access);
        let compared =
            target.as_ref().map_err(Clone::clone).and_then(|target| Compared::new(target, name.as_str(), readers));
        match compared {
            Ok(compared) => self.report(name.as_str(), &compared),
            Err(error) => {
                self.unreadable += 1;
                if self.reports.has_objects() {
                    self.reports.object(&Report::of_unreadable(name.as_str(), &error))?;
                } else {
                    let outcome = Outcome::Unreadable { why: &error, release: self.newest };
                    self.reports.add(&TargetReport { target: name.as_str(), outcome })?;
                }
                complain(&error);
                Ok(Status::Unknown)
            }
        }
    }

    fn report(&mut self, name: &str, compared: &Compared<'_>) -> io::Result<Status> {
        let Compared { target, volumes, comparison, explained } = compared;
        let kind = target.kind();
        let codes: Vec<Option<&str>> = explained.iter().map(|finding| Some(finding.as_ref()?.rule.code)).collect();
        let upgrade = self.upgrade.and_then(|(from, to)| {
            let change = if target.asks_bootloader() {
                Change::between(&comparison.of_build(from)?.pick, &comparison.of_build(to)?.pick)
            } else {
                Change::NotAsked
            };
            Some(Upgrade { from, to, change })
        });
        if let Some(upgrade) = upgrade {
            *self.counts.entry(upgrade.change).or_default() += 1;
        }
        let status = match upgrade.map(|upgrade| upgrade.change) {
            Some(Change::Unknown) => Status::Unknown,
            Some(change) if change.is_bad() => Status::Fails,
            Some(_) => Status::Fine,
            None if !comparison.is_known() => Status::Unknown,
            None if comparison.agrees() => Status::Fine,
            None => Status::Fails,
        };
        if self.reports.has_objects() {
            self.reports.object(&Report::new(name, kind, comparison, &codes, upgrade))?;
            return Ok(status);
        }
        if upgrade.is_some_and(|upgrade| upgrade.change.is_none()) {
            return Ok(status);
        }
        if self.args.output.format != ReportFormat::Text {
            let row = match upgrade {
                Some(upgrade) => comparison.of_build(upgrade.to),
                None => comparison.pygrub.iter().max_by_key(|row| row.readers.iter().map(|build| build.release).max()),
            };
            let Some(row) = row else { return Ok(status) };
            let explanation = target.explain(&row.run, volumes.as_ref());
            let findings = findings_of_differences(comparison, explained);
            let path = row.run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
            let path = path.map(|found| found.path.to_string());
            let sources = Sources { configuration: path.as_deref(), ..Sources::default() };
            let (run, explanation) = (&row.run, explanation.as_ref());
            let hashes = Hashes::default();
            let outcome = Outcome::Read {
                kind,
                run,
                explanation,
                judged: true,
                built: None,
                hashes: &hashes,
                findings: &findings,
                suppressed: 0,
                sources,
                pygrubs: None,
            };
            self.reports.add(&TargetReport { target: name, outcome })?;
            return Ok(status);
        }
        if std::mem::replace(&mut self.written, true) {
            writeln!(self.reports.out.text())?;
        }
        let look = self.reports.out.look(self.args.verbose);
        match upgrade {
            Some(upgrade) => {
                compare_text::write_upgrade(comparison, name, upgrade, &codes, look, &mut self.reports.out.colored())?;
            }
            None => compare_text::write(comparison, name, &codes, look, &mut self.reports.out.colored())?,
        }
        Ok(status)
    }

    fn finish(mut self, worst: Status) -> io::Result<()> {
        if let Some((from, to)) = self.upgrade.filter(|_| self.args.output.format == ReportFormat::Text) {
            let names = (from.to_string(), to.to_string());
            let summary = compare_text::summary((&names.0, &names.1), &self.counts, self.unreadable);
            let gap = if self.written { "\n" } else { "" };
            writeln!(self.reports.out.text(), "{gap}{summary}")?;
        }
        self.reports.finish(worst)
    }
}

/// A target that was compared on.
struct Compared<'t> {
    target: &'t Target,
    volumes: Option<MountedOnce<'t>>,
    comparison: Comparison,
    /// The findings that explain the differences.
    explained: Vec<Option<Finding>>,
}

/// Opens a target for the oldest of its readers, who reads most of a configuration.
fn open(args: &CompareArgs, name: &TargetName, readers: &Readers, access: &DiskAccess) -> Result<Target, String> {
    let oldest = readers.pygrubs.iter().map(|options| options.release).min().unwrap_or(Release::NEWEST);
    Target::open(name.path(), args.pygrub.open_options(), oldest, access).map_err(|error| error.to_string())
}

impl<'t> Compared<'t> {
    fn new(target: &'t Target, name: &str, readers: &Readers) -> Result<Self, String> {
        let volumes = target.volumes();
        let mut comparison = compare_on(target, volumes.as_ref(), name, readers).map_err(|error| error.to_string())?;
        let seen = volumes.as_ref().map(|volumes| volumes as &dyn Volumes);
        let explained = explaining_findings(&comparison, target, seen);
        for (difference, finding) in comparison.differences.iter_mut().zip(&explained) {
            let help = finding.as_ref().and_then(|finding| finding.help.clone());
            difference.change = difference.change.take().or(help);
        }
        Ok(Self { target, volumes, comparison, explained })
    }
}
