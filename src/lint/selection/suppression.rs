//! Comments that suppress findings: `# pregrub: allow(PG101, several-defaults) this is meant`.
//!
//! Such a comment stands on a line of its own. `allow` covers the next line that is neither empty nor a comment, and all of the
//! menu entry or function that begins there; `allow-file` covers the file. pygrub and GRUB see a comment.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::config::Span;
use crate::lint::analysis::configuration::shown;
use crate::lint::analysis::context::LintContext;
use crate::lint::engine::diagnostic::SpanSource;
use crate::lint::selection::rule_levels::Selector;

/// What a comment covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lint) enum Scope {
    /// These lines.
    Lines(RangeInclusive<u32>),
    /// All of the file, and what is said of it as a whole.
    File,
}

/// One rule or group that a comment names.
#[derive(Clone, Debug)]
pub(in crate::lint) struct Suppression {
    pub(in crate::lint) selector: Selector,
    /// Where it is named.
    pub(in crate::lint) span: Span,
    pub(in crate::lint) scope: Scope,
    /// Why, as the comment says.
    pub(in crate::lint) reason: String,
}

/// A comment for pregrub that it does not understand.
#[derive(Clone, Debug)]
pub(in crate::lint) struct Malformed {
    pub(in crate::lint) span: Span,
    /// What is wrong, as a sentence without a full stop.
    pub(in crate::lint) message: String,
}

/// All such comments of a text.
#[derive(Clone, Debug, Default)]
pub(in crate::lint) struct Suppressions {
    pub(in crate::lint) list: Vec<Suppression>,
    pub(in crate::lint) malformed: Vec<Malformed>,
}

/// More comments than this are not looked at, and no more names than this: a guest's file may be nothing else.
const MOST: usize = 10_000;

impl Suppressions {
    /// The comments in each of the texts of a run. Those of the boot configuration are left out if they do not count.
    pub(in crate::lint) fn of(context: &LintContext<'_>) -> Vec<(SpanSource, Self)> {
        let mut all = vec![(SpanSource::Domain, Self::read(context.text(SpanSource::Domain), &[]))];
        let configuration = context.configuration().filter(|_| context.obeys_guest());
        if let Some(configuration) = configuration.filter(|found| memchr::memmem::find(found.text, MARK).is_some()) {
            let entries = configuration.entries().iter().map(|entry| entry.lines);
            let functions = configuration.config.functions.iter();
            let functions = functions.map(|function| (function.header.line, function.last_line.unwrap_or(u32::MAX)));
            let blocks: Vec<(u32, u32)> = entries.chain(functions).collect();
            all.push((SpanSource::Configuration, Self::read(configuration.text, &blocks)));
        }
        all
    }

    /// Reads the comments of `text`. `blocks` are the first and last lines of what a comment in front of it covers as a whole.
    pub(in crate::lint) fn read(text: &[u8], blocks: &[(u32, u32)]) -> Self {
        let mut this = Self::default();
        let (mut counted, mut line, mut line_end) = (0, 1, None);
        let mut ahead = Ahead::new(text, blocks);
        for found in memchr::memmem::find_iter(text, MARK).take(MOST) {
            // Only the first of a line can be what a comment begins with.
            if line_end.is_some_and(|end| found < end) {
                continue;
            }
            let newlines = memchr::memchr_iter(b'\n', &text[counted..found]).count();
            line += u32::try_from(newlines).unwrap_or(u32::MAX);
            counted = found;
            let start = memchr::memrchr(b'\n', &text[..found]).map_or(0, |newline| newline + 1);
            let end = memchr::memchr(b'\n', &text[found..]).map_or(text.len(), |length| found + length);
            line_end = Some(end);
            // The comment begins with it.
            if text[start..found].trim_ascii() == b"#" {
                let mut comment = Comment { text, line, at: start, column: 1 };
                comment.read(found + MARK.len(), end, &mut ahead, &mut this);
            }
        }
        this
    }
}

/// How many characters of a reason are kept.
const MOST_REASON: usize = 1000;

const MARK: &[u8] = b"pregrub:";

