//! `pregrub compare`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;

use super::emitter::{Emitter, ReportingCommand};
use super::fleet::{Fleet, TargetEnd};
use super::guest_arg::GuestArg;
use super::job_args::JobArgs;
use super::levels::Threshold;
use super::output_args::{ReportFormat, ReportOutputArgs};
use super::pygrub_args::PygrubArgs;
use super::recursive::{RecursiveArgs, Sought};
use super::settings::{FileSettings, Finder};
use super::stdout::{Out, complain};
use super::target_name::TargetName;
use super::{Error, Status};
use crate::boot::Options;
use crate::check::{compare_opened, upgrade_of};
use crate::compare::{Comparison, Environment, GuestChange, Readers};
use crate::flavour::Build;
use crate::lint::{Finding, findings_of_differences};
use crate::release::Release;
use crate::report::check::Hashes;
use crate::report::compare::ComparisonReport;
use crate::report::compare_text;
use crate::report::finding::Sources;
use crate::report::target_report::{ReportOutcome, TargetReport};
use crate::storage::mount::MountedOnce;
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
    #[command(flatten)]
    jobs: JobArgs,
}

pub(super) fn run(args: &CompareArgs) -> Result<Status, Error> {
    let finder = Finder::new(&args.pygrub.settings, &args.targets).map_err(Error::Usage)?;
    let mut targets =
        args.recursive.targets(args.targets.clone(), Sought::Everything, &finder).map_err(Error::Usage)?;
    args.pygrub.trust.apply(&mut targets).map_err(Error::Usage)?;
    if args.output.format == ReportFormat::Openmetrics {
        return Err(Error::Usage("--format openmetrics is for `pregrub check`: a comparison has no gauges".to_owned()));
    }
    // A mistake in the options is reported before anything is read.
    let first = finder.in_force();
    let asked = args.readers(&first).map_err(Error::Usage)?;
    let newest = asked.pygrubs.iter().map(|options| options.release).max().unwrap_or(Release::NEWEST);
    let form = args.output.form(finder.trees()).map_err(Error::Usage)?;
    let out = Out::new(args.output.color);
    let mut reports = Emitter::new(out, &form, newest, Threshold::default(), ReportingCommand::Check, args.verbose);
    let work = Work { args, newest, upgrade: args.upgrade().map_err(Error::Usage)? };
    let is_text = args.output.format == ReportFormat::Text;
    let fleet = Fleet {
        names: &targets.names,
        pool: args.jobs.pool(targets.names.len()),
        is_spaced: is_text,
        leaves_out: work.upgrade.is_some(),
        least: if targets.incomplete { Status::Unknown } else { Status::Fine },
    };
    let mut tally = Tally::default();
    let total = fleet.look_at(
        &mut reports,
        (),
        || (),
        |(), name, reports| {
            let settings = finder.in_force();
            let readers = args.readers(&settings).map_err(Error::Usage)?;
            Ok(work.one(name, &readers, &targets.access(name), reports)?)
        },
        |name, why, reports| work.unreadable(name, why, reports),
        |_, change| tally.count(change),
    )?;
    if let Some((from, to)) = work.upgrade.filter(|_| is_text) {
        let names = (from.to_string(), to.to_string());
        let summary = compare_text::summary((&names.0, &names.1), &tally.changes, tally.unreadable);
        if tally.reported > 0 {
            writeln!(reports.out.text())?;
        }
        writeln!(reports.out.text(), "{summary}")?;
    }
    reports.finish(total.status)?;
    Ok(total.status)
}

/// What came of a target, to be added up.
#[derive(Clone, Copy, Debug)]
enum Counted {
    /// It was compared; with `--from` and `--to` what changes for it.
    Compared(Option<GuestChange>),
    /// It could not be read.
    Unreadable,
}

/// How many targets came out how.
#[derive(Default)]
struct Tally {
    changes: BTreeMap<GuestChange, usize>,
    unreadable: usize,
    /// How many are on the page.
    reported: usize,
}

