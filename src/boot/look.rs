//! The look for a kernel in one filesystem: by option, by its well-known path, by a configuration.

use std::io;
use std::rc::Rc;

use super::attempt::{Attempt, Found, Purpose};
use super::discover;
use super::fixed_kernels::{self, FixedFiles, InPlaceOf};
use super::foreign_kernels;
use super::fs_probe::{FsProbe, Opened};
use super::list::list;
use super::log::{log, parse_log, warning_log};
use super::menu::Console;
use super::open_offset::{open, unbounded};
use super::options::{Options, Task};
use super::os_error::{errno_message, os_error};
use super::select::{Overrides, choose, select};
use crate::config::{self, Cause, READ_LIMIT, Raised, Stage};
use crate::flavour::FixedKernels;
use crate::python::PyStr;
use crate::release::{Change, Release};
use crate::storage::filesystem::{FileKind, Filesystem, ReadError};
use crate::storage::mount::Volumes;
use crate::storage::partitions::Candidate;

/// How much of a configuration is read for releases that read all of it.
const READ_BOUND: usize = 2 << 20;

/// What was picked at an offset.
pub(super) struct PickedFiles {
    pub kernel: PyStr,
    pub ramdisk: Option<PyStr>,
    pub args: Option<PyStr>,
    pub entry: Option<usize>,
    pub seconds: Option<u64>,
}

/// An offset that was tried, with the filesystem if it is still needed.
pub(super) struct Tried {
    pub attempt: Attempt,
    pub picked: Option<PickedFiles>,
    pub filesystem: Option<Rc<dyn Filesystem>>,
}

impl Tried {
    pub(super) fn new(
        volumes: &dyn Volumes,
        candidate: Option<Candidate>,
        offset: i128,
        options: &Options,
        given: &mut FixedFiles,
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
    all_given: &mut FixedFiles,
    console: &mut dyn Console,
) -> io::Result<Option<PickedFiles>> {
    let FixedFiles { kernel: given, ramdisk: given_ramdisk, args: given_args } = all_given.clone();
    let given = given.as_ref();
    let picked = |kernel: PyStr, ramdisk: Option<PyStr>, args: PyStr| PickedFiles {
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
pub(super) enum Next {
    /// It is listed, shown or selected from.
    Configuration,
    /// SUSE's kernels are looked for instead.
    FixedKernels,
    /// It raised.
    Nothing,
}

/// What comes next, by the configuration and the flavour.
pub(super) fn in_place_of(attempt: &mut Attempt, config: &config::Config, options: &Options) -> Next {
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
fn fixed_kernels(
    probe: &mut FsProbe<'_>,
    options: &Options,
    given: &mut FixedFiles,
) -> io::Result<Option<PickedFiles>> {
    if !given.look_in_place(probe, options.task)? || probe.unknown.is_some() {
        return Ok(None);
    }
    let FixedFiles { kernel, ramdisk, args } = given.clone();
    Ok(kernel.map(|kernel| PickedFiles { kernel, ramdisk, args: Some(args), entry: None, seconds: None }))
}

fn read_configuration(
    attempt: &mut Attempt,
    probe: &mut FsProbe<'_>,
    options: &Options,
    given: &mut FixedFiles,
    console: &mut dyn Console,
) -> io::Result<Option<PickedFiles>> {
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
    let (mut config, mut recovered) = config::parse_and_recover(dialect, &text, options.build());
    for config in std::iter::once(&mut config).chain(recovered.as_mut().map(|recovered| &mut recovered.config)) {
        config.truncated |= !whole;
    }
    log(attempt, &config, &text, options, console);
    let picked = match in_place_of(attempt, &config, options) {
        Next::Configuration => pick(attempt, &config, &text, options, console),
        Next::FixedKernels => fixed_kernels(probe, options, given)?,
        Next::Nothing => None,
    };
    attempt.found = Some(Found { path: path.into(), dialect, text, directory, config, recovered });
    Ok(picked)
}

/// Parses nothing and asks nothing: selects, with the menu if it is shown.
pub(super) fn pick(
    attempt: &mut Attempt,
    config: &config::Config,
    text: &[u8],
    options: &Options,
    console: &mut dyn Console,
) -> Option<PickedFiles> {
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
    let picked = selection.boot.clone().map(|boot| PickedFiles {
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
