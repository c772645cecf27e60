//! Variables, parameters and loops.

use super::Done;
use crate::grub::interpreter::{Interpreter, Outcome};
use crate::grub::machine::Failure;
use crate::grub::number;

pub(super) fn set(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Outcome {
    let Some(assignment) = arguments.first() else {
        let all: Vec<Vec<u8>> = grub.context().all().map(|(name, value)| [name, b"=", value, b"\n"].concat()).collect();
        grub.print(&all.concat());
        return Outcome::Status(0);
    };
    let Some(at) = assignment.iter().position(|byte| *byte == b'=') else {
        return Outcome::Failed(Failure::bad_argument("not an assignment"));
    };
    grub.set(&assignment[..at], &assignment[at + 1..]);
    Outcome::Status(0)
}

pub(super) fn unset(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Outcome {
    let Some(name) = arguments.first() else { return one_expected() };
    grub.unset(name);
    Outcome::Status(0)
}

pub(super) fn export(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Outcome {
    if arguments.is_empty() {
        return one_expected();
    }
    for name in arguments {
        grub.context().export(name);
    }
    Outcome::Status(0)
}

pub(super) fn one_expected() -> Outcome {
    Outcome::Failed(Failure::bad_argument("one argument expected"))
}

/// What nothing is printed of.
fn bad_argument() -> Failure {
    Failure::bad_argument("")
}

/// The count that `shift`, `break` and `continue` take; 1 without one.
fn count(arguments: &[Vec<u8>]) -> Result<usize, Failure> {
    match arguments {
        [] => Ok(1),
        [number] => match number::read(number) {
            Ok((number, b"")) => Ok(usize::try_from(number).unwrap_or(usize::MAX)),
            Ok(_) => Err(bad_argument()),
            Err(error) => Err(not_a_number(error)),
        },
        _ => Err(bad_argument()),
    }
}

/// What GRUB says of a number that it cannot read.
pub(super) fn not_a_number(error: number::NotANumber) -> Failure {
    match error {
        number::NotANumber::Unrecognized => Failure::new(Failure::BAD_NUMBER, "unrecognized number"),
        number::NotANumber::TooLarge => Failure::new(Failure::OUT_OF_RANGE, "overflow is detected"),
    }
}

pub(super) fn shift(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Result<(), Failure> {
    if grub.parameters().is_none() {
        return Ok(());
    }
    grub.shift(count(arguments)?)
}

pub(super) fn leave_loop(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>], continues: bool) -> Result<(), Failure> {
    let count = count(arguments)?;
    if count == 0 {
        return Err(Failure::bad_argument("can't break 0 loops"));
    }
    grub.break_out(count, continues);
    Ok(())
}

pub(super) fn leave_function(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Result<(), Failure> {
    if grub.parameters().is_none() {
        return Err(Failure::bad_argument("not in function body"));
    }
    if arguments.len() > 1 {
        return Err(bad_argument());
    }
    let status = match arguments.first() {
        None => 0,
        Some(number) => match number::read(number) {
            Ok((number, b"")) => number,
            Ok(_) => return Err(bad_argument()),
            Err(error) => return Err(not_a_number(error)),
        },
    };
    grub.return_from();
    if status == 0 { Ok(()) } else { Err(Failure::test()) }
}

/// `sleep`: nobody waits here.
pub(super) fn sleep(arguments: &[Vec<u8>]) -> Outcome {
    let mut words =
        arguments.iter().filter(|word| !matches!(word.as_slice(), b"-v" | b"--verbose" | b"-i" | b"--interruptible"));
    match (words.next(), words.next()) {
        (Some(seconds), None) => match number::read(seconds) {
            Ok(_) => Outcome::Status(0),
            Err(error) => Outcome::Complaining(not_a_number(error)),
        },
        _ => one_expected(),
    }
}

/// `time COMMAND`: of GRUB's own commands; functions it does not find.
pub(super) fn time(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Done {
    let Some((name, rest)) = arguments.split_first() else {
        return Ok(Outcome::Failed(Failure::bad_argument("no command is specified")));
    };
    if !super::is_known(name, &grub.settings) {
        let shown = String::from_utf8_lossy(name).into_owned();
        let message = format!("can't find command `{shown}'");
        return Ok(Outcome::Failed(Failure::new(Failure::UNKNOWN_COMMAND, message)));
    }
    grub.afford()?;
    if name == b"time" {
        return Ok(Outcome::Status(0));
    }
    super::execute(grub, name, rest.to_vec(), None)
}
