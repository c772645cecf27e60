//! Would kernel and initrd be copied out? Nothing is read but where their data lies.

use std::io;

use super::attempt::{Attempt, Purpose};
use super::copy_limit::TooLarge;
use super::finish::{finish_crashed, finish_raised, finish_unknown};
use super::fixed_kernels;
use super::fs_probe::{FsProbe, Opened};
use super::look::PickedFiles;
use super::open_offset::unbounded;
use super::options::{Options, Task};
use super::os_error::{errno_message, open_message, os_error};
use super::outcome::{BootFiles, ChosenFile, Failure, FailureKind, Logged, Run, Verdict};
use super::output::{self, Process};
use crate::config::{self, Cause, Raised, Stage};
use crate::python::{PyStr, repr};
use crate::release::Change;
use crate::storage::filesystem::{FileKind, Filesystem, ReadError};

/// Would kernel and initrd be copied out? Nothing is read but where the data lies.
pub(super) fn copy(
    run: &mut Run,
    index: usize,
    filesystem: &dyn Filesystem,
    disk: Option<u64>,
    picked: PickedFiles,
) -> io::Result<()> {
    let mut probe = FsProbe::new(filesystem);
    let picked = PickedFiles {
        kernel: fixed_kernels::instead_of_missing(&mut probe, picked.kernel, &run.options)?,
        args: fixed_kernels::with_extra_args(picked.args, &run.options),
        ..picked
    };
    if let Some(why) = probe.unknown.take() {
        run.attempts[index].steps.append(&mut probe.steps);
        finish_unknown(run, Some(index), why);
        return Ok(());
    }
    let kernel = examine(run, index, &mut probe, &picked.kernel, Purpose::Kernel)?;
    let ramdisk = match (&kernel, picked.ramdisk.as_ref().filter(|path| !path.is_empty())) {
        (Some(_), Some(path)) => examine(run, index, &mut probe, path, Purpose::Ramdisk)?.map(Some),
        _ => Some(None),
    };
    run.attempts[index].steps.append(&mut probe.steps);
    if let Some(why) = unbounded(filesystem, run.options.release) {
        finish_unknown(run, Some(index), why);
        return Ok(());
    }
    if let (Some(mut kernel), Some(mut ramdisk)) = (kernel, ramdisk) {
        let most = run.options.largest_copy;
        for file in [Some(&mut kernel), ramdisk.as_mut()].into_iter().flatten() {
            file.too_large = file.size.and_then(|size| TooLarge::of(size, disk, most));
        }
        let args = picked.args.filter(|args| !args.is_empty());
        let files = || [Some(&kernel), ramdisk.as_ref()].into_iter().flatten();
        let kind = if files().any(|file| file.damage.is_some()) {
            Some(FailureKind::Damaged)
        } else {
            // Xen loads no file of that length, whatever the disk.
            let beyond = files().any(|file| file.too_large.is_some_and(|too_large| too_large.bytes() > most));
            beyond.then_some(FailureKind::TooLarge)
        };
        run.process = Process {
            exit: 0,
            stdout: output::of_run(&run.options, ramdisk.is_some(), args.as_ref()),
            stderr_last_line: output::last_line(run.stderr().last().unwrap_or_default().as_bytes()),
        };
        run.verdict = if kind.is_some() { Verdict::Fails } else { Verdict::Boots };
        run.failure = kind.map(|kind| Failure { stage: Stage::Copy, attempt: Some(index), kind });
        run.chosen =
            Some(BootFiles { attempt: index, entry: picked.entry, kernel, ramdisk, args, seconds: picked.seconds });
    }
    Ok(())
}

/// Why a file that does not open does not: no filesystem is asked for a name with a NUL.
fn cause_of_missing(path: &PyStr) -> Cause {
    if path.as_bytes().contains(&0) { Cause::FileName } else { Cause::MissingFile }
}

