//! Commands that load a kernel and what goes with it, and `boot`.

use super::Done;
use crate::grub::interpreter::{CommandOutcome, Interpreter, Stop};
use crate::grub::kernel_file;
use crate::grub::loaded::Loader;
use crate::grub::machine::{CommandFailure, FileLookup};
use crate::grub::memory;
use crate::grub::outcome::{CommandFile, EntryAttempt, LoadCommand, RAM_DISKS, is_kernel};
use crate::grub::settings::Platform;

/// Commands that name one file more.
const MODULES: [&str; 4] = ["module", "module2", "xen_module", "devicetree"];
/// What a command costs beside its words.
const COMMAND: usize = 256;
/// What an initrd's file has before it if it is packed under a name: `newc:NAME:FILE`.
const NEWC: &[u8] = b"newc:";

/// Whether a command loads something.
pub(super) fn loads(name: &str) -> bool {
    is_kernel(name) || RAM_DISKS.contains(&name) || MODULES.contains(&name)
}

pub(super) fn load(grub: &mut Interpreter<'_>, name: &str, arguments: &[Vec<u8>]) -> CommandOutcome {
    let words: Vec<&Vec<u8>> = arguments.iter().filter(|word| !word.starts_with(b"--")).collect();
    let kernel = is_kernel(name);
    let is_ram_disk = RAM_DISKS.contains(&name);
    let named = if is_ram_disk { &words[..] } else { &words[..words.len().min(1)] };
    let mut files = Vec::new();
    let mut failure = None;
    for word in named {
        let path = if is_ram_disk { file_of(word) } else { word };
        let (exists, trouble) = look(grub, name, arguments, path);
        files.push(CommandFile { path: path.to_vec(), exists });
        if failure.is_none() {
            failure = trouble;
        }
    }
    if !kernel && !grub.has_loaded_for(name) {
        failure = Some(CommandFailure::bad_argument("you need to load the kernel first"));
    } else if is_ram_disk && grub.settings.platform == Platform::Xen && grub.has_ram_disk() {
        failure = Some(CommandFailure::bad_argument("initrd already loaded"));
    } else if words.is_empty() {
        failure = Some(CommandFailure::bad_argument("filename expected"));
    }
    if kernel {
        let loader = Loader::of(name);
        if failure.is_none() { grub.kernel_loads(loader) } else { grub.kernel_fails(loader) }
    } else if is_ram_disk && failure.is_none() {
        grub.replace_ram_disk();
    }
    let command = LoadCommand {
        command: name.to_owned(),
        args: arguments.to_vec(),
        files,
        root: grub.get(b"root").map(<[u8]>::to_vec),
        error: failure.as_ref().map(|failure| format!("{}.", failure.message)),
        in_effect: failure.is_none(),
        file: grub.file.to_string(),
        line: grub.line,
    };
    let files: usize = command.files.iter().map(|file| file.path.len() + memory::EACH).sum();
    let error = command.error.as_ref().map_or(0, String::len);
    let root = command.root.as_ref().map_or(0, Vec::len);
    grub.keep(memory::of_words(&command.args) + files + error + root + command.file.len() + COMMAND);
    let path = grub.get(b"chosen").map(<[u8]>::to_vec);
    let titles = grub.titles.clone();
    if grub.attempts.is_empty() {
        // Outside of entries.
        grub.attempts.push(EntryAttempt { titles, ..EntryAttempt::default() });
    }
    if let Some(attempt) = grub.attempts.last_mut() {
        attempt.path = path.or(attempt.path.take());
        attempt.commands.push(command);
    }
    // Its error is printed, too, and kept with the command.
    grub.printed_errors += u64::from(failure.is_some());
    CommandOutcome::Status(failure.map_or(0, |failure| failure.number))
}

/// The file that a word of `initrd` names.
fn file_of(word: &[u8]) -> &[u8] {
    let named = word.strip_prefix(NEWC).and_then(|rest| rest.splitn(2, |byte| *byte == b':').nth(1));
    named.unwrap_or(word)
}

/// Whether GRUB can open a file and the command takes it, and what it says if not.
fn look(
    grub: &mut Interpreter<'_>,
    command: &str,
    arguments: &[Vec<u8>],
    path: &[u8],
) -> (Option<bool>, Option<CommandFailure>) {
    match grub.find(path) {
        FileLookup::File { size } => (Some(size > 0), refusal(grub, command, arguments, path, size)),
        FileLookup::Directory => {
            (Some(false), Some(CommandFailure::new(CommandFailure::BAD_FILE_TYPE, "not a regular file")))
        }
        FileLookup::Missing(failure) => (Some(false), Some(failure)),
        FileLookup::Unknown(why) => {
            if !grub.machine.is_imagined() {
                let path = String::from_utf8_lossy(path).into_owned();
                grub.cannot_tell(format!("whether GRUB can load `{path}`: {why}"));
            }
            (None, None)
        }
    }
}

/// What a command says of a file that it does not take.
fn refusal(
    grub: &mut Interpreter<'_>,
    command: &str,
    arguments: &[Vec<u8>],
    path: &[u8],
    size: u64,
) -> Option<CommandFailure> {
    let limit = kernel_file::needed(command)?;
    let shown = || String::from_utf8_lossy(path).into_owned();
    let start = match grub.read(path, limit) {
        Ok(start) => start,
        Err(found) => {
            if let FileLookup::Unknown(why) = found {
                grub.cannot_tell(format!("whether GRUB can load `{}`: {why}", shown()));
            }
            return None;
        }
    };
    if kernel_file::is_packed(&start) {
        let why = "which is compressed as a whole: GRUB needs the module for that, and pregrub does not unpack it";
        grub.cannot_tell(format!("whether GRUB loads `{}`, {why}", shown()));
        return None;
    }
    if kernel_file::has_odd_stub(command, &start, &grub.settings) {
        grub.cannot_tell(format!(
            "whether the firmware starts `{}`, which GRUB treats as a kernel with an EFI stub",
            shown()
        ));
    }
    kernel_file::refusal(command, arguments, path, &start, size, &grub.settings)
}

pub(super) fn boot(grub: &mut Interpreter<'_>) -> Done {
    if grub.loaded.is_some() {
        return Err(Stop::Booted);
    }
    Ok(CommandOutcome::Failed(CommandFailure::new(24, "you need to load the kernel first")))
}
