//! The text of a configuration to its settings, as libxlutil reads it.

use std::borrow::Cow;
use std::fmt;

use super::quoted::{self, BadString};
use super::settings::{Item, Mixed, Settings, Value};
pub use super::token::XlToken;
use super::token::tokens;
use crate::config::span::{LineText, Units, narrow};
use crate::config::{READ_LIMIT, Span};
use crate::python::bytes;
use crate::release::{Change, Release};

/// How large a configuration may be for pregrub: xl itself sets no limit worth the name.
pub const LIMIT: usize = READ_LIMIT;

/// What is wrong at the place where libxlutil gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyntaxErrorKind {
    /// What is not a token, beginning with this byte: `lexical error`.
    Stray(u8),
    /// A backslash before a character that it says nothing of.
    Escape,
    /// A numeric escape that libxlutil cannot read.
    NumericEscape,
    /// A NUL in a string, at which xl stops with a failed assertion.
    Nul,
    /// A token that cannot stand there: `syntax error`. With what could.
    Unexpected(XlToken, &'static str),
    /// `+=` of a list to a string, or the other way round.
    Mixed,
    /// Lists in lists, too deep for libxlutil's parser: `memory exhausted`.
    TooDeep,
}

/// Where and why libxlutil refuses a text; of several places the first. xl then ends with `Failed to parse config`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub trouble: SyntaxErrorKind,
    /// Where.
    pub span: Span,
    /// The line that libxlutil names, which is one too small where it is the end of a line that it did not expect.
    pub reported_line: u32,
    /// Whether it begins like Python, which xl's predecessor took.
    pub looks_like_python: bool,
}

impl fmt::Display for SyntaxError {
    /// One sentence without a full stop and without the line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.trouble {
            SyntaxErrorKind::Stray(b'\'' | b'"') => f.write_str("a string has no end on its line"),
            SyntaxErrorKind::Stray(b'#') => {
                f.write_str("there is no line feed after the comment on the last line, and xl expects one")
            }
            SyntaxErrorKind::Stray(b'\r') => f.write_str("there is a carriage return, which xl does not take"),
            SyntaxErrorKind::Stray(b'A'..=b'Z' | b'_') => f.write_str("names begin with a lower-case letter"),
            SyntaxErrorKind::Stray(_) if self.looks_like_python => f.write_str(
                "no name, number, string or mark begins like this; it looks like Python, which xl does not take",
            ),
            SyntaxErrorKind::Stray(_) => f.write_str("no name, number, string or mark begins like this"),
            SyntaxErrorKind::Escape => f.write_str("a backslash stands before a character that it cannot stand before"),
            SyntaxErrorKind::NumericEscape => f.write_str("xl cannot read numeric escapes such as `\\x41` in a string"),
            SyntaxErrorKind::Nul => f.write_str("there is a NUL in a string, at which xl aborts"),
            SyntaxErrorKind::Unexpected(found, wanted) => {
                write!(f, "{} stands where {wanted} must be", found.described())
            }
            SyntaxErrorKind::Mixed => f.write_str("`+=` cannot add a list to a string, or a string to a list"),
            SyntaxErrorKind::TooDeep => f.write_str("lists are nested too deep for xl"),
        }
    }
}

impl std::error::Error for SyntaxError {}

