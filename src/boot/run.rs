//! The run on a disk: one offset after another, until one of them decides.

use std::io;
use std::sync::Arc;

use super::copy::copy;
use super::finish::{finish_listing, finish_raised, finish_unknown, nothing_found, rules_end};
use super::fixed_kernels::FixedFiles;
use super::fs_probe::FsProbe;
use super::look::Tried;
use super::menu::{Console, Unattended};
use super::open_offset::open;
use super::options::{Options, Task};
use super::os_error::os_error;
use super::outcome::Run;
use crate::config::{Cause, Raised, Stage};
use crate::python::{PyStr, Python};
use crate::release::{Change, Release};
use crate::storage::mount::{DiskVolumes, Volumes};
use crate::storage::partitions::{
    self, Candidate, PartitionRules, PartitionTable, TableRules, TableSector, WhenEmpty, partition_table,
};
use crate::storage::source::Source;

/// How much is read of all configurations of a disk that come to nothing. A partition table may name thousands.
const READ_OF_DISK: usize = 512 << 10;

/// Performs the run on a disk or an image of one.
///
/// # Errors
///
/// The disk cannot be read. That pygrub would fail is not an error: it is in the [`Run`].
///
/// ```no_run
/// use std::{fs::File, sync::Arc};
/// use pregrub::boot::{self, Options};
/// use pregrub::storage::source::FileSource;
///
/// let disk = FileSource::new(File::open("boot.img")?)?;
/// let run = boot::run(Arc::new(disk), Options::default())?;
/// println!("{:?}: {:?}", run.verdict, run.chosen);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn run(disk: Arc<dyn Source>, options: Options) -> io::Result<Run> {
    run_volumes(&DiskVolumes::new(disk), options)
}

/// Performs the run on volumes: with the partition table of the disk that they are on, if they are on one.
///
/// # Errors
///
/// As [`run`].
pub fn run_volumes(volumes: &dyn Volumes, options: Options) -> io::Result<Run> {
    run_volumes_with(volumes, options, &mut Unattended)
}

/// Performs the run as [`run_volumes`] does, with somebody at the console.
///
/// # Errors
///
/// As [`run`].
pub fn run_volumes_with(volumes: &dyn Volumes, options: Options, console: &mut dyn Console) -> io::Result<Run> {
    let table = match (options.offset, volumes.disk()) {
        (None, Some(disk)) => Some(partition_table(disk, &partition_rules(options.release))?),
        _ => None,
    };
    run_with(volumes, table, options, console)
}

/// Performs the run on anything that has volumes. Without a partition table the offset is that of the options, or 0.
///
/// # Errors
///
/// As [`run`].
pub fn run_on(volumes: &dyn Volumes, table: Option<PartitionTable>, options: Options) -> io::Result<Run> {
    run_with(volumes, table, options, &mut Unattended)
}

