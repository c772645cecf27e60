//! Whether fixes did what they are for and nothing else.

use std::collections::{HashMap, HashSet};

use crate::lint::autofix::edit_map::EditMap;
use crate::lint::autofix::snapshot::{Met, Snapshot};
use crate::lint::engine::fix::Safety;
use crate::lint::engine::group::Group;

/// What comes of fixes that were tried together.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verification {
    /// The text is better for them.
    Good,
    /// These, by their numbers and in that order, are to blame that it is not, and why.
    Blamed(Vec<(usize, RejectedFix)>),
    /// It is not, and nobody knows which of them is to blame.
    Bad(RejectedFix),
}

/// Why a fix does no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RejectedFix {
    StillThere,
    /// Something else would stop the boot: the rule, and the line of the text as it was.
    Instead(&'static str, u32),
    RaisesMore,
    BootsNothing,
    BootsSomethingElse,
    GrubBootsSomethingElse,
    BackAgain,
}

impl RejectedFix {
    /// As a clause without a full stop.
    pub(super) fn clause(self) -> String {
        match self {
            Self::StillThere => "the finding would still be there".to_owned(),
            Self::Instead(code, line) => format!("{code} in line {line} would stop the boot instead"),
            Self::RaisesMore => "pygrub would raise more than before".to_owned(),
            Self::BootsNothing => "nothing would boot any more".to_owned(),
            Self::BootsSomethingElse => "something else would boot".to_owned(),
            Self::GrubBootsSomethingElse => "GRUB would boot something else".to_owned(),
            Self::BackAgain => "it would undo another fix".to_owned(),
        }
    }
}

/// Compares a text before and after the fixes of `batch`, all of one group, and perhaps others that had to follow. `text` is that before.
pub(super) fn judge(before: &Snapshot, after: &Snapshot, moves: &EditMap, batch: &[&Met], text: &[u8]) -> Verification {
    let mut blamed: HashMap<usize, RejectedFix> = HashMap::new();
    let mut there: HashMap<&str, Vec<&Met>> = HashMap::new();
    let codes: HashSet<&str> = batch.iter().map(|met| met.code()).collect();
    for met in after.met.iter().filter(|met| codes.contains(met.code())) {
        there.entry(met.code()).or_default().push(met);
    }
    for (index, met) in batch.iter().enumerate() {
        let others = there.get(met.code()).map(Vec::as_slice).unwrap_or_default();
        if is_still_there(met, moves, others) {
            blamed.insert(index, RejectedFix::StillThere);
        }
    }
    let mut bad = None;
    let stops = uncovered(before, after, moves);
    if !stops.is_empty() {
        // Each is laid to the fix whose edit stands last before it.
        let edits = batch.iter().enumerate().flat_map(|(index, met)| {
            let edits = met.fix.iter().flat_map(|fix| &*fix.edits);
            edits.map(move |edit| (moves.to_new(edit.range()).start, index))
        });
        let mut edits: Vec<(usize, usize)> = edits.collect();
        edits.sort_unstable();
        let newlines: Vec<usize> = memchr::memchr_iter(b'\n', text).collect();
        for met in stops {
            let place = moves.to_old(met.range().start).min(text.len());
            let line = newlines.partition_point(|newline| *newline < place) + 1;
            let why = RejectedFix::Instead(met.code(), u32::try_from(line).unwrap_or(u32::MAX));
            let last = edits.partition_point(|(at, _)| *at <= met.range().end).saturating_sub(1);
            match edits.get(last) {
                Some((_, index)) => drop(blamed.entry(*index).or_insert(why)),
                None => drop(bad.get_or_insert(why)),
            }
        }
    }
    if !blamed.is_empty() {
        let mut blamed: Vec<(usize, RejectedFix)> = blamed.into_iter().collect();
        blamed.sort_unstable_by_key(|(index, _)| *index);
        return Verification::Blamed(blamed);
    }
    match bad.or_else(|| worse(before, after, batch)) {
        Some(why) => Verification::Bad(why),
        None => Verification::Good,
    }
}

/// Whether one of `others`, of the same rule and in the order of their places, is where `met` was.
fn is_still_there(met: &Met, moves: &EditMap, others: &[&Met]) -> bool {
    let place = moves.to_new(met.range());
    let behind = others.partition_point(|other| other.range().start < place.end.max(place.start + 1));
    // Findings of one rule lie side by side: the last that begins before the end of the place reaches furthest.
    others[..behind].last().is_some_and(|other| other.range().end > place.start || other.range() == place)
}

/// What stops the boot after the fixes and did not before: nothing where there are no more that say the same than before. The place of
/// each is not known before.
pub(super) fn uncovered<'a>(before: &'a Snapshot, after: &'a Snapshot, moves: &EditMap) -> Vec<&'a Met> {
    let more: Vec<&Met> = after.stopping_more_than(before).collect();
    if more.is_empty() {
        return more;
    }
    let known: HashSet<(&str, usize)> = before
        .met
        .iter()
        .filter(|met| met.stops_boot)
        .map(|met| (met.code(), moves.to_new(met.range()).start))
        .collect();
    let new: Vec<&Met> = more.iter().copied().filter(|met| !known.contains(&met.known_by())).collect();
    if new.is_empty() { more } else { new }
}

/// What is worse as a whole.
fn worse(before: &Snapshot, after: &Snapshot, batch: &[&Met]) -> Option<RejectedFix> {
    if after.raised > before.raised {
        return Some(RejectedFix::RaisesMore);
    }
    // What a safe fix does for pygrub it must not take from GRUB.
    let safe = batch.iter().all(|met| met.fix.as_ref().is_none_or(|fix| fix.safety == Safety::Safe));
    if let (true, Some(was), Some(is)) = (safe, &before.grub, &after.grub)
        && !was.titles.is_empty()
        && !was.is_kept_by(is)
    {
        return Some(RejectedFix::GrubBootsSomethingElse);
    }
    let was = before.boots.as_ref()?;
    let Some(is) = &after.boots else { return Some(RejectedFix::BootsNothing) };
    let same = match batch.first().map(|met| met.group()) {
        Some(Group::BootsSomethingElse) => true,
        Some(Group::KernelInitrdArguments) => was.same_entry(is),
        _ => was == is,
    };
    (!same).then_some(RejectedFix::BootsSomethingElse)
}
