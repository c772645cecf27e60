//! Fixing a configuration: the fixes of its findings, each tried in a simulation before it counts.

mod edit_map;
mod occupied_ranges;
mod snapshot;
mod verification;

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::boot::{self, Options};
use crate::config::Dialect;
use crate::lint::analysis::context::LintContext;
use crate::lint::engine::fix::Safety;
use crate::lint::selection::rule_levels::Levels;
use crate::target::Kind;
use edit_map::EditMap;
use occupied_ranges::OccupiedRanges;
use snapshot::{FixChange, Met, Replacement, Snapshot};
use verification::{RejectedFix, Verification, judge, uncovered};

/// How a configuration is to be fixed.
#[derive(Clone, Debug)]
pub struct Fixer<'a> {
    /// What the file is called.
    pub name: &'a str,
    /// Its dialect.
    pub dialect: Dialect,
    /// How pygrub is called.
    pub options: Options,
    /// Rules that are silent fix nothing.
    pub levels: &'a Levels,
    /// Whether fixes are made that somebody must look at.
    pub unsafe_too: bool,
}

/// A fix that was made or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixAttempt {
    /// The code of the rule.
    pub code: &'static str,
    /// The line, at the time.
    pub line: u32,
    /// What the fix does: shared, since hundreds of thousands may do the same.
    pub description: Arc<str>,
    /// Why it was refused; empty where it was made. A clause without a full stop.
    pub why: String,
}

/// A configuration that was fixed as far as can be.
#[derive(Clone, Debug, Default)]
pub struct FixResult {
    /// Its text.
    pub text: Vec<u8>,
    /// What was made, in order.
    pub made: Vec<FixAttempt>,
    /// What was refused, since the simulation showed that it does no good.
    pub refused: Vec<FixAttempt>,
    /// How many more findings have a fix that nobody tried, since so much simulation would take too long.
    pub untried: usize,
    /// How many findings are left.
    pub left: usize,
    /// How many of those have a fix that somebody must look at, if those are not made.
    pub left_unsafe: usize,
}

/// At most this many bytes are simulated: rules whose fixes undo each other must come to an end, and a hostile text must do so soon.
const WORK: usize = 8 << 20;

/// What a simulation costs beside the bytes of its text.
const LOOK: usize = 4 << 10;

/// So often fixes of what another fix uncovered follow it.
const FOLLOWING: usize = 4;

/// So often fixes are tried together without those that are to blame, before there are fewer of them as well.
const BLAMED: usize = 3;

/// At most this many fixes that all seem to do no good are tried one by one.
const ONE_BY_ONE: usize = 16;

impl Fixer<'_> {
    /// Fixes a text: makes all fixes that are allowed and do not overlap, looks again, and goes on until there are none.
    ///
    /// Each change is performed in a simulation first. It counts only if the findings are gone from their places and nothing new stops
    /// the boot; and where the configuration booted before, it must boot the same entry with the same files and arguments, but for
    /// what the findings are about: the entry for rules of the group "boots something else", the entry's files and arguments for
    /// those of "kernel, initrd, arguments". Where a fix uncovers something else that stops the boot and has a fix itself, both are
    /// one change.
    ///
    /// Uncertain fixes come when no safe one is left. How much is simulated is bounded, so that not all of a large text need be
    /// tried: [`FixResult::untried`].
    pub fn fix(&self, text: Vec<u8>) -> FixResult {
        let mut work = Work { left: WORK };
        let now = work.look(self, &text);
        let mut mender = Mender {
            mending: self,
            codes: now.codes(),
            texts: HashSet::from([fingerprint(&text)]),
            now,
            mended: FixResult { text, ..FixResult::default() },
            standing: HashMap::new(),
            unsafe_too: false,
            mixed: false,
            work,
        };
        mender.rounds();
        if self.unsafe_too {
            mender.unsafe_too = true;
            mender.rounds();
        }
        mender.finish()
    }
}

