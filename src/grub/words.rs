//! One command as GRUB's lexer takes it apart, before it is executed.

use super::lexer::{Lexer, TokenKind};
use super::text::ScriptText;
use super::word::Word;

/// The longest command that is looked at.
const LONGEST: usize = 64 << 10;

/// As much as most commands take: of a large file each is looked at.
const USUAL: usize = 1 << 10;

/// The words of the command that `text` begins with: up to a `;`, a brace, the end of its line, or what GRUB has no use for.
pub(crate) fn words(text: &[u8]) -> Vec<Word> {
    let short = text.get(..USUAL).map(read).filter(|(_, is_whole)| *is_whole);
    short.map_or_else(|| read(&text[..text.len().min(LONGEST)]).0, |(words, _)| words)
}

/// The words, and whether the command is over before the text is.
fn read(text: &[u8]) -> (Vec<Word>, bool) {
    let script = ScriptText::file("", text);
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
            // A quote that is open at the end is bad where it begins.
            TokenKind::Bad { .. } | TokenKind::End => return (words, false),
            TokenKind::Newline | TokenKind::Semicolon | TokenKind::Open | TokenKind::Close => {
                return (words, token.start.saturating_add(2) < script.as_str().len());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_read_whole() {
        let long = "x".repeat(3000);
        for text in [
            format!("set a={long} b"),
            format!("set \"{long}\n\" b\nc"),
            format!("set{} a={long} b;c", " ".repeat(1010)),
        ] {
            let words = words(text.as_bytes());
            assert_eq!(words.len(), 3, "{}", &text[..20]);
            assert!(words[1].as_written().len() >= 3000);
        }
        for length in 1010..1030 {
            let text = format!("set a={} b\nc d\n{}", "x".repeat(length), "e f\n".repeat(1000));
            assert_eq!(words(text.as_bytes()).len(), 3, "{length}");
        }
    }

    fn of(line: &str) -> Vec<String> {
        words(line.as_bytes()).iter().map(|word| String::from_utf8(word.as_written()).unwrap()).collect()
    }

    // Expected values: grub-emu 2.06 (`echo "@arg=$a"` of each argument).
    #[test]
    fn takes_a_line_apart() {
        assert_eq!(of("set default=\"a b\" # c"), ["set", "default=a b"]);
        assert_eq!(of("set default=1; set x"), ["set", "default=1"]);
        assert_eq!(of("menuentry 'It'\\''s' --id \"a\\\"b\" {"), ["menuentry", "It's", "--id", "a\"b"]);
        assert_eq!(of("a '$x' b#c {d}"), ["a", "$x", "b#c"]);
        assert_eq!(of("a \"${x}\"$y | b"), ["a", "$x$y"]);
        assert_eq!(of(""), Vec::<String>::new());
    }

    #[test]
    fn variables_are_known() {
        let of = |line: &str| words(line.as_bytes()).pop().map(|word| word.has_variable());
        assert_eq!(of("\"$x\""), Some(true));
        assert_eq!(of("'$x'"), Some(false));
        assert_eq!(of("\\$x"), Some(false));
    }
}
