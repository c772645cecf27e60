//! `pregrub check`.

mod args;
mod judged;
mod tally;

use std::io::Write;
use std::sync::Arc;

pub(super) use self::args::CheckArgs;
pub(super) use self::judged::{Asks, configuration_shown, judge, open, run_alone};
use self::tally::Tally;
use super::baselines::Baselines;
use super::fleet::{Fleet, TargetEnd, TargetTrouble};
use super::image_args;
use super::recursive::{Sought, Targets};
use super::settings::Finder;
use super::target_name::TargetName;
use super::{Error, Status, several};
use crate::boot::Verdict;
use crate::check::Judged;
use crate::cli::effective_settings::{AllAsked, EffectiveSettings};
use crate::cli::emitter::{Emitter, ReportingCommand};
use crate::cli::levels::Threshold;
use crate::cli::stdout::{Out, complain};
use crate::kernel::Looks;
use crate::lint::{Finding, RootDisk};
use crate::release::Release;
use crate::report::target_report::{ReportOutcome, TargetReport};
use crate::simulation::Simulation;

pub(super) fn run(args: &CheckArgs) -> Result<Status, Error> {
    let named = args.list.named(&args.targets).map_err(Error::Usage)?;
    // The root disk is a guest's as much as a target.
    let looked_at: Vec<&TargetName> = named.names.iter().chain(&args.root_disk).collect();
    let finder = Finder::new(&args.pygrub.settings, &looked_at).map_err(Error::Usage)?;
    let mut targets = args.recursive.targets(named.names, Sought::Everything, &finder).map_err(Error::Usage)?;
    if args.list.is_given() {
        targets.are_listed_but(&args.targets);
    }
    args.pygrub.trust.apply(&mut targets).map_err(Error::Usage)?;
    targets.incomplete |= named.is_incomplete;
    args.list.keep_shard(&mut targets.names);
    // What is said of the program as a whole goes by the settings of the working directory.
    let first = finder.in_force();
    let all = args.pygrub.all_options(&first).map_err(Error::Usage)?;
    let options = all.into_iter().next().unwrap_or_default();
    let whole = EffectiveSettings::new(Arc::clone(&first), options, &args.levels);
    let release = whole.options.release;
    // Each thread has its own, since what is known of a disk grows while it is looked at.
    let root_disk = || args.root_disk.as_ref().map(|name| open_root_disk(name, release)).transpose();
    let first_root_disk = root_disk()?;
    let checking = Checking {
        args,
        targets: &targets,
        single: targets.names.len() == 1,
        asked: AllAsked::new(&finder, |settings| args.pygrub.all_options(settings), &args.levels),
        baselines: Baselines::new(&args.baseline, finder.trees()),
        looks: Looks::remembering(targets.names.len() > 1),
    };
    let out = Out::new(args.output.color);
    let form = args.output.form(finder.trees()).map_err(Error::Usage)?;
    let mut reports = Emitter::new(out, &form, release, whole.threshold, ReportingCommand::Check, args.verbose);
    let text = reports.is_text();
    let fleet = Fleet {
        names: &targets.names,
        pool: args.jobs.pool(targets.names.len()),
        is_spaced: text,
        leaves_out: args.failures_only,
        least: if targets.incomplete { Status::Unknown } else { Status::Fine },
    };
    let mut tally = Tally::default();
    let total = fleet.look_at(
        &mut reports,
        Ok(first_root_disk),
        root_disk,
        |root_disk, name, reports| checking.one(root_disk.as_ref(), name, reports),
        |name, why, reports| {
            reports.add(&TargetReport { target: name, outcome: ReportOutcome::Unreadable { why, release } })
        },
        |status, verdict| match verdict.flatten() {
            Some(verdict) => tally.count(verdict),
            None => tally.count_unread(status),
        },
    )?;
    let left_out = if total.is_interrupted { Vec::new() } else { checking.baselines.finish().map_err(Error::Usage)? };
    if text {
        // Of what could not be read no pygrub has said anything.
        let hint = args.pygrub.hint(&first).filter(|_| tally.has_checked());
        for line in hint.iter().chain(&left_out) {
            writeln!(reports.out.text(), "{line}")?;
        }
        if args.recursive.recursive || args.failures_only || args.list.is_given() || total.is_interrupted {
            writeln!(reports.out.text())?;
            writeln!(reports.out.text(), "{tally}")?;
        }
    }
    reports.finish(total.status)?;
    Ok(total.status)
}

