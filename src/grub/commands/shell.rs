//! Variables, parameters and loops.

use super::Done;
use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::CommandFailure;
use crate::grub::number;

pub(super) fn set(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let Some(assignment) = arguments.first() else {
        let all: Vec<Vec<u8>> = grub.context().all().map(|(name, value)| [name, b"=", value, b"\n"].concat()).collect();
        grub.print(&all.concat());
        return CommandOutcome::Status(0);
    };
    let Some(at) = assignment.iter().position(|byte| *byte == b'=') else {
        return CommandOutcome::Failed(CommandFailure::bad_argument("not an assignment"));
    };
    grub.set(&assignment[..at], &assignment[at + 1..]);
    CommandOutcome::Status(0)
}

pub(super) fn unset(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let Some(name) = arguments.first() else { return one_expected() };
    grub.unset(name);
    CommandOutcome::Status(0)
}

pub(super) fn export(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    if arguments.is_empty() {
        return one_expected();
    }
    for name in arguments {
        grub.context().export(name);
    }
    CommandOutcome::Status(0)
}

pub(super) fn one_expected() -> CommandOutcome {
    CommandOutcome::Failed(CommandFailure::bad_argument("one argument expected"))
}

/// What nothing is printed of.
fn bad_argument() -> CommandFailure {
    CommandFailure::bad_argument("")
}

/// The count that `shift`, `break` and `continue` take; 1 without one.
fn count(arguments: &[Vec<u8>]) -> Result<usize, CommandFailure> {
    match arguments {
        [] => Ok(1),
        [number] => match number::read(number) {
            Ok((number, b"")) => Ok(usize::try_from(number).unwrap_or(usize::MAX)),
            Ok(_) => Err(bad_argument()),
            Err(error) => Err(CommandFailure::not_a_number(error)),
        },
        _ => Err(bad_argument()),
    }
}

pub(super) fn shift(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Result<(), CommandFailure> {
    if grub.parameters().is_none() {
        return Ok(());
    }
    grub.shift(count(arguments)?)
}

pub(super) fn leave_loop(
    grub: &mut Interpreter<'_>,
    arguments: &[Vec<u8>],
    continues: bool,
) -> Result<(), CommandFailure> {
    let count = count(arguments)?;
    if count == 0 {
        return Err(CommandFailure::bad_argument("can't break 0 loops"));
    }
    grub.break_out(count, continues);
    Ok(())
}

pub(super) fn leave_function(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Result<(), CommandFailure> {
    if grub.parameters().is_none() {
        return Err(CommandFailure::bad_argument("not in function body"));
    }
    if arguments.len() > 1 {
        return Err(bad_argument());
    }
    let status = match arguments.first() {
        None => 0,
        Some(number) => match number::read(number) {
            Ok((number, b"")) => number,
            Ok(_) => return Err(bad_argument()),
            Err(error) => return Err(CommandFailure::not_a_number(error)),
        },
    };
    grub.return_from();
    if status == 0 { Ok(()) } else { Err(CommandFailure::test()) }
}

/// `sleep`: nobody waits here.
pub(super) fn sleep(arguments: &[Vec<u8>]) -> CommandOutcome {
    let mut words =
        arguments.iter().filter(|word| !matches!(word.as_slice(), b"-v" | b"--verbose" | b"-i" | b"--interruptible"));
    match (words.next(), words.next()) {
        (Some(seconds), None) => match number::read(seconds) {
            Ok(_) => CommandOutcome::Status(0),
            Err(error) => CommandOutcome::Complaining(CommandFailure::not_a_number(error)),
        },
        _ => one_expected(),
    }
}

/// `time COMMAND`: of GRUB's own commands; functions it does not find.
pub(super) fn time(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Done {
    let Some((name, rest)) = arguments.split_first() else {
        return Ok(CommandOutcome::Failed(CommandFailure::bad_argument("no command is specified")));
    };
    if !super::is_known(name, &grub.settings) {
        let shown = String::from_utf8_lossy(name).into_owned();
        let message = format!("can't find command `{shown}'");
        return Ok(CommandOutcome::Failed(CommandFailure::new(CommandFailure::UNKNOWN_COMMAND, message)));
    }
    grub.afford()?;
    if name == b"time" {
        return Ok(CommandOutcome::Status(0));
    }
    super::execute(grub, name, rest.to_vec(), None)
}
