//! `pregrub lint`.

use std::io::{self, Write};

use clap::Args;

use super::baselines::{BaselineArgs, Baselines};
use super::exit_status::ExitZeroArgs;
use super::fix::{FixArgs, FixTally};
use super::fixable::Fixable;
use super::fleet::{Fleet, TargetEnd, TargetTrouble, Total};
use super::job_args::JobArgs;
use super::levels::LevelArgs;
use super::output_args::ReportOutputArgs;
use super::pool::Pool;
use super::recursive::{RecursiveArgs, Sought, Targets};
use super::release_args::ReleaseArgs;
use super::settings::{FileSettings, Finder, SettingsArgs};
use super::stdin_filename::StdinArgs;
use super::target_args::DialectArg;
use super::target_list::TargetListArgs;
use super::target_name::TargetName;
use super::{Error, Status};
use crate::boot::Options;
use crate::cli::effective_settings::{AllAsked, EffectiveSettings};
use crate::cli::emitter::{Emitter, ReportingCommand};
use crate::cli::stdout::{Out, complain};
use crate::flavour::Build;
use crate::lint::{self, LintContext, SpanSource};
use crate::release::Release;
use crate::report::check::Hashes;
use crate::report::finding::Sources;
use crate::report::target_report::{ReportOutcome, TargetReport};
use crate::report::text;
use crate::simulation::Simulation;
use crate::target::{Kind, OpenOptions, TargetError};

const AFTER_LINT: &str = "\
Exit status: 0 no finding reaches the threshold (without --threshold: no error), with --diff nothing would change; 1 a finding \
does, or --diff shows something; 2 usage error, a broken pregrub.toml, or an internal error; 3 a file could not be read or \
fixed.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_LINT)]
pub(super) struct LintArgs {
    /// The configurations: grub.cfg, menu.lst, extlinux.conf, or `-`; with --recursive directories too
    #[arg(required_unless_present = "targets_from", value_name = "FILE")]
    pub files: Vec<TargetName>,
    #[command(flatten)]
    pub list: TargetListArgs,
    #[command(flatten)]
    xen: ReleaseArgs,
    /// pygrub shows no menu, as with bootloader_args = ["-q"]
    #[arg(short, long)]
    quiet: bool,
    /// The dialect of the files; overrides their names
    #[arg(long, value_enum)]
    pub dialect: Option<DialectArg>,
    #[command(flatten)]
    pub output: ReportOutputArgs,
    #[command(flatten)]
    pub stdin: StdinArgs,
    /// Show every finding at its place, even if several say the same
    #[arg(short, long)]
    pub verbose: bool,
    #[command(flatten)]
    pub levels: LevelArgs,
    #[command(flatten)]
    pub exit: ExitZeroArgs,
    #[command(flatten)]
    pub fix: FixArgs,
    #[command(flatten)]
    pub jobs: JobArgs,
    #[command(flatten)]
    pub baseline: BaselineArgs,
    #[command(flatten)]
    pub recursive: RecursiveArgs,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

impl LintArgs {
    /// The options of the run, where these settings are in force.
    pub(super) fn options(&self, settings: &FileSettings) -> Result<Options, String> {
        let Build { release, flavour } = self.xen.one(settings)?;
        let quiet = self.quiet || settings.quiet.unwrap_or_default();
        Ok(Options { release, flavour, interactive: quiet.then_some(false), ..Options::default() })
    }
}

pub(super) fn run(args: &LintArgs) -> Result<Status, Error> {
    if let Some(fault) = args.fix.fault() {
        return Err(Error::Usage(fault.to_owned()));
    }
    let named = args.list.named(&args.files).map_err(Error::Usage)?;
    let finder = Finder::new(&args.settings, &named.names).map_err(Error::Usage)?;
    let mut targets = args.recursive.targets(named.names, Sought::Configurations, &finder).map_err(Error::Usage)?;
    targets.incomplete |= named.is_incomplete;
    args.list.keep_shard(&mut targets.names);
    // What is said of the program as a whole goes by the settings of the working directory.
    let first = finder.in_force();
    let options = args.options(&first).map_err(Error::Usage)?;
    let whole = EffectiveSettings::new(first, options, &args.levels);
    let release = whole.options.release;
    let out = Out::new(args.output.color);
    let form = args.output.form(finder.trees()).map_err(Error::Usage)?;
    let mut reports = Emitter::new(out, &form, release, whole.threshold, ReportingCommand::Lint, args.verbose);
    let linting = Linting {
        args,
        targets: &targets,
        asked: AllAsked::new(&finder, |settings| args.options(settings).map(|options| vec![options]), &args.levels),
        baselines: Baselines::new(&args.baseline, finder.trees()),
    };
    // Two names may be of one file, which is edited by one at a time.
    let pool = if args.fix.fix { Pool { jobs: 1, ordered: true } } else { args.jobs.pool(targets.names.len()) };
    let fleet = Fleet {
        names: &targets.names,
        pool,
        is_spaced: false,
        leaves_out: false,
        least: if targets.incomplete { Status::Unknown } else { Status::Fine },
    };
    let mut sum = Sum::default();
    let total = fleet.look_at(
        &mut reports,
        (),
        || (),
        |(), name, reports| linting.one(name, reports),
        |name, why, reports| unreadable(args, name, release, why, reports),
        |_, of_one| sum.add(of_one.unwrap_or_default()),
    )?;
    let left_out = if total.is_interrupted { Vec::new() } else { linting.baselines.finish().map_err(Error::Usage)? };
    finish(args, reports, &sum, &total, &left_out)?;
    Ok(total.status)
}

/// What the files come to.
#[derive(Default)]
struct Sum {
    totals: text::Totals,
    /// How many findings comments suppress.
    suppressed: usize,
    fixed: FixTally,
    fixable: Fixable,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.totals.add(other.totals);
        self.suppressed += other.suppressed;
        self.fixed.fixes += other.fixed.fixes;
        self.fixed.files += other.fixed.files;
        self.fixable.add(other.fixable);
    }
}

