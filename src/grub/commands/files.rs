//! Commands that look at files and devices.

use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::{CommandFailure, DeviceContent, FileLookup};
use crate::grub::options::{self, Declined, OptionSpec, Style};

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

/// What a directory has under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DirectoryItem {
    Nothing,
    File,
    Directory,
    /// A symbolic link that leads nowhere.
    Dangling,
}

/// What stands in a directory, as `test` sees it: links are not followed.
pub(super) fn exists(grub: &mut Interpreter<'_>, name: &[u8]) -> DirectoryItem {
    if grub.locate(name).is_err() {
        // A list of blocks stands in no directory.
        return DirectoryItem::Nothing;
    }
    match grub.find(name) {
        FileLookup::File { .. } => DirectoryItem::File,
        FileLookup::Directory => DirectoryItem::Directory,
        FileLookup::Unknown(why) => {
            cannot_look(grub, name, why);
            DirectoryItem::Nothing
        }
        FileLookup::Missing(_) => {
            // The name of a link that leads nowhere is listed all the same.
            let Ok((device, path)) = grub.locate(name) else { return DirectoryItem::Nothing };
            let path = path.strip_suffix(b"/").unwrap_or(&path);
            let Some(at) = path.iter().rposition(|byte| *byte == b'/') else { return DirectoryItem::Nothing };
            grub.spend(50);
            let names = grub.machine.list(&device, if at == 0 { b"/" } else { &path[..at] });
            let listed = names.is_ok_and(|names| names.iter().any(|name| *name == path[at + 1..]));
            if listed { DirectoryItem::Dangling } else { DirectoryItem::Nothing }
        }
    }
}

pub(super) fn list(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    const KNOWN: &[OptionSpec] = &[
        OptionSpec::flag("long", Some(b'l')),
        OptionSpec::flag("human-readable", Some(b'h')),
        OptionSpec::flag("all", Some(b'a')),
    ];
    let given = match options::parse(arguments, KNOWN, Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
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
                FileLookup::Missing(failure) => Err(failure),
                FileLookup::Unknown(why) => {
                    cannot_look(grub, &word, why);
                    Ok(())
                }
                FileLookup::File { .. } if word.ends_with(b"/") => {
                    Err(CommandFailure::new(CommandFailure::BAD_FILE_TYPE, "not a directory"))
                }
                FileLookup::File { .. } | FileLookup::Directory => Ok(()),
            }
        };
        trouble = found.err();
    }
    trouble.map_or(CommandOutcome::Status(0), CommandOutcome::Complaining)
}

