//! Which lines stand inside an `if` or a loop: what GRUB may leave out, or do several times, and pygrub takes as it comes.

use crate::config::Directive;

/// The outermost blocks among some directives, in order.
pub(super) struct Blocks {
    /// First and last line of each.
    lines: Vec<(u32, u32)>,
}

impl Blocks {
    /// Finds the blocks that these directives open and close. `text` is that of the configuration.
    pub(super) fn of(directives: &[Directive], text: &[u8]) -> Self {
        let mut lines = Vec::new();
        let mut depth = 0_usize;
        let mut first = 0;
        for directive in directives {
            let line = text.get(directive.line.range()).unwrap_or_default();
            match directive.command(text) {
                b"if" | b"while" | b"until" | b"for" if !is_closed(line) => {
                    if depth == 0 {
                        first = directive.line.line;
                    }
                    depth += 1;
                }
                b"fi" | b"fi;" | b"done" | b"done;" if depth > 0 => {
                    depth -= 1;
                    if depth == 0 {
                        lines.push((first, directive.line.line));
                    }
                }
                _ => {}
            }
        }
        if depth > 0 {
            lines.push((first, u32::MAX));
        }
        Self { lines }
    }

    /// The first line of the block that this line stands in.
    pub(super) fn around(&self, line: u32) -> Option<u32> {
        let before = self.lines.partition_point(|(first, _)| *first < line);
        let (first, last) = *self.lines.get(before.checked_sub(1)?)?;
        (line < last).then_some(first)
    }
}

/// Whether what the line opens ends on it: `if x; then y; fi`.
fn is_closed(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let line = line.strip_suffix(b";").unwrap_or(line);
    [&b"fi"[..], b"done"].iter().any(|word| {
        line.strip_suffix(*word)
            .is_some_and(|before| before.last().is_some_and(|byte| matches!(byte, b' ' | b';' | b'\t')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Dialect};
    use crate::release::Release;

    #[test]
    fn blocks_are_found() {
        let text = b"set a=1\nif x; then\nif y; then\nset b=1\nfi\nelse\nset c=1\nfi\nset d=1\nif z; then w; fi\nset e=1\nfor i in 1 2; do\nset f=1\n";
        let config = config::parse(Dialect::Grub2, text, Release::NEWEST);
        let blocks = Blocks::of(&config.directives, text);
        let around: Vec<Option<u32>> = [1, 4, 7, 8, 9, 11, 13].iter().map(|line| blocks.around(*line)).collect();
        assert_eq!(around, [None, Some(2), Some(2), None, None, None, Some(12)]);
    }
}
