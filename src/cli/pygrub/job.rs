//! The worker: what the drop-in does once everything is open. It asks the system what it still needs, gives up its privileges, and
//! then performs the run, copies the files and hands over what it found ([`WorkerResult`]). After `give_up_privileges` nothing opens a
//! file.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::sync::Arc;

use super::console::{Talking, complain};
use super::copy_out::{CopyError, copy_out};
use super::handover::WorkerResult;
use super::menu::Terminal;
use super::sandbox::{Privileges, ResourceLimits};
use super::worker::{self, Outbox, Role};
use super::{explain, python_error, sandbox_is_required};
use crate::boot::command_line::ParsedCommandLine;
use crate::boot::{self, BootFiles, Console, Run, Task, Unattended, Verdict};
use crate::config::Dialect;
use crate::flavour::{Build, Flavour};
use crate::host;
use crate::python::{PyStr, Python, utf8};
use crate::release::{Change, Release};
use crate::storage::filesystem::ReadError;
use crate::storage::mount::{MountedOnce, Mounting, Volumes};
use crate::storage::partitions::partition_table;
use crate::storage::source::{FileSource, Source};
use crate::system_error::why;

/// How it ended. The numbers are the exit statuses of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Ending {
    /// What was asked for is done and handed over.
    Done = 0,
    /// It failed, and said why. What it printed before is handed over all the same.
    Failed = 1,
}

impl Ending {
    pub(super) fn from_code(code: i32) -> Option<Self> {
        [Self::Done, Self::Failed].into_iter().find(|ending| *ending as i32 == code)
    }
}

/// What the worker gets besides the arguments of pygrub. The arguments themselves are taken apart again: there is one way
/// to read them.
pub(super) struct Order {
    pub build: Build,
}

impl Order {
    /// The arguments of the worker.
    pub(super) fn words(&self, args: &[OsString]) -> Vec<OsString> {
        let mut words = vec![self.build.release.to_string().into(), self.build.flavour.name().into()];
        words.extend(args.iter().cloned());
        words
    }

