//! `pregrub check` with several releases or flavours: one line or report for each outcome, the pygrubs that come to it folded.

use std::collections::HashMap;
use std::io::{self, Write};

use super::check::{self, Asks, CheckArgs};
use super::effective_settings::EffectiveSettings;
use super::emitter::Emitter;
use super::stdout::complain;
use super::target_name::TargetName;
use super::{Error, Status};
use crate::boot::{Run, Verdict};
use crate::check::Judged;
use crate::explain::explain;
use crate::flavour::{Build, folded};
use crate::kernel::Looks;
use crate::lint::{Finding, RootDisk};
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
    /// What is known by the first of them.
    judged: Judged,
}

/// A finding, and the pygrubs that it holds for.
struct Shared {
    finding: Finding,
    builds: Vec<Build>,
    /// The number of the group of the first of them.
    group: usize,
}

impl Shared {
    /// Names the pygrubs in the message, where they are not all. The one about the difference does so by itself.
    fn say_whose(&mut self, all: &[Build]) {
        if self.builds.len() < all.len() && self.finding.rule.code != DIFFERS {
            self.finding.message.push_str(&format!(" ({})", folded(all, &self.builds)));
        }
    }
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
    let asks = Asks::of_check(args, looks);
    let unreadable = |error, release, reports: &mut Emitter| match error {
        Error::Target(why) => {
            let outcome = target_report::ReportOutcome::Unreadable { why: &why, release };
            reports.add(&TargetReport { target: shown.as_str(), outcome })?;
            complain(&why);
            Ok((Status::Unknown, false))
        }
        error => Err(error),
    };
    // Opened once, for the oldest: it reads most of a configuration.
    let Some(oldest) = asked.iter().min_by_key(|asked| asked.options.release) else {
        return Err(Error::Usage("no pygrub is asked: name one with --release".to_owned()));
    };
    let opened = match check::open(args, name, oldest, &access) {
        Ok(opened) => opened,
        Err(error) => return unreadable(error, oldest.options.release, reports),
    };
    let volumes = opened.target().volumes();
    let builds: Vec<Build> = asked.iter().map(|asked| asked.options.build()).collect();
    // The verdicts first: the linter is shown all of them.
    let mut verdicts = Vec::with_capacity(builds.len());
    let mut outcomes = Vec::with_capacity(builds.len());
    for asked in asked {
        let options = &asked.options;
        let run = opened.called_with(options.clone(), volumes.as_ref(), |called, volumes| {
            check::run_alone(called, volumes, asked, asks)
        });
        match run {
            Ok(run) => {
                verdicts.push((options.build(), run.verdict));
                outcomes.push(Outcome::of(&run));
            }
            Err(error) => return unreadable(error, options.release, reports),
        }
    }
    let mut worst = Status::worst(verdicts.iter().map(|(_, verdict)| Status::from(*verdict)));
    let mut groups: Vec<Group> = Vec::new();
    let mut shared: Vec<Shared> = Vec::new();
    // By rule, place and message: a guest can have a hundred thousand findings.
    let mut known = HashMap::new();
    for (number, (asked, outcome)) in asked.iter().zip(outcomes).enumerate() {
        let build = asked.options.build();
        let mut judged = opened.called_with(asked.options.clone(), volumes.as_ref(), |called, volumes| {
            check::judge(called, volumes, asked, root_disk, &verdicts, asks)
        })?;
        let mut found = std::mem::take(&mut judged.findings);
        worst = worst.max(asked.threshold.status(&found));
        if reports.has_objects() {
            let configuration = check::configuration_shown(&judged, name, shown);
            reports.add(&judged.report(shown.as_str(), &found, configuration.as_deref(), None))?;
            continue;
        }
        // The one about the difference says the same of every pygrub.
        found.retain(|finding| number == 0 || finding.rule.code != DIFFERS);
        let group = groups.iter().position(|group| group.outcome == outcome).unwrap_or(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.builds.push(build),
            None => groups.push(Group { outcome, builds: vec![build], judged }),
        }
        for finding in found {
            let place = (finding.rule.code, finding.source, finding.span.map(|span| span.start));
            let number = *known.entry((place, finding.message.clone())).or_insert(shared.len());
            match shared.get_mut(number) {
                Some(one) => one.builds.push(build),
                None => shared.push(Shared { finding, builds: vec![build], group }),
            }
        }
    }
    for one in &mut shared {
        one.say_whose(&builds);
    }
    let outcomes = Outcomes { args, name, builds, groups, shared };
    if !reports.is_text() {
        outcomes.report(reports)?;
        return Ok((worst, true));
    }
    outcomes.show(reports)?;
    let bad = verdicts.iter().map(|(_, verdict)| *verdict).max_by_key(|verdict| Status::from(*verdict));
    let findings = findings(outcomes.shared.iter());
    if let Some(line) = bad.and_then(|verdict| check::why_it_fails(args, verdict, &findings, oldest.threshold)) {
        writeln!(reports.out.text(), "{line}")?;
    }
    Ok((worst, true))
}

