//! Conditions that come to the same wherever GRUB runs: `true`, `[ x = x ]`.

use super::parser::{Parser, Unit};
use super::syntax::{Command, Statement};
use super::test_expression::{self, Surroundings};
use super::text::ScriptText;
use super::word::{Word, WordPart};

/// The longest condition that is looked at.
const LONGEST: usize = 256;

/// Whether the commands of a condition end with 0; `None` if that depends on a variable, a file, or a command that does something.
pub(super) fn outcome(condition: &str) -> Option<bool> {
    if condition.len() > LONGEST || !["true", "false", "[", "test", "!"].iter().any(|word| condition.starts_with(word))
    {
        return None;
    }
    let text = ScriptText::file("", condition.as_bytes());
    let mut parser = Parser::new(&text);
    let Some(Unit::Statements(statements)) = parser.unit() else { return None };
    if parser.unit().is_some() {
        return None;
    }
    let [Statement::Command(Command { words, block: None, .. })] = &statements[..] else { return None };
    let words: Vec<Vec<u8>> = words.iter().map(literal).collect::<Option<_>>()?;
    of_command(&words)
}

/// A word that GRUB does not expand.
fn literal(word: &Word) -> Option<Vec<u8>> {
    let is_pattern =
        |part: &WordPart| matches!(part, WordPart::Bare(text) if text.iter().any(|byte| b"*?\\".contains(byte)));
    word.literal().filter(|text| !text.is_empty() && !word.parts.iter().any(is_pattern))
}

fn of_command(words: &[Vec<u8>]) -> Option<bool> {
    let (name, arguments) = words.split_first()?;
    match name.as_slice() {
        b"!" => of_command(arguments).map(|met| !met),
        b"true" => Some(true),
        b"false" => Some(false),
        b"test" => expression(arguments),
        b"[" => expression(test_expression::within_brackets(arguments)),
        _ => None,
    }
}

fn expression(arguments: &[Vec<u8>]) -> Option<bool> {
    let mut asked = Asked::default();
    let evaluated = test_expression::evaluate(arguments, &mut asked).ok()?;
    // A number that cannot be read is complained of.
    (!asked.0 && evaluated.trouble.is_none()).then_some(evaluated.met)
}

/// Whether the expression asks for something outside of it.
#[derive(Default)]
struct Asked(bool);

impl Surroundings for Asked {
    fn step(&mut self) {}

    fn file(&mut self, _: u8, _: &[u8]) -> bool {
        self.0 = true;
        false
    }

    fn times(&mut self) -> bool {
        self.0 = true;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::outcome;

    #[test]
    fn constant_conditions_have_an_outcome() {
        for (condition, met) in [
            ("true", true),
            ("false", false),
            ("! true", false),
            ("[ x = x ]", true),
            // GRUB does not miss the bracket (grub-emu 2.06).
            ("[ x = x", true),
            ("[ \"x\" = 'y' ]", false),
            ("! [ x = y ]", true),
            ("test 1 -lt 2", true),
            ("[ -n x -o -n x -a -z x ]", true),
        ] {
            assert_eq!(outcome(condition), Some(met), "{condition}");
        }
    }

    #[test]
    fn others_have_none() {
        for condition in
            ["[ $x = x ]", "[ -f /k0 ]", "[ a -nt b ]", "nosuch", "true; false", "trues", "[ 1 -eq x ]", "[ x = * ]"]
        {
            assert_eq!(outcome(condition), None, "{condition}");
        }
    }
}
