//! `regexp`: POSIX extended regular expressions, by a matcher of our own with a bound on its work.

use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::CommandFailure;
use crate::grub::number;
use crate::grub::options::{self, Declined, OptionSpec, Style};
use crate::grub::regular_expression::{Expression, Matched};

/// This many steps of a search take as long as one of the interpreter.
const STEPS_OF_ONE: u64 = 4;

pub(super) fn regexp(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let given = match options::parse(arguments, &[OptionSpec::with_value("set", Some(b's'))], Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    let [pattern, text] = given.words.as_slice() else {
        return CommandOutcome::Failed(CommandFailure::bad_argument("two arguments expected"));
    };
    let expression = match Expression::parse(pattern) {
        Ok(expression) => expression,
        Err(message) => return CommandOutcome::Failed(CommandFailure::new(CommandFailure::TEST, message)),
    };
    grub.spend((pattern.len() + text.len()) as u64);
    let (matched, steps) = expression.search(text);
    grub.spend(u64::from(steps) / STEPS_OF_ONE);
    let groups = match matched {
        Matched::Yes(groups) => groups,
        Matched::No => return CommandOutcome::Failed(CommandFailure::test()),
        Matched::TooMuch => {
            grub.cannot_tell("whether a regular expression matches: it takes too long to find out".to_owned());
            return CommandOutcome::Failed(CommandFailure::test());
        }
    };
    let wishes: Vec<Vec<u8>> = given.values("set").map(<[u8]>::to_vec).collect();
    for wish in wishes {
        // `NAME` is the first group, `2:NAME` the second.
        let (group, name) = match wish.iter().position(|byte| *byte == b':') {
            Some(at) => match number::read(&wish[..at]) {
                Ok((group, b"")) => (usize::try_from(group).unwrap_or(usize::MAX), &wish[at + 1..]),
                _ => return CommandOutcome::Failed(CommandFailure::bad_argument("unrecognized number")),
            },
            None => (1, &wish[..]),
        };
        match groups.get(group) {
            Some(Some((start, end))) => grub.set(name, &text[*start..*end]),
            _ => grub.context().unset(name),
        }
    }
    CommandOutcome::Status(0)
}
