//! Commands that look at files and devices.

use super::condition::Entry;
use crate::grub::interpreter::{Interpreter, Outcome};
use crate::grub::machine::{Content, Failure, Found};
use crate::grub::options::{self, Declined, Known, Style};

/// The most of a file that is printed or looked at.
const MOST: usize = 1 << 20;

/// That pregrub cannot look: without a disk that is an assumption, with one the outcome may rest on it.
pub(super) fn cannot_look(grub: &mut Interpreter<'_>, name: &[u8], why: String) {
    let name = String::from_utf8_lossy(name).into_owned();
    if grub.machine.is_imagined() {
        grub.note(format!("there is no disk to look at: pregrub assumes that there is no file `{name}`"));
    } else {
        grub.cannot_tell(format!("whether there is a file `{name}`: {why}"));
    }
}

/// What stands in a directory, as `test` sees it: links are not followed.
pub(super) fn exists(grub: &mut Interpreter<'_>, name: &[u8]) -> Entry {
    if grub.locate(name).is_err() {
        // A list of blocks stands in no directory.
        return Entry::Nothing;
    }
    match grub.find(name) {
        Found::File { .. } => Entry::File,
        Found::Directory => Entry::Directory,
        Found::Unknown(why) => {
            cannot_look(grub, name, why);
            Entry::Nothing
        }
        Found::Missing(_) => {
            // The name of a link that leads nowhere is listed all the same.
            let Ok((device, path)) = grub.locate(name) else { return Entry::Nothing };
            let path = path.strip_suffix(b"/").unwrap_or(&path);
            let Some(at) = path.iter().rposition(|byte| *byte == b'/') else { return Entry::Nothing };
            grub.spend(50);
            let names = grub.machine.list(&device, if at == 0 { b"/" } else { &path[..at] });
            let listed = names.is_ok_and(|names| names.iter().any(|name| *name == path[at + 1..]));
            if listed { Entry::Dangling } else { Entry::Nothing }
        }
    }
}

