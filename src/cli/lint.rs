//! `pregrub lint`.

use std::io::{self, Write};

use clap::Args;

use super::baselines::{BaselineArgs, Baselines};
use super::exit_status::ExitZeroArgs;
use super::fix::{FixArgs, Tally};
use super::fixable::Fixable;
use super::levels::LevelArgs;
use super::output_args::{ReportFormat, ReportOutputArgs};
use super::progress::Progress;
use super::recursive::{RecursiveArgs, Sought};
use super::release_args::ReleaseArgs;
use super::settings::{Finder, Settings, SettingsArgs};
use super::target_args::DialectArg;
use super::{Error, Status};
use crate::boot::Options;
use crate::cli::effective_settings::EffectiveSettings;
use crate::cli::emitter::Emitter;
use crate::cli::stdout::{Out, complain};
use crate::flavour::Build;
use crate::lint::{self, Finding, LintContext};
use crate::report::finding::Sources;
use crate::report::lint::Lint as Report;
use crate::report::target_report::{Outcome, TargetReport};
use crate::report::text;
use crate::simulation::Simulation;
use crate::target::{Kind, OpenOptions};

const AFTER_LINT: &str = "\
Exit status: 0 no finding reaches the threshold (without --threshold: no error), with --diff nothing would change; 1 a finding \
does, or --diff shows something; 2 called wrongly, a broken pregrub.toml, or an internal error; 3 a file could not be read or \
mended.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_LINT)]
pub(super) struct LintArgs {
    /// The configurations: grub.cfg, menu.lst, extlinux.conf, or `-`; with --recursive directories too
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    #[command(flatten)]
    xen: ReleaseArgs,
    /// pygrub shows no menu, as with bootloader_args = ["-q"]
    #[arg(short, long)]
    quiet: bool,
    /// The dialect of the files, whatever their names are
    #[arg(long, value_enum)]
    pub dialect: Option<DialectArg>,
    #[command(flatten)]
    pub output: ReportOutputArgs,
    /// Show each finding at its place, also where several say the same
    #[arg(short, long)]
    pub verbose: bool,
    #[command(flatten)]
    pub levels: LevelArgs,
    #[command(flatten)]
    pub exit: ExitZeroArgs,
    #[command(flatten)]
    pub fix: FixArgs,
    #[command(flatten)]
    pub baseline: BaselineArgs,
    #[command(flatten)]
    pub recursive: RecursiveArgs,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

impl LintArgs {
    /// The options of the run, where these settings are in force.
    pub(super) fn options(&self, settings: &Settings) -> Result<Options, String> {
        let Build { release, flavour } = self.xen.one(settings)?;
        let quiet = self.quiet || settings.quiet.unwrap_or_default();
        Ok(Options { release, flavour, interactive: quiet.then_some(false), ..Options::default() })
    }
}

pub(super) fn run(args: &LintArgs) -> Result<Status, Error> {
    if let Some(fault) = args.fix.fault() {
        return Err(Error::Usage(fault.to_owned()));
    }
    let mut finder = Finder::new(&args.settings, &args.files).map_err(Error::Usage)?;
    let targets = args.recursive.targets(&args.files, Sought::Configurations, &mut finder).map_err(Error::Usage)?;
    // What is said of the program as a whole goes by the settings of the working directory.
    let first = finder.of("-").map_err(Error::Usage)?;
    let options = args.options(&first).map_err(Error::Usage)?;
    let whole = EffectiveSettings::new(first, options, &args.levels);
    let out = Out::new(args.output.color);
    let mut linting = Linting {
        args,
        reports: Emitter::new(out, args.output.format, whole.options.release, whole.threshold),
        baselines: Baselines::new(&args.baseline),
        fixed: Tally::default(),
        fixable: Fixable::default(),
        findings: Vec::new(),
        suppressed: 0,
    };
    let progress = Progress::new(targets.names.len(), args.recursive.recursive);
    let mut worst = if targets.incomplete { Status::Unknown } else { Status::Fine };
    for name in &targets.names {
        let settings = finder.of(name).map_err(Error::Usage)?;
        let options = args.options(&settings).map_err(Error::Usage)?;
        let asked = EffectiveSettings::new(settings, options, &args.levels);
        match linting.one(name, &asked) {
            Ok(status) => worst = worst.max(status),
            Err(Error::Target(error)) => {
                complain(&error);
                worst = worst.max(Status::Unknown);
            }
            Err(error) => return Err(error),
        }
        progress.done(|| linting.reports.out.flush_for(args.recursive.recursive))?;
    }
    progress.finish();
    let left_out = linting.baselines.finish().map_err(Error::Usage)?;
    linting.finish(targets.names.len(), left_out.as_deref(), worst)?;
    Ok(worst)
}

/// The work on all files.
struct Linting<'a> {
    args: &'a LintArgs,
    reports: Emitter,
    baselines: Baselines<'a>,
    fixed: Tally,
    fixable: Fixable,
    findings: Vec<Finding>,
    /// How many findings comments suppress.
    suppressed: usize,
}

