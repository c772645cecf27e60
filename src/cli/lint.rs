//! `pregrub lint`.

use std::io::{self, Write};
use std::path::Path;

use super::Status;
use super::args::{Lint, ReportFormat};
use super::baselines::Baselines;
use super::fix::Tally;
use super::progress::Progress;
use super::recursive::Sought;
use super::settings::Finder;
use crate::cli::effective_settings::EffectiveSettings;
use crate::cli::emitter::Emitter;
use crate::cli::stdout::{Out, complain};
use crate::lint::{self, Finding, LintContext};
use crate::report::finding::Sources;
use crate::report::lint::Lint as Report;
use crate::report::target_report::{Outcome, TargetReport};
use crate::report::text;
use crate::target::{Kind, OpenOptions, Target};

pub(super) fn run(args: &Lint) -> io::Result<Status> {
    match all(args) {
        Ok(done) => done,
        Err(error) => {
            complain(&error);
            Ok(Status::Usage)
        }
    }
}

/// Looks at all files. An error is about what the user asked for, not about a file.
fn all(args: &Lint) -> Result<io::Result<Status>, String> {
    if let Some(fault) = args.fix.fault() {
        return Err(fault.to_owned());
    }
    let mut finder = Finder::new(&args.settings, &args.files)?;
    let targets = args.recursive.targets(&args.files, Sought::Configurations, &mut finder)?;
    // What is said of the program as a whole goes by the settings of the working directory.
    let first = finder.of("-")?;
    let whole = EffectiveSettings::new(first.clone(), args.options(&first)?, &args.levels);
    let out = Out::new(args.answer.color);
    let mut linting = Linting {
        args,
        reports: Emitter::new(out, args.answer.format, whole.options.release, whole.threshold),
        baselines: Baselines::new(&args.baseline),
        fixed: Tally::default(),
        findings: Vec::new(),
        suppressed: 0,
    };
    let progress = Progress::new(targets.names.len(), args.recursive.recursive);
    let mut worst = if targets.incomplete { Status::Unknown } else { Status::Fine };
    for name in &targets.names {
        let settings = finder.of(name)?;
        let options = args.options(&settings)?;
        let asked = EffectiveSettings::new(settings, options, &args.levels);
        match linting.one(name, &asked) {
            Ok(Ok(status)) => worst = worst.max(status),
            Ok(Err(Error::Usage(error))) => return Err(error),
            Ok(Err(Error::File(error))) => {
                complain(&error);
                worst = worst.max(Status::Unknown);
            }
            Err(error) => return Ok(Err(error)),
        }
        if let Err(error) = progress.done(|| linting.reports.out.flush_for(args.recursive.recursive)) {
            return Ok(Err(error));
        }
    }
    progress.finish();
    let left_out = linting.baselines.finish()?;
    Ok(linting.finish(targets.names.len(), left_out.as_deref(), worst).map(|()| worst))
}

/// Why there are no findings.
enum Error {
    /// The user asked for something that cannot be.
    Usage(String),
    /// The file cannot be read or mended.
    File(String),
}

/// The work on all files.
struct Linting<'a> {
    args: &'a Lint,
    reports: Emitter,
    baselines: Baselines<'a>,
    fixed: Tally,
    findings: Vec<Finding>,
    /// How many findings comments suppress.
    suppressed: usize,
}

impl Linting<'_> {
    /// Looks at one file, mends it where that is asked for, and reports on it.
    fn one(&mut self, name: &str, asked: &EffectiveSettings) -> io::Result<Result<Status, Error>> {
        let args = self.args;
        if args.fix.diff {
            let changes = args.fix.diff(name, args.dialect, asked, &mut self.reports.out)?;
            let status = |some| args.exit.applied(if some { Status::Fails } else { Status::Fine });
            return Ok(changes.map_err(Error::File).map(status));
        }
        let mut trouble = None;
        if args.fix.fix {
            match args.fix.fix(name, args.dialect, asked, &mut self.fixed) {
                Ok(lines) => {
                    for line in lines.iter().filter(|_| args.answer.format == ReportFormat::Text) {
                        writeln!(self.reports.out.text(), "{line}")?;
                    }
                }
                // What is found is told all the same.
                Err(error) => trouble = Some(error),
            }
        }
        let release = asked.options.release;
        let wanted = OpenOptions { kind: Some(Kind::Config), dialect: args.dialect.map(Into::into) };
        let run =
            Target::open(Path::new(name), wanted, release).and_then(|target| target.run(name, asked.options.clone()));
        let run = match run {
            Ok(run) => run,
            Err(error) => {
                let error = error.to_string();
                match args.answer.format {
                    ReportFormat::Json => self.reports.out.json(&Report::of_unreadable(name, release, &error))?,
                    _ => self.reports.add(&TargetReport { target: name, outcome: Outcome::Unreadable(&error) })?,
                }
                return Ok(Err(Error::File(error)));
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
        let findings = match self.baselines.filter(&asked.settings, name, &run, sources, findings) {
            Ok(findings) => findings,
            Err(error) => return Ok(Err(Error::Usage(error))),
        };
        match args.answer.format {
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
        self.findings.extend(findings);
        Ok(Ok(status))
    }

    /// What is said of all files together.
    fn finish(mut self, files: usize, left_out: Option<&str>, worst: Status) -> io::Result<()> {
        if self.args.fix.diff {
            return self.reports.out.finish();
        }
        if self.args.answer.format == ReportFormat::Text {
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
            if self.args.recursive.recursive {
                let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
                let (findings, files) = (plural(self.findings.len(), "finding"), plural(files, "file"));
                writeln!(self.reports.out.text(), "{findings} in {files}")?;
            }
        }
        self.reports.finish(worst)
    }
}
