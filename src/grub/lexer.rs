//! From text to tokens.

use pest::Parser as _;
use pest::iterators::Pair;

use super::text::{ScriptText, bytes};
use super::usual_word::{ends_word, is_plain, usual_word};
use super::word::{PartText, Word, WordPart};

#[derive(pest_derive::Parser)]
#[grammar = "grammar/script.pest"]
struct Grammar;

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    /// Its first byte in the text.
    pub start: usize,
    /// The byte after its last one.
    pub end: usize,
    /// The index of the line that it begins on.
    pub line: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Newline,
    Semicolon,
    Open,
    Close,
    Keyword(Keyword),
    /// A word; whether it could name a function or a loop's variable.
    Word(Word, bool),
    /// What GRUB has no use for.
    Bad {
        /// What GRUB complains of in words of its own, before it says that the syntax is wrong.
        complaint: Option<String>,
    },
    /// The end of the text.
    End,
}

/// A word that is reserved where a command begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Case,
    Do,
    Done,
    Elif,
    Else,
    Esac,
    Fi,
    For,
    Function,
    If,
    In,
    Select,
    Then,
    Until,
    While,
}

impl Keyword {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "case" => Self::Case,
            "do" => Self::Do,
            "done" => Self::Done,
            "elif" => Self::Elif,
            "else" => Self::Else,
            "esac" => Self::Esac,
            "fi" => Self::Fi,
            "for" => Self::For,
            "function" => Self::Function,
            "if" => Self::If,
            "in" => Self::In,
            "select" => Self::Select,
            "then" => Self::Then,
            "until" => Self::Until,
            "while" => Self::While,
            _ => return None,
        })
    }
}

/// What GRUB says where a text ends inside of a block or of quotes.
pub(super) const OUT_OF_LINES: &str = "out of memory.";

/// The length from which on a word ends the program: flex's buffer is full.
pub(super) const LONGEST_TOKEN: usize = 8190;

/// Reads tokens.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t ScriptText) -> Self {
        Self { text: text.as_str(), at: 0, line: 0 }
    }

    /// The byte that is read next.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// Passes over the rest of the line, unless the last token was its end.
    pub(super) fn skip_line(&mut self) {
        if self.at > 0 && self.text.as_bytes()[self.at - 1] == b'\n' {
            return;
        }
        self.at =
            memchr::memchr(b'\n', &self.text.as_bytes()[self.at..]).map_or(self.text.len(), |end| self.at + end + 1);
        self.line += 1;
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Token {
        let text = self.text.as_bytes();
        // A carriage return inside of a line, which only grub-script-check leaves there, is as good as a space.
        while matches!(text.get(self.at), Some(b' ' | b'\t' | b'\r')) {
            self.at += 1;
        }
        if text.get(self.at) == Some(&b'#') {
            self.at = memchr::memchr(b'\n', &text[self.at..]).map_or(text.len(), |end| self.at + end);
        }
        let (start, line) = (self.at, self.line);
        let (kind, length) = match text.get(start) {
            None => (TokenKind::End, 0),
            Some(b'\n') => {
                self.line += 1;
                (TokenKind::Newline, 1)
            }
            Some(b';') if text.get(start + 1) != Some(&b';') => (TokenKind::Semicolon, 1),
            Some(b'{') => (TokenKind::Open, 1),
            Some(b'}') => (TokenKind::Close, 1),
            Some(_) => self.word(),
        };
        self.at = start + length;
        Token { kind, start, end: self.at, line }
    }

    /// A word, or what is none.
    fn word(&mut self) -> (TokenKind, usize) {
        let rest = &self.text[self.at..];
        if let Some(length) = plain_length(rest) {
            let word = &rest[..length];
            let kind = match Keyword::of(word) {
                Some(keyword) => TokenKind::Keyword(keyword),
                None => TokenKind::Word(Word { parts: vec![WordPart::Bare(word.as_bytes().into())] }, is_name(word)),
            };
            return (kind, length);
        }
        if let Some((word, length)) = usual_word(rest) {
            let raw = &rest[..length];
            self.line += memchr::memchr_iter(b'\n', raw.as_bytes()).count();
            let kind = match Keyword::of(raw) {
                Some(keyword) => TokenKind::Keyword(keyword),
                None => TokenKind::Word(word, is_name(raw)),
            };
            return (kind, length);
        }
        let extent = length(rest, Rule::extent);
        // A quote that is never closed, or a backslash at the end: GRUB asks for more lines.
        let tail = &rest[extent..];
        let open = tail.starts_with(['"', '\'', '\\']) || tail.starts_with("$\"");
        if open || (extent > 0 && tail.is_empty()) {
            self.line += memchr::memchr_iter(b'\n', rest.as_bytes()).count();
            return (TokenKind::Bad { complaint: Some(OUT_OF_LINES.to_owned()) }, rest.len());
        }
        if extent == 0 {
            let width = rest.chars().next().map_or(0, char::len_utf8);
            let complaint = rest.starts_with('$').then(|| "$.".to_owned());
            return (TokenKind::Bad { complaint }, width);
        }
        let raw = &rest[..extent];
        self.line += memchr::memchr_iter(b'\n', raw.as_bytes()).count();
        if extent >= LONGEST_TOKEN {
            return (TokenKind::Bad { complaint: Some(TOO_LARGE.to_owned()) }, extent);
        }
        let kind = match (Keyword::of(raw), parts(raw)) {
            (Some(keyword), _) => TokenKind::Keyword(keyword),
            (None, Some(word)) => TokenKind::Word(word, is_name(raw)),
            (None, None) => TokenKind::Bad { complaint: None },
        };
        (kind, extent)
    }
}

