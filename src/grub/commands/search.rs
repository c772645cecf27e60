//! `search` and its short forms.

use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::{CommandFailure, DeviceContent, FileLookup};
use crate::grub::options::{self, Declined, OptionSpec, Style};

/// What is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SearchKey {
    File,
    Label,
    Uuid,
}

const KNOWN: &[OptionSpec] = &[
    OptionSpec::flag("file", Some(b'f')),
    OptionSpec::flag("label", Some(b'l')),
    OptionSpec::flag("fs-uuid", Some(b'u')),
    OptionSpec::with_optional("set", Some(b's')),
    OptionSpec::flag("no-floppy", Some(b'n')),
    OptionSpec::with_value("hint", Some(b'h')),
    OptionSpec::with_value("hint-ieee1275", None),
    OptionSpec::with_value("hint-bios", None),
    OptionSpec::with_value("hint-baremetal", None),
    OptionSpec::with_value("hint-efi", None),
    OptionSpec::with_value("hint-arc", None),
];

pub(super) fn search(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let given = match options::parse(arguments, KNOWN, Style::Lenient) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    let variable = given.has("set").then(|| given.value("set").unwrap_or(b"root").to_vec());
    // Options that it does not know are words.
    let Some(wanted) = given.words.first() else {
        return CommandOutcome::Failed(CommandFailure::bad_argument("one argument expected"));
    };
    let key = if given.has("label") {
        SearchKey::Label
    } else if given.has("fs-uuid") {
        SearchKey::Uuid
    } else if given.has("file") {
        SearchKey::File
    } else {
        return CommandOutcome::Failed(CommandFailure::new(CommandFailure::INVALID_COMMAND, "unspecified search type"));
    };
    look(grub, key, wanted, variable.as_deref())
}

/// `search.file NAME [VARIABLE] [HINT]` and the like.
pub(super) fn search_by(grub: &mut Interpreter<'_>, key: SearchKey, arguments: &[Vec<u8>]) -> CommandOutcome {
    let Some(wanted) = arguments.first() else {
        return CommandOutcome::Failed(CommandFailure::bad_argument("one argument expected"));
    };
    look(grub, key, wanted, arguments.get(1).map(Vec::as_slice))
}

fn look(grub: &mut Interpreter<'_>, key: SearchKey, wanted: &[u8], variable: Option<&[u8]>) -> CommandOutcome {
    let shown = String::from_utf8_lossy(wanted).into_owned();
    let mut found = None;
    for device in grub.machine.devices() {
        grub.spend(20);
        let hit = match (&device.content, key) {
            (DeviceContent::Nothing, SearchKey::File) if wanted.first() == Some(&b'/') => false,
            (DeviceContent::Nothing, SearchKey::Label | SearchKey::Uuid) => false,
            (_, SearchKey::File) => match grub.find_on(device.name.as_bytes(), wanted) {
                FileLookup::File { .. } => true,
                FileLookup::Directory | FileLookup::Missing(_) => false,
                FileLookup::Unknown(_) if grub.machine.is_imagined() => true,
                FileLookup::Unknown(why) => {
                    grub.cannot_tell(format!("whether `search` finds a file `{shown}` on {}: {why}", device.name));
                    false
                }
            },
            (DeviceContent::Unknown(_), _) if grub.machine.is_imagined() => true,
            (DeviceContent::Unknown(why), _) => {
                let what = if key == SearchKey::Label { "label" } else { "UUID" };
                let name = &device.name;
                grub.cannot_tell(format!("whether `search` finds the {what} `{shown}` on {name}: {why}"));
                false
            }
            (DeviceContent::Filesystem { identified: false, .. }, _) => {
                grub.note(format!("pregrub assumes that `search` for `{shown}` finds ({})", device.name));
                true
            }
            (DeviceContent::Filesystem { label, .. }, SearchKey::Label) => label.as_deref() == Some(wanted),
            (DeviceContent::Filesystem { uuid, .. }, SearchKey::Uuid) => {
                uuid.as_ref().is_some_and(|uuid| uuid.as_bytes().eq_ignore_ascii_case(wanted))
            }
        };
        if hit {
            found = Some(device.name);
            break;
        }
    }
    let Some(device) = found else {
        return CommandOutcome::Failed(CommandFailure::new(
            CommandFailure::FILE_NOT_FOUND,
            format!("no such device: {shown}"),
        ));
    };
    if grub.machine.is_imagined() {
        grub.note(format!("there is no disk to look at: pregrub assumes that `search` for `{shown}` finds ({device})"));
    }
    match variable {
        Some(variable) => grub.set(variable, device.as_bytes()),
        None => grub.print(format!(" {device}").as_bytes()),
    }
    CommandOutcome::Status(0)
}