fn fingerprint(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The simulations that may still be performed.
#[derive(Clone, Copy)]
struct Work {
    /// In bytes.
    left: usize,
}

impl Work {
    fn is_spent(self) -> bool {
        self.left == 0
    }

    fn look(&mut self, mending: &Fixer<'_>, text: &[u8]) -> Snapshot {
        // More than that pygrub does not read.
        self.left = self.left.saturating_sub(text.len().min(1 << 20) + LOOK);
        let run = boot::run_config(mending.name, mending.dialect, text.to_vec(), mending.options.clone());
        Snapshot::of(LintContext::new(&run, Kind::Config), mending.levels)
    }
}

/// What came of a fix that was tried.
#[derive(Clone, Copy)]
enum Standing {
    /// Others were better off without it: it is tried when they are made.
    Suspect,
    Refused(RejectedFix),
}

/// The work on one text.
struct Mender<'a> {
    mending: &'a Fixer<'a>,
    mended: FixResult,
    /// What the text shows as it is now.
    now: Snapshot,
    /// What was tried, by the rule and the place.
    standing: HashMap<(&'static str, usize), Standing>,
    /// The rules whose uncertain fixes may be made: an uncertain fix is never worked out from what another one made of the text.
    codes: HashSet<&'static str>,
    /// Whether an uncertain fix was made.
    mixed: bool,
    /// Whether uncertain fixes are made now.
    unsafe_too: bool,
    /// All that the text was.
    texts: HashSet<u64>,
    work: Work,
}

/// Changes that do good.
struct Attempted {
    text: Vec<u8>,
    seen: Snapshot,
    moves: EditMap,
    made: Vec<FixAttempt>,
    codes: HashSet<&'static str>,
    mixed: bool,
}

impl Mender<'_> {
    /// Goes on until nothing can be made any more. What was refused may do good when something else was made.
    fn rounds(&mut self) {
        loop {
            self.standing.clear();
            if !self.round() || self.standing.is_empty() || self.work.is_spent() {
                return;
            }
        }
    }

    /// Tries every fix, and says whether one was made.
    fn round(&mut self) -> bool {
        let mut made = false;
        loop {
            let mut batch = self.choose(false);
            if batch.is_empty() {
                batch = self.choose(true);
            }
            if batch.is_empty() {
                return made;
            }
            let mut tried = 0;
            while !batch.is_empty() {
                tried += 1;
                if self.work.is_spent() {
                    return made;
                }
                match self.attempt(&batch) {
                    Ok(change) => {
                        self.make(change);
                        made = true;
                        break;
                    }
                    Err(Verification::Blamed(blamed)) if blamed.len() < batch.len() => {
                        let indices: HashSet<usize> = blamed.iter().map(|(index, _)| *index).collect();
                        for index in &indices {
                            self.standing.insert(self.now.met[batch[*index]].known_by(), Standing::Suspect);
                        }
                        let mut number = 0..;
                        batch.retain(|_| number.next().is_none_or(|number: usize| !indices.contains(&number)));
                        // Where it does not end, it may be that there is too much of it.
                        if tried > BLAMED {
                            batch.truncate(batch.len().div_ceil(2));
                        }
                    }
                    Err(Verification::Blamed(_)) if (2..=ONE_BY_ONE).contains(&batch.len()) => batch.truncate(1),
                    Err(Verification::Blamed(blamed)) => {
                        for (index, why) in blamed {
                            self.standing.insert(self.now.met[batch[index]].known_by(), Standing::Refused(why));
                        }
                        break;
                    }
                    Err(Verification::Bad(why)) if batch.len() == 1 => {
                        self.standing.insert(self.now.met[batch[0]].known_by(), Standing::Refused(why));
                        break;
                    }
                    // That nothing is wrong is not an error.
                    Err(Verification::Bad(_) | Verification::Good) => batch.truncate(batch.len() / 2),
                }
            }
        }
    }

    /// The fixes that may be made, by the numbers of their findings.
    fn candidates(&self) -> impl Iterator<Item = (usize, &Met, &FixChange)> {
        let all = self.now.met.iter().enumerate();
        all.filter_map(|(index, met)| Some((index, met, met.fix.as_deref()?)))
            .filter(|(_, met, fix)| fix.safety == Safety::Safe || self.unsafe_too && self.codes.contains(met.code()))
    }

    /// Fixes of one group that can be made at once: those that nobody tried, or those under suspicion.
    fn choose(&self, suspects: bool) -> Vec<usize> {
        let mut batch = Vec::new();
        let mut taken = OccupiedRanges::default();
        let mut group = None;
        for (index, met, fix) in self.candidates() {
            let wanted = match self.standing.get(&met.known_by()) {
                None => !suspects,
                Some(Standing::Suspect) => suspects,
                Some(Standing::Refused(_)) => false,
            };
            if wanted
                && *group.get_or_insert(met.group()) == met.group()
                && taken.take(&fix.edits, self.mended.text.len())
            {
                batch.push(index);
            }
        }
        batch
    }

    /// Tries these fixes together, and with them those that are needed for what they uncover.
    fn attempt(&mut self, batch: &[usize]) -> Result<Attempted, Verification> {
        let batch: Vec<&Met> = batch.iter().map(|index| &self.now.met[*index]).collect();
        let mut moves = EditMap::default();
        let mut codes = self.codes.clone();
        let mut mixed = self.mixed || batch.iter().any(|met| is_uncertain(met));
        let mut followers = Vec::new();
        let mut text = moves.apply(&self.mended.text, edits(&batch));
        let mut seen = self.work.look(self.mending, &text);
        let mut following = 0;
        loop {
            if !mixed {
                codes.extend(seen.codes());
            }
            let judgement = judge(&self.now, &seen, &moves, &batch, &self.mended.text);
            if judgement == Verification::Good {
                if self.texts.contains(&fingerprint(&text)) {
                    return Err(Verification::Bad(RejectedFix::BackAgain));
                }
                let made = batch.iter().map(|met| attempt_of(met, String::new())).chain(followers).collect();
                return Ok(Attempted { text, seen, moves, made, codes, mixed });
            }
            let mut taken = OccupiedRanges::default();
            let next: Vec<&Met> = uncovered(&self.now, &seen, &moves)
                .into_iter()
                .filter(|met| !is_uncertain(met) || self.unsafe_too && codes.contains(met.code()))
                .filter(|met| met.fix.as_ref().is_some_and(|fix| taken.take(&fix.edits, text.len())))
                .collect();
            if next.is_empty() || following == FOLLOWING || self.work.is_spent() {
                return Err(judgement);
            }
            following += 1;
            mixed |= next.iter().any(|met| is_uncertain(met));
            followers.extend(next.iter().map(|met| attempt_of(met, String::new())));
            text = moves.apply(&text, edits(&next));
            seen = self.work.look(self.mending, &text);
        }
    }

    fn make(&mut self, change: Attempted) {
        let Attempted { text, seen, moves, made, codes, mixed } = change;
        self.texts.insert(fingerprint(&text));
        self.mended.text = text;
        self.mended.made.extend(made);
        self.now = seen;
        self.codes = codes;
        self.mixed = mixed;
        let standing = std::mem::take(&mut self.standing);
        self.standing = standing
            .into_iter()
            .map(|((code, place), standing)| ((code, moves.to_new(place..place + 1).start), standing))
            .collect();
    }

    /// Says what was refused, and how much was not tried.
    fn finish(mut self) -> FixResult {
        let (mut refused, mut untried) = (Vec::new(), 0);
        for (_, met, _) in self.candidates() {
            match self.standing.get(&met.known_by()) {
                Some(Standing::Refused(why)) => refused.push(attempt_of(met, why.clause())),
                Some(Standing::Suspect) | None => untried += 1,
            }
        }
        self.mended.left = self.now.met.iter().filter(|met| met.is_reported).count();
        self.mended.left_unsafe = self.now.met.iter().filter(|met| !self.unsafe_too && is_uncertain(met)).count();
        // Without the bound all was tried, but for fixes that cannot be made in this text.
        self.mended.untried = if self.work.is_spent() { untried } else { 0 };
        self.mended.refused = refused;
        self.mended
    }
}

fn edits<'a>(batch: &[&'a Met]) -> Vec<&'a Replacement> {
    batch.iter().filter_map(|met| met.fix.as_deref()).flat_map(|fix| &*fix.edits).collect()
}

fn is_uncertain(met: &Met) -> bool {
    met.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Unsafe)
}

fn attempt_of(met: &Met, why: String) -> FixAttempt {
    let description = met.fix.as_ref().map_or_else(|| Arc::from(""), |fix| Arc::clone(&fix.description));
    FixAttempt { code: met.code(), line: met.line(), description, why }
}
