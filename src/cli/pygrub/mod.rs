//! `pregrub pygrub`: a drop-in for pygrub, which a toolstack cannot tell from it; also when the program is called by the name
//! `pygrub`.
//!
//! Two processes share the work. The *supervisor* (this file) reads the command line, makes the files to copy to, opens disk and
//! output, and removes the files again if nothing comes of it; it reads no byte of the disk. The *worker* ([`worker`], `job.rs`)
//! is given the open files, gives everything else up ([`sandbox`]), and only then looks at the disk, which is hostile.
//!
//! No part of the library's interface: it is public for the tests, which prove the sandbox from the inside.

mod console;
mod copies;
mod copy_out;
mod explain;
mod job;
mod menu;
mod python_error;
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

use self::console::complain;
use self::copies::{Copy, PathError, make_directory};
use self::job::Ending;
use self::worker::Role;
use super::{Status, release_args};
use crate::boot::Task;
use crate::boot::command_line::{self, Call, Directory, Ended};
use crate::flavour::{Build, Flavour};
use crate::host::{self, Installed};
use crate::release::Change;

/// Does what pygrub does, where the command line says so or the program is called by the name `pygrub`; nothing where it is one
/// of pregrub's own. The worker, too, is recognised here.
pub(super) fn if_called() -> Option<ExitCode> {
    if worker::is_called() {
        return Some(ExitCode::from(job::main() as u8));
    }
    let mut args = env::args_os();
    let program = args.next().unwrap_or_default();
    if Path::new(&program).file_name() == Some(OsStr::new("pygrub")) {
        return Some(supervise(&program.display().to_string(), &args.collect::<Vec<_>>()));
    }
    (args.next()? == "pygrub").then(|| {
        let program = format!("{} pygrub", program.display());
        supervise(&program, &args.collect::<Vec<_>>())
    })
}

/// Does what pygrub does and returns its exit status.
pub(super) fn supervise(program: &str, args: &[OsString]) -> ExitCode {
    let (build, found) = match build() {
        Ok(known) => known,
        Err(line) => {
            complain(format!("pregrub: {line}").as_bytes());
            return ExitCode::from(Status::Usage as u8);
        }
    };
    let call = match parse(args, program, build) {
        Ok(call) => call,
        Err(Ended { exit, stdout, stderr }) => {
            if let Some(mut line) = stdout {
                line.push(b'\n');
                // As in pygrub, the exit status tells what could not be printed.
                let _ = console::print(&line);
            }
            if let Some(line) = stderr {
                complain(line.as_bytes());
            }
            return ExitCode::from(exit);
        }
    };
    if let Some(found) = found.filter(|_| call.debug) {
        complain(format!("pregrub: {found}").as_bytes());
    }
    let ended = match work(&call, args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            if let Some(line) = line {
                complain(line.as_bytes());
            }
            ExitCode::FAILURE
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

/// The command line, in the environment that it was given in.
fn parse(args: &[OsString], program: &str, build: Build) -> Result<Call, Ended> {
    // Set, the first word that is no option ends the options.
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
            let known = Flavour::ALL.map(Flavour::name).join(", ");
            format!("PREGRUB_FLAVOUR: `{}` is not a flavour: use one of {known}", value.display())
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
    let build =
        release_args::named(&release, flavour).map_err(|error| format!("PREGRUB_RELEASE={release}: {error}"))?;
    Ok((build, None))
}

/// Opens everything, lets the worker work, and cleans up. The error is the line that is still to be said, if any.
fn work(call: &Call, args: &[OsString]) -> Result<(), Option<String>> {
    let python = call.options.release.python();
    let failed = |error: &io::Error, path: Option<&Path>| Some(python_error::last_line(error, path, python));
    let at_path = |(error, path): PathError| failed(&error, Some(&path));
    if let Directory::Default(path) = call.directory
        && call.options.release.has(Change::RunDirectory)
    {
        make_directory(Path::new(path)).map_err(at_path)?;
    }
    let (mut kernel, mut ramdisk) = match call.options.task {
        Task::Copy if !call.is_config => {
            let create = |prefix| Copy::create(call.directory.path(), prefix).map_err(at_path);
            (Some(create("boot_kernel.")?), Some(create("boot_ramdisk.")?))
        }
        _ => (None, None),
    };
    let output = match &call.output {
        Some(path) => OpenOptions::new().write(true).open(path).map_err(|error| failed(&error, Some(path)))?,
        None => File::from(io::stdout().as_fd().try_clone_to_owned().map_err(|error| failed(&error, None))?),
    };
    let mut files = vec![(Role::Disk, open_image(call)?), (Role::Output, output)];
    let mut destinations = Vec::new();
    for (role, copy) in [(Role::Kernel, &mut kernel), (Role::Ramdisk, &mut ramdisk)] {
        let Some(copy) = copy else { continue };
        destinations.push(copy.path.clone().into_os_string());
        files.extend(copy.file.take().map(|file| (role, file)));
    }
    let order = job::Order { build: call.options.build(), destinations };
    let status = signals::want_exit_status()
        .and_then(|()| worker::spawn(order.words(args), files))
        .and_then(|mut child| {
            signals::pass_on(&child)?;
            child.wait()
        })
        .map_err(|error| Some(format!("pregrub: the worker cannot be started: {}", python_error::message(&error))))?;
    match status.code().and_then(Ending::from_code) {
        Some(Ending::Done) => [kernel, ramdisk].into_iter().flatten().for_each(Copy::keep),
        Some(Ending::WithoutRamdisk) => kernel.into_iter().for_each(Copy::keep),
        Some(Ending::Failed) => return Err(None),
        None => {
            drop((kernel, ramdisk));
            if let Some(signal) = status.signal() {
                signals::die_of(signal);
            }
            let how = status.signal().map_or("without a word".to_owned(), |signal| format!("of signal {signal}"));
            return Err(Some(format!("pregrub: the worker died {how}")));
        }
    }
    Ok(())
}

/// Opens the image for reading, or says what pygrub says of one that cannot be opened.
fn open_image(call: &Call) -> Result<File, Option<String>> {
    let python = call.options.release.python();
    let opened = File::open(&call.image).and_then(|file| {
        let is_directory = file.metadata()?.is_dir();
        if is_directory { Err(io::Error::from_raw_os_error(rustix::io::Errno::ISDIR.raw_os_error())) } else { Ok(file) }
    });
    opened.map_err(|error| {
        let is_directory = error.kind() == io::ErrorKind::IsADirectory;
        Some(match (call.is_config, call.options.offset) {
            (true, _) if !is_directory => format!("RuntimeError: Unable to access {}", call.image.display()),
            // It is the file system library that cannot open it then, which pygrub swallows.
            (false, Some(_)) => "RuntimeError: Unable to find partition containing kernel".to_owned(),
            // Opening a directory works; reading it does not.
            (false, None) if is_directory => python_error::last_line(&error, None, python),
            _ => python_error::last_line(&error, Some(&call.image), python),
        })
    })
}