/// What comments stand in front of.
struct Ahead<'a> {
    text: &'a [u8],
    /// The last line of what begins at a line.
    blocks: HashMap<u32, u32>,
    /// The line that was found last: comments one below the other stand in front of the same.
    next: u32,
}

impl<'a> Ahead<'a> {
    fn new(text: &'a [u8], blocks: &[(u32, u32)]) -> Self {
        let mut known = HashMap::new();
        for (first, last) in blocks {
            known.entry(*first).or_insert(*last);
        }
        Self { text, blocks: known, next: 0 }
    }

    /// The lines that a comment in `line`, which ends at `end`, covers.
    fn of(&mut self, line: u32, end: usize) -> RangeInclusive<u32> {
        if self.next <= line {
            self.next = line;
            for next in self.text.get(end + 1..).unwrap_or_default().split(|&byte| byte == b'\n') {
                self.next = self.next.saturating_add(1);
                let next = next.trim_ascii();
                if !next.is_empty() && !next.starts_with(b"#") {
                    break;
                }
            }
        }
        self.next..=self.blocks.get(&self.next).copied().unwrap_or(self.next)
    }
}

/// A line of a text that is such a comment.
struct Comment<'a> {
    text: &'a [u8],
    line: u32,
    /// A place in the line up to which columns are counted, and its column.
    at: usize,
    column: u32,
}

impl Comment<'_> {
    /// The span of these bytes. Places are asked for in their order, since a line may be a megabyte of names.
    fn span(&mut self, start: usize, end: usize) -> Span {
        let chars = |from: usize, to: usize| {
            narrow(String::from_utf8_lossy(self.text.get(from..to).unwrap_or_default()).chars().count())
        };
        if start < self.at {
            (self.at, self.column) = (memchr::memrchr(b'\n', &self.text[..start]).map_or(0, |newline| newline + 1), 1);
        }
        let column = self.column.saturating_add(chars(self.at, start));
        let length = chars(start, end);
        (self.at, self.column) = (start, column);
        Span { start: narrow(start), end: narrow(end), line: self.line, column, length }
    }

    fn read(&mut self, start: usize, end: usize, ahead: &mut Ahead<'_>, into: &mut Suppressions) {
        let body = self.text[start..end].trim_ascii_start();
        let from = end - body.len();
        let to = from + body.trim_ascii_end().len();
        let malformed = |span: Span, message: String| Malformed { span, message };
        let (is_file, rest) = match (body.strip_prefix(b"allow-file("), body.strip_prefix(b"allow(")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => {
                let message = "pregrub does not know this comment".to_owned();
                into.malformed.push(malformed(self.span(from, to.max(from)), message));
                return;
            }
        };
        let list_start = end - rest.len();
        let Some(length) = memchr::memchr(b')', rest) else {
            into.malformed.push(malformed(self.span(from, to), "the list of rules has no `)`".to_owned()));
            return;
        };
        let scope = if is_file { Scope::File } else { Scope::Lines(ahead.of(self.line, end)) };
        let reason = rest[length + 1..].trim_ascii();
        // Every name has it, and every finding that it silences.
        let reason: String =
            String::from_utf8_lossy(&reason[..reason.len().min(4 * MOST_REASON)]).chars().take(MOST_REASON).collect();
        let mut at = list_start;
        let mut is_empty = false;
        for piece in rest[..length].split(|&byte| byte == b',') {
            if into.list.len() + into.malformed.len() >= MOST {
                break;
            }
            let name = piece.trim_ascii();
            let name_start = at + (piece.len() - piece.trim_ascii_start().len());
            at += piece.len() + 1;
            // Said once, of the whole comment.
            if name.is_empty() {
                is_empty = true;
                continue;
            }
            let span = self.span(name_start, name_start + name.len());
            let shown = shown(name);
            match shown.parse::<Selector>() {
                Ok(selector) => {
                    let (scope, reason) = (scope.clone(), reason.clone());
                    into.list.push(Suppression { selector, span, scope, reason });
                }
                Err(error) => into.malformed.push(malformed(span, error.to_string())),
            }
        }
        if is_empty {
            into.malformed.push(malformed(self.span(from, to), "a rule is missing in this list".to_owned()));
        }
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
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
