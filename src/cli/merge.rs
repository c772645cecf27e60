//! `pregrub merge`: one report of what many runs of pregrub have found, on many machines.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use clap::{Args, ValueEnum};

use super::baselines::merged_baseline;
use super::caller_file::refuse_links_of_commits;
use super::levels::Threshold;
use super::output_args::Color;
use super::stdout::Out;
use super::target_name::TargetName;
use super::{Error, Status};
use crate::boot::Verdict;
use crate::escape::shown_path;
use crate::release::Release;
use crate::report::issue::Issue;
use crate::report::recorded::{self, Recorded};
use crate::report::{checkstyle, gitlab, junit, openmetrics, rdjson, sarif};

const AFTER_MERGE: &str = "\
Exit status: 0 every target boots (or pygrub is not asked), and no finding reaches the threshold; 1 one does not, or a finding does; 2 \
called wrongly; 3 a file could not be read or holds no report, or a target could not be read or its verdict is unknown (3 wins over 1).";

#[derive(Debug, Args)]
#[command(after_help = AFTER_MERGE)]
pub(super) struct MergeArgs {
    /// What `check`, `lint` or `host --format json` have written; `-` is standard input. Or baselines, which become one
    #[arg(required = true, value_name = "FILE")]
    files: Vec<TargetName>,
    /// How the targets are named in the report
    #[arg(long, value_enum, default_value_t = Names::ByFile)]
    names: Names,
    /// Output format
    #[arg(long, value_enum, default_value_t = MergeFormat::Text)]
    format: MergeFormat,
    /// From which severity on a finding makes the program fail
    #[arg(long, value_enum, default_value_t = Threshold::Error)]
    threshold: Threshold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Names {
    /// After their file, which is that of a machine, where there are several: host1.jsonl has host1:/dev/vg/boot
    ByFile,
    /// As they are: all files name the same targets in the same way, as those of shards do
    Shared,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MergeFormat {
    /// What does not boot, with the way out, and sums
    Text,
    /// One line a verdict and one a finding, as compilers write them
    Concise,
    /// The objects of the files, each on one line, with their names in the report
    Json,
    /// SARIF 2.1.0, for code scanning: one log for all targets
    Sarif,
    /// JUnit's XML: a test suite a target
    Junit,
    /// Gauges for Prometheus: a file for node_exporter's textfile collector
    Openmetrics,
    /// GitLab's code quality report: one array for all targets
    Gitlab,
    /// Checkstyle's XML, for Jenkins and editors
    Checkstyle,
    /// reviewdog's rdjson
    Rdjson,
}

/// What to say of a file without a line.
const EMPTY: &str = "did the run that was to write it (check, lint or host with --format json) end early? Leave it out if its shard has no \
                     targets";

/// A longer line is not one of pregrub's.
const LONGEST: u64 = 64 << 20;

pub(super) fn run(args: &MergeArgs) -> Result<Status, Error> {
    refuse_links_of_commits(&args.files).map_err(Error::Usage)?;
    let mut merging = Merging {
        format: args.format,
        threshold: args.threshold,
        out: Out::new(Color::Never),
        sarif: sarif::Log::new(Release::NEWEST),
        junit: junit::JunitReport::new(args.threshold.least()),
        metrics: openmetrics::OpenMetricsReport::default(),
        gitlab: Vec::new(),
        checkstyle: checkstyle::CheckstyleReport::default(),
        rdjson: Vec::new(),
        tally: Tally::default(),
        status: Status::Fine,
    };
    let mut baselines = Vec::new();
    for file in &args.files {
        if !file.is_stdin() && is_baseline(file.path()) {
            baselines.push(file);
        }
    }
    if !baselines.is_empty() {
        if baselines.len() < args.files.len() {
            return Err(Error::Usage("baselines and reports cannot be merged with each other".to_owned()));
        }
        let merged = merged_baseline(&baselines).map_err(Error::Target)?;
        merging.out.generated().write_all(merged.as_bytes())?;
        merging.out.finish()?;
        return Ok(Status::Fine);
    }
    for file in &args.files {
        let stem = file.path().file_stem().map(|stem| shown_path(Path::new(stem))).unwrap_or_default();
        let has_prefix = args.names == Names::ByFile && args.files.len() > 1;
        let named = |name: &str| if has_prefix { format!("{stem}:{name}") } else { name.to_owned() };
        merging.file(file, &named)?;
    }
    merging.finish()
}

/// Whether a file is a baseline: its schema stands at its start.
fn is_baseline(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(200).read_to_end(&mut head));
    read.is_ok() && memchr::memmem::find(&head, b"\"pregrub.baseline/1\"").is_some()
}

/// The report that grows.
struct Merging {
    format: MergeFormat,
    threshold: Threshold,
    out: Out,
    sarif: sarif::Log,
    junit: junit::JunitReport,
    metrics: openmetrics::OpenMetricsReport,
    gitlab: Vec<Issue>,
    checkstyle: checkstyle::CheckstyleReport,
    rdjson: Vec<Issue>,
    tally: Tally,
    status: Status,
}

impl Merging {
    fn file(&mut self, file: &TargetName, named: &dyn Fn(&str) -> String) -> Result<(), Error> {
        let unreadable = |error: &io::Error| Error::Target(super::cannot_read(file.as_str(), error));
        let reader: Box<dyn Read> = match file.is_stdin() {
            true => Box::new(io::stdin()),
            false => Box::new(File::open(file.path()).map_err(|error| unreadable(&error))?),
        };
        let mut reader = BufReader::new(reader);
        let (mut line, mut number, mut reports) = (Vec::new(), 0_usize, 0_usize);
        loop {
            line.clear();
            let count = (&mut reader).take(LONGEST).read_until(b'\n', &mut line).map_err(|error| unreadable(&error))?;
            if count == 0 && reports == 0 {
                return Err(Error::Target(format!("`{file}` holds no report: {EMPTY}")));
            }
            if count == 0 {
                return Ok(());
            }
            number += 1;
            if line.trim_ascii().is_empty() {
                continue;
            }
            reports += 1;
            let targets = recorded::parse(&line, named);
            let targets = targets.map_err(|why| Error::Target(format!("{file}:{number}: {why}")))?;
            for target in &targets {
                self.target(target)?;
            }
        }
    }