/// What came of a target.
struct Outcomes<'a> {
    args: &'a CheckArgs,
    name: &'a TargetName,
    /// All pygrubs that were asked.
    builds: Vec<Build>,
    groups: Vec<Group>,
    shared: Vec<Shared>,
}

impl Outcomes<'_> {
    /// The groups, each with what was found first for one of them.
    fn groups(&self) -> impl Iterator<Item = (&Group, Vec<&Shared>)> {
        let found = |number| self.shared.iter().filter(move |one| one.group == number).collect();
        self.groups.iter().enumerate().map(move |(number, group)| (group, found(number)))
    }

    /// For programs: a report of each group.
    fn report(&self, reports: &mut Emitter) -> io::Result<()> {
        let shown = self.args.stdin.shown(self.name);
        for (group, found) in self.groups() {
            let configuration = check::configuration_shown(&group.judged, self.name, shown);
            let (findings, pygrubs) = (findings(found), folded(&self.builds, &group.builds));
            reports.add(&group.judged.report(shown.as_str(), &findings, configuration.as_deref(), Some(&pygrubs)))?;
        }
        Ok(())
    }

    /// For people: a line for each group, and below them what was found.
    fn show(&self, reports: &mut Emitter) -> io::Result<()> {
        let shown = self.args.stdin.shown(self.name);
        let is_alike = if self.groups.len() == 1 { "all alike" } else { "not all alike" };
        writeln!(reports.out.text(), "{shown}: {is_alike}")?;
        for Group { outcome, builds, .. } in &self.groups {
            let colon = if outcome.what.is_empty() { "" } else { ": " };
            let of = folded(&self.builds, builds);
            writeln!(reports.out.text(), "{}: {of}{colon}{}", outcome.verdict.words(), outcome.what)?;
        }
        for (Group { judged, .. }, found) in self.groups() {
            let configuration = check::configuration_shown(judged, self.name, shown);
            let (look, explanation) = (reports.out.look(self.args.verbose), judged.explanation.as_ref());
            let sources = judged.sources(shown.as_str(), configuration.as_deref());
            // What is alike is folded: only what is so for the same pygrubs.
            for of_same in found.chunk_by(|one, other| one.builds == other.builds) {
                writeln!(reports.out.text())?;
                let findings = findings(of_same.iter().copied());
                text::write_findings(&findings, &judged.run, explanation, sources, look, &mut reports.out.text())?;
            }
        }
        Ok(())
    }
}

fn findings<'a>(shared: impl IntoIterator<Item = &'a Shared>) -> Vec<Finding> {
    shared.into_iter().map(|one| one.finding.clone()).collect()
}

/// The rule on the difference.
const DIFFERS: &str = "PG120";
