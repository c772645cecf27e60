//! `pregrub check`.

mod args;

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

pub(super) use self::args::CheckArgs;
use self::args::Until;
use super::baselines::Baselines;
use super::fleet::{Ended, Fleet, Trouble};
use super::recursive::{Sought, Targets};
use super::settings::{Finder, Settings};
use super::target_name::TargetName;
use super::{Error, Status, several};
use crate::boot::{self, Options, Run, Verdict};
use crate::cli::effective_settings::{AllAsked, EffectiveSettings};
use crate::cli::emitter::{Command, Emitter};
use crate::cli::stdout::{Out, complain};
use crate::explain::Explanation;
use crate::flavour::Build;
use crate::kernel::{Built, Depth, GuestType, Looks, build};
use crate::lint::{self, Finding, LintContext, RootDisk, Source};
use crate::release::Release;
use crate::report::check::Hashes;
use crate::report::finding::Sources;
use crate::report::target_report::{Outcome, TargetReport};
use crate::simulation::{OpenTarget, Simulation};
use crate::storage::mount::{MountedOnce, Volumes};
use crate::target::{DiskAccess, Kind, OpenOptions, Target};
use crate::xl::domain::Guest;

pub(super) fn run(args: &CheckArgs) -> Result<Status, Error> {
    let named = args.list.named(&args.targets).map_err(Error::Usage)?;
    let finder = Finder::new(&args.pygrub.settings, &named.names).map_err(Error::Usage)?;
    let mut targets = args.recursive.targets(named.names, Sought::Everything, &finder).map_err(Error::Usage)?;
    targets.trust(args.trust_domains);
    targets.incomplete |= named.is_incomplete;
    args.list.keep_shard(&mut targets.names);
    // What is said of the program as a whole goes by the settings of the working directory.
    let first = finder.of("-").map_err(Error::Usage)?;
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
        baselines: Baselines::new(&args.baseline),
        looks: Looks::remembering(targets.names.len() > 1),
    };
    let out = Out::new(args.output.color);
    let form = args.output.form().map_err(Error::Usage)?;
    let mut reports = Emitter::new(out, &form, release, whole.threshold, Command::Check, args.verbose);
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
        |name, why, reports| reports.add(&TargetReport { target: name, outcome: Outcome::Unreadable { why, release } }),
        |status, verdict| tally.count(verdict.unwrap_or(status)),
    )?;
    let left_out = if total.is_interrupted { None } else { checking.baselines.finish().map_err(Error::Usage)? };
    if text {
        for line in args.pygrub.hint(&first).iter().chain(&left_out) {
            writeln!(reports.out.text(), "{line}")?;
        }
        if args.recursive.recursive || args.failures_only || args.list.is_given() || total.is_interrupted {
            writeln!(reports.out.text(), "\n{tally}")?;
        }
    }
    reports.finish(total.status)?;
    Ok(total.status)
}

fn open_root_disk(name: &TargetName, release: Release) -> Result<RootDisk, Error> {
    let opened = Simulation::new(release).open(name, OpenOptions::default());
    let opened = opened.map_err(|error| Error::Target(error.to_string()))?;
    RootDisk::open(opened.target())
        .map_err(|error| Error::Target(format!("cannot look for files on the root disk `{name}`: {error}")))
}

/// How many targets came out how.
#[derive(Default)]
struct Tally {
    fine: usize,
    not_applicable: usize,
    failing: usize,
    unknown: usize,
}

/// The work on all targets, shared by all threads.
struct Checking<'a, O> {
    args: &'a CheckArgs,
    targets: &'a Targets,
    /// Whether there is no other target.
    single: bool,
    asked: AllAsked<'a, O>,
    baselines: Baselines<'a>,
    /// The kernels that were looked into.
    looks: Looks,
}

