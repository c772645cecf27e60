//! The lines of a text around some places in it, for a diagnostic.

use std::collections::BTreeMap;
use std::ops::Range;

use miette::SourceSpan;

use crate::config::Span;
use crate::escape::is_unsafe_char;

/// How much of a line is left for what stands before the place that the caret is under.
const BEFORE: usize = 3;
/// Columns that the frame takes besides the line number.
const FRAME: usize = 5;
/// Stands where a line is cut.
const CUT: &str = "\u{2026}";
/// A line number beyond this is not worth the memory.
const MOST_LINES: u32 = 2_000_000;

/// A text with only the lines that matter; the others are empty, so that line numbers hold.
pub(super) struct Excerpt {
    /// The text.
    pub text: String,
    /// Where the places are in it, in the order in which they were given; nothing for one that is too far from the first of its line.
    pub places: Vec<Option<SourceSpan>>,
    /// Of each line that is cut at its beginning: where it begins in `text`, and how many columns are missing.
    pub cut: Vec<(usize, usize)>,
}

/// A line that is shown: the number of the first of its bytes and of the byte after its last, in the whole text.
struct Line {
    range: Range<usize>,
    /// The whole line.
    whole: Range<usize>,
}

impl Excerpt {
    /// The line of each place, with the line above and the line below, none of them longer than the terminal is wide: of a long
    /// one there is the part around the place. Each place has the label that stands below it.
    pub(super) fn new(text: &[u8], places: &[(Span, &str)], width: usize) -> Option<Self> {
        let mut lines: BTreeMap<u32, Line> = BTreeMap::new();
        let near = places.iter().filter(|(place, _)| place.line <= MOST_LINES);
        let digits = near.clone().map(|(place, _)| place.line.saturating_add(1)).max().unwrap_or(1).to_string().len();
        let columns = width.saturating_sub(FRAME + digits).max(20);
        for (place, label) in near {
            let start = place.range().start;
            let line_start = memchr::memrchr(b'\n', text.get(..start)?).map_or(0, |newline| newline + 1);
            let line_end = memchr::memchr(b'\n', text.get(start..)?).map_or(text.len(), |length| start + length);
            let whole = line_start..line_end;
            // The label begins under the middle of the place, after three columns of its own.
            let room = columns.saturating_sub(label.chars().count() + 4);
            lines.entry(place.line).or_insert_with(|| {
                let part = if fits(text, &whole, columns) {
                    whole.clone()
                } else {
                    around(text, &whole, place.range(), columns.saturating_sub(2), room)
                };
                Line { range: part, whole: whole.clone() }
            });
            if let Some(above) = line_start.checked_sub(1) {
                let start = memchr::memrchr(b'\n', &text[..above]).map_or(0, |newline| newline + 1);
                lines.entry(place.line - 1).or_insert_with(|| beginning(text, start..above, columns));
            }
            if line_end + 1 < text.len() {
                let rest = &text[line_end + 1..];
                let end = line_end + 1 + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                lines.entry(place.line + 1).or_insert_with(|| beginning(text, line_end + 1..end, columns));
            }
        }
        fill_gaps(&mut lines, text, columns);
        let mut excerpt = Self { text: String::new(), places: Vec::new(), cut: Vec::new() };
        let mut shown = BTreeMap::new();
        let mut at = 1;
        for (number, line) in &lines {
            while at < *number {
                excerpt.text.push('\n');
                at += 1;
            }
            if line.range.start > line.whole.start {
                let missing = show(&text[line.whole.start..line.range.start]).chars().count();
                // The mark takes the place of one character, and three bytes.
                excerpt.cut.push((excerpt.text.len(), missing));
                excerpt.text.push_str(CUT);
            }
            shown.insert(*number, excerpt.text.len());
            excerpt.text.push_str(&show(&text[line.range.clone()]));
            if line.range.end < line.whole.end {
                excerpt.text.push_str(CUT);
            }
        }
        for (place, _) in places {
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

/// Adds what lies between two lines that are close: it is drawn when both are.
fn fill_gaps(lines: &mut BTreeMap<u32, Line>, text: &[u8], columns: usize) {
    /// The most lines between the two.
    const CLOSE: u32 = 2;
    let numbers: Vec<u32> = lines.keys().copied().collect();
    for (first, last) in numbers.iter().zip(numbers.iter().skip(1)) {
        if last - first > CLOSE + 1 {
            continue;
        }
        for number in first + 1..*last {
            let Some(above) = lines.get(&(number - 1)) else { break };
            let start = above.whole.end.saturating_add(1).min(text.len());
            let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
            lines.insert(number, beginning(text, start..end, columns));
        }
    }
}

/// Columns that a byte takes at most, or that the character takes whose first byte it is.
fn columns_of(byte: u8) -> usize {
    match byte {
        b'\t' => 4,
        // Of UTF-8 the first byte counts for the character, which may be a wide one; other bytes are shown as U+FFFD each.
        0x80..=0xbf => 0,
        0xc0..=0xff => 2,
        _ => 1,
    }
}

fn fits(text: &[u8], range: &Range<usize>, columns: usize) -> bool {
    let line = &text[range.clone()];
    line.len() <= 4 * columns
        && std::str::from_utf8(line).is_ok()
        && line.iter().map(|byte| columns_of(*byte)).sum::<usize>() <= columns
        || line.len() <= columns && !line.contains(&b'\t')
}

/// The part of a line, of this many columns, with the place in it: its beginning a little to the right of the left edge, or further
/// to the left where its label would run off the terminal.
fn around(text: &[u8], whole: &Range<usize>, place: Range<usize>, columns: usize, room: usize) -> Range<usize> {
    let start = place.start.clamp(whole.start, whole.end);
    let middle = (place.end.clamp(start, whole.end) - start).min(columns) / 2;
    let before = (columns / BEFORE).min(room.saturating_sub(middle));
    let (mut from, mut used) = (start, 0);
    while from > whole.start {
        let cost = columns_of(text[from - 1]).max(usize::from(!text[from - 1].is_ascii()));
        if used + cost > before {
            break;
        }
        used += cost;
        from -= 1;
    }
    // Not in the middle of a character.
    while from < start && (0x80..0xc0).contains(&text[from]) {
        from += 1;
    }
    let mut to = from;
    let mut used = 0;
    while to < whole.end {
        let cost = columns_of(text[to]).max(usize::from(!text[to].is_ascii()));
        if used + cost > columns {
            break;
        }
        used += cost;
        to += 1;
    }
    while to > from && to < whole.end && (0x80..0xc0).contains(&text[to]) {
        to -= 1;
    }
    from..to
}

/// The first columns of a line that has no place.
fn beginning(text: &[u8], whole: Range<usize>, columns: usize) -> Line {
    if fits(text, &whole, columns) {
        return Line { range: whole.clone(), whole };
    }
    let range = around(text, &whole, whole.start..whole.start, columns.saturating_sub(1), columns);
    Line { range, whole }
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
        let excerpt = Excerpt::new(text, &[(span(2, 4, 7), ""), (span(6, 24, 27), "")], 80).unwrap();
        assert_eq!(
            excerpt.text, "one\ntwo\nthree\nfour\nfive\nsix\nseven",
            "what is drawn between two places is there"
        );
        let at = |index: usize| {
            let place: SourceSpan = excerpt.places[index].unwrap();
            &excerpt.text[place.offset()..place.offset() + place.len()]
        };
        assert_eq!((at(0), at(1)), ("two", "six"));
    }

    #[test]
    fn what_is_far_from_every_place_is_left_out() {
        let text = b"1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let excerpt = Excerpt::new(text, &[(span(1, 0, 1), ""), (span(8, 14, 15), "")], 80).unwrap();
        assert_eq!(excerpt.text, "1\n2\n\n\n\n\n7\n8\n9");
    }

    #[test]
    fn no_line_is_longer_than_the_terminal() {
        let text = ["\u{e4}\t".repeat(900), "HERE".to_owned(), "b".repeat(5000)].concat().into_bytes();
        let start = u32::try_from(900 * 3).unwrap();
        for width in [60, 80, 120] {
            let excerpt = Excerpt::new(&text, &[(span(1, start, start + 4), "a label of some words")], width).unwrap();
            let place = excerpt.places[0].unwrap();
            assert_eq!(&excerpt.text[place.offset()..place.offset() + 4], "HERE");
            let columns = |text: &str| text.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum::<usize>();
            assert!(columns(&excerpt.text) + 6 <= width, "{width}: {}", columns(&excerpt.text));
            assert!(columns(&excerpt.text[..place.offset()]) > 5);
        }
        let one = Excerpt::new(&text, &[(span(1, 0, 2), ""), (span(1, start, start + 4), "")], 80).unwrap();
        assert!(one.places[0].is_some() && one.places[1].is_none());
    }
}
