//! The short way to a word that is as most are: what the grammar would say of it, at a tenth of the cost.

use super::lexer::LONGEST_TOKEN;
use super::text::bytes;
use super::word::{PartText, Word, WordPart};

/// Whether a byte stands for itself wherever it stands in a word. Others may, too.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'_' | b'-'
                | b'/'
                | b'.'
                | b'='
                | b':'
                | b','
                | b'('
                | b')'
                | b'+'
                | b'['
                | b']'
                | b'!'
                | b'@'
                | b'%'
                | b'~'
                | b'^'
        )
}

/// Whether a word ends before this byte.
pub(super) fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' | b'}')
}

/// A word with quotes, variables or backslashes that GRUB accepts. What the grammar would say, without asking it; `None` where it must
/// be asked. A text of a guest may have a word of two bytes as often as it has room for, so nothing that is short may take long.
pub(super) fn usual_word(text: &str) -> Option<(Word, usize)> {
    let raw = text.as_bytes();
    let mut word = Word::default();
    let mut at = 0;
    loop {
        let byte = *raw.get(at)?;
        match byte {
            _ if at >= LONGEST_TOKEN => return None,
            b'\'' => {
                let length = memchr::memchr(b'\'', &raw[at + 1..])?;
                word.push_quoted(&bytes(&text[at + 1..at + 1 + length]));
                at += length + 2;
            }
            b'"' => at = usual_double(text, at + 1, false, &mut word)?,
            b'$' if raw.get(at + 1) == Some(&b'"') => at = usual_double(text, at + 2, true, &mut word)?,
            b'$' => {
                let (name, length) = variable(&raw[at + 1..])?;
                word.parts.push(WordPart::Variable(name));
                at += length + 1;
            }
            b'\\' => {
                let protected = text[at + 1..].chars().next()?;
                let length = protected.len_utf8();
                if protected != '\n' {
                    word.push_quoted(&bytes(&text[at + 1..at + 1 + length]));
                }
                at += length + 1;
            }
            _ if is_special(byte) => {
                let is_word = at > 0 && !matches!(&raw[..at], b"[[" | b"]]");
                return is_word.then_some((word, at));
            }
            _ => {
                let length = raw[at..].iter().position(|&byte| is_special(byte))?;
                word.push_bare(&bytes(&text[at..at + length]));
                at += length;
            }
        }
    }
}

/// Whether a byte does not stand for itself outside of quotes.
fn is_special(byte: u8) -> bool {
    ends_word(byte) || matches!(byte, b'|' | b'&' | b'$' | b'<' | b'>' | b'\'' | b'"' | b'\\')
}

/// What stands in double quotes, from after the first to after the second. Where it is to be translated, a `$` without a name stands for
/// itself.
fn usual_double(text: &str, mut at: usize, is_translated: bool, word: &mut Word) -> Option<usize> {
    let raw = text.as_bytes();
    word.push_quoted(b"");
    loop {
        let length = memchr::memchr3(b'"', b'$', b'\\', raw.get(at..)?)?;
        if length > 0 {
            word.push_quoted(&bytes(&text[at..at + length]));
            at += length;
        }
        match raw[at] {
            b'"' => return Some(at + 1),
            b'$' => match variable(&raw[at + 1..]) {
                Some((name, taken)) => {
                    word.parts.push(WordPart::QuotedVariable(name));
                    at += 1 + taken;
                }
                None if is_translated => {
                    word.push_quoted(b"$");
                    at += 1;
                }
                None => return None,
            },
            _ => {
                let protected = text[at + 1..].chars().next()?;
                let both = &text[at..at + 1 + protected.len_utf8()];
                match protected {
                    '\n' => {}
                    '$' | '"' | '\\' => word.push_quoted(&bytes(&both[1..])),
                    _ => word.push_quoted(&bytes(both)),
                }
                at += both.len();
            }
        }
    }
}

/// The variable whose name, plain or in braces, begins here: the name, and the length of all.
fn variable(bytes: &[u8]) -> Option<(PartText, usize)> {
    let braces = bytes.first() == Some(&b'{');
    let rest = &bytes[usize::from(braces)..];
    let first = *rest.first()?;
    let length = if first.is_ascii_alphabetic() || first == b'_' {
        rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))?
    } else if first.is_ascii_digit() {
        rest.iter().position(|byte| !byte.is_ascii_digit())?
    } else {
        usize::from(matches!(first, b'?' | b'#' | b'*' | b'@'))
    };
    let closed = !braces || rest.get(length) == Some(&b'}');
    (length > 0 && closed).then(|| (rest[..length].into(), length + 2 * usize::from(braces)))
}