/// Performs the run as [`run_on`] does, with somebody at the console: the menu of each configuration that is found is
/// shown there.
///
/// # Errors
///
/// As [`run`].
pub fn run_with(
    volumes: &dyn Volumes,
    table: Option<PartitionTable>,
    options: Options,
    console: &mut dyn Console,
) -> io::Result<Run> {
    let candidates: Vec<(Option<Candidate>, i128)> = match &table {
        Some(table) => table
            .candidates
            .iter()
            .map(|candidate| (Some(*candidate), i128::try_from(candidate.offset).unwrap_or(i128::MAX)))
            .collect(),
        None => vec![(None, options.offset.unwrap_or(0))],
    };
    let mut run = Run::new(table, options);
    if rules_end(&mut run) {
        return Ok(run);
    }
    if let Some(failure) = run.table.as_ref().and_then(|table| table.failure.clone()) {
        match failure {
            partitions::PartitionsError::Raised { exception, message, place } => {
                let stage = Stage::Partitions;
                let cause = if place == TableSector::EmptyList { Cause::NothingFound } else { Cause::PartitionTable };
                finish_raised(&mut run, None, Raised::new(stage, exception, message, cause));
            }
            partitions::PartitionsError::Undecided { reason } => finish_unknown(&mut run, None, reason),
        }
        return Ok(run);
    }
    let mut given = FixedFiles::of(&run.options);
    if run.options.flavour.first_offset_must_open()
        && let Some(&(candidate, offset)) = candidates.first()
        && look_first(&mut run, volumes, (candidate, offset), candidates.len(), &mut given)?
    {
        return Ok(run);
    }
    let mut read = 0;
    for (candidate, offset) in candidates {
        if read > READ_OF_DISK {
            let why = "the disk has more configurations without a kernel than pregrub reads";
            let last = run.attempts.len().checked_sub(1);
            finish_unknown(&mut run, last, why.to_owned());
            return Ok(run);
        }
        let Tried { mut attempt, picked, filesystem } =
            Tried::new(volumes, candidate, offset, &run.options, &mut given, console)?;
        let index = run.attempts.len();
        if let Some(raised) = attempt.raised.clone().filter(|_| run.options.debug) {
            attempt.say(console, PyStr::from(&*raised.to_string()));
        }
        run.log.extend(attempt.log.drain(..).map(|logged| (index, logged)));
        read += attempt.found.as_ref().map_or(0, |found| found.text.len());
        run.attempts.push(attempt);
        if let Some(why) = run.attempts[index].unknown.clone() {
            finish_unknown(&mut run, Some(index), why);
            return Ok(run);
        }
        if let (Some(picked), Some(filesystem)) = (picked, filesystem) {
            // An empty path counts as no kernel; the next offset is tried, where there can be one.
            if picked.kernel.is_empty() && run.options.release.has(Change::EveryPartition) {
                continue;
            }
            if run.options.task != Task::ListEntries {
                copy(&mut run, index, &*filesystem, volumes.disk().map(|disk| disk.len()), picked)?;
                return Ok(run);
            }
            break;
        }
        if !run.options.release.has(Change::EveryPartition)
            && let Some(raised) = run.attempts[index].raised.clone()
        {
            finish_raised(&mut run, Some(index), raised);
            return Ok(run);
        }
    }
    if run.options.task == Task::ListEntries {
        finish_listing(&mut run);
        return Ok(run);
    }
    let deepest = (0..run.attempts.len()).rev().max_by_key(|&index| run.attempts[index].depth());
    finish_raised(&mut run, deepest, nothing_found());
    Ok(run)
}

/// The look at the first filesystem before any other is tried. Returns whether it ends the run.
fn look_first(
    run: &mut Run,
    volumes: &dyn Volumes,
    (candidate, offset): (Option<Candidate>, i128),
    count: usize,
    given: &mut FixedFiles,
) -> io::Result<bool> {
    let (mut attempt, filesystem) = open(volumes, candidate, offset, run.options.build())?;
    if let Some(filesystem) = filesystem {
        let mut probe = FsProbe::new(&*filesystem);
        given.look_before(&mut probe, &run.options)?;
        attempt.unknown = probe.unknown;
        attempt.steps = probe.steps;
    } else if let Some(raised) =
        attempt.raised.as_mut().filter(|raised| raised.exception == os_error(run.options.release))
        && count == 1
        && offset == 0
    {
        let message = "Bootable disk has no valid filesystem";
        *raised = Raised::new(Stage::Open, "RuntimeError", message, Cause::NoFilesystem);
    }
    let (raised, unknown) = (attempt.raised.clone(), attempt.unknown.clone());
    if raised.is_none() && unknown.is_none() {
        run.first_look = Some(attempt);
        return Ok(false);
    }
    run.attempts.push(attempt);
    match (unknown, raised) {
        (Some(why), _) => finish_unknown(run, Some(0), why),
        (None, Some(raised)) => finish_raised(run, Some(0), raised),
        (None, None) => {}
    }
    Ok(true)
}

/// What a release makes of partition tables.
pub fn partition_rules(release: Release) -> PartitionRules {
    let python = release.python();
    PartitionRules {
        table: if release.has(Change::GptEntries) {
            TableRules::All
        } else if release.has(Change::EveryPartition) {
            TableRules::GptEntryZero
        } else {
            TableRules::FirstActive
        },
        hybrid_iso: release.has(Change::HybridIso) && python == Python::Two,
        active_first: release.has(Change::EveryPartition) && python == Python::Two,
        when_empty: if release.has(Change::WholeDiskWhenEmpty) {
            WhenEmpty::WholeDisk
        } else if release.has(Change::NoFilesystemTold) {
            WhenEmpty::Nothing
        } else {
            WhenEmpty::NameError
        },
        python,
    }
}