#[cfg(test)]
thread_local! {
    /// How many texts this thread has parsed.
    pub(crate) static PARSED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Whether the libxlutil of one release parses every text as that of another does.
pub(crate) fn is_read_alike(one: Release, other: Release) -> bool {
    one.has(Change::NestedXlLists) == other.has(Change::NestedXlLists)
}

/// Parses a text as the libxlutil of `release` does. `+=` is assumed for every release: since when there is one is not known.
///
/// # Errors
///
/// libxlutil refuses it.
pub fn parse(text: &[u8], release: Release) -> Result<Settings, SyntaxError> {
    #[cfg(test)]
    PARSED.with(|parsed| parsed.set(parsed.get() + 1));
    let mut parser = Parser::new(release);
    let (mut start, mut number) = (0, 1);
    while start < text.len() {
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length + 1);
        let bytes = &text[start..end];
        let (line, units) = match std::str::from_utf8(bytes) {
            Ok(line) if line.is_ascii() => (Cow::Borrowed(line), Units::Ascii),
            Ok(line) => (Cow::Borrowed(line), Units::Utf8),
            Err(_) => (bytes::wrap(bytes), Units::Wrapped),
        };
        let line = LineText { text: &line, start, number, indent: 0, units };
        for (token, piece) in tokens(line.text) {
            let span = line.span_of(piece);
            if token == XlToken::Stray && span.range() == (text.len() - 1..text.len()) {
                // A single byte at the very end is nothing to libxlutil, whatever it is.
                break;
            }
            parser.take(token, span, text.get(span.range()).unwrap_or_default())?;
        }
        (start, number) = (end, number.saturating_add(1));
    }
    let at = narrow(text.len());
    parser.take(XlToken::End, Span { start: at, end: at, line: parser.line, column: parser.behind, length: 0 }, b"")?;
    Ok(parser.settings.finished())
}

/// Where the parser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Before a statement.
    Statement,
    /// After a name.
    Name,
    /// After `=` or `+=`.
    Operator,
    /// After the value of an assignment.
    Value,
    /// After `[`, and perhaps ends of lines.
    Open,
    /// After something in a list.
    Item,
    /// After a comma in a list.
    Comma,
}

/// A list that is not closed yet.
#[derive(Debug)]
struct OpenList {
    items: Vec<Value>,
    span: Span,
}

/// libxlutil's parser keeps this many symbols at most (`YYMAXDEPTH` of bison).
const SYMBOLS: usize = 10_000;

/// A pushdown automaton over tokens.
#[derive(Debug)]
struct Parser {
    settings: Settings,
    at: At,
    /// The name that is assigned to, where it stands, and whether by `+=`.
    target: (Box<str>, Span, bool),
    lists: Vec<OpenList>,
    /// How many symbols bison's stack holds.
    symbols: usize,
    /// The line of the last token.
    line: u32,
    /// The column after it.
    behind: u32,
    nested_lists: bool,
}

impl Parser {
    fn new(release: Release) -> Self {
        Self {
            settings: Settings::default(),
            at: At::Statement,
            target: (Box::default(), Span { start: 0, end: 0, line: 1, column: 1, length: 0 }, false),
            lists: Vec::new(),
            symbols: 0,
            line: 1,
            behind: 1,
            nested_lists: release.has(Change::NestedXlLists),
        }
    }