impl Tally {
    /// Counts a target; `None` if its comparison broke off.
    fn count(&mut self, counted: Option<Counted>) {
        match counted {
            Some(Counted::Compared(change)) => {
                if let Some(change) = change {
                    *self.changes.entry(change).or_default() += 1;
                }
                self.reported += usize::from(change.is_none_or(|change| !change.is_none()));
            }
            Some(Counted::Unreadable) | None => self.unreadable += 1,
        }
    }
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

    fn readers(&self, settings: &FileSettings) -> Result<Readers, String> {
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
    /// The newest release that is asked.
    newest: Release,
    upgrade: Option<(Build, Build)>,
}

impl Work<'_> {
    fn one(
        &self,
        name: &TargetName,
        readers: &Readers,
        access: &DiskAccess,
        reports: &mut Emitter,
    ) -> io::Result<TargetEnd<Counted>> {
        let target = open(self.args, name, readers, access);
        let compared =
            target.as_ref().map_err(Clone::clone).and_then(|target| Compared::new(target, name.as_str(), readers));
        match compared {
            Ok(compared) => self.report(name.as_str(), &compared, reports),
            Err(error) => {
                self.unreadable(name.as_str(), &error, reports)?;
                complain(&error);
                Ok(TargetEnd { status: Status::Unknown, more: Counted::Unreadable })
            }
        }
    }

    fn unreadable(&self, name: &str, why: &str, reports: &mut Emitter) -> io::Result<()> {
        if reports.has_objects() {
            return reports.object(&ComparisonReport::of_unreadable(name, why));
        }
        let outcome = ReportOutcome::Unreadable { why, release: self.newest };
        reports.add(&TargetReport { target: name, outcome })
    }

    fn report(&self, name: &str, compared: &Compared<'_>, reports: &mut Emitter) -> io::Result<TargetEnd<Counted>> {
        let Compared { target, volumes, comparison, explained } = compared;
        let kind = target.kind();
        let codes: Vec<Option<&str>> = explained.iter().map(|finding| Some(finding.as_ref()?.rule.code)).collect();
        let upgrade = self.upgrade.and_then(|(from, to)| upgrade_of(target, comparison, from, to));
        let status = match upgrade.map(|upgrade| upgrade.change) {
            Some(GuestChange::Unknown) => Status::Unknown,
            Some(change) if change.is_bad() => Status::Fails,
            Some(_) => Status::Fine,
            None if !comparison.is_known() => Status::Unknown,
            None if comparison.agrees() => Status::Fine,
            None => Status::Fails,
        };
        let ended = TargetEnd { status, more: Counted::Compared(upgrade.map(|upgrade| upgrade.change)) };
        if reports.has_objects() {
            reports.object(&ComparisonReport::new(name, kind, comparison, &codes, upgrade))?;
            return Ok(ended);
        }
        if upgrade.is_some_and(|upgrade| upgrade.change.is_none()) {
            return Ok(ended);
        }
        if self.args.output.format != ReportFormat::Text {
            let row = match upgrade {
                Some(upgrade) => comparison.of_build(upgrade.to),
                None => comparison.pygrub.iter().max_by_key(|row| row.readers.iter().map(|build| build.release).max()),
            };
            let Some(row) = row else { return Ok(ended) };
            let explanation = target.explain(&row.run, volumes.as_ref());
            let findings = findings_of_differences(comparison, explained);
            let path = row.run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
            let path = path.map(|found| found.path.to_string());
            let sources = Sources { configuration: path.as_deref(), ..Sources::default() };
            let (run, explanation) = (&row.run, explanation.as_ref());
            let hashes = Hashes::default();
            let outcome = ReportOutcome::Read {
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
            reports.add(&TargetReport { target: name, outcome })?;
            return Ok(ended);
        }
        let look = reports.out.look(self.args.verbose);
        match upgrade {
            Some(upgrade) => {
                compare_text::write_upgrade(comparison, name, upgrade, &codes, look, &mut reports.out.colored())?;
            }
            None => compare_text::write(comparison, name, &codes, look, &mut reports.out.colored())?,
        }
        Ok(ended)
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
        let compared = compare_opened(target, volumes.as_ref(), name, readers);
        let (comparison, explained) = compared.map_err(|error| error.to_string())?;
        Ok(Self { target, volumes, comparison, explained })
    }
}
