//! `test` and `[`.

use crate::grub::interpreter::{Interpreter, Outcome};
use crate::grub::machine::{Failure, Found};
use crate::grub::number;

/// How deep parentheses may be nested.
const DEEPEST: u32 = 100;

/// `[`: a `]` at the end is not looked for, and left out where it stands there.
pub(super) fn bracket(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Outcome {
    match arguments.split_last() {
        Some((last, rest)) if last == b"]" => test(grub, rest),
        _ => test(grub, arguments),
    }
}

pub(super) fn test(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Outcome {
    let mut test = Test { grub, arguments, at: 0, depth: 0, trouble: None };
    let met = match test.expression() {
        Ok(met) => met,
        Err(failure) => return Outcome::Failed(failure),
    };
    match test.trouble {
        _ if !met => Outcome::Failed(Failure::test()),
        // A number that cannot be read counts as 0, and is complained of where the condition is met.
        Some(trouble) => Outcome::Complaining(trouble),
        None => Outcome::Status(0),
    }
}

struct Test<'a, 'g, 'm> {
    grub: &'g mut Interpreter<'m>,
    arguments: &'a [Vec<u8>],
    at: usize,
    depth: u32,
    /// The last number that could not be read.
    trouble: Option<Failure>,
}

/// The alternatives seen so far, and the conjunction that is being read.
struct State {
    any: bool,
    all: bool,
    /// Whether the next condition is inverted.
    invert: bool,
}

impl State {
    fn update(&mut self, met: bool) {
        self.all &= met != self.invert;
        self.invert = false;
    }
}

impl Test<'_, '_, '_> {
    /// Reads to the end or to a closing parenthesis.
    fn expression(&mut self) -> Result<bool, Failure> {
        let mut state = State { any: false, all: true, invert: false };
        while let Some(argument) = self.arguments.get(self.at) {
            self.grub.spend(1);
            let next = self.arguments.get(self.at + 1);
            let second = self.arguments.get(self.at + 2);
            if let (Some(operator), Some(right)) = (next, second)
                && let Some(met) = self.binary(argument, operator, right)?
            {
                state.update(met);
                self.at += 3;
                continue;
            }
            if let Some(operand) = next
                && let Some(met) = self.unary(argument, operand)
            {
                state.update(met);
                self.at += 2;
                continue;
            }
            self.at += 1;
            match argument.as_slice() {
                b")" => break,
                b"(" => {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(Failure::new(Failure::OUT_OF_MEMORY, "out of memory"));
                    }
                    let met = self.expression()?;
                    self.depth -= 1;
                    state.update(met);
                }
                b"!" => state.invert = !state.invert,
                b"-a" => {}
                b"-o" => {
                    state.any |= state.all;
                    state.all = true;
                }
                word => state.update(!word.is_empty()),
            }
        }
        Ok(state.any || state.all)
    }

    fn binary(&mut self, left: &[u8], operator: &[u8], right: &[u8]) -> Result<Option<bool>, Failure> {
        let mut trouble = None;
        let mut number = |text: &[u8]| match number::read_signed(text) {
            Ok((number, _)) => number,
            Err(error) => {
                trouble = Some(super::shell::not_a_number(error));
                if error == number::NotANumber::TooLarge { i64::MAX } else { 0 }
            }
        };
        let met = match operator {
            b"=" | b"==" => left == right,
            b"!=" => left != right,
            b"<" => left < right,
            b"<=" => left <= right,
            b">" => left > right,
            b">=" => left >= right,
            b"-eq" => number(left) == number(right),
            b"-ge" => number(left) >= number(right),
            b"-gt" => number(left) > number(right),
            b"-le" => number(left) <= number(right),
            b"-lt" => number(left) < number(right),
            b"-ne" => number(left) != number(right),
            // The numbers that follow what both have in common.
            b"-pgt" | b"-plt" => {
                let common = left.iter().zip(right).take_while(|(a, b)| a == b).count();
                let (left, right) = (number(&left[common..]), number(&right[common..]));
                if operator == b"-pgt" { left > right } else { left < right }
            }
            _ if operator.starts_with(b"-nt") || operator.starts_with(b"-ot") => {
                self.grub
                    .cannot_tell("a condition compares the times of two files, which pregrub does not read".to_owned());
                false
            }
            _ => return Ok(None),
        };
        self.trouble = trouble.or(self.trouble.take());
        Ok(Some(met))
    }

    fn unary(&mut self, operator: &[u8], operand: &[u8]) -> Option<bool> {
        let find = |test: &mut Self| super::files::exists(test.grub, operand);
        if matches!(operator, b"-d" | b"-e" | b"-f" | b"-s") {
            // Looking at the disk makes GRUB forget an error.
            self.trouble = None;
        }
        Some(match operator {
            b"-d" => find(self) == Entry::Directory,
            b"-e" => find(self) != Entry::Nothing,
            b"-f" => matches!(find(self), Entry::File | Entry::Dangling),
            b"-s" => match self.grub.find(operand) {
                Found::File { size } => size > 0,
                Found::Directory | Found::Missing(_) => false,
                Found::Unknown(why) => {
                    super::files::cannot_look(self.grub, operand, why);
                    false
                }
            },
            b"-n" => !operand.is_empty(),
            b"-z" => operand.is_empty(),
            _ => return None,
        })
    }
}

/// What a directory has under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Nothing,
    File,
    Directory,
    /// A symbolic link that leads nowhere.
    Dangling,
}