/// Why the exit status is 1 where the verdict is not: a line for people.
pub(super) fn why_it_fails(
    args: &CheckArgs,
    verdict: Verdict,
    findings: &[Finding],
    threshold: Threshold,
) -> Option<String> {
    let although = match verdict {
        Verdict::Boots => "it boots",
        Verdict::Selects => "it selects an entry",
        Verdict::NotApplicable => "pygrub is not asked",
        Verdict::Fails | Verdict::Unknown => return None,
    };
    let least = threshold.least()?;
    let reach: usize = findings.iter().filter(|finding| finding.severity >= least).map(|finding| finding.places).sum();
    if reach == 0 || args.exit.applied(Status::Fails) != Status::Fails {
        return None;
    }
    let findings = if reach == 1 { "1 finding reaches".to_owned() } else { format!("{reach} findings reach") };
    Some(format!("exit status 1: {although}, but {findings} the threshold (--threshold {})", least.name()))
}

fn open_root_disk(name: &TargetName, release: Release) -> Result<RootDisk, Error> {
    let opened = Simulation::new(release).open(name, image_args::unsaid());
    let opened = opened.map_err(|error| Error::Target(error.to_string()))?;
    RootDisk::open(opened.target())
        .map_err(|error| Error::Target(format!("cannot look for files on the root disk `{name}`: {error}")))
}

/// The work on all targets, shared by all threads.
struct Checking<'a> {
    args: &'a CheckArgs,
    targets: &'a Targets,
    /// Whether there is no other target.
    single: bool,
    asked: AllAsked,
    baselines: Baselines<'a>,
    /// The kernels that were looked into.
    looks: Looks,
}

impl Checking<'_> {
    /// Checks one target, and reports on it. What is added up is the status by its verdict; nothing where it could not be read.
    fn one(
        &self,
        root_disk: Result<&Option<RootDisk>, &Error>,
        name: &TargetName,
        reports: &mut Emitter,
    ) -> Result<TargetEnd<Option<Status>>, TargetTrouble> {
        let root_disk = root_disk.map_err(|error| Error::Target(error.to_string()))?.as_ref();
        let all = self.asked.get().map_err(Error::Usage)?;
        if let [asked] = all {
            return self.by_one_pygrub(root_disk, name, asked, reports);
        }
        let target = (name, self.targets.access(name));
        let (status, readable) = several::check(self.args, target, all, root_disk, &self.looks, reports)?;
        Ok(match readable {
            true => TargetEnd { status: self.args.exit.applied(status), more: Some(status) },
            false => TargetEnd { status, more: None },
        })
    }

    fn examine(
        &self,
        root_disk: Option<&RootDisk>,
        name: &TargetName,
        asked: &EffectiveSettings,
    ) -> Result<Judged, Error> {
        let opened = open(self.args, name, asked, &self.targets.access(name))?;
        let volumes = opened.target().volumes();
        judge(&opened, volumes.as_ref(), asked, root_disk, &[], Asks::of_check(self.args, &self.looks))
    }

    fn by_one_pygrub(
        &self,
        root_disk: Option<&RootDisk>,
        name: &TargetName,
        asked: &EffectiveSettings,
        reports: &mut Emitter,
    ) -> Result<TargetEnd<Option<Status>>, TargetTrouble> {
        let release = asked.options.release;
        match self.examine(root_disk, name, asked) {
            Ok(mut judged) => {
                let found = std::mem::take(&mut judged.findings);
                let shown = self.args.stdin.shown(name);
                let configuration = configuration_shown(&judged, name, shown);
                let sources = judged.sources(shown.as_str(), configuration.as_deref());
                let findings = self.baselines.filter(&asked.settings, shown, &judged.run, sources, found);
                let findings = findings.map_err(|error| TargetTrouble::All(Error::Usage(error)))?;
                let verdict = Status::from(judged.run.verdict);
                let status = verdict.max(asked.threshold.status(&findings));
                if !self.args.failures_only || status > Status::NotApplicable {
                    reports.add(&judged.report(shown.as_str(), &findings, configuration.as_deref(), None))?;
                    let why = why_it_fails(self.args, judged.run.verdict, &findings, asked.threshold);
                    if let Some(line) = why.filter(|_| reports.is_text()) {
                        writeln!(reports.out.text(), "{line}")?;
                    }
                }
                let status = self.args.exit.applied(status);
                if self.single {
                    // The process ends here: taking a large menu apart piece by piece would only cost time.
                    std::mem::forget(judged);
                }
                Ok(TargetEnd { status, more: Some(verdict) })
            }
            Err(Error::Target(why)) => {
                let target = self.args.stdin.shown(name).as_str();
                reports.add(&TargetReport { target, outcome: ReportOutcome::Unreadable { why: &why, release } })?;
                complain(&why);
                Ok(TargetEnd { status: Status::Unknown, more: None })
            }
            Err(error) => Err(error.into()),
        }
    }
}