impl Linting<'_> {
    /// Looks at one file, mends it where that is asked for, and reports on it.
    fn one(&mut self, name: &str, asked: &EffectiveSettings) -> Result<Status, Error> {
        let args = self.args;
        if args.fix.diff {
            let changes = args.fix.diff(name, args.dialect, asked, &mut self.reports.out)?;
            return Ok(args.exit.applied(if changes { Status::Fails } else { Status::Fine }));
        }
        let mut trouble = None;
        if args.fix.fix {
            match args.fix.fix(name, args.dialect, asked, &mut self.fixed) {
                Ok(lines) => {
                    for line in lines.iter().filter(|_| args.output.format == ReportFormat::Text) {
                        writeln!(self.reports.out.text(), "{line}")?;
                    }
                }
                // What is found is told all the same.
                Err(error) => trouble = Some(error),
            }
        }
        let release = asked.options.release;
        let wanted = OpenOptions { kind: Some(Kind::Config), dialect: args.dialect.map(Into::into) };
        let opened = Simulation::from(asked.options.clone()).open(name, wanted);
        let run = match opened.and_then(|target| target.run_on(None)) {
            Ok(run) => run,
            Err(error) => {
                let error = error.to_string();
                match args.output.format {
                    ReportFormat::Json => self.reports.out.json(&Report::of_unreadable(name, release, &error))?,
                    _ => self.reports.add(&TargetReport { target: name, outcome: Outcome::Unreadable(&error) })?,
                }
                return Err(Error::Target(error));
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
        let sources = Sources { configuration: Some(name), ..Sources::default() };
        let findings = self.baselines.filter(&asked.settings, name, &run, sources, findings).map_err(Error::Usage)?;
        match args.output.format {
            ReportFormat::Json => {
                let report = Report::new(name, asked.options.build(), &findings, sources).with_suppressed(suppressed);
                self.reports.out.json(&report)?;
            }
            ReportFormat::Text => {
                let look = self.reports.out.look(args.verbose);
                text::write_findings(&findings, &run, None, sources, look, &mut self.reports.out.colored())?;
                if !findings.is_empty() {
                    writeln!(self.reports.out.text())?;
                }
            }
            _ => {
                let outcome = Outcome::Read {
                    kind: Kind::Config,
                    run: &run,
                    explanation: None,
                    judged: false,
                    findings: &findings,
                    sources,
                };
                self.reports.add(&TargetReport { target: name, outcome })?;
            }
        }
        let status = worst.max(args.exit.applied(asked.threshold.status(&findings)));
        self.suppressed += suppressed;
        if let Some(found) = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref()) {
            self.fixable.count(&findings, &found.text);
        }
        self.findings.extend(findings);
        Ok(status)
    }

    /// What is said of all files together.
    fn finish(mut self, files: usize, left_out: Option<&str>, worst: Status) -> io::Result<()> {
        if self.args.fix.diff {
            return self.reports.out.finish();
        }
        if self.args.output.format == ReportFormat::Text {
            let suppressed = text::suppressed(self.suppressed);
            match text::summary(&self.findings) {
                Some(summary) => writeln!(self.reports.out.text(), "{summary}")?,
                None if left_out.is_none() && suppressed.is_none() && worst == Status::Fine => {
                    writeln!(self.reports.out.text(), "no findings")?;
                }
                None => {}
            }
            for line in self.fixed.line().iter().map(String::as_str).chain(suppressed.as_deref()).chain(left_out) {
                writeln!(self.reports.out.text(), "{line}")?;
            }
            let file = if let [file] = self.args.files.as_slice() { Some(file.as_str()) } else { None };
            let file = file.filter(|file| *file != "-" && !self.args.recursive.recursive);
            for line in self.fixable.lines(file) {
                writeln!(self.reports.out.text(), "{line}")?;
            }
            if self.args.recursive.recursive {
                let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
                let (findings, files) = (plural(self.findings.len(), "finding"), plural(files, "file"));
                writeln!(self.reports.out.text(), "{findings} in {files}")?;
            }
        }
        self.reports.finish(worst)
    }
}