impl<O: Fn(&Settings) -> Result<Vec<Options>, String>> Checking<'_, O> {
    /// Checks one target, and reports on it. What is added up is the status by its verdict.
    fn one(
        &self,
        root_disk: Result<&Option<RootDisk>, &Error>,
        name: &TargetName,
        reports: &mut Emitter,
    ) -> Result<Ended<Status>, Trouble> {
        let root_disk = root_disk.map_err(|error| Error::Target(error.to_string()))?.as_ref();
        let all = self.asked.of(self.args.stdin.shown(name)).map_err(Error::Usage)?;
        if let [asked] = &*all {
            return self.by_one_pygrub(root_disk, name, asked, reports);
        }
        let target = (name, self.targets.access(name));
        let (status, readable) = several::check(self.args, target, &all, root_disk, &self.looks, reports)?;
        Ok(Ended { status: if readable { self.args.exit.applied(status) } else { status }, more: status })
    }

    fn by_one_pygrub(
        &self,
        root_disk: Option<&RootDisk>,
        name: &TargetName,
        asked: &EffectiveSettings,
        reports: &mut Emitter,
    ) -> Result<Ended<Status>, Trouble> {
        let release = asked.options.release;
        match examine(self.args, (name, self.targets.access(name)), asked, root_disk, &[], &self.looks) {
            Ok(mut judged) => {
                let found = std::mem::take(&mut judged.findings);
                let shown = self.args.stdin.shown(name);
                let configuration = judged.configuration_shown(name, shown);
                let sources = judged.sources(shown.as_str(), configuration.as_deref());
                let findings = self.baselines.filter(&asked.settings, shown, &judged.run, sources, found);
                let findings = findings.map_err(|error| Trouble::All(Error::Usage(error)))?;
                let verdict = Status::from(judged.run.verdict);
                let status = verdict.max(asked.threshold.status(&findings));
                if !self.args.failures_only || status > Status::NotApplicable {
                    reports.add(&judged.report(shown.as_str(), &findings, configuration.as_deref(), None))?;
                }
                let status = self.args.exit.applied(status);
                if self.single {
                    // The process ends here: taking a large menu apart piece by piece would only cost time.
                    std::mem::forget(judged);
                }
                Ok(Ended { status, more: verdict })
            }
            Err(Error::Target(why)) => {
                let target = self.args.stdin.shown(name).as_str();
                reports.add(&TargetReport { target, outcome: Outcome::Unreadable { why: &why, release } })?;
                complain(&why);
                Ok(Ended { status: Status::Unknown, more: Status::Unknown })
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Tally {
    fn count(&mut self, status: Status) {
        match status {
            Status::Fine => self.fine += 1,
            Status::NotApplicable => self.not_applicable += 1,
            Status::Fails => self.failing += 1,
            Status::Unknown | Status::Usage | Status::Stopped(_) => self.unknown += 1,
        }
    }
}

/// `4 targets: 1 would boot, 1 would not, 1 unknown, 1 does not ask pygrub`.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.fine + self.failing + self.unknown + self.not_applicable;
        let kinds = [
            (self.fine, "would boot"),
            (self.failing, "would not"),
            (self.unknown, "unknown"),
            (self.not_applicable, if self.not_applicable == 1 { "does not ask pygrub" } else { "do not ask pygrub" }),
        ];
        let kinds: Vec<String> =
            kinds.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        match all {
            0 => f.write_str("0 targets: nothing was found that pygrub could be given"),
            all => write!(f, "{all} target{}: {}", if all == 1 { "" } else { "s" }, kinds.join(", ")),
        }
    }
}

/// What is known of a target.
pub(super) struct Judged {
    pub kind: Kind,
    pub run: Run,
    pub explanation: Option<Explanation>,
    pub built: Option<Built>,
    pub hashes: Hashes,
    pub findings: Vec<Finding>,
    /// How many findings comments suppress.
    pub suppressed: usize,
    /// The text of a domain's configuration.
    pub domain_text: Option<Vec<u8>>,
}

impl Judged {
    /// The path of the configuration that decides the run.
    pub(super) fn configuration(&self) -> Option<String> {
        let found = self.run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
        found.map(|found| found.path.to_string())
    }

    /// The same, where standard input stands for a file.
    pub(super) fn configuration_shown(&self, name: &TargetName, shown: &TargetName) -> Option<String> {
        if name != shown && self.kind == Kind::Config { Some(shown.to_string()) } else { self.configuration() }
    }

    /// What the texts are called that findings point into. `configuration` is that of [`configuration`](Self::configuration).
    fn sources<'a>(&'a self, target: &'a str, configuration: Option<&'a str>) -> Sources<'a> {
        let domain = (self.kind == Kind::Xl).then_some(target);
        let file = match self.kind {
            Kind::Config => Some((Source::Configuration, target)),
            Kind::Xl => Some((Source::Domain, target)),
            _ => None,
        };
        Sources { configuration, domain, domain_text: self.domain_text.as_deref(), file }
    }

    /// The report with these of its findings. `pygrubs` are those that come to it, if several were asked.
    pub(super) fn report<'a>(
        &'a self,
        target: &'a str,
        findings: &'a [Finding],
        configuration: Option<&'a str>,
        pygrubs: Option<&'a str>,
    ) -> TargetReport<'a> {
        let outcome = Outcome::Read {
            kind: self.kind,
            run: &self.run,
            explanation: self.explanation.as_ref(),
            judged: true,
            built: self.built.as_ref(),
            hashes: &self.hashes,
            findings,
            suppressed: self.suppressed,
            sources: self.sources(target, configuration),
            pygrubs,
        };
        TargetReport { target, outcome }
    }
}

