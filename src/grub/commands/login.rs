//! Users and what they type: `password`, `password_pbkdf2`, `authenticate`, `read`.

use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::CommandFailure;
use crate::grub::number;

fn two_expected() -> CommandOutcome {
    CommandOutcome::Failed(CommandFailure::bad_argument("two arguments expected"))
}

pub(super) fn password(arguments: &[Vec<u8>]) -> CommandOutcome {
    if arguments.len() == 2 { CommandOutcome::Status(0) } else { two_expected() }
}

/// `password_pbkdf2 USER grub.pbkdf2.sha512.ROUNDS.SALT.HASH`.
pub(super) fn hashed_password(arguments: &[Vec<u8>]) -> CommandOutcome {
    let [_, hash] = arguments else { return two_expected() };
    let invalid = || CommandOutcome::Failed(CommandFailure::bad_argument("invalid PBKDF2 password"));
    let Some(rest) = hash.strip_prefix(b"grub.pbkdf2.sha512.") else { return invalid() };
    let rest = match number::read(rest) {
        Ok((_, rest)) => rest,
        Err(error) => return CommandOutcome::Failed(CommandFailure::not_a_number(error)),
    };
    let parts: Vec<&[u8]> = rest.split(|byte| *byte == b'.').collect();
    let hexadecimal = |text: &[u8]| text.len().is_multiple_of(2) && text.iter().all(u8::is_ascii_hexdigit);
    match parts.as_slice() {
        [b"", salt, hash] if hexadecimal(salt) && hexadecimal(hash) => CommandOutcome::Status(0),
        _ => invalid(),
    }
}

/// `authenticate`: without `superusers` nobody is asked.
pub(super) fn authenticate(grub: &mut Interpreter<'_>) -> CommandOutcome {
    if grub.get(b"superusers").is_some_and(|users| !users.is_empty()) {
        grub.cannot_tell("whether somebody logs in where `authenticate` asks for it".to_owned());
    }
    CommandOutcome::Status(0)
}

/// `read`: a line from the keyboard, into a variable.
pub(super) fn read(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    grub.cannot_tell("what is typed where `read` waits for a line".to_owned());
    if let Some(variable) = arguments.iter().find(|word| !word.starts_with(b"-")) {
        grub.set(variable, b"");
    }
    CommandOutcome::Status(0)
}
