//! `pregrub pygrub`: a drop-in for pygrub, which a toolstack cannot tell from it; also when the program is called by the name
//! `pygrub`.
//!
//! Two processes share the work. The *supervisor* reads the command line, makes the files to copy to, opens disk and output, and
//! removes the files again if nothing comes of it; it reads no byte of the disk. The *worker* is given the open files, gives
//! everything else up, and only then looks at the disk, which is hostile.

mod call;
mod console;
mod copies;
mod copy_out;
mod explain;
mod getopt;
mod job;
mod options;
mod python_error;

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

use self::call::{Call, Directory, Ended};
use self::console::complain;
use self::copies::{Copy, PathError, make_directory};
use self::job::{Destination, Ending, Files};
use super::Status;
use crate::boot::{Task, Unattended};
use crate::host;
use crate::release::{Change, Flavour, Release};

/// The words of the command line that belong to the drop-in, and the name that it was called by; nothing where the command
/// line is one of pregrub's own.
pub(super) fn called(mut args: impl Iterator<Item = OsString>) -> Option<(String, Vec<OsString>)> {
    let program = args.next().unwrap_or_default();
    if Path::new(&program).file_name() == Some(OsStr::new("pygrub")) {
        return Some((program.display().to_string(), args.collect()));
    }
    (args.next()? == "pygrub").then(|| (format!("{} pygrub", program.display()), args.collect()))
}

/// Does what pygrub does and returns its exit status.
pub(super) fn main(program: &str, args: &[OsString]) -> ExitCode {
    let (release, flavour) = match release() {
        Ok(known) => known,
        Err(line) => {
            complain(format!("pregrub: {line}").as_bytes());
            return ExitCode::from(Status::Usage as u8);
        }
    };
    let posixly_correct = env::var_os("POSIXLY_CORRECT").is_some();
    let call = match call::parse(args, program, release, flavour, posixly_correct) {
        Ok(call) => call,
        Err(Ended { exit, stdout, stderr }) => {
            if let Some(mut line) = stdout {
                line.push(b'\n');
                // As in pygrub, the exit status tells what could not be printed.
                let _ = io::stdout().write_all(&line);
            }
            if let Some(line) = stderr {
                complain(line.as_bytes());
            }
            return ExitCode::from(exit);
        }
    };
    match supervise(&call) {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            if let Some(line) = line {
                complain(line.as_bytes());
            }
            ExitCode::FAILURE
        }
    }
}

/// The release that the environment asks for, since the toolstack owns the arguments.
fn release() -> Result<(Release, Flavour), String> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let (release, installed) = match variable("PREGRUB_RELEASE") {
        None => (Release::NEWEST, None),
        Some(value) if value == "host" => {
            let (release, flavour) = host::installed().map_err(|error| format!("PREGRUB_RELEASE=host: {error}"))?;
            (release, Some(flavour))
        }
        Some(value) => {
            let release = value.to_string_lossy().parse().map_err(|error| format!("PREGRUB_RELEASE: {error}"))?;
            (release, None)
        }
    };
    let flavour = match variable("PREGRUB_FLAVOUR") {
        None => installed.unwrap_or_default(),
        Some(value) if value == "upstream" => Flavour::Upstream,
        Some(value) if value == "debian" => Flavour::Debian,
        Some(value) => {
            return Err(format!("PREGRUB_FLAVOUR: `{}` is no flavour: use upstream or debian", value.display()));
        }
    };
    Ok((release, flavour))
}

/// Opens everything, lets the worker work, and cleans up. The error is the line that is still to be said, if any.
fn supervise(call: &Call) -> Result<(), Option<String>> {
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
    let disk = open_image(call)?;
    let destination = |copy: &mut Option<Copy>| {
        let copy = copy.as_mut()?;
        Some(Destination { path: copy.path.clone(), file: copy.file.take()? })
    };
    let files = Files { disk, kernel: destination(&mut kernel), ramdisk: destination(&mut ramdisk), output };
    match job::perform(call, files, &mut Unattended) {
        Ending::Done => [kernel, ramdisk].into_iter().flatten().for_each(Copy::keep),
        Ending::WithoutRamdisk => kernel.into_iter().for_each(Copy::keep),
        Ending::Failed => return Err(None),
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
