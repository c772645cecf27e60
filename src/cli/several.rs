//! `pregrub check` with several releases or flavours: one line or report for each outcome, the pygrubs that come to it folded.

use std::collections::HashMap;
use std::io::{self, Write};

use super::check::{self, CheckArgs};
use super::effective_settings::EffectiveSettings;
use super::emitter::Emitter;
use super::stdout::{Out, complain};
use super::target_name::TargetName;
use super::{Error, Status};
use crate::boot::{Run, Verdict};
use crate::check::Judged;
use crate::explain::explain;
use crate::flavour::{Build, folded};
use crate::kernel::Looks;
use crate::lint::{Finding, RootDisk};
use crate::report::finding::Sources;
use crate::report::target_report::{self, TargetReport};
use crate::report::text;
use crate::target::DiskAccess;

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

/// Pygrubs that come to the same.
struct Group {
    outcome: Outcome,
    builds: Vec<Build>,
    /// What is known by the first of them; for text by the first of all only.
    judged: Option<Judged>,
}

/// A finding, and the pygrubs that it holds for.
struct Shared {
    finding: Finding,
    builds: Vec<Build>,
    /// The number of the group of the first of them.
    group: usize,
}

/// Checks one target with each of the pygrubs. Returns what came of it, and whether it could be read.
pub(super) fn check(
    args: &CheckArgs,
    (name, access): (&TargetName, DiskAccess),
    asked: &[EffectiveSettings],
    root_disk: Option<&RootDisk>,
    looks: &Looks,
    reports: &mut Emitter,
) -> Result<(Status, bool), Error> {
    let shown = args.stdin.shown(name);
    let builds: Vec<Build> = asked.iter().map(|asked| asked.options.build()).collect();
    // The verdicts first: the linter is shown all of them.
    let mut verdicts = Vec::with_capacity(builds.len());
    let mut outcomes = Vec::with_capacity(builds.len());
    for asked in asked {
        let release = asked.options.release;
        match check::run_target(args, (name, access.clone()), asked, looks) {
            Ok(run) => {
                verdicts.push((asked.options.build(), run.verdict));
                outcomes.push(Outcome::of(&run));
            }
            Err(Error::Target(why)) => {
                let outcome = target_report::ReportOutcome::Unreadable { why: &why, release };
                reports.add(&TargetReport { target: shown.as_str(), outcome })?;
                complain(&why);
                return Ok((Status::Unknown, false));
            }
            Err(error) => return Err(error),
        }
    }
    let mut worst = Status::worst(verdicts.iter().map(|(_, verdict)| Status::from(*verdict)));
    let mut groups: Vec<Group> = Vec::new();
    let mut shared: Vec<Shared> = Vec::new();
    // By rule, place and message: a guest can have a hundred thousand findings.
    let mut known = HashMap::new();
    for (number, (asked, outcome)) in asked.iter().zip(outcomes).enumerate() {
        let build = asked.options.build();
        let group = groups.iter().position(|group| group.outcome == outcome).unwrap_or(groups.len());
        if reports.is_text() && number > 0 {
            match groups.get_mut(group) {
                Some(group) => group.builds.push(build),
                None => groups.push(Group { outcome, builds: vec![build], judged: None }),
            }
            continue;
        }
        let mut judged = check::examine(args, (name, access.clone()), asked, root_disk, &verdicts, looks)?;
        let found = std::mem::take(&mut judged.findings);
        if reports.has_objects() {
            worst = worst.max(asked.threshold.status(&found));
            let configuration = check::configuration_shown(&judged, name, shown);
            reports.add(&judged.report(shown.as_str(), &found, configuration.as_deref(), None))?;
            continue;
        }
        match groups.get_mut(group) {
            Some(group) => group.builds.push(build),
            None => groups.push(Group { outcome, builds: vec![build], judged: Some(judged) }),
        }
        // The one about the difference says the same of every pygrub. Text has no other: they are of one pygrub each.
        let counts = |finding: &Finding| {
            let differs = finding.rule.code == DIFFERS;
            differs && number == 0 || !differs && !reports.is_text()
        };
        let found: Vec<Finding> = found.into_iter().filter(counts).collect();
        worst = worst.max(asked.threshold.status(&found));
        for finding in found {
            let place = (finding.rule.code, finding.source, finding.span.map(|span| span.start));
            let number = *known.entry((place, finding.message.clone())).or_insert(shared.len());
            match shared.get_mut(number) {
                Some(one) => one.builds.push(build),
                None => shared.push(Shared { finding, builds: vec![build], group }),
            }
        }
    }
    if reports.is_text() {
        text(shown.as_str(), &builds, &groups, &shared, args.verbose, &mut reports.out)?;
        let findings: Vec<Finding> = shared.into_iter().map(|one| one.finding).collect();
        let threshold = asked.first().map(|asked| asked.threshold).unwrap_or_default();
        let bad = verdicts.iter().map(|(_, verdict)| *verdict).max_by_key(|verdict| Status::from(*verdict));
        let why = bad.and_then(|verdict| check::why_it_fails(args, verdict, &findings, threshold));
        if let Some(line) = why {
            writeln!(reports.out.text(), "{line}")?;
        }
        return Ok((worst, true));
    }
    for (number, group) in groups.iter().enumerate() {
        let Some(judged) = &group.judged else { continue };
        let of_group = shared.iter().filter(|one| one.group == number);
        let findings: Vec<Finding> = of_group
            .map(|Shared { finding, builds: of, .. }| {
                let mut finding = finding.clone();
                if of.len() < builds.len() && finding.rule.code != DIFFERS {
                    finding.message.push_str(&format!(" ({})", folded(&builds, of)));
                }
                finding
            })
            .collect();
        let (configuration, pygrubs) =
            (check::configuration_shown(judged, name, shown), folded(&builds, &group.builds));
        reports.add(&judged.report(shown.as_str(), &findings, configuration.as_deref(), Some(&pygrubs)))?;
    }
    Ok((worst, true))
}

/// For people: one line for each outcome.
fn text(
    name: &str,
    builds: &[Build],
    groups: &[Group],
    shared: &[Shared],
    verbose: bool,
    out: &mut Out,
) -> io::Result<()> {
    writeln!(out.text(), "{name}: {}", if groups.len() == 1 { "all alike" } else { "not all alike" })?;
    for Group { outcome, builds: of, .. } in groups {
        let colon = if outcome.what.is_empty() { "" } else { ": " };
        writeln!(out.text(), "{}: {}{colon}{}", outcome.verdict.words(), folded(builds, of), outcome.what)?;
    }
    let findings: Vec<Finding> = shared.iter().map(|one| one.finding.clone()).collect();
    let first = groups.first().and_then(|group| group.judged.as_ref());
    if let Some(first) = first.filter(|_| !findings.is_empty()) {
        writeln!(out.text())?;
        let look = out.look(verbose);
        let explanation = first.explanation.as_ref();
        text::write_findings(&findings, &first.run, explanation, Sources::default(), look, &mut out.text())?;
    }
    Ok(())
}

/// The rule on the difference.
const DIFFERS: &str = "PG120";
