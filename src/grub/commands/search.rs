//! `search` and its short forms.

use crate::grub::interpreter::{Interpreter, Outcome};
use crate::grub::machine::{Content, Failure, Found};
use crate::grub::options::{self, Declined, Known, Style};

/// What is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    File,
    Label,
    Uuid,
}

const KNOWN: &[Known] = &[
    Known::flag("file", Some(b'f')),
    Known::flag("label", Some(b'l')),
    Known::flag("fs-uuid", Some(b'u')),
    Known::with_optional("set", Some(b's')),
    Known::flag("no-floppy", Some(b'n')),
    Known::with_value("hint", Some(b'h')),
    Known::with_value("hint-ieee1275", None),
    Known::with_value("hint-bios", None),
    Known::with_value("hint-baremetal", None),
    Known::with_value("hint-efi", None),
    Known::with_value("hint-arc", None),
];

pub(super) fn search(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Outcome {
    let given = match options::parse(arguments, KNOWN, Style::Lenient) {
        Ok(given) => given,
        Err(Declined::Help) => return Outcome::Status(0),
        Err(Declined::Failed(failure)) => return Outcome::Failed(failure),
    };
    let variable = given.has("set").then(|| given.value("set").unwrap_or(b"root").to_vec());
    // Options that it does not know are words.
    let Some(wanted) = given.words.first() else {
        return Outcome::Failed(Failure::bad_argument("one argument expected"));
    };
    let key = if given.has("label") {
        Key::Label
    } else if given.has("fs-uuid") {
        Key::Uuid
    } else if given.has("file") {
        Key::File
    } else {
        return Outcome::Failed(Failure::new(Failure::INVALID_COMMAND, "unspecified search type"));
    };
    look(grub, key, wanted, variable.as_deref())
}

/// `search.file NAME [VARIABLE] [HINT]` and the like.
pub(super) fn search_by(grub: &mut Interpreter<'_>, key: Key, arguments: &[Vec<u8>]) -> Outcome {
    let Some(wanted) = arguments.first() else {
        return Outcome::Failed(Failure::bad_argument("one argument expected"));
    };
    look(grub, key, wanted, arguments.get(1).map(Vec::as_slice))
}

fn look(grub: &mut Interpreter<'_>, key: Key, wanted: &[u8], variable: Option<&[u8]>) -> Outcome {
    let shown = String::from_utf8_lossy(wanted).into_owned();
    let mut found = None;
    for device in grub.machine.devices() {
        grub.spend(20);
        let hit = match (&device.content, key) {
            (Content::Nothing, Key::File) if wanted.first() == Some(&b'/') => false,
            (Content::Nothing, Key::Label | Key::Uuid) => false,
            (_, Key::File) => match grub.find_on(device.name.as_bytes(), wanted) {
                Found::File { .. } => true,
                Found::Directory | Found::Missing(_) => false,
                Found::Unknown(_) if grub.machine.is_imagined() => true,
                Found::Unknown(why) => {
                    grub.cannot_tell(format!("whether `search` finds a file `{shown}` on {}: {why}", device.name));
                    false
                }
            },
            (Content::Unknown(_), _) if grub.machine.is_imagined() => true,
            (Content::Unknown(why), _) => {
                let what = if key == Key::Label { "label" } else { "UUID" };
                let name = &device.name;
                grub.cannot_tell(format!("whether `search` finds the {what} `{shown}` on {name}: {why}"));
                false
            }
            (Content::Filesystem { identified: false, .. }, _) => {
                grub.note(format!("pregrub assumes that `search` for `{shown}` finds ({})", device.name));
                true
            }
            (Content::Filesystem { label, .. }, Key::Label) => label.as_deref() == Some(wanted),
            (Content::Filesystem { uuid, .. }, Key::Uuid) => {
                uuid.as_ref().is_some_and(|uuid| uuid.as_bytes().eq_ignore_ascii_case(wanted))
            }
        };
        if hit {
            found = Some(device.name);
            break;
        }
    }
    let Some(device) = found else {
        return Outcome::Failed(Failure::new(Failure::FILE_NOT_FOUND, format!("no such device: {shown}")));
    };
    if grub.machine.is_imagined() {
        grub.note(format!("there is no disk to look at: pregrub assumes that `search` for `{shown}` finds ({device})"));
    }
    match variable {
        Some(variable) => grub.set(variable, device.as_bytes()),
        None => grub.print(format!(" {device}").as_bytes()),
    }
    Outcome::Status(0)
}