pub(super) fn list(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Outcome {
    const KNOWN: &[Known] =
        &[Known::flag("long", Some(b'l')), Known::flag("human-readable", Some(b'h')), Known::flag("all", Some(b'a'))];
    let given = match options::parse(arguments, KNOWN, Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return Outcome::Status(0),
        Err(Declined::Failed(failure)) => return Outcome::Failed(failure),
    };
    // An error is printed, but for one that something readable follows, and the command counts as done.
    let mut trouble = None;
    for word in given.words {
        let found = if word.starts_with(b"(") && word.ends_with(b")") {
            let device = &word[1..word.len() - 1];
            grub.machine.device(device).map(|_| ())
        } else if let Err(failure) = grub.locate(&word) {
            Err(failure)
        } else {
            match grub.find(&word) {
                Found::Missing(failure) => Err(failure),
                Found::Unknown(why) => {
                    cannot_look(grub, &word, why);
                    Ok(())
                }
                Found::File { .. } if word.ends_with(b"/") => {
                    Err(Failure::new(Failure::BAD_FILE_TYPE, "not a directory"))
                }
                Found::File { .. } | Found::Directory => Ok(()),
            }
        };
        trouble = found.err();
    }
    trouble.map_or(Outcome::Status(0), Outcome::Complaining)
}

pub(super) fn cat(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Outcome {
    let given = match options::parse(arguments, &[Known::flag("dos", None)], Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return Outcome::Status(0),
        Err(Declined::Failed(failure)) => return Outcome::Failed(failure),
    };
    let [name] = given.words.as_slice() else { return Outcome::Failed(Failure::bad_argument("filename expected")) };
    match grub.read(name, MOST) {
        Ok(text) => {
            grub.print(&text);
            Outcome::Status(0)
        }
        Err(found) => not_read(grub, name, found),
    }
}

/// What comes of a file that must be read and is not.
pub(in crate::grub) fn not_read(grub: &mut Interpreter<'_>, name: &[u8], found: Found) -> Outcome {
    match found {
        Found::Missing(failure) => Outcome::Failed(failure),
        Found::Directory | Found::File { .. } => {
            Outcome::Failed(Failure::new(Failure::BAD_FILE_TYPE, "not a regular file"))
        }
        Found::Unknown(why) => {
            cannot_look(grub, name, why);
            Outcome::Status(Failure::FILE_NOT_FOUND)
        }
    }
}

pub(super) fn loopback(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Outcome {
    const KNOWN: &[Known] = &[Known::flag("delete", Some(b'd')), Known::flag("decompress", Some(b'D'))];
    let given = match options::parse(arguments, KNOWN, Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return Outcome::Status(0),
        Err(Declined::Failed(failure)) => return Outcome::Failed(failure),
    };
    let Some(name) = given.words.first() else { return Outcome::Failed(Failure::bad_argument("device name required")) };
    if given.has("delete") {
        let before = grub.loops_back.len();
        grub.loops_back.retain(|(made, ..)| made != name);
        return if grub.loops_back.len() < before {
            Outcome::Status(0)
        } else {
            Outcome::Failed(Failure::new(13, "device not found"))
        };
    }
    let Some(file) = given.words.get(1) else { return Outcome::Failed(Failure::bad_argument("filename expected")) };
    match grub.find(file) {
        Found::Missing(failure) => Outcome::Failed(failure),
        Found::Directory => not_read(grub, file, Found::Directory),
        Found::Unknown(why) => {
            cannot_look(grub, file, why);
            Outcome::Status(0)
        }
        Found::File { .. } => {
            if let Ok((device, path)) = grub.locate(file) {
                grub.keep(4 * crate::grub::memory::EACH + name.len() + device.len() + path.len());
                grub.loops_back.push((name.clone(), device, path));
            }
            let shown = String::from_utf8_lossy(name).into_owned();
            grub.cannot_tell(format!(
                "what is in the disk image that `loopback {shown}` opens: pregrub does not look inside"
            ));
            Outcome::Status(0)
        }
    }
}

pub(super) fn probe(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Outcome {
    const KNOWN: &[Known] = &[
        Known::with_value("set", Some(b's')),
        Known::flag("driver", Some(b'd')),
        Known::flag("partmap", Some(b'p')),
        Known::flag("fs", Some(b'f')),
        Known::flag("fs-uuid", Some(b'u')),
        Known::flag("label", Some(b'l')),
        Known::flag("part-uuid", None),
    ];
    let given = match options::parse(arguments, KNOWN, Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return Outcome::Status(0),
        Err(Declined::Failed(failure)) => return Outcome::Failed(failure),
    };
    let [word] = given.words.as_slice() else {
        return Outcome::Failed(Failure::bad_argument("device name required"));
    };
    let name = word.strip_prefix(b"(").and_then(|inner| inner.strip_suffix(b")")).unwrap_or(word).to_vec();
    let device = match grub.machine.device(&name) {
        Ok(device) => device,
        Err(failure) => return Outcome::Failed(failure),
    };
    let answer = if given.has("part-uuid") && !device.name.contains(',') {
        b"none".to_vec()
    } else if given.has("driver") || given.has("part-uuid") {
        grub.cannot_tell(
            "`probe` asks for the driver or the partition's UUID of a disk, which pregrub does not tell".to_owned(),
        );
        return Outcome::Status(0);
    } else if given.has("partmap") {
        let partition = device.name.rsplit_once(',').map_or("none", |(_, partition)| partition);
        partition.trim_end_matches(|c: char| c.is_ascii_digit()).as_bytes().to_vec()
    } else {
        match device.content {
            Content::Filesystem { name, .. } if given.has("fs") => name.into_bytes(),
            Content::Filesystem { uuid, .. } if given.has("fs-uuid") => uuid.unwrap_or_default().into_bytes(),
            Content::Filesystem { label, .. } if given.has("label") => label.unwrap_or_default(),
            Content::Filesystem { .. } => return Outcome::Failed(Failure::bad_argument("unrecognised target")),
            Content::Nothing => return Outcome::Failed(Failure::new(Failure::UNKNOWN_FS, "unknown filesystem")),
            Content::Unknown(why) => {
                grub.cannot_tell(format!("what `probe` finds on {}: {why}", device.name));
                return Outcome::Status(Failure::UNKNOWN_FS);
            }
        }
    };
    match given.value("set") {
        Some(variable) => {
            let variable = variable.to_vec();
            grub.set(&variable, &answer);
        }
        None => grub.print(&answer),
    }
    Outcome::Status(0)
}
