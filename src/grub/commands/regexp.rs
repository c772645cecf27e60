//! `regexp`: POSIX extended regular expressions, by a matcher of our own with a bound on its work.

use crate::grub::interpreter::{Interpreter, Outcome};
use crate::grub::machine::Failure;
use crate::grub::number;
use crate::grub::options::{self, Declined, Known, Style};
use crate::grub::regular_expression::{Expression, Matched};

pub(super) fn regexp(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Outcome {
    let given = match options::parse(arguments, &[Known::with_value("set", Some(b's'))], Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return Outcome::Status(0),
        Err(Declined::Failed(failure)) => return Outcome::Failed(failure),
    };
    let [pattern, text] = given.words.as_slice() else {
        return Outcome::Failed(Failure::bad_argument("two arguments expected"));
    };
    let expression = match Expression::parse(pattern) {
        Ok(expression) => expression,
        Err(message) => return Outcome::Failed(Failure::new(Failure::TEST, message)),
    };
    grub.spend((pattern.len() + text.len()) as u64);
    let groups = match expression.search(text) {
        Matched::Yes(groups) => groups,
        Matched::No => return Outcome::Failed(Failure::test()),
        Matched::TooMuch => {
            grub.cannot_tell("whether a regular expression matches: it takes too long to find out".to_owned());
            return Outcome::Failed(Failure::test());
        }
    };
    let wishes: Vec<Vec<u8>> = given.values("set").map(<[u8]>::to_vec).collect();
    for wish in wishes {
        // `NAME` is the first group, `2:NAME` the second.
        let (group, name) = match wish.iter().position(|byte| *byte == b':') {
            Some(at) => match number::read(&wish[..at]) {
                Ok((group, b"")) => (usize::try_from(group).unwrap_or(usize::MAX), &wish[at + 1..]),
                _ => return Outcome::Failed(Failure::bad_argument("unrecognized number")),
            },
            None => (1, &wish[..]),
        };
        match groups.get(group) {
            Some(Some((start, end))) => grub.set(name, &text[*start..*end]),
            _ => grub.context().unset(name),
        }
    }
    Outcome::Status(0)
}
