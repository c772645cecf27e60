//! The lines of a text around some places in it, for a diagnostic.

use std::collections::BTreeMap;
use std::ops::Range;

use miette::SourceSpan;

use crate::config::Span;
use crate::escape::is_unsafe_char;

/// How many bytes of a long line are shown on either side of a place.
const AROUND: usize = 200;
/// How many bytes of a line with several places are shown at most.
const WIDEST: usize = 2000;
/// A line number beyond this is not worth the memory.
const MOST_LINES: u32 = 2_000_000;

/// A text with only the lines that matter; the others are empty, so that line numbers hold.
pub(super) struct Excerpt {
    /// The text.
    pub text: String,
    /// Where the places are in it, in the order in which they were given; nothing for one that is too far from the first of its line.
    pub places: Vec<Option<SourceSpan>>,
}

/// A line that is shown: the number of the first of its bytes and of the byte behind its last, in the whole text.
struct Line {
    range: Range<usize>,
}

impl Excerpt {
    /// The line of each place, with the line above and the line below. Of each only what is near is taken, since a
    /// configuration may be one line of a megabyte.
    pub(super) fn new(text: &[u8], places: &[Span]) -> Option<Self> {
        let mut lines: BTreeMap<u32, Line> = BTreeMap::new();
        for place in places.iter().filter(|place| place.line <= MOST_LINES) {
            let (start, end) = (place.range().start, place.range().end.min(text.len()));
            let line_start = memchr::memrchr(b'\n', text.get(..start)?).map_or(0, |newline| newline + 1);
            let line_end = memchr::memchr(b'\n', text.get(start..)?).map_or(text.len(), |length| start + length);
            let from = line_start.max(start.saturating_sub(AROUND));
            let to = line_end.min(end.saturating_add(AROUND)).max(start);
            match lines.get_mut(&place.line) {
                Some(line) => {
                    let both = line.range.start.min(from)..line.range.end.max(to);
                    if both.len() <= WIDEST {
                        line.range = both;
                    }
                }
                None => {
                    lines.insert(place.line, Line { range: from..to });
                }
            }
            if let Some(above) = line_start.checked_sub(1) {
                let start = memchr::memrchr(b'\n', &text[..above]).map_or(0, |newline| newline + 1);
                let range = start..above.min(start + AROUND);
                lines.entry(place.line - 1).or_insert(Line { range });
            }
            if line_end + 1 < text.len() {
                let rest = &text[line_end + 1..];
                let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len()).min(AROUND);
                lines.entry(place.line + 1).or_insert(Line { range: line_end + 1..line_end + 1 + end });
            }
        }
        let mut excerpt = Self { text: String::new(), places: Vec::new() };
        let mut shown = BTreeMap::new();
        let mut at = 1;
        for (number, line) in &lines {
            while at < *number {
                excerpt.text.push('\n');
                at += 1;
            }
            shown.insert(*number, excerpt.text.len());
            excerpt.text.push_str(&show(&text[line.range.clone()]));
        }
        for place in places {
            let (line, start) = (lines.get(&place.line)?, shown.get(&place.line)?);
            let from = place.range().start;
            if !line.range.contains(&from) && from != line.range.start && from != line.range.end {
                excerpt.places.push(None);
                continue;
            }
            let end = place.range().end.clamp(from, line.range.end.max(from));
            let before = show(text.get(line.range.start..from)?).len();
            let length = show(text.get(from..end)?).len();
            excerpt.places.push(Some(SourceSpan::new((start + before).into(), length.max(1))));
        }
        Some(excerpt)
    }
}

/// Text for a terminal: control characters, invisible ones and what is not UTF-8 are shown, not sent.
fn show(text: &[u8]) -> String {
    // One character for one, so that the caret stays in its place.
    String::from_utf8_lossy(text).chars().map(|c| if is_unsafe_char(c) && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(line: u32, start: u32, end: u32) -> Span {
        Span { start, end, line, column: 1, length: end - start }
    }

    #[test]
    fn lines_keep_their_numbers() {
        let text = b"one\ntwo\nthree\nfour\nfive\nsix\nseven\n";
        let excerpt = Excerpt::new(text, &[span(2, 4, 7), span(6, 24, 27)]).unwrap();
        assert_eq!(excerpt.text, "one\ntwo\nthree\n\nfive\nsix\nseven");
        let at = |index: usize| {
            let place: SourceSpan = excerpt.places[index].unwrap();
            &excerpt.text[place.offset()..place.offset() + place.len()]
        };
        assert_eq!((at(0), at(1)), ("two", "six"));
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = [vec![b'a'; 5000], b"HERE".to_vec(), vec![b'b'; 5000]].concat();
        let excerpt = Excerpt::new(&text, &[span(1, 5000, 5004)]).unwrap();
        assert_eq!(excerpt.text.len(), 2 * AROUND + 4);
        assert_eq!(&excerpt.text[excerpt.places[0].unwrap().offset()..][..4], "HERE");
        let excerpt = Excerpt::new(&text, &[span(1, 10, 12), span(1, 5000, 5004)]).unwrap();
        assert!(excerpt.text.len() < WIDEST && excerpt.places[1].is_none());
    }
}
