//! What is shown: terminals, fonts, colours and images. None of it decides what boots, but its errors are seen.

use super::files::{cannot_look, not_read};
use super::shell::one_expected;
use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::{CommandFailure, FileLookup};
use crate::grub::options::{self, Declined, OptionSpec, Style};

/// The terminals that GRUB may have. Whether a serial line was set up is not followed.
const TERMINALS: [&str; 12] = [
    "at_keyboard",
    "cbmemc",
    "console",
    "gfxterm",
    "mda_text",
    "morse",
    "ofconsole",
    "serial",
    "serial_console",
    "spkmodem",
    "usb_keyboard",
    "vga_text",
];

fn is_terminal(name: &[u8]) -> bool {
    TERMINALS.iter().any(|known| known.as_bytes() == name) || name.starts_with(b"serial")
}

/// `terminal_output` and `terminal_input`.
pub(super) fn choose(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>], output: bool) -> CommandOutcome {
    let (mode, names) = match arguments.split_first() {
        Some((mode, names)) if mode == b"--append" || mode == b"--remove" => (mode.as_slice(), names),
        _ => (&b""[..], arguments),
    };
    if let Some(name) = names.iter().find(|name| !is_terminal(name)) {
        let shown = String::from_utf8_lossy(name).into_owned();
        return CommandOutcome::Failed(CommandFailure::bad_argument(format!("terminal `{shown}' isn't found")));
    }
    if output && !names.is_empty() {
        let graphics = names.iter().any(|name| name == b"gfxterm");
        match mode {
            b"--append" => grub.graphics |= graphics,
            b"--remove" if graphics => grub.graphics = false,
            b"--remove" if !grub.graphics && names.iter().any(|name| name == b"console") => {
                return CommandOutcome::Failed(CommandFailure::bad_argument("can't remove the last terminal"));
            }
            b"--remove" => {}
            _ => grub.graphics = graphics,
        }
    }
    CommandOutcome::Status(0)
}

fn no_video_mode() -> CommandOutcome {
    CommandOutcome::Failed(CommandFailure::new(13, "no video mode activated"))
}

pub(super) fn background_color(grub: &Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    match arguments {
        [_] if grub.graphics => CommandOutcome::Status(0),
        [_] => no_video_mode(),
        _ => one_expected(),
    }
}

pub(super) fn background_image(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let given = match options::parse(arguments, &[OptionSpec::with_value("mode", Some(b'm'))], Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    if !grub.graphics {
        return no_video_mode();
    }
    let Some(name) = given.words.first() else { return CommandOutcome::Status(0) };
    let known = [&b".png"[..], b".jpg", b".jpeg", b".tga"].iter().any(|end| name.to_ascii_lowercase().ends_with(end));
    if !known {
        let shown = String::from_utf8_lossy(name).into_owned();
        let message = format!("bitmap file `{shown}' is of unsupported format");
        return CommandOutcome::Failed(CommandFailure::new(CommandFailure::BAD_FILE_TYPE, message));
    }
    match grub.find(name) {
        FileLookup::File { .. } => CommandOutcome::Status(0),
        found => not_read(grub, name, found),
    }
}

pub(super) fn load_font(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    if arguments.is_empty() {
        return CommandOutcome::Failed(CommandFailure::bad_argument("filename expected"));
    }
    for name in arguments {
        // A name without a path is looked for in $prefix/fonts.
        let file = if name.starts_with(b"/") || name.starts_with(b"(") {
            name.clone()
        } else {
            let prefix = grub.get(b"prefix").unwrap_or_default();
            [prefix, b"/fonts/", name, b".pf2"].concat()
        };
        match grub.read(&file, 4) {
            Ok(beginning) if beginning == b"FILE" => {}
            Ok(_) => return CommandOutcome::Failed(CommandFailure::new(23, "invalid font")),
            Err(FileLookup::Unknown(why)) => {
                cannot_look(grub, &file, why);
                return CommandOutcome::Status(CommandFailure::FILE_NOT_FOUND);
            }
            Err(found) => return not_read(grub, &file, found),
        }
    }
    CommandOutcome::Status(0)
}