    fn take(&mut self, token: XlToken, span: Span, text: &[u8]) -> Result<(), SyntaxError> {
        let error = |trouble| {
            let reported_line = match trouble {
                SyntaxErrorKind::Unexpected(XlToken::Newline, _) => span.line - 1,
                _ => span.line,
            };
            let looks_like_python = matches!(text, [b'+' | b'-' | b'.' | b'(' | b')' | b':', ..]);
            Err(SyntaxError { trouble, span, reported_line, looks_like_python })
        };
        // A string is read before it is asked whether one can stand there.
        let quoted = match token {
            XlToken::Stray => return error(SyntaxErrorKind::Stray(text.first().copied().unwrap_or_default())),
            XlToken::String => match quoted::bytes(text) {
                Ok(bytes) => Some(bytes),
                Err(BadString::Escape) => return error(SyntaxErrorKind::Escape),
                Err(BadString::Number) => return error(SyntaxErrorKind::NumericEscape),
                Err(BadString::Nul) => return error(SyntaxErrorKind::Nul),
            },
            _ => None,
        };
        let item =
            |quoted: Option<Vec<u8>>| Value::Text(Item { text: quoted.unwrap_or_else(|| text.to_vec()).into(), span });
        (self.line, self.behind) = (span.line, span.column.saturating_add(span.length));
        match (self.at, token) {
            (At::Statement, XlToken::Newline | XlToken::Semicolon | XlToken::End) => {}
            (At::Statement, XlToken::Name) => {
                // The initial state, the statements before, the name and its operator.
                self.symbols = 4;
                self.target = (String::from_utf8_lossy(text).into(), span, false);
                self.at = At::Name;
            }
            (At::Name, XlToken::Assign | XlToken::Append) => {
                self.target.2 = token == XlToken::Append;
                self.at = At::Operator;
            }
            (At::Operator, XlToken::String | XlToken::Number) => {
                if self.assign(item(quoted)).is_err() {
                    return error(SyntaxErrorKind::Mixed);
                }
            }
            (At::Operator | At::Open | At::Comma, XlToken::Open) if self.at == At::Operator || self.nested_lists => {
                // The bracket and the ends of lines after it.
                self.symbols += 2;
                self.lists.push(OpenList { items: Vec::new(), span });
                self.at = At::Open;
                if self.symbols >= SYMBOLS {
                    return error(SyntaxErrorKind::TooDeep);
                }
            }
            (At::Open | At::Item | At::Comma, XlToken::Newline) => {}
            (At::Open | At::Comma, XlToken::String | XlToken::Number) => {
                // The value and the ends of lines after it.
                if self.symbols + 2 >= SYMBOLS {
                    return error(SyntaxErrorKind::TooDeep);
                }
                self.put(item(quoted));
            }
            (At::Item, XlToken::Comma) => {
                if self.lists.last().is_some_and(|list| list.items.len() == 1) {
                    // What was read of the list, the comma and the ends of lines after it stay until it is closed.
                    self.symbols += 3;
                }
                self.at = At::Comma;
                if self.symbols >= SYMBOLS {
                    return error(SyntaxErrorKind::TooDeep);
                }
            }
            (At::Open | At::Item | At::Comma, XlToken::Close) => {
                let Some(OpenList { items, span }) = self.lists.pop() else {
                    return error(SyntaxErrorKind::Unexpected(token, wanted(At::Statement)));
                };
                let comma = items.len() > 1 || self.at == At::Comma;
                if !comma && self.symbols + 2 >= SYMBOLS {
                    return error(SyntaxErrorKind::TooDeep);
                }
                self.symbols = self.symbols.saturating_sub(if comma { 5 } else { 2 });
                let list = Value::List { items, span };
                if !self.lists.is_empty() {
                    self.put(list);
                } else if self.assign(list).is_err() {
                    return error(SyntaxErrorKind::Mixed);
                }
            }
            (At::Value, XlToken::Newline | XlToken::Semicolon | XlToken::End) => self.at = At::Statement,
            (at, token) => return error(SyntaxErrorKind::Unexpected(token, wanted(at))),
        }
        Ok(())
    }

    fn put(&mut self, value: Value) {
        if let Some(list) = self.lists.last_mut() {
            list.items.push(value);
        }
        self.at = At::Item;
    }

    fn assign(&mut self, value: Value) -> Result<(), Mixed> {
        self.at = At::Value;
        let (name, span, append) = &self.target;
        if *append {
            self.settings.append(name, *span, value)
        } else {
            self.settings.assign(name, *span, value);
            Ok(())
        }
    }
}

