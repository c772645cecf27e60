//! The run itself.

mod reselect;

use std::io;
use std::rc::Rc;
use std::sync::Arc;

pub(crate) use self::reselect::reselect;
use super::attempt::{Attempt, Found, Mounted, Purpose};
use super::copy_limit::TooLarge;
use super::discover;
use super::fixed_kernels::{self, Given, InPlaceOf};
use super::foreign_kernels;
use super::fs_probe::{FsProbe, Opened};
use super::list::list;
use super::menu::{Console, Unattended};
use super::options::{Options, Task};
use super::outcome::{BootFiles, ChosenFile, Failure, FailureKind, Logged, Run, Verdict};
use super::output::{self, Process};
use super::select::{Overrides, choose, select};
use super::title_rules::RuleError;
use crate::config::{self, Cause, Config, Dialect, Directive, Effect, READ_LIMIT, Raised, Stage};
use crate::flavour::{Build, FixedKernels};
use crate::python::{PyStr, Python, repr};
use crate::release::{Change, Release};
use crate::storage::filesystem::{FileKind, Filesystem, Note, ReadError, Topic};
use crate::storage::mount::{DiskVolumes, Mounting, Volumes};
use crate::storage::partitions::{
    self, Candidate, PartitionRules, PartitionTable, Place, TableRules, WhenEmpty, partition_table,
};
use crate::storage::source::Source;

/// How much of a configuration is read for releases that read all of it.
const READ_BOUND: usize = 2 << 20;
/// How much is read of all configurations of a disk that come to nothing. A partition table may name thousands.
const READ_OF_DISK: usize = 512 << 10;

/// The exit status, as a shell shows it, of a process that died of SIGSEGV.
const CRASHED: i32 = 128 + 11;

/// Performs the run on a disk or an image of one.
///
/// # Errors
///
/// The disk cannot be read. That pygrub would fail is no error: it is in the [`Run`].
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
    let table = match (options.offset, volumes.disk()) {
        (None, Some(disk)) => Some(partition_table(disk, &partition_rules(options.release))?),
        _ => None,
    };
    run_on(volumes, table, options)
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
            partitions::Failure::Raised { exception, message, place } => {
                let stage = Stage::Partitions;
                let cause = if place == Place::EmptyList { Cause::NothingFound } else { Cause::PartitionTable };
                finish_raised(&mut run, None, Raised::new(stage, exception, message, cause));
            }
            partitions::Failure::Undecided { reason } => finish_unknown(&mut run, None, reason),
        }
        return Ok(run);
    }
    let mut given = Given::of(&run.options);
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

/// Performs what can be done with a configuration alone: it selects, and no file is looked at.
pub fn run_config(path: &str, dialect: Dialect, text: Vec<u8>, options: Options) -> Run {
    run_config_with(path, dialect, text, options, &mut Unattended)
}

/// Does what [`run_config`] does, with somebody at the console.
pub fn run_config_with(
    path: &str,
    dialect: Dialect,
    text: Vec<u8>,
    options: Options,
    console: &mut dyn Console,
) -> Run {
    let mut run = Run::new(None, options);
    if rules_end(&mut run) {
        return run;
    }
    let options = run.options.clone();
    let mut attempt = Attempt::new(None, 0, Mounted::NotAsked);
    let config = config::parse(dialect, &text, options.build());
    attempt.say(console, parse_log(dialect, path));
    log(&mut attempt, &config, &text, &options, console);
    let picked = match in_place_of(&mut attempt, &config, &options) {
        Next::Configuration => pick(&mut attempt, &config, &text, &options, console),
        Next::FixedKernels => {
            attempt.unknown = Some(
                "SUSE's pygrub looks for /boot/vmlinuz-xen and /boot/initrd-xen on the disk then, and boots these instead".to_owned(),
            );
            None
        }
        Next::Nothing => None,
    };
    attempt.found = Some(Found { path: path.into(), dialect, text, directory: false, config });
    run.log.extend(attempt.log.drain(..).map(|logged| (0, logged)));
    let (raised, unknown) = (attempt.raised.clone(), attempt.unknown.clone());
    run.attempts.push(attempt);
    let file = |path: PyStr, purpose| ChosenFile {
        path,
        size: None,
        span: named_at(&run.attempts[0], purpose),
        directory: false,
        damage: None,
        too_large: None,
    };
    if let Some(why) = unknown {
        finish_unknown(&mut run, Some(0), why);
    } else if let Some(picked) = picked.filter(|picked| !picked.kernel.is_empty()) {
        let chosen = BootFiles {
            attempt: 0,
            entry: picked.entry,
            kernel: file(picked.kernel, Purpose::Kernel),
            ramdisk: picked.ramdisk.filter(|path| !path.is_empty()).map(|path| file(path, Purpose::Ramdisk)),
            args: picked.args.filter(|args| !args.is_empty()),
            seconds: picked.seconds,
        };
        run.verdict = Verdict::Selects;
        run.chosen = Some(chosen);
    } else {
        let raised = raised.unwrap_or_else(nothing_found);
        finish_raised(&mut run, Some(0), raised);
    }
    run
}

