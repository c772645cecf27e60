//! A piece of a text by lines and columns, as other programs count them.

use crate::config::Span;

/// A piece of a text.
///
/// Lines and columns are counted from 1, columns in characters (Unicode code points) whatever release the run is of; a byte that
/// is not UTF-8 is a character. The end is after the last character. Only [`in_bytes`](Self::in_bytes) counts columns in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The line of the first character.
    pub line: u32,
    /// The column of the first character.
    pub column: u32,
    /// The line of the end.
    pub end_line: u32,
    /// The column of the end.
    pub end_column: u32,
}

impl Region {
    /// Where `span` is in `text`.
    pub fn new(text: &[u8], span: Span) -> Self {
        Self::counted(text, span, characters)
    }

    /// Where `span` is in `text`, with columns counted in bytes.
    pub fn in_bytes(text: &[u8], span: Span) -> Self {
        Self::counted(text, span, |text| u32::try_from(text.len()).unwrap_or(u32::MAX))
    }

    fn counted(text: &[u8], span: Span, columns: impl Fn(&[u8]) -> u32) -> Self {
        let before = &text[..span.range().start.min(text.len())];
        let inside = &text[before.len()..span.range().end.clamp(before.len(), text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let column = columns(&before[line_start..]).saturating_add(1);
        let newlines = memchr::memchr_iter(b'\n', inside).count();
        let end_column = match memchr::memrchr(b'\n', inside) {
            None => column.saturating_add(columns(inside)),
            Some(newline) => columns(&inside[newline + 1..]).saturating_add(1),
        };
        let end_line = span.line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        Self { line: span.line, column, end_line, end_column }
    }

    /// As the span itself says, where the text is not at hand.
    pub fn of(span: Span) -> Self {
        let end_column = span.column.saturating_add(span.length);
        Self { line: span.line, column: span.column, end_line: span.line, end_column }
    }
}

fn characters(text: &[u8]) -> u32 {
    let count: usize = text.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum();
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(line: u32, start: u32, end: u32) -> Span {
        Span { start, end, line, column: 99, length: 99 }
    }

    #[test]
    fn columns_are_characters() {
        let text = "eins\nzwéi /ü x\n".as_bytes();
        let region = Region::new(text, span(2, 11, 14));
        assert_eq!(&text[11..14], "/ü".as_bytes());
        assert_eq!(region, Region { line: 2, column: 6, end_line: 2, end_column: 8 });
        assert_eq!(Region::new(b"a\xff\xfe b", span(1, 4, 5)).column, 5);
        assert_eq!(Region::in_bytes(text, span(2, 11, 14)), Region { line: 2, column: 7, end_line: 2, end_column: 10 });
    }

    #[test]
    fn whole_lines_end_at_the_start_of_the_next() {
        let region = Region::new(b"one\ntwo\nthree", span(1, 0, 8));
        assert_eq!(region, Region { line: 1, column: 1, end_line: 3, end_column: 1 });
    }

    #[test]
    fn a_span_beyond_the_text_is_its_end() {
        assert_eq!(Region::new(b"one", span(1, 9, 12)), Region { line: 1, column: 4, end_line: 1, end_column: 4 });
    }
}