/// Opens a file and checks that it can be read in full. On failure the run is finished and nothing is returned.
fn examine(
    run: &mut Run,
    index: usize,
    probe: &mut FsProbe<'_>,
    path: &PyStr,
    purpose: Purpose,
) -> io::Result<Option<ChosenFile>> {
    let release = run.options.release;
    if run.options.task == Task::DryRun {
        return examine_not_really(run, index, probe, path, purpose);
    }
    let file = match probe.open(path.as_bytes(), purpose)? {
        Opened::File(file) => file,
        Opened::Unknown(why) => {
            finish_unknown(run, Some(index), format!("`{path}`: {why}"));
            return Ok(None);
        }
        Opened::Missing(_) => {
            let cause = cause_of_missing(path);
            let raised = if release.has(Change::ReadLimit) {
                run.log.push((index, Logged::Line(open_message(path, release))));
                let message = format!("Error opening {} in guest", repr::os_text(path.as_bytes()));
                Raised::new(Stage::Copy, "SystemExit", message, cause)
            } else {
                Raised::new(Stage::Copy, os_error(release), errno_message(2), cause)
            };
            note_missing(run, index, probe);
            let raised = raised.at_known(named_at(&run.attempts[index], purpose));
            finish_raised(run, Some(index), raised);
            return Ok(None);
        }
    };
    if let Some(what) = too_large(&run.options, purpose, file.size()) {
        note_missing(run, index, probe);
        let message = format!("{what} image is too large");
        finish_raised(run, Some(index), Raised::new(Stage::Copy, "RuntimeError", message, Cause::TooLarge));
        return Ok(None);
    }
    match file.verify() {
        Ok(damage) => Ok(Some(ChosenFile {
            path: path.clone(),
            size: Some(file.size()),
            damage,
            too_large: None,
            span: named_at(&run.attempts[index], purpose),
            directory: file.kind() == FileKind::Directory,
        })),
        Err(ReadError::Failed { errno, reason }) => {
            if let Some(step) = probe.steps.last_mut() {
                step.missing = Some(reason);
            }
            note_missing(run, index, probe);
            let raised = Raised::new(Stage::Copy, os_error(release), errno_message(errno), Cause::Read);
            finish_raised(run, Some(index), raised);
            Ok(None)
        }
        Err(ReadError::Crashes(why)) => {
            finish_crashed(run, index, path, why);
            Ok(None)
        }
        Err(ReadError::Unknown(why)) => {
            finish_unknown(run, Some(index), format!("`{path}`: {why}"));
            Ok(None)
        }
        Err(ReadError::Io(error)) => Err(error),
    }
}

/// The word for an image that is larger than the host allows.
fn too_large(options: &Options, purpose: Purpose, size: u64) -> Option<&'static str> {
    let (limit, what) = match purpose {
        Purpose::Kernel => (options.image_limits.kernel, "kernel"),
        _ => (options.image_limits.ramdisk, "ramdisk"),
    };
    (options.build().limits_images() && size > limit).then_some(what)
}

/// Asks whether a file exists, which is all that `-n` needs to know. Before 4.1.4 it did not even ask.
fn examine_not_really(
    run: &mut Run,
    index: usize,
    probe: &mut FsProbe<'_>,
    path: &PyStr,
    purpose: Purpose,
) -> io::Result<Option<ChosenFile>> {
    let span = named_at(&run.attempts[index], purpose);
    if run.options.release.has(Change::ReadLimit) && !probe.exists_bytes(path.as_bytes(), purpose)? {
        if let Some(why) = probe.unknown.take() {
            finish_unknown(run, Some(index), why);
            return Ok(None);
        }
        let what = if purpose == Purpose::Kernel { "kernel" } else { "ramdisk" };
        let message = format!("The requested {what} file does not exist");
        let raised = Raised::new(Stage::Copy, "SystemExit", message, cause_of_missing(path));
        note_missing(run, index, probe);
        finish_raised(run, Some(index), raised.at_known(span));
        return Ok(None);
    }
    Ok(Some(ChosenFile { path: path.clone(), size: None, span, directory: false, damage: None, too_large: None }))
}

/// Hands the steps over before the failure is explained: the last one says why.
fn note_missing(run: &mut Run, index: usize, probe: &mut FsProbe<'_>) {
    run.attempts[index].steps.append(&mut probe.steps);
}

/// Where the selected entry names its kernel or initrd.
pub(super) fn named_at(attempt: &Attempt, purpose: Purpose) -> Option<config::Span> {
    let index = attempt.selection.as_ref()?.index?;
    let entry = attempt.found.as_ref()?.config.entries.get(index)?;
    let file = if purpose == Purpose::Kernel { &entry.kernel } else { &entry.initrd };
    file.as_ref().map(|file| file.span)
}
