//! What the simulation shows of a text that is to be fixed.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use crate::boot::Run;
use crate::lint::analysis::context::LintContext;
use crate::lint::engine::baseline::without_numbers;
use crate::lint::engine::fix::Fix;
use crate::lint::engine::group::Group;
use crate::lint::engine::{diagnostic::Source, finding::Finding};
use crate::lint::selection::rule_levels::Levels;
use crate::lint::{Findings, lint_all};
use crate::python::PyStr;

/// A finding, without what only its readers need: there may be very many.
#[derive(Clone, Debug)]
pub(super) struct Met {
    pub(super) code: &'static str,
    pub(super) group: Group,
    /// Where it is, in bytes; the start of the text where it is about the whole.
    pub(super) range: Range<usize>,
    pub(super) line: u32,
    pub(super) stops_boot: bool,
    /// Whether its rule is on and no comment suppresses it.
    pub(super) is_reported: bool,
    /// What it says, but for the numbers.
    said: u64,
    /// The change that fixes it; nothing where nobody needs it.
    pub(super) fix: Option<Fix>,
}

impl Met {
    fn new(mut finding: Finding, is_reported: bool) -> Self {
        let mut said = DefaultHasher::new();
        (finding.rule.code, without_numbers(&finding.message)).hash(&mut said);
        let is_kept = is_reported && finding.source == Source::Configuration;
        let fix = finding.fix.take().filter(|_| is_kept);
        Self {
            code: finding.rule.code,
            group: finding.rule.group(),
            range: finding.span.map_or(0..0, |span| span.range()),
            line: finding.span.map_or(1, |span| span.line),
            stops_boot: finding.stops_boot,
            is_reported,
            said: said.finish(),
            fix,
        }
    }

    /// What it is known by while the text stays as it is.
    pub(super) fn known_by(&self) -> (&'static str, usize) {
        (self.code, self.range.start)
    }
}

/// What the simulation shows of a text.
pub(super) struct Seen {
    pub(super) boots: Option<Boots>,
    /// The titles of what GRUB boots; `None` if pregrub cannot tell.
    pub(super) grub: Option<Vec<Vec<u8>>>,
    /// In the order of the places.
    pub(super) met: Vec<Met>,
    /// How much pygrub raises, or would raise.
    pub(super) raised: usize,
    /// How often each is there that stops the boot.
    pub(super) stopping: BTreeMap<u64, usize>,
}

impl Seen {
    /// What a run shows. Rules that `levels` silence count all the same, and so does what comments suppress: only the fixes leave it alone.
    pub(super) fn of(context: LintContext<'_>, levels: &Levels) -> Self {
        let context = context.telling_all();
        let Findings { active: told, suppressed } = lint_all(&context, &Levels::default());
        let raised = context.count_of_raised();
        let told = told.into_iter().map(|finding| {
            let is_reported = levels.of(finding.rule).is_some();
            Met::new(finding, is_reported)
        });
        // Collected in place: two lists of them are too much.
        let mut met: Vec<Met> = told.collect();
        met.extend(suppressed.into_iter().map(|(finding, _)| Met::new(finding, false)));
        met.sort_by_key(|met| met.range.start);
        let mut stopping = BTreeMap::new();
        for met in met.iter().filter(|met| met.stops_boot) {
            *stopping.entry(met.said).or_default() += 1;
        }
        let grub = context.configuration().and_then(|configuration| configuration.grub()?.booted_titles());
        Self {
            boots: Boots::of(context.run),
            grub,
            met,
            raised: raised + usize::from(context.run.failure.is_some()),
            stopping,
        }
    }

    /// The rules that found something.
    pub(super) fn codes(&self) -> HashSet<&'static str> {
        self.met.iter().map(|met| met.code).collect()
    }

    /// Those that stop the boot, of which there are more than in `before`.
    pub(super) fn stopping_more_than<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a Met> {
        self.met.iter().filter(|met| met.stops_boot).filter(|met| {
            let now = self.stopping.get(&met.said).copied().unwrap_or_default();
            now > before.stopping.get(&met.said).copied().unwrap_or_default()
        })
    }
}

/// What boots.
#[derive(PartialEq, Eq)]
pub(super) struct Boots {
    title: Option<PyStr>,
    entry: Option<usize>,
    kernel: PyStr,
    ramdisk: Option<PyStr>,
    args: Option<PyStr>,
}

impl Boots {
    fn of(run: &Run) -> Option<Self> {
        let chosen = run.handed_over()?;
        let found = run.attempts.get(chosen.attempt).and_then(|attempt| attempt.found.as_ref());
        let entry = found.zip(chosen.entry).and_then(|(found, index)| found.config.entries.get(index));
        Some(Self {
            title: entry.map(|entry| entry.title.clone()),
            entry: chosen.entry,
            kernel: chosen.kernel.path.clone(),
            ramdisk: chosen.ramdisk.as_ref().map(|ramdisk| ramdisk.path.clone()),
            args: chosen.args.clone(),
        })
    }

    /// Whether it is the same entry, whatever its files and arguments.
    pub(super) fn same_entry(&self, other: &Self) -> bool {
        (&self.title, self.entry) == (&other.title, other.entry)
    }
}
