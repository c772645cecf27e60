//! What a script is made of, by GRUB's parser, at its places in the file: for callers that read the file otherwise and must know what GRUB
//! makes of a line.

pub(crate) use super::marks::Dropped;
use super::marks::Marks;
use super::parser::Parser;
use super::text::ScriptText;

/// The structure of a script. Places are bytes of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    /// Conditions and loops, by their beginning: each from its first word to the end of its last one. Of an `if` with a constant
    /// condition only the branch that is never taken.
    pub blocks: Vec<(u32, u32)>,
    /// Where a menu entry begins, in whatever submenu, function or block.
    pub entries: Vec<u32>,
    /// Where a command begins that may assign a variable: `set`, or a word with a `=`.
    pub assignments: Vec<u32>,
    /// What GRUB rejects and drops.
    pub rejected: Vec<Dropped>,
    /// Whether pregrub followed it to its end.
    pub complete: bool,
}

impl Outline {
    /// Parses `text` without executing it, as far as the byte `until` and as much further as the statement goes that stands there.
    pub(crate) fn parse(text: &[u8], until: u32) -> Self {
        let script = ScriptText::file("", text);
        let mut parser = Parser::only_marking(&script);
        let until = (until as usize).saturating_mul(2);
        // A byte of the file takes two of the script at most.
        while parser.place() <= until && parser.unit().is_some() {
            parser.take_functions();
        }
        Self::of(parser.take_marks().unwrap_or_default(), &script, text)
    }

    /// What was marked in `script`, which was made of `text`.
    pub(super) fn of(marks: Marks, script: &ScriptText, text: &[u8]) -> Self {
        let Marks { mut blocks, mut entries, mut assignments, mut rejected, incomplete } = marks;
        let mut places: Vec<&mut u32> = entries.iter_mut().chain(&mut assignments).collect();
        places.extend(blocks.iter_mut().flat_map(|(start, end)| [start, end]));
        places.extend(rejected.iter_mut().flat_map(|dropped| [&mut dropped.start, &mut dropped.end]));
        places.sort_unstable();
        script.find_in_file(text, places);
        blocks.sort_unstable();
        Self { blocks, entries, assignments, rejected, complete: !incomplete }
    }

    /// Whether GRUB rejects what stands at this byte.
    pub(crate) fn rejects(&self, place: u32) -> bool {
        let before = self.rejected.partition_point(|dropped| dropped.start <= place);
        before.checked_sub(1).is_some_and(|index| place < self.rejected[index].end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces<'t>(text: &'t str, places: &[(u32, u32)]) -> Vec<&'t str> {
        places.iter().map(|(start, end)| &text[*start as usize..*end as usize]).collect()
    }

    #[test]
    fn blocks_entries_and_assignments_have_places() {
        let text = "#x\r\nset a=1; if x\r\nthen b=2; fi; c\nif true; then\n menuentry A { if y; then z; fi; }\nfi\nfor i in 1; do j; done\n";
        let outline = Outline::parse(text.as_bytes(), u32::MAX);
        assert_eq!(
            pieces(text, &outline.blocks),
            ["if x\r\nthen b=2; fi", "if y; then z; fi", "for i in 1; do j; done"]
        );
        let at = |places: &[u32]| places.iter().map(|at| text[*at as usize..][..3].to_owned()).collect::<Vec<_>>();
        assert_eq!(at(&outline.assignments), ["set", "b=2"]);
        assert_eq!(at(&outline.entries), ["men"]);
        assert!(outline.rejected.is_empty() && outline.complete);
    }

    #[test]
    fn what_is_rejected_is_not_there() {
        let text = "a=1\nif x; then b=1; menuentry A {\n}; fi\nc=1\nmenuentry B { d; }\n";
        let outline = Outline::parse(text.as_bytes(), u32::MAX);
        assert!(outline.blocks.is_empty());
        assert_eq!(outline.assignments, [0, 40]);
        assert_eq!(outline.entries, [44]);
        assert_eq!(outline.rejected, [Dropped { start: 4, end: 40, line: 3, fatal: false }]);
        assert!(!outline.rejects(3) && outline.rejects(4) && outline.rejects(39) && !outline.rejects(40));
    }
}
