//! What the simulation shows of a text that is to be fixed.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use crate::boot::Run;
use crate::lint::analysis::context::LintContext;
use crate::lint::analysis::grub_reading::GrubBoots;
use crate::lint::engine::baseline::without_numbers;
use crate::lint::engine::fix::{Fix, Safety};
use crate::lint::engine::group::Group;
use crate::lint::engine::rule::Rule;
use crate::lint::engine::{diagnostic::SpanSource, finding::Finding};
use crate::lint::selection::rule_levels::Levels;
use crate::lint::{Keeper, lint_each};
use crate::python::PyStr;

/// A finding, without what only its readers need: there may be very many, and two texts of them are kept.
#[derive(Clone, Debug)]
pub(super) struct Met {
    rule: &'static Rule,
    /// Where it is, in bytes; the start of the text where it is about the whole.
    start: u32,
    end: u32,
    /// 0 where it is about the whole.
    line: u32,
    /// What it says, but for the numbers.
    said: u64,
    source: SpanSource,
    is_cause: bool,
    is_suppressed: bool,
    pub(super) stops_boot: bool,
    /// Whether its rule is on and no comment suppresses it.
    pub(super) is_reported: bool,
    /// The change that fixes it; nothing where nobody needs it.
    pub(super) fix: Option<Box<FixChange>>,
}

/// A change that fixes a finding.
#[derive(Clone, Debug)]
pub(super) struct FixChange {
    pub(super) description: Arc<str>,
    pub(super) safety: Safety,
    pub(super) edits: Box<[Replacement]>,
}

/// One replacement in the text: these bytes by that. Without bytes it inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replacement {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) text: Box<str>,
}

impl Replacement {
    /// The bytes that are replaced.
    pub(super) fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Met {
    pub(super) fn code(&self) -> &'static str {
        self.rule.code
    }

    pub(super) fn group(&self) -> Group {
        self.rule.group()
    }

    pub(super) fn line(&self) -> u32 {
        self.line.max(1)
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// What it is known by while the text stays as it is.
    pub(super) fn known_by(&self) -> (&'static str, usize) {
        (self.code(), self.range().start)
    }

    /// What findings are ordered by: their places, and then as they are shown.
    fn order(&self) -> (u32, bool, bool, bool, SpanSource, bool, &'static str) {
        (self.start, self.is_suppressed, !self.is_cause, !self.stops_boot, self.source, self.line > 0, self.code())
    }
}

/// Findings as they come.
struct Collected<'a> {
    levels: &'a Levels,
    met: Vec<Met>,
    /// What the last fix does: many say the same.
    description: Arc<str>,
}

impl Keeper for Collected<'_> {
    fn keep(&mut self, mut finding: Finding, is_cause: bool, is_suppressed: bool) {
        let is_reported = !is_suppressed && self.levels.of(finding.rule).is_some();
        let mut said = DefaultHasher::new();
        (finding.rule.code, without_numbers(&finding.message)).hash(&mut said);
        let fix = finding.fix.take().filter(|_| is_reported && finding.source == SpanSource::Configuration);
        let fix = fix.map(|fix| Box::new(self.change(fix)));
        let (start, end, line) = finding.span.map_or((0, 0, 0), |span| (span.start, span.end, span.line));
        // A list that doubles is up to three times as large as what is in it while it grows.
        if self.met.len() == self.met.capacity() {
            self.met.reserve_exact((self.met.len() / 4).max(64));
        }
        self.met.push(Met {
            rule: finding.rule,
            start,
            end,
            line,
            said: said.finish(),
            source: finding.source,
            is_cause,
            is_suppressed,
            stops_boot: finding.stops_boot,
            is_reported,
            fix,
        });
    }

    fn has_kept(&self, like: &dyn Fn(&'static Rule, Option<u32>) -> bool) -> bool {
        self.met.iter().any(|met| like(met.rule, (met.line > 0).then_some(met.line)))
    }
}

impl Collected<'_> {
    fn change(&mut self, fix: Fix) -> FixChange {
        if *self.description != *fix.description {
            self.description = fix.description.into();
        }
        let edits = fix.edits.into_iter().map(|edit| Replacement {
            start: edit.span.start,
            end: edit.span.end,
            text: edit.replacement.into_boxed_str(),
        });
        FixChange { description: Arc::clone(&self.description), safety: fix.safety, edits: edits.collect() }
    }
}

/// What the simulation shows of a text.
pub(super) struct Snapshot {
    pub(super) boots: Option<Boots>,
    /// What GRUB boots; `None` if pregrub cannot tell.
    pub(super) grub: Option<GrubBoots>,
    /// In the order of the places.
    pub(super) met: Vec<Met>,
    /// How much pygrub raises, or would raise.
    pub(super) raised: usize,
    /// How often each is there that stops the boot.
    pub(super) stopping: BTreeMap<u64, usize>,
}

impl Snapshot {
    /// What a run shows. Rules that `levels` silence count all the same, and so does what comments suppress: only the fixes leave it alone.
    pub(super) fn of(context: LintContext<'_>, levels: &Levels) -> Self {
        let context = context.telling_all();
        let mut collected = Collected { levels, met: Vec::new(), description: Arc::from("") };
        lint_each(&context, &Levels::default(), &mut collected);
        let raised = context.count_of_raised() + usize::from(context.run.failure.is_some());
        let grub = context.configuration().and_then(|configuration| configuration.grub()?.boots());
        let boots = Boots::of(context.run);
        // What the rules have worked out of the text is as large as the findings.
        drop(context);
        let mut met = collected.met;
        // In place: a stable sort takes half as much once more.
        met.sort_unstable_by_key(|met| (met.order(), met.end, met.said));
        let mut stopping = BTreeMap::new();
        for met in met.iter().filter(|met| met.stops_boot) {
            *stopping.entry(met.said).or_default() += 1;
        }
        Self { boots, grub, met, raised, stopping }
    }

    /// The rules that found something.
    pub(super) fn codes(&self) -> HashSet<&'static str> {
        self.met.iter().map(Met::code).collect()
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
