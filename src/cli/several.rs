//! `pregrub check` with several releases or flavours: one line for each outcome, the pygrubs that come to it folded.

use std::io::Write;

use super::check::{self, CheckArgs, Judged};
use super::effective_settings::EffectiveSettings;
use super::output_args::ReportFormat;
use super::stdout::{Out, complain};
use super::{Error, Status};
use crate::boot::{Run, Verdict};
use crate::explain::explain;
use crate::flavour::{Build, folded};
use crate::kernel::Looks;
use crate::lint::{Finding, RootDisk};
use crate::report::check::Check as Report;
use crate::report::finding::Sources;
use crate::report::text;

/// What pygrubs have in common that come to the same.
#[derive(PartialEq, Eq)]
struct Outcome {
    verdict: Verdict,
    /// Kernel, initrd and arguments, or why not.
    what: String,
}

impl Outcome {
    fn of(run: &Run) -> Self {
        let what = match (&run.chosen, &run.failure) {
            (Some(chosen), None) => {
                let mut what = format!("kernel {}", chosen.kernel.path);
                if let Some(ramdisk) = &chosen.ramdisk {
                    what.push_str(&format!(", initrd {}", ramdisk.path));
                }
                if let Some(args) = &chosen.args {
                    what.push_str(&format!(", arguments {args}"));
                }
                what
            }
            (_, Some(_)) => explain(run).map(|explanation| explanation.reason).unwrap_or_default(),
            (None, None) => String::new(),
        };
        Self { verdict: run.verdict, what }
    }
}

/// Checks one target with each of the pygrubs. Returns what came of it, and whether it could be read.
pub(super) fn check(
    args: &CheckArgs,
    name: &str,
    asked: &[EffectiveSettings],
    root_disk: Option<&RootDisk>,
    looks: &Looks,
    out: &mut Out,
) -> Result<(Status, bool), Error> {
    let builds: Vec<Build> = asked.iter().map(|asked| asked.options.build()).collect();
    // The verdicts first: the linter is shown all of them.
    let mut outcomes = Vec::with_capacity(builds.len());
    let mut groups: Vec<(Outcome, Vec<Build>)> = Vec::new();
    for asked in asked {
        let run = match check::run_target(args, name, asked, looks) {
            Ok(run) => run,
            Err(Error::Target(error)) => {
                if args.output.format == ReportFormat::Json {
                    out.json(&Report::of_unreadable(name, asked.options.release, &error))?;
                }
                complain(&error);
                return Ok((Status::Unknown, false));
            }
            Err(error) => return Err(error),
        };
        let build = asked.options.build();
        outcomes.push((build, run.verdict));
        let outcome = Outcome::of(&run);
        match groups.iter_mut().find(|(other, _)| *other == outcome) {
            Some((_, group)) => group.push(build),
            None => groups.push((outcome, vec![build])),
        }
    }
    let mut worst = outcomes.iter().map(|(_, verdict)| Status::from(*verdict)).max().unwrap_or(Status::Fine);
    if args.output.format == ReportFormat::Json {
        for asked in asked {
            let judged = check::examine(args, name, asked, root_disk, &outcomes, looks)?;
            let Judged { kind, run, explanation, built, hashes, findings, suppressed, domain_text } = judged;
            worst = worst.max(asked.threshold.status(&findings));
            let sources = Sources { domain_text: domain_text.as_deref(), ..Sources::default() };
            let report = Report::of_run(name, kind, &run, explanation.as_ref(), hashes, &findings, sources);
            out.json(&report.with_builder(built.as_ref()).with_suppressed(suppressed))?;
        }
        return Ok((worst, true));
    }
    writeln!(out.text(), "{name}: {}", if groups.len() == 1 { "all alike" } else { "not all alike" })?;
    for (outcome, group) in &groups {
        let colon = if outcome.what.is_empty() { "" } else { ": " };
        writeln!(out.text(), "{}: {}{colon}{}", outcome.verdict.words(), folded(&builds, group), outcome.what)?;
    }
    // Of the findings only the one about the difference: the others are of one pygrub each.
    if let Some(first) = asked.first() {
        let judged = check::examine(args, name, first, root_disk, &outcomes, looks)?;
        let findings: Vec<Finding> =
            judged.findings.into_iter().filter(|finding| finding.rule.code == DIFFERS).collect();
        worst = worst.max(first.threshold.status(&findings));
        if !findings.is_empty() {
            writeln!(out.text())?;
            let look = out.look(args.verbose);
            let explanation = judged.explanation.as_ref();
            text::write_findings(&findings, &judged.run, explanation, Sources::default(), look, &mut out.text())?;
        }
    }
    Ok((worst, true))
}

/// The rule on the difference.
const DIFFERS: &str = "PG120";
