//! Commands that execute other files: `source`, `configfile`, `extract_entries_*`, `eval`.

use super::Done;
use super::files::cannot_look;
use crate::grub::interpreter::{Interpreter, Outcome};
use crate::grub::machine::{Failure, Found};
use crate::grub::text::ScriptText;

/// The most of a configuration that is read.
pub(in crate::grub) const MOST: usize = 16 << 20;

fn filename_expected() -> Outcome {
    Outcome::Failed(Failure::bad_argument("filename expected"))
}

/// Sets what a configuration can ask of its own place.
fn set_place(grub: &mut Interpreter<'_>, name: &[u8]) {
    let Ok((device, path)) = grub.locate(name) else { return };
    let full = if name.starts_with(b"(") { name.to_vec() } else { [b"(", &device[..], b")", &path].concat() };
    let directory = &full[..full.iter().rposition(|byte| *byte == b'/').unwrap_or(0)];
    for (variable, value) in [(&b"config_file"[..], &full[..]), (b"config_directory", directory)] {
        grub.set(variable, value);
        grub.context().export(variable);
    }
}

/// Reads and executes a file in the present context.
pub(in crate::grub) fn run(grub: &mut Interpreter<'_>, name: &[u8]) -> Done {
    match grub.read(name, MOST) {
        Ok(text) => {
            let before = [&b"config_file"[..], b"config_directory"].map(|name| grub.get(name).map(<[u8]>::to_vec));
            set_place(grub, name);
            let status = grub.run_file(name, &text)?;
            for (name, value) in [&b"config_file"[..], b"config_directory"].into_iter().zip(before) {
                if let Some(value) = value {
                    grub.set(name, &value);
                }
            }
            Ok(Outcome::Status(status))
        }
        // GRUB says nothing of a file that it cannot open, and the command counts as done.
        Err(Found::Unknown(why)) => {
            if grub.machine.is_imagined() {
                let name = String::from_utf8_lossy(name).into_owned();
                grub.note(format!("there is no disk to look at: what `{name}` would add is left out"));
            } else {
                cannot_look(grub, name, why);
            }
            Ok(Outcome::Status(0))
        }
        Err(Found::Missing(_) | Found::Directory | Found::File { .. }) => {
            let name = String::from_utf8_lossy(name).into_owned();
            grub.note(format!("GRUB cannot open `{name}`, and goes on without a message"));
            Ok(Outcome::Status(0))
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
    let done = run(grub, name).and_then(|outcome| {
        let menu = grub.context().menu.clone();
        if !menu.is_empty() {
            grub.show_nested(&menu)?;
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
    grub.run_text(&script, false).map(Outcome::Status)
}
