//! Commands that execute other files: `source`, `configfile`, `extract_entries_*`, `eval`.

use super::Done;
use super::files::cannot_look;
use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::{CommandFailure, FileLookup};
use crate::grub::text::ScriptText;

/// The most of a configuration that is read.
pub(in crate::grub) const MOST: usize = 16 << 20;

fn filename_expected() -> CommandOutcome {
    CommandOutcome::Failed(CommandFailure::bad_argument("filename expected"))
}

/// Does something while `$config_file` and `$config_directory` say where a configuration lies; afterwards they are what they were.
pub(in crate::grub) fn at_place<T>(
    grub: &mut Interpreter<'_>,
    file: &[u8],
    directory: &[u8],
    what: impl FnOnce(&mut Interpreter<'_>) -> T,
) -> T {
    let places = [(&b"config_file"[..], file), (b"config_directory", directory)];
    let before = places.map(|(name, _)| grub.get(name).map(<[u8]>::to_vec));
    for (variable, value) in places {
        grub.set(variable, value);
        grub.context().export(variable);
    }
    let done = what(grub);
    for ((variable, _), value) in places.into_iter().zip(before) {
        match value {
            Some(value) => grub.set(variable, &value),
            None => grub.context().unset(variable),
        }
    }
    done
}

/// Reads and executes a file in the present context.
pub(in crate::grub) fn run(grub: &mut Interpreter<'_>, name: &[u8]) -> Done {
    match grub.read(name, MOST) {
        Ok(text) => {
            let status = match grub.locate(name) {
                Ok((device, path)) => {
                    let full =
                        if name.starts_with(b"(") { name.to_vec() } else { [b"(", &device[..], b")", &path].concat() };
                    let directory = &full[..full.iter().rposition(|byte| *byte == b'/').unwrap_or(0)];
                    at_place(grub, &full, directory, |grub| grub.run_file(name, &text))?
                }
                Err(_) => grub.run_file(name, &text)?,
            };
            Ok(CommandOutcome::Status(status))
        }
        // GRUB says nothing of a file that it cannot open, and the command counts as done.
        Err(FileLookup::Unknown(why)) => {
            if grub.machine.is_imagined() {
                let name = String::from_utf8_lossy(name).into_owned();
                grub.note(format!("there is no disk to look at: what `{name}` would add is left out"));
            } else {
                cannot_look(grub, name, why);
            }
            Ok(CommandOutcome::Status(0))
        }
        Err(FileLookup::Missing(_) | FileLookup::Directory | FileLookup::File { .. }) => {
            let name = String::from_utf8_lossy(name).into_owned();
            grub.note(format!("GRUB cannot open `{name}`, and goes on without a message"));
            Ok(CommandOutcome::Status(0))
        }
    }
}

pub(super) fn source(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Done {
    let [name] = arguments else { return Ok(filename_expected()) };
    run(grub, name)
}

/// `configfile`: a context and a menu of its own, which is shown at once.
pub(super) fn configfile(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Done {
    let [name] = arguments else { return Ok(filename_expected()) };
    let inner = grub.context().inner(false);
    grub.contexts.push(inner);
    let file = match grub.locate(name) {
        Ok((device, path)) => format!("({}){}", String::from_utf8_lossy(&device), String::from_utf8_lossy(&path)),
        Err(_) => String::from_utf8_lossy(name).into_owned(),
    };
    let done = run(grub, name).and_then(|outcome| {
        let menu = grub.context().menu.clone();
        if !menu.is_empty() {
            grub.show_configuration(&file, &menu)?;
        }
        Ok(outcome)
    });
    grub.contexts.pop();
    done
}

/// `extract_entries_source` and `extract_entries_configfile`: only the entries stay.
pub(super) fn extract(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>], everything: bool) -> Done {
    let [name] = arguments else { return Ok(filename_expected()) };
    if !everything {
        let why = "`extract_entries_configfile` leaves GRUB 2.06 refusing most commands, which pregrub does not follow";
        grub.cannot_tell(why.to_owned());
    }
    let inner = grub.context().inner(everything);
    grub.contexts.push(inner);
    let done = run(grub, name);
    if let Some(inner) = grub.contexts.pop() {
        grub.context().menu.extend(inner.menu);
    }
    done
}

/// `eval`: the arguments, joined by spaces, as a script.
pub(super) fn eval(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Done {
    let script = ScriptText::file(&grub.file.clone(), &arguments.join(&b' '));
    grub.run_text(&script).map(CommandOutcome::Status)
}