/// The run alone, with what Xen's builder says of its kernel: no look at what is wrong.
pub(super) fn run_target(
    args: &CheckArgs,
    (name, access): (&TargetName, DiskAccess),
    asked: &EffectiveSettings,
    looks: &Looks,
) -> Result<Run, Error> {
    let target = open_target(args, name, asked, &access)?;
    let volumes = target.target().volumes();
    Ok(perform(args, name, &target, volumes.as_ref(), looks)?.0)
}

fn perform(
    args: &CheckArgs,
    name: &TargetName,
    target: &OpenTarget,
    volumes: Option<&MountedOnce<'_>>,
    looks: &Looks,
) -> Result<(Run, Option<Built>), Error> {
    let mut run = target.run_on(volumes).map_err(|error| Error::Target(error.to_string()))?;
    let built = match volumes {
        Some(volumes) if args.until == Until::Builder => {
            let of_domain =
                target.target().guest().map(|guest| if guest == Guest::Pvh { GuestType::Pvh } else { GuestType::Pv });
            let guest = args.guest.map(GuestType::from).or(of_domain).unwrap_or_default();
            let depth = if args.hash { Depth::All } else { Depth::Notes };
            build(&mut run, volumes, guest, depth, looks)
                .map_err(|error| Error::Target(format!("cannot read `{name}`: {error}")))?
        }
        _ => None,
    };
    Ok((run, built))
}

fn open_target(
    args: &CheckArgs,
    name: &TargetName,
    asked: &EffectiveSettings,
    access: &DiskAccess,
) -> Result<OpenTarget, Error> {
    let options = &asked.options;
    let target = args.pygrub.open_standing_for(name, &args.stdin, options.clone(), access)?;
    let kind = target.kind();
    if kind == Kind::Config && (options.kernel.is_some() || options.offset.is_some()) {
        return Err(Error::Usage(format!("`{name}` is a configuration alone: --kernel and --offset need a disk")));
    }
    Ok(target)
}

/// Everything about a target, by its name and what it may have opened. `outcomes` are the verdicts by all pygrubs, where several are asked.
pub(super) fn examine(
    args: &CheckArgs,
    (name, access): (&TargetName, DiskAccess),
    asked: &EffectiveSettings,
    root_disk: Option<&RootDisk>,
    outcomes: &[(Build, Verdict)],
    looks: &Looks,
) -> Result<Judged, Error> {
    let opened = open_target(args, name, asked, &access)?;
    let target = opened.target();
    let kind = target.kind();
    let volumes = target.volumes();
    let (run, built) = perform(args, name, &opened, volumes.as_ref(), looks)?;
    let hashes = match &volumes {
        Some(volumes) if args.hash => {
            hashes(volumes, &run).map_err(|error| Error::Target(format!("cannot read `{name}`: {error}")))?
        }
        _ => Hashes::default(),
    };
    let mut context = LintContext::new(&run, kind).with_outcomes(outcomes);
    if let Some(volumes) = &volumes {
        context = context.with_volumes(volumes);
    }
    if let Target::Xl(domain) = target {
        context = context.with_domain(domain);
    }
    if let Some(root_disk) = root_disk {
        context = context.with_root_disk(root_disk);
    }
    if args.hash {
        context = context.with_whole_initrd();
    }
    if let Some(guest) = args.guest.map(GuestType::from) {
        context = context.with_guest(if guest == GuestType::Pvh { Guest::Pvh } else { Guest::Pv });
    }
    if !asked.suppressions {
        context = context.without_guest_suppressions();
    }
    let lint::Findings { active: findings, suppressed } = lint::lint_all(&context, &asked.levels);
    let explanation = context.explanation().cloned();
    drop(context);
    let domain_text = match target {
        Target::Xl(domain) => Some(domain.text.clone()),
        _ => None,
    };
    Ok(Judged { kind, run, explanation, built, hashes, findings, suppressed: suppressed.len(), domain_text })
}

fn hashes(volumes: &dyn Volumes, run: &Run) -> io::Result<Hashes> {
    let Some(chosen) = run.handed_over() else { return Ok(Hashes::default()) };
    let offset = u64::try_from(run.attempts[chosen.attempt].offset).unwrap_or_default();
    Ok(Hashes {
        kernel: Some(boot::sha256(volumes, offset, &chosen.kernel)?),
        ramdisk: chosen.ramdisk.as_ref().map(|ramdisk| boot::sha256(volumes, offset, ramdisk)).transpose()?,
    })
}
