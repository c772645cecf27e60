//! The expressions of `test` and `[`.

use super::machine::CommandFailure;
use super::number;

/// How deep parentheses may be nested.
const DEEPEST: u32 = 100;

/// What an expression can ask for.
pub(super) trait Surroundings {
    /// A condition is looked at.
    fn step(&mut self);

    /// Whether `-d`, `-e`, `-f` or `-s` holds for a file, by the operator's letter.
    fn file(&mut self, operator: u8, name: &[u8]) -> bool;

    /// Whether a comparison of the times of two files holds.
    fn times(&mut self) -> bool;
}

/// What comes of an expression.
pub(super) struct Evaluated {
    /// Whether it is true.
    pub met: bool,
    /// The last number that could not be read.
    pub trouble: Option<CommandFailure>,
}

/// The words of `[` as those of `test`.
pub(super) fn within_brackets(arguments: &[Vec<u8>]) -> &[Vec<u8>] {
    match arguments.split_last() {
        Some((last, rest)) if last == b"]" => rest,
        _ => arguments,
    }
}

/// Evaluates the words of `test`.
pub(super) fn evaluate<S: Surroundings>(
    arguments: &[Vec<u8>],
    surroundings: &mut S,
) -> Result<Evaluated, CommandFailure> {
    let mut test = Test { surroundings, arguments, at: 0, depth: 0, trouble: None };
    let met = test.expression()?;
    Ok(Evaluated { met, trouble: test.trouble })
}

struct Test<'a, S> {
    surroundings: &'a mut S,
    arguments: &'a [Vec<u8>],
    at: usize,
    depth: u32,
    /// The last number that could not be read.
    trouble: Option<CommandFailure>,
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

impl<S: Surroundings> Test<'_, S> {
    /// Reads to the end or to a closing parenthesis.
    fn expression(&mut self) -> Result<bool, CommandFailure> {
        let mut state = State { any: false, all: true, invert: false };
        while let Some(argument) = self.arguments.get(self.at) {
            self.surroundings.step();
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
                        return Err(CommandFailure::new(CommandFailure::OUT_OF_MEMORY, "out of memory"));
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

    fn binary(&mut self, left: &[u8], operator: &[u8], right: &[u8]) -> Result<Option<bool>, CommandFailure> {
        let mut trouble = None;
        let mut number = |text: &[u8]| match number::read_signed(text) {
            Ok((number, _)) => number,
            Err(error) => {
                trouble = Some(CommandFailure::not_a_number(error));
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
            _ if operator.starts_with(b"-nt") || operator.starts_with(b"-ot") => self.surroundings.times(),
            _ => return Ok(None),
        };
        self.trouble = trouble.or(self.trouble.take());
        Ok(Some(met))
    }

    fn unary(&mut self, operator: &[u8], operand: &[u8]) -> Option<bool> {
        Some(match operator {
            [b'-', operator @ (b'd' | b'e' | b'f' | b's')] => {
                // Looking at the disk makes GRUB forget an error.
                self.trouble = None;
                self.surroundings.file(*operator, operand)
            }
            b"-n" => !operand.is_empty(),
            b"-z" => operand.is_empty(),
            _ => return None,
        })
    }
}
