//! The worker: what the drop-in does once everything is open. It asks the system what it still needs, gives up its privileges, and
//! then performs the run, copies the files and tells the result. Behind `give_up_privileges` nothing opens a file.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::console::{self, Talking, complain};
use super::copy_out::{CopyError, copy_out};
use super::menu::Terminal;
use super::sandbox::{Limits, Privileges};
use super::worker::{self, Role};
use super::{explain, python_error};
use crate::boot::command_line::Call;
use crate::boot::{self, BootFiles, ChosenFile, Console, Run, Task, Unattended, Values, Verdict, render};
use crate::cli::runner_commands;
use crate::config::Dialect;
use crate::flavour::{Build, Flavour};
use crate::host;
use crate::python::{PyStr, Python, utf8};
use crate::release::{Change, Release};
use crate::storage::filesystem::ReadError;
use crate::storage::mount::{DiskVolumes, Mounting, Volumes};
use crate::storage::partitions::partition_table;
use crate::storage::source::{FileSource, Source};

/// How it ended. The numbers are the exit statuses of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Ending {
    /// Kernel and initrd are copied, or nothing was to be copied.
    Done = 0,
    /// The kernel is copied and there is no initrd.
    WithoutRamdisk = 100,
    /// It failed, and said why.
    Failed = 1,
}

impl Ending {
    pub(super) fn from_code(code: i32) -> Option<Self> {
        [Self::Done, Self::WithoutRamdisk, Self::Failed].into_iter().find(|ending| *ending as i32 == code)
    }
}

/// What the worker is told besides the arguments of pygrub. The arguments themselves are taken apart again: there is one way
/// to read them.
pub(super) struct Order {
    pub build: Build,
    /// The paths of kernel and initrd, where they are to be copied.
    pub destinations: Vec<OsString>,
}

impl Order {
    /// The arguments of the worker.
    pub(super) fn words(&self, args: &[OsString]) -> Vec<OsString> {
        let mut words = vec![self.build.release.to_string().into(), self.build.flavour.name().into()];
        words.push(self.destinations.len().to_string().into());
        words.extend(self.destinations.iter().cloned());
        words.extend(args.iter().cloned());
        words
    }

    /// The order and the arguments of pygrub.
    fn from_words(mut words: impl Iterator<Item = OsString>) -> Option<(Self, Vec<OsString>)> {
        let release = words.next()?.to_str()?.parse().ok()?;
        let flavour = Flavour::from_name(words.next()?.to_str()?)?;
        let count: usize = words.next()?.to_str()?.parse().ok()?;
        let destinations: Vec<OsString> = words.by_ref().take(count).collect();
        (destinations.len() == count)
            .then(|| (Self { build: Build { release, flavour }, destinations }, words.collect()))
    }
}

/// What the worker does, from its start on.
pub(super) fn main() -> Ending {
    sealed().unwrap_or_else(|line| {
        complain(format!("pregrub: {line}").as_bytes());
        Ending::Failed
    })
}

fn sealed() -> Result<Ending, String> {
    let text = |error: io::Error| error.to_string();
    let mut inherited = worker::inherited().map_err(text)?;
    let lost = || "the worker did not get what it needs".to_owned();
    let (order, args) = Order::from_words(std::env::args_os().skip(1)).ok_or_else(lost)?;
    let call = super::parse(&args, "", order.build).map_err(|_| lost())?;
    let disk = inherited.take(Role::Disk).ok_or_else(lost)?;
    let mut paths = order.destinations.into_iter();
    let mut destination = |role| Some(Destination { file: inherited.take(role)?, path: paths.next()?.into() });
    let (kernel, ramdisk) = (destination(Role::Kernel), destination(Role::Ramdisk));
    let output = inherited.take(Role::Output).ok_or_else(lost)?;
    let obeyed = call.output.is_none()
        && runner_commands::are_obeyed()
        && !output.metadata().is_ok_and(|metadata| metadata.is_file());
    // The last moment at which anything is asked of the system besides reading and writing.
    let image = if call.is_config {
        Image::Text(disk)
    } else {
        Image::Disk(FileSource::new(disk).map_err(|error| unseekable(&call, &error))?, host::plugins())
    };
    let mut menu: Box<dyn Console> =
        if call.options.shows_menu() { Box::new(Terminal::new()) } else { Box::new(Unattended) };
    let privileges = privileges(&call)?;
    for missing in inherited.give_up_privileges(&privileges).map_err(text)? {
        complain(format!("pregrub: {missing}").as_bytes());
    }
    Ok(perform(&call, Files { image, kernel, ramdisk, output, obeyed }, &mut *menu))
}