/// The work on all files, shared by all threads.
struct Linting<'a> {
    args: &'a LintArgs,
    targets: &'a Targets,
    asked: AllAsked,
    baselines: Baselines<'a>,
}

/// Reports on a file without a result.
fn unreadable(args: &LintArgs, name: &str, release: Release, why: &str, reports: &mut Emitter) -> io::Result<()> {
    if args.fix.diff {
        return Ok(());
    }
    reports.add(&TargetReport { target: name, outcome: ReportOutcome::Unreadable { why, release } })
}

impl Linting<'_> {
    /// Looks at one file, fixes it where that is asked for, and reports on it.
    fn one(&self, name: &TargetName, reports: &mut Emitter) -> Result<TargetEnd<Sum>, TargetTrouble> {
        let args = self.args;
        let shown = args.stdin.shown(name);
        let dialect = args.stdin.dialect(name, args.dialect);
        let all = self.asked.get().map_err(Error::Usage)?;
        let Some(asked) = all.first() else { return Ok(TargetEnd { status: Status::Fine, more: Sum::default() }) };
        let access = self.targets.access(name);
        let mut sum = Sum::default();
        let failed = |error: &str, sum| {
            complain(error);
            Ok(TargetEnd { status: Status::Unknown, more: sum })
        };
        if args.fix.diff {
            return match args.fix.diff((name, &access), (shown, dialect), asked, &mut reports.out) {
                Ok(some) => {
                    let status = args.exit.applied(if some { Status::Fails } else { Status::Fine });
                    Ok(TargetEnd { status, more: sum })
                }
                Err(Error::Target(error)) => failed(&error, sum),
                Err(error) => Err(error.into()),
            };
        }
        let mut trouble = None;
        if args.fix.fix {
            match args.fix.fix((name, &access), dialect, asked, &mut sum.fixed) {
                Ok(lines) => {
                    let is_text = reports.is_text();
                    for line in lines.iter().filter(|_| is_text) {
                        writeln!(reports.out.text(), "{line}")?;
                    }
                }
                // What is found is reported all the same.
                Err(error) => trouble = Some(error),
            }
        }
        let release = asked.options.release;
        let wanted = OpenOptions { kind: Some(Kind::Config), dialect, ..OpenOptions::default() };
        let opened = Simulation::from(asked.options.clone()).open_with(name, wanted, &access);
        let run = match opened.and_then(|target| target.run_on(None)) {
            Ok(run) => run,
            Err(error) => {
                let help = match &error {
                    TargetError::Directory { .. } => "; --recursive looks at the configurations in it",
                    _ => "",
                };
                let error = format!("{error}{help}");
                unreadable(args, shown.as_str(), release, &error, reports)?;
                return failed(&error, sum);
            }
        };
        let worst = match &trouble {
            Some(error) => {
                complain(error);
                Status::Unknown
            }
            None => Status::Fine,
        };
        let mut context = LintContext::new(&run, Kind::Config);
        if !asked.suppressions {
            context = context.without_guest_suppressions();
        }
        let lint::Findings { active: findings, suppressed } = lint::lint_all(&context, &asked.levels);
        let suppressed = suppressed.len();
        let sources = Sources {
            configuration: Some(shown.as_str()),
            file: Some((SpanSource::Configuration, shown.as_str())),
            ..Sources::default()
        };
        let findings = self.baselines.filter(&asked.settings, shown, &run, sources, findings);
        let findings = findings.map_err(|error| TargetTrouble::All(Error::Usage(error)))?;
        let outcome = ReportOutcome::Read {
            kind: Kind::Config,
            run: &run,
            explanation: None,
            judged: false,
            built: None,
            hashes: &Hashes::default(),
            findings: &findings,
            suppressed,
            sources,
            pygrubs: None,
        };
        reports.add(&TargetReport { target: shown.as_str(), outcome })?;
        sum.suppressed = suppressed;
        sum.totals = text::Totals::of(&findings);
        if let Some(found) = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref()) {
            sum.fixable.count(&findings, &found.text);
        }
        if self.targets.names.len() == 1 {
            // The process ends here: taking a large menu apart piece by piece would only cost time.
            drop(context);
            std::mem::forget(run);
        }
        Ok(TargetEnd { status: worst.max(args.exit.applied(asked.threshold.status(&findings))), more: sum })
    }
}

