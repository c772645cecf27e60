//! `pregrub pygrub`: a drop-in for pygrub, which a toolstack cannot tell from it; also when the program is called by the name
//! `pygrub`.
//!
//! Two processes share the work. The *supervisor* (this file) reads the command line, makes the files to copy to, opens disk and
//! output, writes the result, and removes the files again if nothing comes of it; it reads no byte of the disk. The *worker*
//! ([`worker`], `job.rs`) is given the open files but not the output, gives everything else up ([`sandbox`]), and only then looks
//! at the disk, which is hostile. What it found it hands over, and the supervisor believes nothing of it ([`handover`]).
//!
//! No part of the library's interface: it is public for the tests, which prove the sandbox from the inside.

mod console;
mod copies;
mod copy_out;
mod explain;
pub mod handover;
mod job;
pub(in crate::cli) mod menu;
mod python_error;
mod result;
pub mod sandbox;
mod signals;
pub mod worker;

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use self::console::complain;
use self::copies::{Copy, PathError, make_directory};
use self::handover::WorkerResult;
use self::job::Ending;
use self::sandbox::ResourceLimits;
use self::signals::Watch;
use self::worker::Role;
use super::ending_signals::die_of;
use super::{Status, release_args};
use crate::boot::command_line::{self, CopyDirectory, EarlyExit, ParsedCommandLine};
use crate::boot::{RuleError, RuleFiles, Task};
use crate::flavour::{Build, Flavour};
use crate::host::{self, Installed};
use crate::python::Python;
use crate::release::Change;

/// Does what pygrub does, where the command line says so, the program is called by the name `pygrub`, or a toolstack calls it as it
/// calls pygrub (`--output=...`); nothing where it is one
/// of pregrub's own. The worker, too, is recognised here.
pub(super) fn if_called() -> Option<ExitCode> {
    if worker::is_called() {
        return Some(ExitCode::from(job::main() as u8));
    }
    let mut args = env::args_os();
    let program = args.next().unwrap_or_default();
    if Path::new(&program).file_name() == Some(OsStr::new("pygrub")) {
        return Some(supervise(&program.display().to_string(), &args.collect::<Vec<_>>()).into());
    }
    let args: Vec<OsString> = args.collect();
    if args.first()? == "pygrub" {
        let program = format!("{} pygrub", program.display());
        return Some(supervise(&program, &args[1..]).into());
    }
    // A toolstack that is configured to start pregrub itself: no command of pregrub's begins so.
    let starts_with = |arg: &OsString, prefix: &str| arg.as_encoded_bytes().starts_with(prefix.as_bytes());
    let is_call = starts_with(args.first()?, "--") && args.iter().any(|arg| starts_with(arg, "--output="));
    is_call.then(|| supervise(&program.display().to_string(), &args).into())
}

/// Does what pygrub does and returns its exit status.
pub fn supervise(program: &str, args: &[OsString]) -> u8 {
    let (build, found) = match build().and_then(|known| sandbox_is_required().map(|_| known)) {
        Ok(known) => known,
        Err(line) => {
            complain(format!("pregrub: {line}").as_bytes());
            return Status::Usage.code();
        }
    };
    // The rules on titles come before the options.
    if let Err(line) = title_rules(build) {
        complain(line.as_bytes());
        return Status::Fails.code();
    }
    let call = match parse(args, program, build) {
        Ok(call) => call,
        Err(EarlyExit { exit, stdout, stderr }) => {
            if let Some(mut line) = stdout {
                line.push(b'\n');
                // As in pygrub, the exit status shows what could not be printed.
                let _ = console::print(&line);
            }
            if let Some(line) = stderr {
                complain(line.as_bytes());
            }
            return exit;
        }
    };
    if let Some(found) = found {
        complain(format!("pregrub: {found}").as_bytes());
    }
    let ended = match work(&call, args) {
        Ok(()) => 0,
        Err(line) => {
            if let Some(line) = line {
                complain(line.as_bytes());
            }
            1
        }
    };
    if io::stderr().is_terminal() {
        std::thread::sleep(LAST_WORDS);
    }
    ended
}

