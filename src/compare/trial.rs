//! Changes are tried before they are given: the readers read the configuration as it would be.

use std::rc::Rc;

use super::difference::{Difference, Side};
use super::environment::Environment;
use super::grub_side::parting_line;
use super::pick::Pick;
use super::pygrub_side::PygrubSide;
use super::{Comparison, Readers, grub_rows, reading};
use crate::boot::Options;
use crate::kernel::Looks;
use crate::storage::added_file::WithFile;
use crate::storage::mount::{MountedOnce, Volumes};
use crate::target::{Target, TargetError};

/// What is tried on.
pub(super) struct Bench<'a, 'v> {
    pub target: &'a Target,
    pub volumes: Option<&'a MountedOnce<'v>>,
    pub name: &'a str,
    pub readers: &'a Readers,
    pub looks: &'a Looks,
}

/// One of the readers of a row.
enum Reader {
    Pygrub(Box<Options>),
    Grub(Environment),
}

impl Bench<'_, '_> {
    /// Whether the readers may read again: not where GRUB was busy, as no menu keeps it.
    pub(super) fn may_run_again(&self, comparison: &Comparison) -> bool {
        /// Some hundred times the steps of a long menu.
        const MOST: u64 = 400_000;
        comparison.grub.iter().map(|row| row.run.steps).fold(0, u64::saturating_add) <= MOST
    }

    /// Takes all changes back: none is tried.
    pub(super) fn try_nothing(comparison: &mut Comparison) {
        for difference in comparison.differences.iter_mut().filter(|difference| difference.edited.is_some()) {
            difference.change = None;
        }
    }

    /// Tries the changes of `comparison`. Those of which the two sides do not boot the same afterwards are taken back.
    pub(super) fn try_all(&self, comparison: &mut Comparison) -> Result<(), TargetError> {
        /// A comparison of all readers has a handful.
        const MOST: usize = 16;
        /// So much text is read for it, in bytes: dozens of usual configurations.
        const MOST_TEXT: usize = 2 << 20;
        let mut differences = std::mem::take(&mut comparison.differences);
        let mut read = 0_usize;
        for difference in differences.iter_mut().filter(|difference| difference.edited.is_some()).take(MOST) {
            let Some(text) = &difference.edited else { continue };
            read = read.saturating_add(text.len().saturating_mul(2));
            if read > MOST_TEXT {
                difference.change = None;
            } else if self.agrees_with(comparison, difference)? {
                difference.tried = true;
            } else {
                difference.change = None;
            }
        }
        comparison.differences = differences;
        Ok(())
    }

    /// Finds the lines at which GRUB parts from itself where it runs elsewhere: the command after which another line is executed.
    pub(super) fn find_parting_lines(&self, comparison: &mut Comparison) -> Result<(), TargetError> {
        let mut differences = std::mem::take(&mut comparison.differences);
        for difference in &mut differences {
            let (Side::Grub(mine), Some(Side::Grub(theirs))) = (difference.side, difference.from) else { continue };
            let of = |row: usize| comparison.grub.get(row).and_then(|row| row.readers.last().copied());
            let (Some(mine), Some(theirs)) = (of(mine), of(theirs)) else { continue };
            let Some(reading) = reading(self.target, self.volumes) else { continue };
            let line =
                parting_line(reading, mine, theirs).map_err(|error| TargetError::unreadable(self.name, error))?;
            if let Some(line) = line {
                difference.line = Some(line);
                difference.text = comparison.line_text(line);
            }
        }
        comparison.differences = differences;
        Ok(())
    }

    fn agrees_with(&self, comparison: &Comparison, difference: &Difference) -> Result<bool, TargetError> {
        let (Some(text), Some(norm)) = (&difference.edited, difference.from) else { return Ok(false) };
        let Some((run, found)) = comparison.found() else { return Ok(false) };
        let offset = run.deciding_attempt().and_then(|attempt| u64::try_from(attempt.offset).ok());
        let mut picks = Vec::new();
        for side in [difference.side, norm] {
            let Some(reader) = reader(comparison, side) else { return Ok(false) };
            let pick = match (self.target, self.volumes, offset) {
                (Target::Config { dialect, .. }, ..) => {
                    let target = Target::Config { dialect: *dialect, text: text.clone() };
                    self.pick(&target, None, reader)?
                }
                (_, Some(volumes), Some(offset)) => {
                    let edited = WithFile {
                        volumes: volumes as &dyn Volumes,
                        offset,
                        path: found.path.as_bytes().to_vec(),
                        bytes: Rc::from(text.as_slice()),
                    };
                    self.pick(self.target, Some(&MountedOnce::new(edited)), reader)?
                }
                _ => None,
            };
            let Some(pick) = pick else { return Ok(false) };
            picks.push(pick);
        }
        Ok(picks.iter().all(Pick::is_complete) && picks[0].boots_same(&picks[1]))
    }

    fn pick(
        &self,
        target: &Target,
        volumes: Option<&MountedOnce<'_>>,
        reader: Reader,
    ) -> Result<Option<Pick>, TargetError> {
        Ok(match reader {
            Reader::Pygrub(options) => {
                let (name, guest, looks) = (self.name, self.readers.guest, self.looks);
                let side = PygrubSide { target, volumes, name, guest, looks };
                side.rows(&[*options])?.pop().map(|row| row.pick)
            }
            Reader::Grub(environment) => {
                grub_rows(target, volumes, self.name, (&[environment], self.looks))?.rows.pop().map(|row| row.pick)
            }
        })
    }
}

fn reader(comparison: &Comparison, side: Side) -> Option<Reader> {
    match side {
        Side::Pygrub(index) => {
            comparison.pygrub.get(index).map(|row| Reader::Pygrub(Box::new(row.run.options.clone())))
        }
        Side::Grub(index) => comparison.grub.get(index)?.readers.last().map(|environment| Reader::Grub(*environment)),
    }
}