/// The exception that ends a run in which nothing was found.
fn nothing_found() -> Raised {
    let message = "Unable to find partition containing kernel";
    Raised::new(Stage::Discover, "RuntimeError", message, Cause::NothingFound)
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

/// What was picked at an offset.
struct Picked {
    kernel: PyStr,
    ramdisk: Option<PyStr>,
    args: Option<PyStr>,
    entry: Option<usize>,
    seconds: Option<u64>,
}

/// An offset that was tried, with the filesystem if it is still needed.
struct Tried {
    attempt: Attempt,
    picked: Option<Picked>,
    filesystem: Option<Rc<dyn Filesystem>>,
}

/// The name of the exception for what the operating system or the filesystem library reports.
fn os_error(release: Release) -> &'static str {
    match release.python() {
        Python::Two => "IOError",
        Python::Three => "OSError",
    }
}

/// Opens the filesystem at an offset. Where it does not open, the attempt says why.
fn open(
    volumes: &dyn Volumes,
    candidate: Option<Candidate>,
    offset: i128,
    Build { release, flavour }: Build,
) -> io::Result<(Attempt, Option<Rc<dyn Filesystem>>)> {
    let failed = |mounted, raised| {
        let mut attempt = Attempt::new(candidate, offset, mounted);
        attempt.raised = Some(raised);
        Ok((attempt, None))
    };
    let refused = |why: String| Mounted::No { identified: None, why, instead: None };
    let unsupported = || {
        let message = "[Errno 95] Operation not supported";
        Raised::new(Stage::Open, os_error(release), message, Cause::NoFilesystem)
    };
    let place = match u64::try_from(offset) {
        Ok(place) if i64::try_from(place).is_ok() => place,
        Ok(_) | Err(_) if offset > 0 => {
            let message = candidate
                .and_then(|candidate| candidate.open_offset(release.python()).err())
                .map_or("int too big to convert", |(_, message)| message);
            let raised = Raised::new(Stage::Open, "OverflowError", message, Cause::NoFilesystem);
            return failed(refused("no disk has an offset that large".to_owned()), raised);
        }
        _ => return failed(refused("the offset is negative".to_owned()), unsupported()),
    };
    let filesystem = match volumes.mount(place)? {
        Mounting::Mounted(filesystem) => filesystem,
        Mounting::Refused { identified: Some(found), .. } if flavour.drivers().contains(&found.format.name()) => {
            let why = format!(
                "this is {}, which {}'s pygrub has a driver for, and pregrub has none",
                found.format.title(),
                flavour.label()
            );
            let mounted = Mounted::Unknown { identified: Some(found), why: why.clone(), plugins: Vec::new() };
            let mut attempt = Attempt::new(candidate, offset, mounted);
            attempt.unknown = Some(why);
            return Ok((attempt, None));
        }
        Mounting::Refused { identified, why, instead } => {
            return failed(Mounted::No { identified, why, instead }, unsupported());
        }
        Mounting::Unknown { identified, why, plugins } => {
            let mut attempt =
                Attempt::new(candidate, offset, Mounted::Unknown { identified, why: why.clone(), plugins });
            attempt.unknown = Some(why);
            return Ok((attempt, None));
        }
    };
    let mut attempt = Attempt::new(candidate, offset, Mounted::Yes(filesystem.name().to_owned()));
    let size = filesystem.size();
    let incomplete = size.incomplete().map(|text| Note::new(Topic::Incomplete, text));
    attempt.notes = incomplete.into_iter().chain(filesystem.notes()).collect();
    attempt.size = Some(size);
    Ok((attempt, Some(filesystem)))
}