/// What GRUB says of a word that is too long, before it gives up.
pub(super) const TOO_LARGE: &str = "fatal error: token too large, exceeds YYLMAX";

/// The length of a word of letters, digits and the like, as nearly all are, that ends where a word may end: what the grammar
/// would say, without asking it.
fn plain_length(text: &str) -> Option<usize> {
    let length = text.as_bytes().iter().position(|byte| !is_plain(*byte))?;
    let word = &text[..length];
    let ends = ends_word(text.as_bytes()[length]);
    (ends && length > 0 && length < LONGEST_TOKEN && word != "[[" && word != "]]").then_some(length)
}

fn is_name(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !word.starts_with(|c: char| c.is_ascii_digit())
}

/// How much of the start of `text` a rule matches.
fn length(text: &str, rule: Rule) -> usize {
    Grammar::parse(rule, text).ok().and_then(|mut pairs| pairs.next()).map_or(0, |pair| pair.as_str().len())
}

/// A word's pieces; nothing where GRUB rejects what is in it.
fn parts(raw: &str) -> Option<Word> {
    if matches!(raw, "[[" | "]]") {
        return None;
    }
    let pair = Grammar::parse(Rule::word, raw).ok()?.next()?;
    if pair.as_str().len() < raw.len() {
        return None;
    }
    let mut word = Word::default();
    for piece in pair.into_inner() {
        match piece.as_rule() {
            Rule::plain => word.push_bare(&bytes(piece.as_str())),
            Rule::escape => {
                if let Some(protected) = piece.as_str().strip_prefix('\\').filter(|rest| *rest != "\n") {
                    word.push_quoted(&bytes(protected));
                }
            }
            Rule::single => word.push_quoted(&bytes(&piece.as_str()[1..piece.as_str().len() - 1])),
            Rule::double | Rule::translated => double(&mut word, piece),
            Rule::variable => word.parts.push(WordPart::Variable(name(piece))),
            _ => {}
        }
    }
    Some(word)
}

fn double(word: &mut Word, pair: Pair<'_, Rule>) {
    word.push_quoted(b"");
    for piece in pair.into_inner() {
        match piece.as_rule() {
            Rule::double_text | Rule::dollar => word.push_quoted(&bytes(piece.as_str())),
            Rule::escape => match piece.as_str() {
                "\\\n" => {}
                "\\$" | "\\\"" | "\\\\" => word.push_quoted(&bytes(&piece.as_str()[1..])),
                both => word.push_quoted(&bytes(both)),
            },
            Rule::variable => word.parts.push(WordPart::QuotedVariable(name(piece))),
            _ => {}
        }
    }
}

fn name(variable: Pair<'_, Rule>) -> PartText {
    variable.into_inner().next().map(|name| name.as_str().as_bytes().into()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read without the grammar is what the grammar reads.
    #[test]
    fn the_short_way_comes_to_the_same() {
        let pieces = [
            "a",
            "x=",
            "/k",
            "'q r'",
            "''",
            "\"d d\"",
            "\"\"",
            "$x",
            "${x}",
            "$1",
            "$12a",
            "$?",
            "$*",
            "$#",
            "$@",
            "\"$x\"",
            "\"a${y}b\"",
            "\"$1$2\"",
            "$",
            "\"$\"",
            "${x",
            "${}",
            "$-",
            "[[",
            "]]",
            "#",
            "*",
            "\\",
            "\"\\$\"",
            "$\"t\"",
            "$\"$ ${x\"",
            "\"\n\"",
            "\"a\\\nb\\x\\\\\"",
            "\\\n",
            "\\\u{e9}",
            "\"\\\u{e9}\u{e9}\"",
            "a?*b",
            "&",
            "<",
            "'\n'",
            "\u{e9}",
            "'\u{e9}'",
            "\"",
            "'",
            "|",
            "$if",
            "if",
        ];
        let mut short = 0;
        for first in pieces {
            for second in pieces.into_iter().chain([""]) {
                for third in ["", "a", "$x", "'q'", "\"$x\""] {
                    let text = format!("{first}{second}{third} b\n");
                    let Some((word, taken)) = usual_word(&text) else { continue };
                    short += 1;
                    assert_eq!(length(&text, Rule::extent), taken, "{text}");
                    assert_eq!(parts(&text[..taken]), Some(word), "{text}");
                }
            }
        }
        assert!(short > 1000, "{short}");
    }
}
