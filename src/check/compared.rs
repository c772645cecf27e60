//! A target under several pygrubs and under GRUB, as `pregrub compare` looks at it.

use std::path::Path;

use super::options::OptionError;
use super::{CheckError, CheckOptions, named_build};
use crate::boot::Options;
use crate::compare::{Comparison, Environment, GuestChange, Readers, compare_on};
use crate::flavour::Build;
use crate::json;
use crate::lint::{Finding, explaining_findings};
use crate::release::Release;
use crate::report::compare::{ComparisonReport, Upgrade};
use crate::simulation::Simulation;
use crate::storage::mount::{MountedOnce, Volumes};
use crate::target::{Kind, Target, TargetError};

/// Which readers of a disk are compared. Releases are words as option `release` takes them.
#[derive(Clone, Copy, Debug)]
pub enum ComparedReaders<'a> {
    /// Every pygrub that is known, but those that lack an option which is set, and every GRUB.
    All,
    /// Every pygrub that is known.
    Pygrubs,
    /// These pygrubs, and GRUB if `grub` says so.
    Releases {
        /// The pygrubs.
        releases: &'a [String],
        /// Whether GRUB is compared.
        grub: bool,
    },
    /// The pygrub of today and the one of tomorrow.
    Upgrade {
        /// Today's.
        from: &'a str,
        /// Tomorrow's.
        to: &'a str,
    },
}

/// What came of a comparison.
pub struct Compared {
    /// What the target is.
    pub kind: Kind,
    /// Who picks what, and where they part.
    pub comparison: Comparison,
    /// For each difference the finding of the linter that explains it.
    pub explained: Vec<Option<Finding>>,
    /// Of an upgrade what becomes of the guest.
    pub upgrade: Option<Upgrade>,
}

impl Compared {
    /// The object of `pregrub.compare/1` in one line without a line end, as `pregrub compare --format json` prints it.
    pub fn to_json(&self, target: &str) -> String {
        let codes: Vec<Option<&str>> = self.explained.iter().map(|finding| Some(finding.as_ref()?.rule.code)).collect();
        json::line(&ComparisonReport::new(target, self.kind, &self.comparison, &codes, self.upgrade))
    }
}

/// Compares what different readers boot from a target. The options are those of [`check`](super::check); `release` and `flavour` count
/// only where the readers say nothing else: `flavour` leaves of all pygrubs those of this one.
///
/// # Errors
///
/// As [`check`](super::check).
pub fn compare(target: &Path, readers: ComparedReaders<'_>, options: &CheckOptions) -> Result<Compared, CheckError> {
    let named = |word: &str| options.pygrub_named(word);
    let builds = |from: &str, to: &str| -> Result<(Build, Build), OptionError> {
        let named = |word| named_build(word, None).map_err(|error| OptionError::new("release", error.to_string()));
        Ok((named(from)?, named(to)?))
    };
    let (pygrubs, grub, upgrade): (Vec<Options>, bool, _) = match readers {
        ComparedReaders::All => (options.every_pygrub()?, true, None),
        ComparedReaders::Pygrubs => (options.every_pygrub()?, false, None),
        ComparedReaders::Releases { releases, grub } => {
            (releases.iter().map(|word| named(word)).collect::<Result<_, _>>()?, grub, None)
        }
        ComparedReaders::Upgrade { from, to } => (vec![named(from)?, named(to)?], false, Some(builds(from, to)?)),
    };
    let environments = if grub { Environment::all() } else { Vec::new() };
    let readers = Readers { pygrubs, environments, guest: options.guest };
    // The oldest release reads most of a configuration.
    let oldest = readers.pygrubs.iter().map(|options| options.release).min().unwrap_or(Release::NEWEST);
    let opened = Simulation::new(oldest).open(super::named_file(target), options.open)?;
    let target = opened.target();
    options.suits(target.kind())?;
    let volumes = target.volumes();
    let (comparison, explained) = compare_opened(target, volumes.as_ref(), opened.name(), &readers)?;
    let upgrade = upgrade.and_then(|(from, to)| upgrade_of(target, &comparison, from, to));
    Ok(Compared { kind: target.kind(), comparison, explained, upgrade })
}

/// Compares on volumes of a target that was opened for the oldest of its readers, and has the linter explain what differs.
pub(crate) fn compare_opened(
    target: &Target,
    volumes: Option<&MountedOnce<'_>>,
    name: &str,
    readers: &Readers,
) -> Result<(Comparison, Vec<Option<Finding>>), TargetError> {
    let mut comparison = compare_on(target, volumes, name, readers)?;
    let seen = volumes.map(|volumes| volumes as &dyn Volumes);
    let explained = explaining_findings(&comparison, target, seen);
    for (difference, finding) in comparison.differences.iter_mut().zip(&explained) {
        let help = finding.as_ref().and_then(|finding| finding.help.clone());
        difference.change = difference.change.take().or(help);
    }
    Ok((comparison, explained))
}

/// What becomes of a target between two pygrubs that were compared.
pub(crate) fn upgrade_of(target: &Target, comparison: &Comparison, from: Build, to: Build) -> Option<Upgrade> {
    let change = if target.asks_bootloader() {
        GuestChange::between(&comparison.of_build(from)?.pick, &comparison.of_build(to)?.pick)
    } else {
        GuestChange::NotAsked
    };
    Some(Upgrade { from, to, change })
}