/// Why it is not known what a release reads that lacks a bound.
fn unbounded(filesystem: &dyn Filesystem, release: Release) -> Option<String> {
    let why = "an entry with a Rock Ridge name claims to be longer than it is, and pygrub's plugin reads on behind it in this release \
               (XSA-497)";
    (filesystem.rests_on_bounds() && !release.has(Change::RockRidgeBounded)).then(|| why.to_owned())
}

/// The look at the first filesystem before any other is tried. Returns whether it ends the run.
fn look_first(
    run: &mut Run,
    volumes: &dyn Volumes,
    (candidate, offset): (Option<Candidate>, i128),
    count: usize,
    given: &mut Given,
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

/// Ends the run where the rules on titles do, which are read before anything else. Returns whether they did.
fn rules_end(run: &mut Run) -> bool {
    match run.options.title_rules.check(run.options.build()) {
        Ok(()) => return false,
        Err(RuleError::Raised(raised)) => finish_raised(run, None, raised),
        Err(RuleError::Unknown(why)) => finish_unknown(run, None, why),
    }
    true
}

impl Tried {
    fn new(
        volumes: &dyn Volumes,
        candidate: Option<Candidate>,
        offset: i128,
        options: &Options,
        given: &mut Given,
        console: &mut dyn Console,
    ) -> io::Result<Self> {
        let (mut attempt, filesystem) = open(volumes, candidate, offset, options.build())?;
        let Some(filesystem) = filesystem else { return Ok(Self { attempt, picked: None, filesystem: None }) };
        let mut probe = FsProbe::new(&*filesystem);
        let picked = look(&mut attempt, &mut probe, options, given, console)?;
        attempt.unknown = attempt.unknown.or(probe.unknown).or_else(|| unbounded(&*filesystem, options.release));
        attempt.steps = probe.steps;
        Ok(Self { attempt, picked, filesystem: Some(filesystem) })
    }
}

/// Looks for a kernel in a mounted filesystem: by option, by its well-known path, by a configuration.
fn look(
    attempt: &mut Attempt,
    probe: &mut FsProbe<'_>,
    options: &Options,
    all_given: &mut Given,
    console: &mut dyn Console,
) -> io::Result<Option<Picked>> {
    let Given { kernel: given, ramdisk: given_ramdisk, args: given_args } = all_given.clone();
    let given = given.as_ref();
    let picked = |kernel: PyStr, ramdisk: Option<PyStr>, args: PyStr| Picked {
        kernel,
        ramdisk,
        args: Some(args),
        entry: None,
        seconds: None,
    };
    let mut args = given_args;
    if options.flavour.probes_solaris() {
        let (there, foreign) = foreign_kernels::solaris(probe, given.is_some(), options.release)?;
        if there {
            let kernel = match (given, &foreign) {
                (Some(given), _) => given.as_bytes(),
                (None, Some(foreign)) => foreign.kernel.as_bytes(),
                (None, None) => b"",
            };
            args = foreign_kernels::solaris_args(args.as_bytes(), kernel).into();
        }
        if let Some(foreign) = foreign {
            return Ok(Some(picked(foreign.kernel.into(), foreign.ramdisk.map(PyStr::from), args)));
        }
    }
    // Without the Solaris probe before it, Debian's pygrub asks even where the kernel is given.
    if (given.is_none() || !options.flavour.probes_solaris())
        && let Some(foreign) = foreign_kernels::netware(probe, given.is_some())?
    {
        return Ok(Some(picked(foreign.kernel.into(), given_ramdisk, args)));
    }
    if probe.unknown.is_some() {
        return Ok(None);
    }
    if let Some(kernel) = given {
        return Ok(Some(picked(kernel.clone(), given_ramdisk, args)));
    }
    read_configuration(attempt, probe, options, all_given, console)
}

/// What comes after a configuration was parsed.
enum Next {
    /// It is listed, shown or selected from.
    Configuration,
    /// SUSE's kernels are looked for instead.
    FixedKernels,
    /// It raised.
    Nothing,
}

/// What comes next, by the configuration and the flavour.
fn in_place_of(attempt: &mut Attempt, config: &config::Config, options: &Options) -> Next {
    if config.raised.is_some() {
        return Next::Configuration;
    }
    match fixed_kernels::in_place_of(config, options.build()) {
        Ok(None) => Next::Configuration,
        Ok(why) => {
            attempt.in_place_of = why;
            Next::FixedKernels
        }
        Err(raised) => {
            attempt.raised = Some(raised);
            Next::Nothing
        }
    }
}

/// SUSE's kernels, where kernel and initrd are there.
fn fixed_kernels(probe: &mut FsProbe<'_>, options: &Options, given: &mut Given) -> io::Result<Option<Picked>> {
    if !given.look_in_place(probe, options.task)? || probe.unknown.is_some() {
        return Ok(None);
    }
    let Given { kernel, ramdisk, args } = given.clone();
    Ok(kernel.map(|kernel| Picked { kernel, ramdisk, args: Some(args), entry: None, seconds: None }))
}

fn read_configuration(
    attempt: &mut Attempt,
    probe: &mut FsProbe<'_>,
    options: &Options,
    given: &mut Given,
    console: &mut dyn Console,
) -> io::Result<Option<Picked>> {
    let release = options.release;
    let mut found = None;
    for (path, dialect) in discover::candidates(release) {
        if probe.exists(path, Purpose::Configuration)? {
            found = Some((path, dialect));
            break;
        }
    }
    if probe.unknown.is_some() {
        return Ok(None);
    }
    let Some((path, dialect)) = found else {
        if options.flavour.fixed_kernels() == FixedKernels::InPlaceOfConfiguration {
            attempt.in_place_of = Some(InPlaceOf::NoConfiguration);
            let picked = fixed_kernels(probe, options, given)?;
            if picked.is_some() || probe.unknown.is_some() {
                return Ok(picked);
            }
        }
        let message = "couldn't find bootloader config file in the image provided.";
        attempt.raised = Some(Raised::new(Stage::Discover, "RuntimeError", message, Cause::NoConfiguration));
        return Ok(None);
    };
    attempt.say(console, parse_log(dialect, path));
    let Contents { text, whole, directory } = match read_text(probe, path, release)? {
        Ok(contents) => contents,
        Err(ReadError::Crashes(why) | ReadError::Unknown(why)) => {
            attempt.unknown = Some(format!("`{path}`: {why}"));
            return Ok(None);
        }
        Err(ReadError::Failed { errno, reason }) => {
            let raised = Raised::new(Stage::Discover, os_error(release), errno_message(errno), Cause::Read);
            attempt.raised = Some(raised);
            if let Some(step) = probe.steps.last_mut() {
                step.missing = Some(reason);
            }
            return Ok(None);
        }
        Err(ReadError::Io(error)) => return Err(error),
    };
    let mut config = config::parse(dialect, &text, options.build());
    config.truncated |= !whole;
    log(attempt, &config, &text, options, console);
    let picked = match in_place_of(attempt, &config, options) {
        Next::Configuration => pick(attempt, &config, &text, options, console),
        Next::FixedKernels => fixed_kernels(probe, options, given)?,
        Next::Nothing => None,
    };
    attempt.found = Some(Found { path: path.into(), dialect, text, directory, config });
    Ok(picked)
}

/// Parses nothing and asks nothing: selects, with the menu if it is shown.
fn pick(
    attempt: &mut Attempt,
    config: &config::Config,
    text: &[u8],
    options: &Options,
    console: &mut dyn Console,
) -> Option<Picked> {
    let release = options.release;
    if let Some(raised) = &config.raised {
        attempt.raised = Some(raised.clone());
        return None;
    }
    let overrides = Overrides::of(options);
    if options.task == Task::ListEntries {
        let listing = list(config, overrides, options.build());
        attempt.raised = listing.raised.clone();
        let done = listing.raised.is_none();
        attempt.listing = Some(listing.text);
        if !done {
            if let Some(warning) = listing.warning {
                attempt.say(console, warning_log(warning.as_bytes()));
            }
            return None;
        }
    }
    let mut edited = None;
    let selection = if options.shows_menu() {
        let menu = console.show(config, text, release);
        let (wanted, warning) = (menu.selected.clone(), menu.warning);
        edited.clone_from(&menu.edited);
        if let Some(warning) = menu.warning {
            attempt.say(console, warning_log(warning.as_bytes()));
        }
        attempt.unknown = menu.unknown.clone();
        attempt.raised = menu.raised.clone();
        attempt.menu = Some(menu);
        if attempt.unknown.is_some() || attempt.raised.is_some() {
            return None;
        }
        choose(config, wanted, edited.as_deref(), warning, overrides, release)
    } else {
        select(config, overrides, options.build())
    };
    attempt.raised = selection.raised.clone();
    attempt.unknown = selection.unknown.clone();
    if let Some(warning) = selection.warning.filter(|_| attempt.menu.is_none()) {
        attempt.say(console, warning_log(warning.as_bytes()));
    }
    let picked = selection.boot.clone().map(|boot| Picked {
        kernel: boot.kernel,
        ramdisk: boot.ramdisk,
        args: boot.args,
        entry: selection.index,
        seconds: attempt.menu.as_ref().and_then(|menu| menu.seconds),
    });
    attempt.selection = Some(selection);
    picked
}

/// What was read of a configuration.
struct Contents {
    text: Vec<u8>,
    /// Whether that is all of it.
    whole: bool,
    directory: bool,
}

fn read_text(probe: &mut FsProbe<'_>, path: &str, release: Release) -> io::Result<Result<Contents, ReadError>> {
    let file = match probe.open(path.as_bytes(), Purpose::Configuration)? {
        Opened::File(file) => file,
        Opened::Missing(why) | Opened::Unknown(why) => return Ok(Err(ReadError::Unknown(why))),
    };
    let size = usize::try_from(file.size()).unwrap_or(usize::MAX);
    let limit = if release.has(Change::ReadLimit) { READ_LIMIT } else { READ_BOUND };
    if size > limit && !release.has(Change::ReadLimit) {
        return Ok(Err(ReadError::Unknown("it is larger than pregrub reads".to_owned())));
    }
    let mut text = vec![0; size.min(limit)];
    let (whole, directory) = (size <= limit, file.kind() == FileKind::Directory);
    Ok(file.read_at(0, &mut text).map(|count| {
        text.truncate(count);
        Contents { text, whole, directory }
    }))
}

/// `os.strerror` for the errors that the filesystem library reports.
fn errno_message(errno: i32) -> String {
    let text = match errno {
        2 => "No such file or directory",
        5 => "Input/output error",
        22 => "Invalid argument",
        95 => "Operation not supported",
        _ => "Unknown error",
    };
    format!("[Errno {errno}] {text}")
}

/// What opening a file that is not there says: the name may not even reach the filesystem library.
fn open_message(path: &PyStr, release: Release) -> PyStr {
    let python = release.python();
    if path.as_bytes().contains(&0) {
        return PyStr::from(match python {
            Python::Two => "must be string without null bytes, not str",
            Python::Three => "embedded null character",
        });
    }
    match output::encodable(path.as_bytes()) {
        Err(raised) if python == Python::Three => PyStr::from(&*raised.message),
        _ => PyStr::from(&*errno_message(2)),
    }
}

/// Would kernel and initrd be copied out? Nothing is read but where the data lies.
fn copy(run: &mut Run, index: usize, filesystem: &dyn Filesystem, disk: Option<u64>, picked: Picked) -> io::Result<()> {
    let mut probe = FsProbe::new(filesystem);
    let picked = Picked {
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

/// Opens a file and checks that it can be read whole. On failure the run is finished and nothing is returned.
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

/// Asks whether a file exists, which is all that `-n` wants to know. Before 4.1.4 it did not even ask.
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

/// Ends the run where pygrub's process dies of a signal.
fn finish_crashed(run: &mut Run, index: usize, path: &PyStr, why: String) {
    run.process = Process { exit: CRASHED, stdout: PyStr::default(), stderr_last_line: PyStr::default() };
    run.verdict = Verdict::Fails;
    let kind = FailureKind::Crashed { path: path.clone(), why };
    run.failure = Some(Failure { stage: Stage::Copy, attempt: Some(index), kind });
}

/// Hands the steps over before the failure is explained: the last one says why.
fn note_missing(run: &mut Run, index: usize, probe: &mut FsProbe<'_>) {
    run.attempts[index].steps.append(&mut probe.steps);
}

/// Where the selected entry names its kernel or initrd.
fn named_at(attempt: &Attempt, purpose: Purpose) -> Option<config::Span> {
    let index = attempt.selection.as_ref()?.index?;
    let entry = attempt.found.as_ref()?.config.entries.get(index)?;
    let file = if purpose == Purpose::Kernel { &entry.kernel } else { &entry.initrd };
    file.as_ref().map(|file| file.span)
}

/// What pygrub writes to standard error when it has found a configuration.
fn parse_log(dialect: Dialect, path: &str) -> PyStr {
    PyStr::from(&*format!("Using <class '{}'> to parse {path}", dialect.python_class()))
}

/// A warning as Python's logging writes it.
pub(super) fn warning_log(message: &[u8]) -> PyStr {
    [b"WARNING:root:", message].concat().into()
}

/// What parsing logs: warnings, and with `--debug` the directives that are known and ignored, line by line.
fn log(attempt: &mut Attempt, config: &Config, text: &[u8], options: &Options, console: &mut dyn Console) {
    if !options.debug {
        for warning in config.warnings.iter() {
            console.say(&warning_log(warning.message.as_bytes()));
        }
        attempt.log.push(Logged::Warnings);
        return;
    }
    let mut ignored = ignored(config);
    ignored.reverse();
    let mut ignored_before = |attempt: &mut Attempt, console: &mut dyn Console, end: u32| {
        while let Some((what, directive)) = ignored.pop_if(|(_, directive)| directive.line.line < end) {
            let line: [&[u8]; 4] = [b"INFO:root:Ignored ", what.as_bytes(), b" ", directive.command(text)];
            attempt.say(console, line.concat().into());
        }
    };
    let warnings = config.warnings.iter().map(|warning| (warning.line, warning_log(warning.message.as_bytes())));
    let lowered = config.debug_messages.iter();
    let lowered = lowered.map(|message| (message.line, [b"DEBUG:root:", message.message.as_bytes()].concat().into()));
    let mut logged: Vec<(u32, PyStr)> = warnings.chain(lowered).collect();
    logged.sort_by_key(|(line, _)| *line);
    for (number, line) in logged {
        ignored_before(attempt, console, number);
        attempt.say(console, line);
    }
    ignored_before(attempt, console, u32::MAX);
}

/// The directives that pygrub logs with `--debug`, in the order of their lines, and what it calls them.
fn ignored(config: &Config) -> Vec<(&'static str, &Directive)> {
    let of_file = config.directives.iter().map(|directive| ("directive", directive));
    let of_entries = config.entries.iter().flat_map(|entry| &entry.directives);
    let of_entries = of_entries.map(|directive| ("image directive", directive));
    let mut ignored: Vec<_> =
        of_file.chain(of_entries).filter(|(_, directive)| directive.effect == Effect::Ignored).collect();
    ignored.sort_by_key(|(_, directive)| directive.line.start);
    ignored
}

/// Ends a run that lists: successful, whatever was found.
fn finish_listing(run: &mut Run) {
    let texts = run.attempts.iter().filter_map(|attempt| attempt.listing.as_ref());
    let stdout = texts.flat_map(|text| text.as_bytes()).copied().collect::<Vec<u8>>();
    let last = run.stderr().last().unwrap_or_default();
    run.process = Process { exit: 0, stdout: stdout.into(), stderr_last_line: output::last_line(last.as_bytes()) };
    run.verdict = Verdict::Selects;
}

/// Ends the run with an exception that nothing catches.
fn finish_raised(run: &mut Run, attempt: Option<usize>, raised: Raised) {
    let last = match raised.exception {
        "SystemExit" => raised.message.clone(),
        _ => raised.to_string(),
    };
    run.process = Process { exit: 1, stdout: PyStr::default(), stderr_last_line: output::last_line(last.as_bytes()) };
    run.verdict = Verdict::Fails;
    // What swallowed exception explains best why nothing was found.
    let swallowed = attempt.and_then(|index| run.attempts[index].raised.clone());
    let told = if raised.cause == Cause::NothingFound { swallowed.unwrap_or(raised) } else { raised };
    run.failure = Some(Failure { stage: told.stage, attempt, kind: FailureKind::Raised(told) });
}

fn finish_unknown(run: &mut Run, attempt: Option<usize>, why: String) {
    run.verdict = Verdict::Unknown;
    let stage = match attempt.map(|index| &run.attempts[index]) {
        Some(Attempt { mounted: Mounted::Unknown { .. }, .. }) => Stage::Open,
        Some(Attempt { menu: Some(menu), .. }) if menu.unknown.is_some() => Stage::Menu,
        Some(Attempt { found: Some(_), .. }) => Stage::Copy,
        Some(_) => Stage::Discover,
        None => Stage::Partitions,
    };
    run.failure = Some(Failure { stage, attempt, kind: FailureKind::Unknown(why) });
}