    fn target(&mut self, target: &Recorded) -> Result<(), Error> {
        let reaches = self.threshold.least();
        let fails = target.findings.iter().any(|finding| reaches.is_some_and(|least| finding.severity >= least));
        let status = match target.verdict {
            _ if !target.is_readable => Status::Unknown,
            // As in a `check` without `--exit-not-applicable`.
            Some(Verdict::NotApplicable) | None => Status::Fine,
            Some(verdict) => Status::from(verdict),
        };
        self.tally.count(target, status);
        self.status = Status::worst([self.status, status, if fails { Status::Fails } else { Status::Fine }]);
        match self.format {
            MergeFormat::Text => self.tally.write_row(target, status, &mut self.out.text())?,
            MergeFormat::Concise => target.write_concise(&mut self.out.text())?,
            MergeFormat::Json => self.out.json(&target.object)?,
            MergeFormat::Sarif => self.sarif.add_recorded(target),
            MergeFormat::Junit => self.junit.add_recorded(target),
            MergeFormat::Gitlab => self.gitlab.append(&mut Issue::of_recorded(target)),
            MergeFormat::Checkstyle => self.checkstyle.add(&target.target, Issue::of_recorded(target)),
            MergeFormat::Rdjson => self.rdjson.append(&mut Issue::of_recorded(target)),
            MergeFormat::Openmetrics => {
                self.metrics.add_target(&target.target, target.verdict, target.is_readable, &target.counts());
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Status, Error> {
        match self.format {
            MergeFormat::Text => {
                if self.tally.has_rows {
                    writeln!(self.out.text())?;
                }
                writeln!(self.out.text(), "{}", self.tally)?;
            }
            MergeFormat::Concise | MergeFormat::Json => {}
            MergeFormat::Sarif => self.sarif.write(self.status.code(), self.out.json_document())?,
            MergeFormat::Junit => self.junit.write(self.out.xml_document())?,
            MergeFormat::Openmetrics => self.metrics.write(&mut self.out.metrics())?,
            MergeFormat::Gitlab => gitlab::write(&self.gitlab, self.out.json_document())?,
            MergeFormat::Checkstyle => self.checkstyle.write(self.out.xml_document())?,
            MergeFormat::Rdjson => rdjson::write(&self.rdjson, self.out.json_document())?,
        }
        self.out.finish()?;
        Ok(self.status)
    }
}

/// How many targets came out how.
#[derive(Default)]
struct Tally {
    fine: usize,
    failing: usize,
    unknown: usize,
    findings: [usize; 3],
    has_rows: bool,
}

impl Tally {
    fn count(&mut self, target: &Recorded, status: Status) {
        match status {
            Status::Fine => self.fine += 1,
            Status::Fails => self.failing += 1,
            _ => self.unknown += 1,
        }
        for (sum, (_, count)) in self.findings.iter_mut().zip(target.counts()) {
            *sum += count;
        }
    }

    /// A row for a target that does not boot.
    fn write_row(&mut self, target: &Recorded, status: Status, out: &mut dyn Write) -> io::Result<()> {
        if status == Status::Fine {
            return Ok(());
        }
        self.has_rows = true;
        let verdict = target.verdict.unwrap_or(Verdict::Unknown).name();
        writeln!(out, "{verdict}: {}", target.target)?;
        if let Some(reason) = &target.reason {
            writeln!(out, "  {reason}")?;
        }
        if let Some(help) = &target.help {
            writeln!(out, "  help: {help}")?;
        }
        Ok(())
    }
}

/// `3 targets: 1 fine, 1 failing, 1 unknown; 2 errors, 1 warning`.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        f.write_str(&plural(self.fine + self.failing + self.unknown, "target"))?;
        let kinds = [(self.fine, "fine"), (self.failing, "failing"), (self.unknown, "unknown")];
        let kinds: Vec<String> =
            kinds.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if !kinds.is_empty() {
            write!(f, ": {}", kinds.join(", "))?;
        }
        let findings = ["error", "warning", "note"].into_iter().zip(self.findings).filter(|(_, count)| *count > 0);
        let findings: Vec<String> = findings.map(|(noun, count)| plural(count, noun)).collect();
        if !findings.is_empty() {
            write!(f, "; {}", findings.join(", "))?;
        }
        Ok(())
    }
}