/// A pipe, a terminal: no disk. pygrub's library finds nothing on it.
fn unseekable(call: &Call, error: &io::Error) -> String {
    let name = call.image.display();
    format!(
        "`{name}` is neither a file nor a block device: {}\nRuntimeError: Unable to find partition containing kernel",
        python_error::message(error)
    )
}

/// What is kept: with `--runas` another user and pygrub's limits.
fn privileges(call: &Call) -> Result<Privileges, String> {
    let Some(user) = &call.runas else { return Ok(Privileges { run_as: None, limits: Limits::default() }) };
    let run_as = user.to_i64().and_then(|user| u32::try_from(user).ok());
    let run_as = Some(run_as.ok_or_else(|| format!("--runas: {user} is no user id"))?);
    Ok(Privileges { run_as, limits: Limits::restricted(|name| std::env::var(name).ok())? })
}

/// A file to copy to, and the path that is told to the toolstack.
struct Destination {
    path: PathBuf,
    file: File,
}

/// What is looked at.
enum Image {
    /// With the plugins of the host, in the order in which pygrub tries them.
    Disk(FileSource, Vec<String>),
    /// `--isconfig`.
    Text(File),
}

/// Everything that the job may touch.
struct Files {
    image: Image,
    /// Not there where nothing is copied.
    kernel: Option<Destination>,
    ramdisk: Option<Destination>,
    output: File,
    /// Whether a runner of continuous integration reads the output.
    obeyed: bool,
}

/// Does the work of a call and says what pygrub says.
fn perform(call: &Call, files: Files, menu: &mut dyn Console) -> Ending {
    let mut talking = Talking { menu, announces: !call.is_config, said: 0 };
    let Files { image, kernel, ramdisk, mut output, obeyed } = files;
    let result = match image {
        Image::Disk(disk, plugins) => {
            of_disk(call, disk, plugins, [kernel, ramdisk], (&mut output, obeyed), &mut talking)
        }
        Image::Text(file) => of_configuration(call, &file, &mut talking),
    };
    result.unwrap_or_else(|line| {
        complain(line.as_bytes());
        Ending::Failed
    })
}

/// The last line of pygrub's traceback, or of its message.
type Line = String;

fn of_disk(
    call: &Call,
    disk: FileSource,
    plugins: Vec<String>,
    [mut kernel, ramdisk]: [Option<Destination>; 2],
    (output, obeyed): (&mut File, bool),
    talking: &mut Talking<'_>,
) -> Result<Ending, Line> {
    let release = call.options.release;
    let python = release.python();
    let unreadable = |error: io::Error| python_error::last_line(&error, None, python);
    let source = Arc::new(disk);
    let disk: Arc<dyn Source> = Arc::clone(&source) as _;
    let table = match call.options.offset {
        Some(_) => None,
        None => Some(partition_table(&*disk, &boot::partition_rules(release)).map_err(unreadable)?),
    };
    let volumes = DiskVolumes::with_plugins(disk, plugins);
    let run = boot::run_with(&volumes, table, call.options.clone(), talking).map_err(unreadable)?;
    if call.debug {
        explain::debug(&run);
    }
    for line in run.stderr().skip(talking.said) {
        complain(line.as_bytes());
    }
    if call.options.task == Task::ListEntries && run.verdict != Verdict::Unknown && run.process.exit == 0 {
        print(run.process.stdout.as_bytes(), python)?;
        return Ok(Ending::Done);
    }
    let Some(chosen) = run.chosen.as_ref().filter(|_| run.verdict == Verdict::Boots) else {
        return Err(explain::failure(&run));
    };
    // Without an initrd there is nothing to hand over, though its file is there.
    let mut ramdisk = ramdisk.filter(|_| chosen.ramdisk.is_some());
    if call.options.task == Task::Copy {
        copy_files(&volumes, source.file(), &run, chosen, [&mut kernel, &mut ramdisk])?;
    }
    let result = told(&run, chosen, call, kernel.as_ref(), ramdisk.as_ref())?;
    if obeyed && runner_commands::stand_in(&result) {
        // Escaped, it would be another result.
        return Err(
            "pregrub: the result holds a command for a runner of continuous integration, which reads standard output: \
                    use --output"
                .to_owned(),
        );
    }
    output.write_all(&result).map_err(|error| python_error::last_line(&error, None, python))?;
    Ok(if ramdisk.is_some() || call.options.task == Task::DryRun { Ending::Done } else { Ending::WithoutRamdisk })
}