/// How long what was written last stays on a terminal before the program ends. libxl copies it from there to the guest's
/// console and to its log, and stops when the bootloader has ended: of a program as quick as this one it lost the last words
/// in 7 of 270 runs on a busy machine, with this pause in none of 150.
const LAST_WORDS: Duration = Duration::from_millis(30);
/// How long a worker may take for its last steps after it has handed over what it found: it only has to end.
const LAST_STEPS: Duration = Duration::from_secs(10);

/// The host's rules on titles, or the last line of what pygrub says of them.
fn title_rules(build: Build) -> Result<RuleFiles, String> {
    let directory = build.flavour.title_rules().map(Path::new);
    let rules = release_args::title_rules_of_host(build)
        .map_err(|error| python_error::last_line(&error, directory, build.python()))?;
    match rules.check(build) {
        Ok(()) => Ok(rules),
        Err(RuleError::Raised(raised)) => Err(raised.to_string()),
        Err(RuleError::Unknown(why)) => Err(format!("pregrub: {why}")),
    }
}

/// Whether the environment demands every layer of the sandbox.
fn sandbox_is_required() -> Result<bool, String> {
    match env::var_os("PREGRUB_SANDBOX").filter(|value| !value.is_empty()) {
        None => Ok(false),
        Some(value) if value == "require" => Ok(true),
        Some(value) => {
            Err(format!("`{}` is not a value of PREGRUB_SANDBOX: use require, or leave it out", value.display()))
        }
    }
}

/// The command line, in the environment that it was given in.
fn parse(args: &[OsString], program: &str, build: Build) -> Result<ParsedCommandLine, EarlyExit> {
    // Set, the first word that is not an option ends the options.
    let posixly_correct = env::var_os("POSIXLY_CORRECT").is_some();
    command_line::parse(args, program, build, posixly_correct, &Path::is_dir)
}

/// The pygrub that the environment asks for, since the toolstack owns the arguments; without it the one that is installed on this
/// host, with what was found. Where nothing is installed it is the newest of upstream's.
fn build() -> Result<(Build, Option<Installed>), String> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let flavour = match variable("PREGRUB_FLAVOUR") {
        None => None,
        Some(value) => Some(value.to_str().and_then(Flavour::from_name).ok_or_else(|| {
            let known = "upstream, debian, suse or xcp-ng";
            format!("`{}` is not a value of PREGRUB_FLAVOUR: use {known}", value.display())
        })?),
    };
    let Some(release) = variable("PREGRUB_RELEASE") else {
        return Ok(match host::installed() {
            Ok(installed) if flavour.is_none_or(|flavour| flavour == installed.build.flavour) => {
                (installed.build, Some(installed))
            }
            _ => (Build::newest(flavour.unwrap_or_default()), None),
        });
    };
    let release = release.to_string_lossy();
    let build = release_args::named(&release, flavour).map_err(|error| format!("PREGRUB_RELEASE: {error}"))?;
    Ok((build, None))
}

