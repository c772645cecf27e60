//! Comments that tell the linter to be silent: `# pregrub: allow(PG101, several-defaults) this is meant`.
//!
//! Such a comment stands on a line of its own. `allow` covers the next line that is neither empty nor a comment, and all of the
//! menu entry or function that begins there; `allow-file` covers the file. pygrub and GRUB see a comment.

use std::ops::RangeInclusive;

use super::levels::Selector;
use crate::config::Span;

/// What a comment covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// These lines.
    Lines(RangeInclusive<u32>),
    /// All of the file, and what is said of it as a whole.
    File,
}

impl Scope {
    pub(super) fn covers(&self, span: Option<Span>) -> bool {
        match self {
            Self::File => true,
            Self::Lines(lines) => span.is_some_and(|span| lines.contains(&span.line)),
        }
    }
}

/// One rule or group that a comment names.
#[derive(Clone, Debug)]
pub(super) struct Suppression {
    pub(super) selector: Selector,
    /// Where it is named.
    pub(super) span: Span,
    pub(super) scope: Scope,
    /// Why, as the comment says.
    pub(super) reason: String,
}

/// A comment for pregrub that it does not understand.
#[derive(Clone, Debug)]
pub(super) struct Malformed {
    pub(super) span: Span,
    /// What is wrong, as a sentence without a full stop.
    pub(super) message: String,
}

/// All such comments of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Suppressions {
    pub(super) list: Vec<Suppression>,
    pub(super) malformed: Vec<Malformed>,
}

/// More comments than this are not looked at: a guest's file may be nothing else.
const MOST: usize = 10_000;

impl Suppressions {
    /// Reads the comments of `text`. `blocks` are the first and last lines of what a comment in front of it covers as a whole.
    pub(super) fn read(text: &[u8], blocks: &[(u32, u32)]) -> Self {
        let mut this = Self::default();
        let (mut counted, mut line) = (0, 1);
        for found in memchr::memmem::find_iter(text, MARK).take(MOST) {
            let newlines = memchr::memchr_iter(b'\n', &text[counted..found]).count();
            line += u32::try_from(newlines).unwrap_or(u32::MAX);
            counted = found;
            let start = memchr::memrchr(b'\n', &text[..found]).map_or(0, |newline| newline + 1);
            let end = memchr::memchr(b'\n', &text[found..]).map_or(text.len(), |length| found + length);
            // The comment begins with it.
            if text[start..found].trim_ascii() == b"#" {
                let comment = Comment { text, line_start: start, line };
                comment.read(found + MARK.len(), end, blocks, &mut this);
            }
        }
        this
    }
}

const MARK: &[u8] = b"pregrub:";

/// A line of a text that is such a comment.
struct Comment<'a> {
    text: &'a [u8],
    line_start: usize,
    line: u32,
}

impl Comment<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        let chars = |from: usize, to: usize| String::from_utf8_lossy(&self.text[from..to]).chars().count();
        let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Span {
            start: narrow(start),
            end: narrow(end),
            line: self.line,
            column: narrow(chars(self.line_start, start) + 1),
            length: narrow(chars(start, end)),
        }
    }

    fn read(&self, start: usize, end: usize, blocks: &[(u32, u32)], into: &mut Suppressions) {
        let body = self.text[start..end].trim_ascii_start();
        let from = end - body.len();
        let to = from + body.trim_ascii_end().len();
        let malformed = |span: Span, message: String| Malformed { span, message };
        let (is_file, rest) = match (body.strip_prefix(b"allow-file("), body.strip_prefix(b"allow(")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => {
                let message = "this comment for pregrub is none that it knows".to_owned();
                into.malformed.push(malformed(self.span(from, to.max(from)), message));
                return;
            }
        };
        let list_start = end - rest.len();
        let Some(length) = memchr::memchr(b')', rest) else {
            into.malformed.push(malformed(self.span(from, to), "the list of rules has no `)`".to_owned()));
            return;
        };
        let scope = if is_file { Scope::File } else { Scope::Lines(self.covered(end, blocks)) };
        let reason = String::from_utf8_lossy(rest[length + 1..].trim_ascii()).into_owned();
        let mut at = list_start;
        for piece in rest[..length].split(|&byte| byte == b',') {
            let name = piece.trim_ascii();
            let name_start = at + (piece.len() - piece.trim_ascii_start().len());
            let span = self.span(name_start, name_start + name.len());
            at += piece.len() + 1;
            let shown = super::configuration::shown(name);
            match shown.parse::<Selector>() {
                Ok(selector) => {
                    let (scope, reason) = (scope.clone(), reason.clone());
                    into.list.push(Suppression { selector, span, scope, reason });
                }
                Err(_) if name.is_empty() => {
                    into.malformed.push(malformed(self.span(from, to), "a rule is missing in this list".to_owned()));
                }
                Err(error) => into.malformed.push(malformed(span, error.to_string())),
            }
        }
    }

    /// The lines that a comment whose line ends at `end` covers.
    fn covered(&self, end: usize, blocks: &[(u32, u32)]) -> RangeInclusive<u32> {
        let mut line = self.line;
        for next in self.text.get(end + 1..).unwrap_or_default().split(|&byte| byte == b'\n') {
            line = line.saturating_add(1);
            let next = next.trim_ascii();
            if !next.is_empty() && !next.starts_with(b"#") {
                break;
            }
        }
        let block = blocks.iter().find(|(first, _)| *first == line);
        block.map_or(line..=line, |(first, last)| *first..=*last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_cover_the_next_line_or_entry_or_the_file() {
        let text = b"x\n # pregrub: allow(PG101 , default-by-title)  why not\n\n# more\nset default=a\n#pregrub: allow-file(storage)\n";
        let read = Suppressions::read(text, &[(5, 9)]);
        assert!(read.malformed.is_empty(), "{read:?}");
        let seen: Vec<_> = read
            .list
            .iter()
            .map(|one| (one.span.line, one.span.column, one.span.length, one.scope.clone(), one.reason.as_str()))
            .collect();
        assert_eq!(seen[0], (2, 19, 5, Scope::Lines(5..=9), "why not"));
        assert_eq!(seen[1], (2, 27, 16, Scope::Lines(5..=9), "why not"));
        assert_eq!((seen[2].0, &seen[2].3, seen[2].4), (6, &Scope::File, ""));
    }

    #[test]
    fn what_is_no_comment_of_ours_is_left_alone() {
        let read = Suppressions::read(b"linux /k pregrub: allow(x)\n# see pregrub: allow(y)\n", &[]);
        assert!(read.list.is_empty() && read.malformed.is_empty());
    }

    #[test]
    fn mistakes_are_told() {
        let wrong = |text: &str| Suppressions::read(text.as_bytes(), &[]).malformed.len();
        assert_eq!(wrong("# pregrub: allow(PG999)"), 1);
        assert_eq!(wrong("# pregrub: allow(PG101"), 1);
        assert_eq!(wrong("# pregrub: allow(PG101,)"), 1);
        assert_eq!(wrong("# pregrub: ignore"), 1);
        assert_eq!(wrong("# pregrub:"), 1);
        assert_eq!(wrong("# pregrub: allow(PG101)"), 0);
    }
}
