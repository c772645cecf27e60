//! Where readers part: the line and the rule that make the difference, and what to change.

use super::environment::Environment;
use super::pick::Pick;
use super::row::Row;
use super::{Comparison, entry_rule, file_rule};
use crate::boot::{Found, Run};
use crate::config::Span;
use crate::grub::GrubRun;

/// One side of a difference: the index of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A row of [`Comparison::pygrub`].
    Pygrub(usize),
    /// A row of [`Comparison::grub`].
    Grub(usize),
}

/// What readers do not agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// It boots nothing.
    Fails,
    /// It boots without a file that is missing.
    MissingFile,
    /// It boots another entry.
    Entry,
    /// It boots another kernel of the same entry.
    Kernel,
    /// It boots with other initrds.
    Initrds,
    /// It boots with other arguments.
    Arguments,
    /// pregrub cannot tell what it does.
    Unknown,
}

impl DifferenceKind {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::MissingFile => "missing-file",
            Self::Entry => "entry",
            Self::Kernel => "kernel",
            Self::Initrds => "initrds",
            Self::Arguments => "arguments",
            Self::Unknown => "unknown",
        }
    }
}

/// A difference between two rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub kind: DifferenceKind,
    /// Who parts from the others.
    pub side: Side,
    /// Whom it is compared with: the readers that boot as the user expects. `None` if there are none.
    pub from: Option<Side>,
    /// The line of the configuration that makes the difference, counted from 1.
    pub line: Option<u32>,
    /// Where in it.
    pub span: Option<Span>,
    /// The text of the line, without the white space around it.
    pub text: Option<String>,
    /// The rule by which the readers part, in one sentence without a full stop.
    pub rule: String,
    /// What to change, as an imperative without a full stop.
    pub change: Option<String>,
    /// Whether the change was tried: with it, both sides boot the same.
    pub tried: bool,
    /// The configuration with the change made.
    pub edited: Option<Vec<u8>>,
}

impl Difference {
    pub(super) fn new(kind: DifferenceKind, side: Side, from: Option<Side>, rule: impl Into<String>) -> Self {
        Self {
            kind,
            side,
            from,
            line: None,
            span: None,
            text: None,
            rule: rule.into(),
            change: None,
            tried: false,
            edited: None,
        }
    }

    pub(super) fn at_line(mut self, line: Option<u32>) -> Self {
        self.line = line;
        self
    }

    pub(super) fn at(mut self, span: Option<Span>) -> Self {
        self.span = span;
        self.line = span.map(|span| span.line).or(self.line);
        self
    }

    pub(super) fn change(mut self, change: Option<String>) -> Self {
        self.change = change;
        self
    }
}

/// All differences from the norm, the pygrubs first.
pub(super) fn find(comparison: &Comparison) -> Vec<Difference> {
    let norm = comparison.norm();
    let pygrub = (0..comparison.pygrub.len()).map(Side::Pygrub);
    let sides = pygrub.chain((0..comparison.grub.len()).map(Side::Grub));
    let mut found: Vec<Difference> = Vec::new();
    for side in sides.filter(|side| Some(*side) != norm) {
        let Some(mut difference) = of_side(comparison, side, norm) else { continue };
        difference.text = difference.line.and_then(|line| comparison.line_text(line));
        let same = |other: &Difference| {
            (other.kind, other.line, &other.rule) == (difference.kind, difference.line, &difference.rule)
        };
        if !found.iter().any(same) {
            found.push(difference);
        }
    }
    found
}

fn of_side(comparison: &Comparison, side: Side, norm: Option<Side>) -> Option<Difference> {
    let pick = comparison.pick(side)?;
    if let Some(reason) = pick.reason.as_ref().filter(|_| !pick.boots()) {
        let kind = if pick.is_known() { DifferenceKind::Fails } else { DifferenceKind::Unknown };
        let difference = Difference::new(kind, side, norm, reason.clone()).at_line(pick.line);
        return Some(difference.change(pick.help.clone()));
    }
    let wanted = comparison.pick(norm?)?;
    if pick.boots_same(wanted) {
        return None;
    }
    if let Some(difference) = missing(pick, side, norm) {
        return Some(difference);
    }
    let norm = norm?;
    let run = [side, norm].into_iter().find_map(|side| match side {
        Side::Pygrub(index) => comparison.pygrub.get(index).map(|row| &row.run),
        Side::Grub(_) => None,
    });
    entry_rule::of(comparison, side, norm).or_else(|| file_rule::of((side, pick), (norm, wanted), run))
}

/// What a pygrub boots otherwise than GRUB, if both boot: the pygrub is the side, with the index 0, as GRUB is.
pub fn from_grub(run: &Run, pick: &Pick, grub: &Row<Environment, GrubRun>) -> Option<Difference> {
    if !pick.boots() || !grub.pick.is_complete() || pick.boots_same(&grub.pick) {
        return None;
    }
    let (side, norm) = (Side::Pygrub(0), Side::Grub(0));
    entry_rule::pygrub_and_grub(run, &grub.run, side, norm)
        .or_else(|| file_rule::of((side, pick), (norm, &grub.pick), Some(run)))
}

fn missing(pick: &Pick, side: Side, norm: Option<Side>) -> Option<Difference> {
    let picked = pick.picked.as_ref()?;
    let path = picked.missing.first()?;
    let rule = format!(
        "GRUB prints an error for `{path}`, which is not there, and boots without it; pygrub boots nothing then"
    );
    let change = format!("put `{path}` there, or remove it from the entry");
    Some(Difference::new(DifferenceKind::MissingFile, side, norm, rule).at_line(picked.line).change(Some(change)))
}

impl Comparison {
    /// The row that the others are compared with: what GRUB boots, else what most pygrubs boot. That is what the user has seen. `None`
    /// if nobody boots with all files.
    pub fn norm(&self) -> Option<Side> {
        let grub = self.grub.iter().enumerate().filter(|(_, row)| row.pick.is_complete());
        // Of several that are equal the first.
        let rank = |row: &Row<Environment, GrubRun>| (row.pick.note.is_none(), row.readers.len());
        let grub = grub.rev().max_by_key(|(_, row)| rank(row)).map(|(index, _)| Side::Grub(index));
        grub.or_else(|| {
            let pygrub = self.pygrub.iter().enumerate().filter(|(_, row)| row.pick.is_complete());
            pygrub.rev().max_by_key(|(_, row)| row.readers.len()).map(|(index, _)| Side::Pygrub(index))
        })
    }

    /// What a side picks.
    pub fn pick(&self, side: Side) -> Option<&Pick> {
        match side {
            Side::Pygrub(index) => self.pygrub.get(index).map(|row| &row.pick),
            Side::Grub(index) => self.grub.get(index).map(|row| &row.pick),
        }
    }

    /// The configuration that pygrub reads: of a run that found one, the last run first.
    pub(super) fn found(&self) -> Option<(&Run, &Found)> {
        let runs = self.pygrub.iter().rev().map(|row| &row.run);
        runs.filter_map(|run| Some((run, run.deciding_attempt()?.found.as_ref()?))).find(|(_, found)| !found.directory)
    }

    /// A line of the configuration, counted from 1, without the white space around it.
    pub fn line_text(&self, line: u32) -> Option<String> {
        let (_, found) = self.found()?;
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        let text = found.text.split(|&byte| byte == b'\n').nth(index)?;
        Some(String::from_utf8_lossy(text.trim_ascii()).into_owned())
    }
}