/// Opens everything, lets the worker work, and cleans up. The error is the line that is still to be said, if any.
fn work(call: &ParsedCommandLine, args: &[OsString]) -> Result<(), Option<String>> {
    let python = call.options.release.python();
    let failed = |error: &io::Error, path: Option<&Path>| Some(python_error::last_line(error, path, python));
    let at_path = |(error, path): PathError| failed(&error, Some(&path));
    if call.output.is_none() && is_closed(&io::stdout()) {
        complain(b"pregrub: standard output is closed: nobody would get the result (--output takes it)");
        return Err(Some(match python {
            Python::Two => failed(&io::Error::from_raw_os_error(Errno::BADF.raw_os_error()), None).unwrap_or_default(),
            Python::Three => "AttributeError: 'NoneType' object has no attribute 'fileno'".to_owned(),
        }));
    }
    let no_worker =
        |error: io::Error| Some(format!("pregrub: the worker cannot be started: {}", python_error::message(&error)));
    let most =
        ResourceLimits::largest_copy(|name| env::var(name).ok()).map_err(|line| Some(format!("pregrub: {line}")))?;
    // Before there is any file to remove.
    let watch = Watch::begin(call.options.shows_menu()).map_err(no_worker)?;
    if let CopyDirectory::Default(path) = call.directory
        && call.options.release.has(Change::RunDirectory)
    {
        make_directory(Path::new(path)).map_err(at_path)?;
    }
    let (kernel, ramdisk) = match call.options.task {
        Task::Copy if !call.is_config => {
            let create = |prefix| {
                let make = || Copy::create(call.directory.path(), prefix);
                watch.make(make, |copy| copy.path.clone()).map_err(at_path)
            };
            (Some(create("boot_kernel.")?), Some(create("boot_ramdisk.")?))
        }
        _ => (None, None),
    };
    let mut output = match &call.output {
        Some(path) => OpenOptions::new().write(true).open(path).map_err(|error| failed(&error, Some(path)))?,
        None => File::from(io::stdout().as_fd().try_clone_to_owned().map_err(|error| failed(&error, None))?),
    };
    let Some(image) = open_image(call)? else { return Ok(()) };
    if call.output.is_some() && is_same(&image, &output).map_err(|error| failed(&error, None))? {
        let error = io::Error::other("the output is the disk itself");
        return Err(failed(&error, call.output.as_deref()));
    }
    let mut files = vec![(Role::Disk, image)];
    for (role, copy) in [(Role::Kernel, &kernel), (Role::Ramdisk, &ramdisk)] {
        let Some(copy) = copy else { continue };
        files.push((role, copy.file.try_clone().map_err(|error| failed(&error, None))?));
    }
    let order = job::Order { build: call.options.build() };
    let console = console_for_worker(call, &output).map_err(no_worker)?;
    let start = || worker::spawn(order.words(args), files, console);
    let mut worker = watch.start(start, |worker| &worker.child).map_err(no_worker)?;
    let handed_over = worker.receive(handover::MOST).map_err(no_worker)?;
    if handed_over.is_none() {
        // It would wait for somebody who reads the rest.
        worker.child.kill().map_err(no_worker)?;
    }
    let Some(status) = worker.end_within(LAST_STEPS).map_err(no_worker)? else {
        return Err(Some(
            "pregrub: the worker did not end after it had handed over what it found: it is not believed".to_owned(),
        ));
    };
    let came = watch.ended();
    let ending = status.code().and_then(Ending::from_code);
    if let Some(signal) = came.filter(|_| ending != Some(Ending::Failed)).or(status.signal()) {
        drop((kernel, ramdisk));
        // This process has no fault that anybody would look for in its memory.
        let limit = getrlimit(Resource::Core);
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), ..limit });
        die_of(signal);
        return Err(Some(format!("pregrub: the worker died of signal {signal}")));
    }
    let Some(ending) = ending else { return Err(Some("pregrub: the worker died without a word".to_owned())) };
    let lies =
        || Some("pregrub: what the worker hands over does not fit what it was asked: it is not believed".to_owned());
    let found = handed_over.as_deref().and_then(WorkerResult::decode).ok_or_else(lies)?;
    if ending == Ending::Failed {
        if let Some(printed) = found.printed.filter(|_| call.prints()) {
            result::print(&printed, python).map_err(Some)?;
        }
        return Err(None);
    }
    let length = |copy: &Option<Copy>| copy.as_ref().map(Copy::length).transpose();
    let lengths = (length(&kernel), length(&ramdisk));
    let (kernel_length, ramdisk_length) =
        (lengths.0.map_err(|error| failed(&error, None))?, lengths.1.map_err(|error| failed(&error, None))?);
    if !found.fits(call, kernel_length, ramdisk_length, most) {
        return Err(lies());
    }
    if let Some(printed) = &found.printed {
        return result::print(printed, python).map_err(Some);
    }
    let ramdisk = ramdisk.filter(|_| found.ramdisk.is_some());
    let result = result::rendered(call, &found, kernel.as_ref(), ramdisk.as_ref()).map_err(Some)?;
    result::refuse_commands(call, &output, &result).map_err(Some)?;
    result::write(&mut output, &result, &watch).map_err(|error| failed(&error, None))?;
    [kernel, ramdisk].into_iter().flatten().for_each(Copy::keep);
    Ok(())
}

