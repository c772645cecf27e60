//! Which lines stand inside an `if` or a loop: what GRUB may leave out, or do several times, and pygrub takes as it comes. An
//! `if true` without `else` leaves nothing out.

use crate::config::Directive;

/// The outermost blocks among some directives, in order.
pub(in crate::lint) struct Blocks {
    /// First and last line of each.
    lines: Vec<(u32, u32)>,
}

impl Blocks {
    /// Finds the blocks that these directives open and close. `text` is that of the configuration.
    pub(in crate::lint) fn of(directives: &[Directive], text: &[u8]) -> Self {
        // First line of each open block, and whether GRUB does in it what pygrub does.
        let mut open: Vec<(u32, bool)> = Vec::new();
        let mut found: Vec<(u32, u32)> = Vec::new();
        for directive in directives {
            let line = text.get(directive.line.range()).unwrap_or_default();
            match directive.command(text) {
                b"if" | b"while" | b"until" | b"for" if !is_closed(line) => {
                    open.push((directive.line.line, is_true(line)));
                }
                b"else" | b"else;" | b"elif" => {
                    if let Some((_, always)) = open.last_mut() {
                        *always = false;
                    }
                }
                b"fi" | b"fi;" | b"done" | b"done;" => {
                    if let Some((first, false)) = open.pop() {
                        found.push((first, directive.line.line));
                    }
                }
                _ => {}
            }
        }
        found.extend(open.into_iter().filter(|(_, always)| !always).map(|(first, _)| (first, u32::MAX)));
        found.sort_unstable();
        // The outermost ones.
        let mut lines: Vec<(u32, u32)> = Vec::new();
        for block in found {
            if lines.last().is_none_or(|outer| outer.1 < block.0) {
                lines.push(block);
            }
        }
        Self { lines }
    }

    /// The first line of the block that this line stands in.
    pub(in crate::lint) fn around(&self, line: u32) -> Option<u32> {
        let before = self.lines.partition_point(|(first, _)| *first < line);
        let (first, last) = *self.lines.get(before.checked_sub(1)?)?;
        (line < last).then_some(first)
    }
}

/// Whether it is `if true; then`, or the first line of that.
fn is_true(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"if").unwrap_or_default().trim_ascii();
    let condition = rest.strip_suffix(b"then").map_or(rest, <[u8]>::trim_ascii_end);
    condition.strip_suffix(b";").unwrap_or(condition).trim_ascii() == b"true"
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

    #[test]
    fn what_is_always_done_is_no_block() {
        let around = |text: &[u8], line: u32| {
            let config = config::parse(Dialect::Grub2, text, Release::NEWEST);
            Blocks::of(&config.directives, text).around(line)
        };
        assert_eq!(around(b"if true; then\nset a=1\nfi\n", 2), None);
        assert_eq!(around(b"if true\nthen\nset a=1\nfi\n", 3), None);
        assert_eq!(around(b"if true; then\nset a=1\nelse\nset b=1\nfi\n", 2), Some(1));
        assert_eq!(around(b"if true; then\nif x; then\nset a=1\nfi\nset b=1\nfi\n", 3), Some(2));
        assert_eq!(around(b"if true; then\nif x; then\nset a=1\nfi\nset b=1\nfi\n", 5), None);
        assert_eq!(around(b"if x; then\nif true; then\nset a=1\nfi\nset b=1\nfi\n", 5), Some(1));
        assert_eq!(around(b"if x; then\nif true; then\nset a=1\nfi\nset b=1\nfi\n", 3), Some(1));
    }
}