/// The result in the format that was asked for.
fn told(
    run: &Run,
    chosen: &BootFiles,
    call: &Call,
    kernel: Option<&Destination>,
    ramdisk: Option<&Destination>,
) -> Result<Vec<u8>, Line> {
    let release = run.options.release;
    let path = |copy: Option<&Destination>| copy.map(|copy| copy.path.as_os_str().as_bytes().to_vec());
    let (mut kernel, mut ramdisk) = (path(kernel), path(ramdisk));
    // Before XSA-443 `-n` told where the files would have come from.
    if run.options.task == Task::DryRun && !run.options.build().has(Change::Runas) {
        let instead =
            |what: &str, file: &ChosenFile| [b"<", what.as_bytes(), b":", file.path.as_bytes(), b">"].concat();
        kernel = Some(instead("kernel", &chosen.kernel));
        ramdisk = chosen.ramdisk.as_ref().map(|file| instead("ramdisk", file));
    }
    let values = Values {
        kernel: kernel.as_deref(),
        ramdisk: ramdisk.as_deref(),
        args: chosen.args.as_ref().map(PyStr::as_bytes),
    };
    render(call.format, release, values).map_err(|raised| raised.to_string())
}

fn copy_files(
    volumes: &DiskVolumes,
    disk: &File,
    run: &Run,
    chosen: &BootFiles,
    [kernel, ramdisk]: [&mut Option<Destination>; 2],
) -> Result<(), Line> {
    let python = run.options.release.python();
    let vanished = || "pregrub: the disk has changed while it was read".to_owned();
    let offset = u64::try_from(run.attempts[chosen.attempt].offset).map_err(|_| vanished())?;
    let mounted = volumes.mount(offset).map_err(|error| python_error::last_line(&error, None, python))?;
    let Mounting::Mounted(filesystem) = mounted else { return Err(vanished()) };
    let both = [("kernel", Some(&chosen.kernel), kernel), ("ramdisk", chosen.ramdisk.as_ref(), ramdisk)];
    for (what, file, copy) in both {
        let (Some(file), Some(copy)) = (file, copy) else { continue };
        let opened = filesystem.open(file.path.as_bytes()).map_err(|_| vanished())?;
        match copy_out(&*opened, disk, offset, &mut copy.file) {
            Ok(count) if file.size.is_none_or(|size| size == count) => {}
            Ok(_) => return Err(vanished()),
            Err(CopyError::Write(error)) => {
                complain(python_error::message(&error).as_bytes());
                return Err(format!("Error writing temporary copy of {what}"));
            }
            Err(CopyError::Read(ReadError::Io(error))) => return Err(python_error::last_line(&error, None, python)),
            Err(CopyError::Read(error)) => {
                return Err(format!("pregrub: `{}` cannot be read whole: {error}", file.path));
            }
        }
    }
    Ok(())
}

/// `--isconfig`: says what the configuration selects.
fn of_configuration(call: &Call, file: &File, talking: &mut Talking<'_>) -> Result<Ending, Line> {
    let release = call.options.release;
    let python = release.python();
    if !release.has(Change::NoFilesystemTold) {
        return Err("NameError: name 'fs' is not defined".to_owned());
    }
    let unreadable = |error: io::Error| python_error::last_line(&error, Some(&call.image), python);
    let mut text = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, MOST_TEXT), &mut text).map_err(unreadable)?;
    let text = newlines(text, release);
    let name = call.image.display().to_string();
    let run = boot::run_config_with(&name, Dialect::Grub2, text, call.options.clone(), talking);
    let attempt = &run.attempts[0];
    let Some(boot) = attempt.selection.as_ref().and_then(|selection| selection.boot.as_ref()) else {
        return Err(explain::failure(&run));
    };
    let mut out = [b"  kernel: ", boot.kernel.as_bytes(), b"\n"].concat();
    if let Some(ramdisk) = boot.ramdisk.as_ref().filter(|ramdisk| !ramdisk.is_empty()) {
        out.extend([b"  initrd: ", ramdisk.as_bytes(), b"\n"].concat());
    }
    let args = boot.args.as_ref().map_or(&b"None"[..], PyStr::as_bytes);
    out.extend([b"  args: ", args, b"\n"].concat());
    print(&out, python)?;
    Ok(Ending::Done)
}

/// No configuration is as long as this.
const MOST_TEXT: u64 = 64 << 20;

/// The text as a file opened by Python gives it: under Python 3 every kind of line end is a line feed.
fn newlines(text: Vec<u8>, release: Release) -> Vec<u8> {
    if release.python() == Python::Two || memchr::memchr(b'\r', &text).is_none() || utf8::decode(&text).is_err() {
        return text;
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'\r' {
            bytes.next_if_eq(&b'\n');
            out.push(b'\n');
        } else {
            out.push(byte);
        }
    }
    out
}

/// What pygrub prints on standard output besides the result.
fn print(text: &[u8], python: Python) -> Result<(), Line> {
    console::print(text).map_err(|error| python_error::last_line(&error, None, python))
}