/// What the worker reads and draws on: nothing unless a menu is shown, and never what the result is written to. (On one terminal
/// for both somebody looks at it.)
fn console_for_worker(call: &ParsedCommandLine, output: &File) -> io::Result<worker::WorkerConsole> {
    let mut console = worker::WorkerConsole::none()?;
    if !call.options.shows_menu() {
        return Ok(console);
    }
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    let shared = worker::WorkerConsole::shared()?;
    if stdin.is_terminal() || !is_same(&stdin, output)? {
        console.input = shared.input;
    }
    if stdout.is_terminal() || !is_same(&stdout, output)? {
        console.output = shared.output;
    } else if stderr.is_terminal() {
        console.output = stderr.as_fd().try_clone_to_owned()?.into();
    }
    Ok(console)
}

/// Whether the process was started with this descriptor closed. The standard library opens `/dev/null` in its place, for reading and
/// writing; a caller that only throws the output away opens it for writing.
fn is_closed(descriptor: &impl AsFd) -> bool {
    let Ok(null) = rustix::fs::stat("/dev/null") else { return false };
    let is_null = rustix::fs::fstat(descriptor)
        .is_ok_and(|file| file.st_rdev == null.st_rdev && FileType::from_raw_mode(file.st_mode).is_char_device());
    is_null && rustix::fs::fcntl_getfl(descriptor).is_ok_and(|flags| flags.contains(OFlags::RDWR))
}

/// Whether both are the same open file, pipe or socket.
fn is_same(one: &impl AsFd, other: &impl AsFd) -> io::Result<bool> {
    let (one, other) = (rustix::fs::fstat(one)?, rustix::fs::fstat(other)?);
    Ok((one.st_dev, one.st_ino) == (other.st_dev, other.st_ino))
}

/// Opens the image for reading, or says what pygrub says of one that cannot be opened. `None` if pygrub goes on without it and ends
/// well.
fn open_image(call: &ParsedCommandLine) -> Result<Option<File>, Option<String>> {
    let release = call.options.release;
    let python = release.python();
    if call.is_config && call.image.as_os_str().is_empty() && release.has(Change::NoFilesystemTold) {
        return Err(Some(no_configuration(call)));
    }
    let opened = File::open(&call.image).and_then(|file| {
        let is_directory = file.metadata()?.is_dir();
        if is_directory { Err(io::Error::from_raw_os_error(Errno::ISDIR.raw_os_error())) } else { Ok(file) }
    });
    let error = match opened {
        Ok(file) => return Ok(Some(file)),
        Err(error) => error,
    };
    let is_directory = error.kind() == io::ErrorKind::IsADirectory;
    Err(Some(match (call.is_config, call.options.offset) {
        (true, _) if !is_directory => format!("RuntimeError: Unable to access {}", call.image.display()),
        // It is the file system library that cannot open it then, which pygrub swallows.
        (false, Some(_)) => {
            if call.options.debug {
                let unmounted = io::Error::from_raw_os_error(Errno::OPNOTSUPP.raw_os_error());
                let error = if is_directory { &unmounted } else { &error };
                complain(python_error::last_line(error, None, python).as_bytes());
            }
            if call.options.task == Task::ListEntries {
                return Ok(None);
            }
            "RuntimeError: Unable to find partition containing kernel".to_owned()
        }
        // Opening a directory works; reading it does not.
        (false, None) if is_directory => python_error::last_line(&error, None, python),
        _ => python_error::last_line(&error, Some(&call.image), python),
    }))
}

/// What pygrub says to `--isconfig ''`: it reads no configuration, and misses it where the menu is made. curses comes before that.
fn no_configuration(call: &ParsedCommandLine) -> String {
    let raised = call.options.shows_menu().then(menu::refuses).flatten();
    raised.map_or_else(
        || {
            let whose = match call.options.release.python() {
                Python::Two => "Grub instance",
                Python::Three => "'Grub' object",
            };
            format!("AttributeError: {whose} has no attribute 'cf'")
        },
        |raised| raised.to_string(),
    )
}