pub(super) fn cat(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let given = match options::parse(arguments, &[OptionSpec::flag("dos", None)], Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    let [name] = given.words.as_slice() else {
        return CommandOutcome::Failed(CommandFailure::bad_argument("filename expected"));
    };
    match grub.read(name, MOST) {
        Ok(text) => {
            grub.print(&text);
            CommandOutcome::Status(0)
        }
        Err(found) => not_read(grub, name, found),
    }
}

/// What comes of a file that must be read and is not.
pub(in crate::grub) fn not_read(grub: &mut Interpreter<'_>, name: &[u8], found: FileLookup) -> CommandOutcome {
    match found {
        FileLookup::Missing(failure) => CommandOutcome::Failed(failure),
        FileLookup::Directory | FileLookup::File { .. } => {
            CommandOutcome::Failed(CommandFailure::new(CommandFailure::BAD_FILE_TYPE, "not a regular file"))
        }
        FileLookup::Unknown(why) => {
            cannot_look(grub, name, why);
            CommandOutcome::Status(CommandFailure::FILE_NOT_FOUND)
        }
    }
}

pub(super) fn loopback(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    const KNOWN: &[OptionSpec] = &[OptionSpec::flag("delete", Some(b'd')), OptionSpec::flag("decompress", Some(b'D'))];
    let given = match options::parse(arguments, KNOWN, Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    let Some(name) = given.words.first() else {
        return CommandOutcome::Failed(CommandFailure::bad_argument("device name required"));
    };
    if given.has("delete") {
        let before = grub.loops_back.len();
        grub.loops_back.retain(|(made, ..)| made != name);
        return if grub.loops_back.len() < before {
            CommandOutcome::Status(0)
        } else {
            CommandOutcome::Failed(CommandFailure::new(13, "device not found"))
        };
    }
    let Some(file) = given.words.get(1) else {
        return CommandOutcome::Failed(CommandFailure::bad_argument("filename expected"));
    };
    match grub.find(file) {
        FileLookup::Missing(failure) => CommandOutcome::Failed(failure),
        FileLookup::Directory => not_read(grub, file, FileLookup::Directory),
        FileLookup::Unknown(why) => {
            cannot_look(grub, file, why);
            CommandOutcome::Status(0)
        }
        FileLookup::File { .. } => {
            if let Ok((device, path)) = grub.locate(file) {
                grub.keep(4 * crate::grub::memory::EACH + name.len() + device.len() + path.len());
                grub.loops_back.push((name.clone(), device, path));
            }
            let shown = String::from_utf8_lossy(name).into_owned();
            grub.cannot_tell(format!(
                "what is in the disk image that `loopback {shown}` opens: pregrub does not look inside"
            ));
            CommandOutcome::Status(0)
        }
    }
}

pub(super) fn probe(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    const KNOWN: &[OptionSpec] = &[
        OptionSpec::with_value("set", Some(b's')),
        OptionSpec::flag("driver", Some(b'd')),
        OptionSpec::flag("partmap", Some(b'p')),
        OptionSpec::flag("fs", Some(b'f')),
        OptionSpec::flag("fs-uuid", Some(b'u')),
        OptionSpec::flag("label", Some(b'l')),
        OptionSpec::flag("part-uuid", None),
    ];
    let given = match options::parse(arguments, KNOWN, Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    let [word] = given.words.as_slice() else {
        return CommandOutcome::Failed(CommandFailure::bad_argument("device name required"));
    };
    let name = word.strip_prefix(b"(").and_then(|inner| inner.strip_suffix(b")")).unwrap_or(word).to_vec();
    let device = match grub.machine.device(&name) {
        Ok(device) => device,
        Err(failure) => return CommandOutcome::Failed(failure),
    };
    let answer = if given.has("part-uuid") && !device.name.contains(',') {
        b"none".to_vec()
    } else if given.has("driver") || given.has("part-uuid") {
        grub.cannot_tell(
            "`probe` asks for the driver or the partition's UUID of a disk, which pregrub does not tell".to_owned(),
        );
        return CommandOutcome::Status(0);
    } else if given.has("partmap") {
        let partition = device.name.rsplit_once(',').map_or("none", |(_, partition)| partition);
        partition.trim_end_matches(|c: char| c.is_ascii_digit()).as_bytes().to_vec()
    } else {
        match device.content {
            DeviceContent::Filesystem { name, .. } if given.has("fs") => name.into_bytes(),
            DeviceContent::Filesystem { uuid, .. } if given.has("fs-uuid") => uuid.unwrap_or_default().into_bytes(),
            DeviceContent::Filesystem { label, .. } if given.has("label") => label.unwrap_or_default(),
            DeviceContent::Filesystem { .. } => {
                return CommandOutcome::Failed(CommandFailure::bad_argument("unrecognised target"));
            }
            DeviceContent::Nothing => {
                return CommandOutcome::Failed(CommandFailure::new(CommandFailure::UNKNOWN_FS, "unknown filesystem"));
            }
            DeviceContent::Unknown(why) => {
                grub.cannot_tell(format!("what `probe` finds on {}: {why}", device.name));
                return CommandOutcome::Status(CommandFailure::UNKNOWN_FS);
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
    CommandOutcome::Status(0)
}