/// What may stand at a place, for people.
fn wanted(at: At) -> &'static str {
    match at {
        At::Statement => "a name",
        At::Name => "`=`",
        At::Operator => "a string, a number or a list",
        At::Value => "the end of the line, or `;`,",
        At::Open | At::Comma => "a string, a number, a list or `]`",
        At::Item => "`,` or `]`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest(text: &[u8]) -> Result<Settings, SyntaxError> {
        parse(text, Release::NEWEST)
    }

    #[test]
    fn settings_and_where_they_stand() {
        let settings = newest("# é\nname='x' ; é".as_bytes());
        assert_eq!(settings.unwrap_err().span.column, 12);
        let settings = newest("a = 'é'; b = [ 1, # c\n 'two', ]\nb += [ 3 ]\na = 2".as_bytes()).unwrap();
        let a = settings.get("a").unwrap();
        assert_eq!((a.span.line, a.span.column, a.overwritten.len()), (4, 1, 1));
        assert_eq!(settings.number("a"), Some(2));
        let b = settings.texts("b");
        assert_eq!(b.iter().map(|item| item.text.to_string()).collect::<Vec<_>>(), ["1", "two", "3"]);
        assert_eq!((b[1].span.line, b[1].span.column, b[1].span.length), (2, 2, 5));
        assert!(settings.text("b").is_none() && settings.list("a").is_none());
    }

    #[test]
    fn errors_say_what_and_where() {
        for (text, line, column, want) in [
            ("a=1\n b 2\n", 2, 4, "a number stands where `=` must be"),
            ("a=\n", 1, 3, "the end of the line stands where a string, a number or a list must be"),
            ("a=[1 2]", 1, 6, "a number stands where `,` or `]` must be"),
            ("a=[1", 1, 5, "the end of the file stands where `,` or `]` must be"),
            ("a=[,]", 1, 4, "a comma stands where a string, a number, a list or `]` must be"),
            ("a=1 b=2", 1, 5, "a name stands where the end of the line, or `;`, must be"),
            ("]", 1, 1, "`]` stands where a name must be"),
            ("a='x'\na+=[1]\n", 2, 6, "`+=` cannot add a list to a string, or a string to a list"),
            ("a=True", 1, 3, "names begin with a lower-case letter"),
            ("a=1\r\n", 1, 4, "there is a carriage return, which xl does not take"),
            ("a=1 # c", 1, 5, "there is no line feed after the comment on the last line, and xl expects one"),
            ("a='x\n", 1, 3, "a string has no end on its line"),
            ("a=%x", 1, 3, "no name, number, string or mark begins like this"),
            (
                "a=-1",
                1,
                3,
                "no name, number, string or mark begins like this; it looks like Python, which xl does not take",
            ),
        ] {
            let error = newest(text.as_bytes()).unwrap_err();
            assert_eq!(
                (error.span.line, error.span.column, error.to_string().as_str()),
                (line, column, want),
                "{text}"
            );
        }
    }

    #[test]
    fn a_long_file_takes_no_time() {
        let text = "a+='x'\n".repeat(LIMIT / 7);
        let started = std::time::Instant::now();
        assert_eq!(newest(text.as_bytes()).unwrap().text("a").unwrap().text.as_bytes().len(), LIMIT / 7);
        assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
        let started = std::time::Instant::now();
        assert!(newest(&vec![b'\n'; LIMIT]).is_ok());
        assert!(started.elapsed() < std::time::Duration::from_secs(3), "lines alone: {:?}", started.elapsed());
        let settings = newest(b"a='x'\na+='y'\na='z'\nb+='1'\nb+='2'\nb=['3']\n").unwrap();
        assert_eq!(settings.text("a").unwrap().text, "z");
        assert_eq!(settings.texts("b").len(), 1);
    }

    // Expected value: libxlutil 4.17.7.
    #[test]
    fn a_last_byte_is_forgiven() {
        for text in [&b"a=1 #"[..], b"a=1@", b"(", b"a='x'\n\xe9", b"a='x' '"] {
            assert!(newest(text).is_ok(), "{}", text.escape_ascii());
        }
        for text in [&b"a=1 # "[..], b"a=1@@", "é".as_bytes(), b"a='"] {
            assert!(newest(text).is_err(), "{}", text.escape_ascii());
        }
    }

    // Expected values: libxlutil 4.17.7, and that nothing overflows the stack here.
    #[test]
    fn lists_in_lists() {
        let nested =
            |depth, open: &str, inside: &str| format!("a={}{inside}{}\n", open.repeat(depth), "]".repeat(depth));
        for (open, inside, most) in [("[", "1", 4996), ("[", "", 4996), ("[1,", "", 1999), ("[1,", "'x'", 1998)] {
            assert!(newest(nested(most, open, inside).as_bytes()).is_ok(), "{open} {inside}");
            let error = newest(nested(most + 1, open, inside).as_bytes()).unwrap_err();
            assert_eq!(error.trouble, SyntaxErrorKind::TooDeep, "{open} {inside}");
        }
        let flat = parse(b"a=[[1]]", "4.5".parse().unwrap()).unwrap_err();
        assert_eq!(flat.trouble, SyntaxErrorKind::Unexpected(XlToken::Open, "a string, a number, a list or `]`"));
    }
}