    /// The order and the arguments of pygrub.
    fn from_words(mut words: impl Iterator<Item = OsString>) -> Option<(Self, Vec<OsString>)> {
        let release = words.next()?.to_str()?.parse().ok()?;
        let flavour = Flavour::from_name(words.next()?.to_str()?)?;
        Some((Self { build: Build { release, flavour } }, words.collect()))
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
    let text = |error: io::Error| why(&error);
    let mut inherited = worker::inherited().map_err(text)?;
    let lost = || "the worker did not get what it needs".to_owned();
    let (order, args) = Order::from_words(std::env::args_os().skip(1)).ok_or_else(lost)?;
    let mut call = super::parse(&args, "", order.build).map_err(|_| lost())?;
    call.options.title_rules = super::title_rules(order.build)?;
    let disk = inherited.take(Role::Disk).ok_or_else(lost)?;
    let (kernel, ramdisk) = (inherited.take(Role::Kernel), inherited.take(Role::Ramdisk));
    let outbox = inherited.take_outbox().ok_or_else(lost)?;
    // The last moment at which anything is asked of the system besides reading and writing.
    let image = if call.is_config {
        Image::Text(disk)
    } else {
        Image::Disk(
            FileSource::new(disk).map_err(|error| unseekable(&call, &error))?,
            host::plugins(call.options.release),
        )
    };
    let mut menu: Box<dyn Console> =
        if call.options.shows_menu() { Box::new(Terminal::new()) } else { Box::new(Unattended) };
    let variable = |name: &str| std::env::var(name).ok();
    call.options.largest_copy = ResourceLimits::largest_copy(variable)?;
    let required = sandbox_is_required()?;
    let privileges = privileges(&call, variable)?;
    let missing = inherited.give_up_privileges(&privileges).map_err(text)?;
    for missing in &missing {
        complain(format!("pregrub: {missing}").as_bytes());
    }
    if required && !missing.is_empty() {
        return Err("PREGRUB_SANDBOX=require: nothing is read without the whole sandbox".to_owned());
    }
    perform(&call, Files { image, kernel, ramdisk }, &outbox, &mut *menu)
}

/// A pipe, a terminal: no disk. pygrub's library finds nothing on it.
fn unseekable(call: &ParsedCommandLine, error: &io::Error) -> String {
    let name = call.image.display();
    format!(
        "`{name}` is neither a file nor a block device: {}\nRuntimeError: Unable to find partition containing kernel",
        python_error::message(error)
    )
}

/// What is kept: with `--runas` another user and pygrub's limits.
fn privileges(call: &ParsedCommandLine, variable: impl Fn(&str) -> Option<String>) -> Result<Privileges, String> {
    let draws = call.options.shows_menu();
    let Some(user) = &call.runas else {
        return Ok(Privileges { run_as: None, limits: ResourceLimits::usual(variable)?, draws });
    };
    let run_as = user.to_i64().and_then(|user| u32::try_from(user).ok());
    let run_as = Some(run_as.ok_or_else(|| format!("--runas: {user} is not a user id"))?);
    Ok(Privileges { run_as, limits: ResourceLimits::restricted(variable)?, draws })
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
    /// Where the kernel is copied to. `None` if nothing is copied.
    kernel: Option<File>,
    ramdisk: Option<File>,
}

/// Does the work of a call, says what pygrub says and hands over what was found.
fn perform(call: &ParsedCommandLine, files: Files, outbox: &Outbox, menu: &mut dyn Console) -> Result<Ending, String> {
    let mut talking = Talking { menu, announces: !call.is_config, said: 0 };
    let Files { image, kernel, ramdisk } = files;
    let mut found = WorkerResult::default();
    let result = match image {
        Image::Disk(disk, plugins) => of_disk(call, disk, plugins, [kernel, ramdisk], &mut found, &mut talking),
        Image::Text(file) => of_configuration(call, &file, &mut found, &mut talking),
    };
    if let Err(line) = &result {
        complain(line.as_bytes());
        found = WorkerResult { printed: found.printed, ..WorkerResult::default() };
    }
    outbox.send(&found.encode()).map_err(|error| why(&error))?;
    Ok(if result.is_ok() { Ending::Done } else { Ending::Failed })
}

/// The last line of pygrub's traceback, or of its message.
type Line = String;

fn of_disk(
    call: &ParsedCommandLine,
    disk: FileSource,
    plugins: Vec<String>,
    [kernel, ramdisk]: [Option<File>; 2],
    found: &mut WorkerResult,
    talking: &mut Talking<'_>,
) -> Result<(), Line> {
    let release = call.options.release;
    let python = release.python();
    let unreadable = |error: io::Error| python_error::last_line(&error, None, python);
    let source = Arc::new(disk);
    let disk: Arc<dyn Source> = Arc::clone(&source) as _;
    let table = match call.options.offset {
        Some(_) => None,
        None => Some(partition_table(&*disk, &boot::partition_rules(release)).map_err(unreadable)?),
    };
    // What is copied, and why nothing is, comes from the same mount as the run.
    let volumes = MountedOnce::of_disk_with_plugins(disk, plugins);
    let run = boot::run_with(&volumes, table, call.options.clone(), talking).map_err(unreadable)?;
    for line in run.stderr().skip(talking.said) {
        complain(line.as_bytes());
    }
    if call.options.task == Task::ListEntries && run.verdict != Verdict::Unknown && run.process.exit == 0 {
        found.printed = Some(run.process.stdout.as_bytes().to_vec());
        return Ok(());
    }
    let Some(chosen) = run.chosen.as_ref().filter(|_| run.verdict == Verdict::Boots) else {
        return Err(explain::failure(&run, Some(&volumes)));
    };
    match call.options.task {
        Task::Copy => copy_files(&volumes, source.file(), &run, chosen, [kernel, ramdisk], found)?,
        // Before XSA-443 `-n` printed where the files would have come from.
        _ if !call.options.build().has(Change::Runas) => {
            found.kernel_name = Some(chosen.kernel.path.as_bytes().to_vec());
            found.ramdisk_name = chosen.ramdisk.as_ref().map(|file| file.path.as_bytes().to_vec());
        }
        _ => {}
    }
    found.args = chosen.args.as_ref().map(|args| args.as_bytes().to_vec());
    Ok(())
}

fn copy_files(
    volumes: &dyn Volumes,
    disk: &File,
    run: &Run,
    chosen: &BootFiles,
    [kernel, ramdisk]: [Option<File>; 2],
    found: &mut WorkerResult,
) -> Result<(), Line> {
    let python = run.options.release.python();
    let vanished = || "pregrub: the disk has changed while it was read".to_owned();
    let offset = u64::try_from(run.attempts[chosen.attempt].offset).map_err(|_| vanished())?;
    let mounted = volumes.mount(offset).map_err(|error| python_error::last_line(&error, None, python))?;
    let Mounting::Mounted(filesystem) = mounted else { return Err(vanished()) };
    let both = [
        ("kernel", Some(&chosen.kernel), kernel, &mut found.kernel),
        ("ramdisk", chosen.ramdisk.as_ref(), ramdisk, &mut found.ramdisk),
    ];
    // Before either is copied.
    if let Some((what, too_large)) = both.iter().find_map(|(what, file, ..)| Some((what, (*file)?.too_large?))) {
        let what = if *what == "ramdisk" { "initrd" } else { what };
        complain(format!("pregrub: the {what} {too_large}: {}", too_large.help()).as_bytes());
        return Err(explain::NOTHING.to_owned());
    }
    for (what, file, copy, copied) in both {
        let (Some(file), Some(mut copy)) = (file, copy) else { continue };
        let opened = filesystem.open(file.path.as_bytes()).map_err(|_| vanished())?;
        match copy_out(&*opened, disk, offset, &mut copy) {
            Ok(count) if file.size.is_none_or(|size| size == count) => *copied = Some(count),
            Ok(_) => return Err(vanished()),
            Err(CopyError::Write(error)) => {
                complain(python_error::message(&error).as_bytes());
                return Err(format!("Error writing temporary copy of {what}"));
            }
            Err(CopyError::Read(ReadError::Io(error))) => return Err(python_error::last_line(&error, None, python)),
            Err(CopyError::Read(error)) => {
                return Err(format!("pregrub: `{}` cannot be read in full: {error}", file.path));
            }
        }
    }
    Ok(())
}

/// `--isconfig`: says what the configuration selects.
fn of_configuration(
    call: &ParsedCommandLine,
    file: &File,
    found: &mut WorkerResult,
    talking: &mut Talking<'_>,
) -> Result<(), Line> {
    let release = call.options.release;
    let python = release.python();
    let printed = found.printed.insert(Vec::new());
    if !release.has(Change::NoFilesystemTold) {
        return Err("NameError: name 'fs' is not defined".to_owned());
    }
    let unreadable = |error: io::Error| python_error::last_line(&error, Some(&call.image), python);
    let mut text = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, MOST_TEXT), &mut text).map_err(unreadable)?;
    let text = newlines(text, release);
    let name = call.image.display().to_string();
    let run = boot::run_config_with(&name, Dialect::Grub2, text, call.options.clone(), talking);
    // The kernels that it looks for then are on no disk.
    if run.attempts.first().is_some_and(|attempt| attempt.in_place_of.is_some()) {
        return Err("AttributeError: 'NoneType' object has no attribute 'file_exists'".to_owned());
    }
    let Some(attempt) = run.attempts.first() else { return Err(explain::failure(&run, None)) };
    // `-l` lists first.
    printed.extend(attempt.listing.iter().flat_map(|listing| listing.as_bytes()));
    let Some(boot) = attempt.selection.as_ref().and_then(|selection| selection.boot.as_ref()) else {
        return Err(explain::failure(&run, None));
    };
    let mut out = [&b"  kernel: "[..], boot.kernel.as_bytes(), b"\n"].concat();
    if let Some(ramdisk) = boot.ramdisk.as_ref().filter(|ramdisk| !ramdisk.is_empty()) {
        out.extend([b"  initrd: ", ramdisk.as_bytes(), b"\n"].concat());
    }
    let args = boot.args.as_ref().map_or(&b"None"[..], PyStr::as_bytes);
    out.extend([b"  args: ", args, b"\n"].concat());
    printed.extend(out);
    Ok(())
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
