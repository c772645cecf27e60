//! Commands that load a kernel and what goes with it, and `boot`.

use super::Done;
use crate::grub::interpreter::{Interpreter, Outcome, Stop};
use crate::grub::machine::{Failure, Found};
use crate::grub::outcome::{Attempt, LoadCommand, NamedFile, is_kernel};

/// Commands that name initial RAM disks: every word is a file.
const RAM_DISKS: [&str; 3] = ["initrd", "initrd16", "initrdefi"];
/// Commands that name one file more.
const MODULES: [&str; 4] = ["module", "module2", "xen_module", "devicetree"];

/// Whether a command loads something.
pub(super) fn loads(name: &str) -> bool {
    is_kernel(name) || RAM_DISKS.contains(&name) || MODULES.contains(&name)
}

pub(super) fn load(grub: &mut Interpreter<'_>, name: &str, arguments: &[Vec<u8>]) -> Outcome {
    let words: Vec<&Vec<u8>> = arguments.iter().filter(|word| !word.starts_with(b"--")).collect();
    let named = if RAM_DISKS.contains(&name) { &words[..] } else { &words[..words.len().min(1)] };
    let mut files = Vec::new();
    let mut failure = None;
    for path in named {
        let (exists, trouble) = look(grub, path);
        files.push(NamedFile { path: path.to_vec(), exists });
        if failure.is_none() {
            failure = trouble;
        }
    }
    let kernel = is_kernel(name);
    if !kernel && !grub.loaded {
        let first = if name == "devicetree" || RAM_DISKS.contains(&name) {
            "you need to load the kernel first"
        } else {
            "you need to load the multiboot kernel first"
        };
        failure = Some(Failure::bad_argument(first));
    } else if words.is_empty() {
        failure = Some(Failure::bad_argument("filename expected"));
    } else if kernel {
        grub.loaded = failure.is_none();
    }
    let command = LoadCommand {
        command: name.to_owned(),
        args: arguments.to_vec(),
        files,
        root: grub.get(b"root").map(<[u8]>::to_vec),
        error: failure.as_ref().map(|failure| format!("{}.", failure.message)),
        file: grub.file.to_string(),
        line: grub.line,
    };
    let path = grub.get(b"chosen").map(<[u8]>::to_vec);
    let titles = grub.titles.clone();
    if grub.attempts.is_empty() {
        // Outside of entries.
        grub.attempts.push(Attempt { titles, ..Attempt::default() });
    }
    if let Some(attempt) = grub.attempts.last_mut() {
        attempt.path = path.or(attempt.path.take());
        attempt.commands.push(command);
    }
    // Its error is printed, too, and kept with the command.
    Outcome::Status(failure.map_or(0, |failure| failure.number))
}

/// Whether GRUB can open a file and finds something in it, and what it says where not.
fn look(grub: &mut Interpreter<'_>, path: &[u8]) -> (Option<bool>, Option<Failure>) {
    // `+1`, `(hd0)0+1`: blocks of a device, of which there is no file.
    let blocks = path.strip_prefix(b"(").and_then(|rest| rest.splitn(2, |byte| *byte == b')').nth(1)).unwrap_or(path);
    if blocks.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'+') {
        return (None, None);
    }
    match grub.find(path) {
        Found::File { size } if size > 0 => (Some(true), None),
        Found::File { .. } => (Some(false), Some(Failure::new(Failure::BAD_FILE_TYPE, "premature end of file"))),
        Found::Directory => (Some(false), Some(Failure::new(Failure::BAD_FILE_TYPE, "not a regular file"))),
        Found::Missing(failure) => (Some(false), Some(failure)),
        Found::Unknown(why) => {
            if !grub.machine.is_imagined() {
                let path = String::from_utf8_lossy(path).into_owned();
                grub.cannot_tell(format!("whether GRUB can load `{path}`: {why}"));
            }
            (None, None)
        }
    }
}

pub(super) fn boot(grub: &mut Interpreter<'_>) -> Done {
    if grub.loaded {
        return Err(Stop::Booted);
    }
    Ok(Outcome::Failed(Failure::new(24, "you need to load the kernel first")))
}
