//! `echo`.

use crate::grub::interpreter::{Interpreter, Outcome};
use crate::grub::options::{self, Declined, Known, Style};

pub(super) fn echo(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> Outcome {
    const KNOWN: &[Known] = &[Known::flag("no-newline", Some(b'n')), Known::flag("escapes", Some(b'e'))];
    let given = match options::parse(arguments, KNOWN, Style::AtStart) {
        Ok(given) => given,
        Err(Declined::Help) => return Outcome::Status(0),
        Err(Declined::Failed(failure)) => return Outcome::Failed(failure),
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
    Outcome::Status(0)
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
