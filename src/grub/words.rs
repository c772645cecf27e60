//! One command as GRUB's lexer takes it apart, before it is executed.

use super::lexer::{Lexer, TokenKind};
use super::text::ScriptText;
use super::word::Word;

/// The longest command that is looked at.
const LONGEST: usize = 64 << 10;

/// The words of the command that `text` begins with: up to a `;`, a brace, the end of its line, or what GRUB has no use for.
pub(crate) fn words(text: &[u8]) -> Vec<Word> {
    let script = ScriptText::file("", &text[..text.len().min(LONGEST)]);
    let mut lexer = Lexer::new(&script);
    let mut words = Vec::new();
    loop {
        let token = lexer.next();
        words.push(match token.kind {
            TokenKind::Word(word, _) => word,
            TokenKind::Keyword(_) => {
                let mut word = Word::default();
                word.push_bare(&script.as_str().as_bytes()[token.start..token.end]);
                word
            }
            TokenKind::Newline
            | TokenKind::Semicolon
            | TokenKind::Open
            | TokenKind::Close
            | TokenKind::Bad { .. }
            | TokenKind::End => return words,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<String> {
        words(line.as_bytes()).iter().map(|word| String::from_utf8(word.as_written()).unwrap()).collect()
    }

    // Expected values: grub-emu 2.06 (`echo "@arg=$a"` of each argument).
    #[test]
    fn takes_a_line_apart() {
        assert_eq!(read("set default=\"a b\" # c"), ["set", "default=a b"]);
        assert_eq!(read("set default=1; set x"), ["set", "default=1"]);
        assert_eq!(read("menuentry 'It'\\''s' --id \"a\\\"b\" {"), ["menuentry", "It's", "--id", "a\"b"]);
        assert_eq!(read("a '$x' b#c {d}"), ["a", "$x", "b#c"]);
        assert_eq!(read("a \"${x}\"$y | b"), ["a", "$x$y"]);
        assert_eq!(read(""), Vec::<String>::new());
    }

    #[test]
    fn variables_are_known() {
        let of = |line: &str| words(line.as_bytes()).pop().map(|word| word.has_variable());
        assert_eq!(of("\"$x\""), Some(true));
        assert_eq!(of("'$x'"), Some(false));
        assert_eq!(of("\\$x"), Some(false));
    }
}
