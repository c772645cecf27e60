//! No false alarms, and none that is missing: generated configurations through the installed pygrub and through the linter.
//!
//! Where pygrub raises, a finding stops the boot, and one that does points at the line that raised. Where pygrub selects, none
//! does. `PREGRUB_FUZZ_CASES` and `PREGRUB_FUZZ_SEED` are those of `config::differential`.

use std::collections::BTreeMap;

use pregrub::boot::{self, Options, Run, Verdict};
use pregrub::lint::{self, Finding, Levels, LintContext};
use pregrub::release::Release;
use pregrub::target::Kind;

use crate::common::generator;
use crate::common::oracle::{ConfigCase, Oracle};
use crate::common::setting::setting;
use crate::common::shape;
use crate::common::side_by_side::installed;

/// Cases a child process of Python answers.
const BATCH: u64 = 2500;

/// Faults that are shown.
const SHOWN: usize = 5;

#[derive(Default)]
struct Tally {
    compared: u64,
    stopped: BTreeMap<&'static str, u64>,
    faults: Vec<String>,
}

/// As pygrub is called by hand, or by the toolstack.
#[derive(Clone, Copy, Debug)]
enum Called {
    Quiet,
    WithMenu,
}

fn run_of(case: &ConfigCase, called: Called, release: Option<Release>, minor: u32) -> Run {
    let quiet = matches!(called, Called::Quiet);
    let options = Options {
        interactive: Some(!quiet),
        entry: case.entry.as_deref().map(Into::into),
        args: case.args.as_deref().unwrap_or_default().into(),
        ..Options::default()
    };
    let options = match release {
        Some(release) => Options { release, ..options },
        None => installed(options, minor),
    };
    boot::run_config("configuration", shape::dialect(case.dialect), case.text.clone(), options)
}

fn findings_of(run: &Run) -> Vec<Finding> {
    lint::lint(&LintContext::new(run, Kind::Config), &Levels::default())
}

/// Nothing, or what is wrong with the findings of a run that fails or not.
fn fault(run: &Run, findings: &[Finding], fails: bool) -> Option<String> {
    let stopping: Vec<&Finding> = findings.iter().filter(|finding| finding.stops_boot).collect();
    let codes: Vec<&str> = stopping.iter().map(|finding| finding.rule.code).collect();
    if !fails {
        return (!stopping.is_empty()).then(|| format!("it boots, and {codes:?} stop it"));
    }
    let raised = run.failure.as_ref().and_then(|failure| failure.raised());
    if stopping.is_empty() {
        return Some(format!("nothing stops it, and it fails: {raised:?}"));
    }
    let line = raised?.span?.line;
    let points = |finding: &&Finding| {
        let related = finding.related.iter().map(|related| related.span);
        finding.span.into_iter().chain(related).any(|span| span.line == line)
    };
    let pointed = stopping.iter().any(points);
    (!pointed).then(|| format!("{codes:?} stop it, none in line {line}: {raised:?}"))
}

impl Tally {
    fn judge(&mut self, case: &ConfigCase, what: &str, run: &Run, fails: bool) {
        let findings = findings_of(run);
        self.compared += 1;
        for finding in findings.iter().filter(|finding| finding.stops_boot) {
            *self.stopped.entry(finding.rule.code).or_default() += 1;
        }
        if let Some(fault) = fault(run, &findings, fails) {
            self.faults.push(format!(
                "{} {what}, entry {:?}, args {:?}: {fault}\n{}",
                case.id,
                case.entry,
                case.args,
                case.text.escape_ascii()
            ));
        }
    }

    fn compare(&mut self, cases: &[ConfigCase], oracle: &Oracle) {
        let lines: Vec<Release> = Release::lines().collect();
        for (number, (case, answer)) in cases.iter().zip(oracle.configs(cases)).enumerate() {
            let empty = answer.boot.as_ref().is_none_or(|boot| boot.kernel.as_bytes().is_empty());
            let run = run_of(case, Called::Quiet, None, oracle.minor);
            self.judge(case, "quiet", &run, answer.error.is_some() || empty);
            // What pregrub says of the menu and of other releases is held against pygrub elsewhere.
            let old = lines[number % lines.len()];
            for (called, release) in
                [(Called::WithMenu, None), (Called::WithMenu, Some(old)), (Called::Quiet, Some(old))]
            {
                let run = run_of(case, called, release, oracle.minor);
                if run.verdict != Verdict::Unknown {
                    self.judge(
                        case,
                        &format!("{called:?} {}", run.options.release),
                        &run,
                        run.verdict == Verdict::Fails,
                    );
                }
            }
        }
    }
}

#[test]
fn findings_stop_the_boot_where_pygrub_fails() {
    let oracle = oracle_or_skip!();
    let (seed, count) = (setting("PREGRUB_FUZZ_SEED", 1), setting("PREGRUB_FUZZ_CASES", 20_000));
    let mut tally = Tally::default();
    let mut first = 0;
    while first < count {
        let end = (first + BATCH).min(count);
        let cases: Vec<ConfigCase> = (first..end).map(|number| generator::case(seed, number)).collect();
        tally.compare(&cases, &oracle);
        first = end;
    }
    println!("{count} configurations of seed {seed}, {} runs; findings that stop the boot:", tally.compared);
    for (code, times) in &tally.stopped {
        println!("{times:8} {code}");
    }
    let shown = &tally.faults[..tally.faults.len().min(SHOWN)];
    assert!(shown.is_empty(), "{} faults, among them:\n{}", tally.faults.len(), shown.join("\n\n"));
}
