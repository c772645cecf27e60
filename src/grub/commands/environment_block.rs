//! GRUB's environment block: `load_env`, `save_env`, `list_env`.

use super::files::not_read;
use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::CommandFailure;
use crate::grub::options::{self, Declined, OptionSpec, ParsedOptions, Style};

/// What a block begins with.
const SIGNATURE: &[u8] = b"# GRUB Environment Block\n";
/// The most of it that is read.
const MOST: usize = 64 << 10;

/// The variables of a block, in order; nothing where it is none.
pub fn parse(block: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let body = block.strip_prefix(SIGNATURE)?;
    let mut variables = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        if rest[0] == b'#' {
            rest = &rest[memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1)..];
            continue;
        }
        // A backslash protects the line feed, too.
        let mut line = Vec::new();
        let mut at = 0;
        while at < rest.len() && rest[at] != b'\n' {
            if rest[at] == b'\\' && at + 1 < rest.len() {
                at += 1;
            }
            line.push(rest[at]);
            at += 1;
        }
        if at == rest.len() {
            // A last line without an end is not read.
            break;
        }
        rest = &rest[at + 1..];
        if let Some(equals) = line.iter().position(|byte| *byte == b'=') {
            variables.push((line[..equals].to_vec(), line[equals + 1..].to_vec()));
        }
    }
    Some(variables)
}

fn options_of(arguments: &[Vec<u8>]) -> Result<ParsedOptions, Declined> {
    const KNOWN: &[OptionSpec] =
        &[OptionSpec::with_value("file", Some(b'f')), OptionSpec::flag("skip-sig", Some(b's'))];
    options::parse(arguments, KNOWN, Style::Strict)
}

/// Names and values.
type Variables = Vec<(Vec<u8>, Vec<u8>)>;

/// The block's variables, or what comes of it.
fn block(grub: &mut Interpreter<'_>, given: &ParsedOptions) -> Result<Variables, CommandOutcome> {
    let file = match given.value("file") {
        Some(file) => file.to_vec(),
        None => {
            let Some(prefix) = grub.get(b"prefix") else {
                return Err(CommandOutcome::Failed(CommandFailure::new(
                    CommandFailure::FILE_NOT_FOUND,
                    "variable `prefix' isn't set",
                )));
            };
            [prefix, b"/grubenv"].concat()
        }
    };
    match grub.read(&file, MOST) {
        Ok(text) => parse(&text).ok_or_else(|| {
            CommandOutcome::Failed(CommandFailure::new(CommandFailure::BAD_FILE_TYPE, "invalid environment block"))
        }),
        Err(found) => Err(not_read(grub, &file, found)),
    }
}

pub(super) fn load(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let given = match options_of(arguments) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    match block(grub, &given) {
        Ok(variables) => {
            for (name, value) in variables {
                if given.words.is_empty() || given.words.contains(&name) {
                    grub.set(&name, &value);
                }
            }
            CommandOutcome::Status(0)
        }
        Err(outcome) => outcome,
    }
}

pub(super) fn list(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let given = match options_of(arguments) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    match block(grub, &given) {
        Ok(variables) => {
            let lines: Vec<Vec<u8>> =
                variables.iter().map(|(name, value)| [name, &b"="[..], value, b"\n"].concat()).collect();
            grub.print(&lines.concat());
            CommandOutcome::Status(0)
        }
        Err(outcome) => outcome,
    }
}

/// Nothing is written: the disk stays as it is, and what GRUB would write counts at the next boot only.
pub(super) fn save(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let given = match options_of(arguments) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    if given.words.is_empty() {
        return CommandOutcome::Failed(CommandFailure::bad_argument("no variable is specified"));
    }
    match block(grub, &given) {
        Ok(_) => CommandOutcome::Status(0),
        Err(outcome) => outcome,
    }
}
