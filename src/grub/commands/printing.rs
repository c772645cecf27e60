//! Commands that print text: `echo`, `gettext`, `tr`.

use super::shell::one_expected;
use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::CommandFailure;
use crate::grub::options::{self, Declined, OptionSpec, Style};

pub(super) fn echo(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    const KNOWN: &[OptionSpec] = &[OptionSpec::flag("no-newline", Some(b'n')), OptionSpec::flag("escapes", Some(b'e'))];
    let given = match options::parse(arguments, KNOWN, Style::AtStart) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    let mut text = given.words.join(&b' ');
    let mut newline = !given.has("no-newline");
    if given.has("escapes") {
        (text, newline) = escaped(&text, newline);
    }
    if newline {
        text.push(b'\n');
    }
    grub.print(&text);
    CommandOutcome::Status(0)
}

/// The text with its escapes replaced, and whether a line feed follows.
fn escaped(text: &[u8], newline: bool) -> (Vec<u8>, bool) {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'\\') => plain.push(b'\\'),
            Some(b'a') => plain.push(7),
            Some(b'c') => return (plain, false),
            Some(b'f') => plain.push(12),
            Some(b'n') => plain.push(b'\n'),
            Some(b'r') => plain.push(b'\r'),
            Some(b't') => plain.push(b'\t'),
            Some(b'v') => plain.push(11),
            Some(&other) => plain.push(other),
            None => {}
        }
    }
    (plain, newline)
}

/// `gettext`: the text, in English.
pub(super) fn gettext(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let [text] = arguments else { return one_expected() };
    grub.print(text);
    CommandOutcome::Status(0)
}

/// `tr`: replaces letters one for one, into a variable or on the screen.
pub(super) fn translate(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    const KNOWN: &[OptionSpec] = &[
        OptionSpec::with_value("set", Some(b's')),
        OptionSpec::flag("upcase", Some(b'U')),
        OptionSpec::flag("downcase", Some(b'D')),
    ];
    let given = match options::parse(arguments, KNOWN, Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    let mut words = given.words.iter().map(Vec::as_slice);
    let mut from: &[u8] = b"";
    let mut to: &[u8] = b"";
    if given.has("upcase") || given.has("downcase") {
        (from, to) = (b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if given.has("downcase") {
            (from, to) = (to, from);
        }
    }
    // Letters that are named replace those that an option means.
    if from.is_empty() || given.words.len() >= 3 {
        let (Some(first), Some(second)) = (words.next(), words.next()) else { return missing() };
        (from, to) = (first, second);
    }
    if from.is_empty() || from.len() != to.len() {
        return CommandOutcome::Failed(CommandFailure::bad_argument("set sizes did not match"));
    }
    let text = match (words.next(), words.next()) {
        (Some(text), None) => text,
        (None, _) => return missing(),
        (Some(_), Some(_)) => return CommandOutcome::Failed(CommandFailure::bad_argument("too many parameters")),
    };
    let letter = |byte: &u8| from.iter().position(|from| from == byte).map_or(*byte, |at| to[at]);
    let text: Vec<u8> = text.iter().map(letter).collect();
    match given.value("set") {
        Some(variable) => grub.set(variable, &text),
        None => grub.print(&[&text[..], b"\n"].concat()),
    }
    CommandOutcome::Status(0)
}

fn missing() -> CommandOutcome {
    CommandOutcome::Failed(CommandFailure::bad_argument("missing parameters"))
}