/// Says what is said of all files together.
fn finish(args: &LintArgs, mut reports: Emitter, sum: &Sum, total: &Total, left_out: &[String]) -> io::Result<()> {
    if args.fix.diff {
        return reports.out.finish();
    }
    if reports.is_text() {
        let suppressed = text::suppressed(sum.suppressed);
        match sum.totals.summary() {
            Some(summary) => writeln!(reports.out.text(), "{summary}")?,
            None if left_out.is_empty() && suppressed.is_none() && total.status == Status::Fine => {
                writeln!(reports.out.text(), "no findings")?;
            }
            None => {}
        }
        for line in sum.fixed.line().iter().chain(&suppressed).chain(left_out) {
            writeln!(reports.out.text(), "{line}")?;
        }
        let file = if let [file] = args.files.as_slice() { Some(file) } else { None };
        for line in sum.fixable.lines(
            file.filter(|file| !file.is_stdin() && !args.recursive.recursive).map(TargetName::shell_word).as_deref(),
        ) {
            writeln!(reports.out.text(), "{line}")?;
        }
        if args.recursive.recursive || args.list.is_given() || total.is_interrupted {
            let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
            let (findings, files) = (plural(sum.totals.all(), "finding"), plural(total.done, "file"));
            writeln!(reports.out.text(), "{findings} in {files}")?;
        }
    }
    reports.finish(total.status)
}
