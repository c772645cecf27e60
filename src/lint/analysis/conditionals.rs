//! What stands inside an `if` or a loop by GRUB's parser: what GRUB may leave out, or do several times, and pygrub takes as it comes. Of an
//! `if` with a constant condition (`true`, `[ x = y ]`) only the branch that GRUB never takes counts. What GRUB rejects is in none: GRUB drops it whole, which is PG703's.

use crate::config::Entry;
use crate::lint::analysis::configuration::Configuration;

/// The outermost blocks of a part of the configuration, in order.
pub(in crate::lint) struct ConditionalBlocks {
    /// First byte of each, and the one after its last.
    places: Vec<(u32, u32)>,
}

impl ConditionalBlocks {
    /// Those that begin before the byte `until`, for what stands outside of entries.
    pub(in crate::lint) fn until(configuration: &Configuration<'_>, until: u32) -> Self {
        Self::outermost(&configuration.outline(until).blocks)
    }

    /// Those in an entry.
    pub(in crate::lint) fn of_entry(configuration: &Configuration<'_>, entry: &Entry) -> Self {
        let end = entry.directives.last().map_or(entry.header.end, |directive| directive.line.end);
        let outline = configuration.outline(end);
        let first = outline.blocks.partition_point(|(start, _)| *start < entry.header.end);
        let behind = outline.blocks.partition_point(|(start, _)| *start < end);
        Self::outermost(outline.blocks.get(first..behind).unwrap_or_default())
    }

    fn outermost(blocks: &[(u32, u32)]) -> Self {
        let mut places: Vec<(u32, u32)> = Vec::new();
        for block in blocks {
            if places.last().is_none_or(|outer| outer.1 <= block.0) {
                places.push(*block);
            }
        }
        Self { places }
    }

    /// The first byte of the block that this byte stands in; nothing for that byte itself.
    pub(in crate::lint) fn around(&self, place: u32) -> Option<u32> {
        let before = self.places.partition_point(|(start, _)| *start < place);
        let (start, end) = *self.places.get(before.checked_sub(1)?)?;
        (place < end).then_some(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::{self, Options};
    use crate::config::Dialect;
    use crate::lint::analysis::context::LintContext;
    use crate::target::Kind;

    /// The lines of `text` that stand in a block with, for each, the line that the block begins on.
    fn around(text: &str) -> Vec<(usize, usize)> {
        let run = boot::run_config("grub.cfg", Dialect::Grub2, text.as_bytes().to_vec(), Options::default());
        let context = LintContext::new(&run, Kind::Config);
        let configuration = context.configuration().unwrap();
        let blocks = ConditionalBlocks::until(&configuration, u32::MAX);
        let line = |place: usize| text[..place].matches('\n').count() + 1;
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        let places = starts.map(|start| start + text[start..].len() - text[start..].trim_start_matches(' ').len());
        places.filter_map(|start| Some((line(start), line(blocks.around(start as u32)? as usize)))).collect()
    }

    #[test]
    fn blocks_are_found() {
        let text = "set a=1\nif x; then\nif y; then\nset b=1; fi\nelse\nset c=1\nfi\nset d=1\nif z; then w; fi\nset e=1\n\
            for i in 1 2; do\nset f=1; done\nset g='\nif x; then\n'\n";
        assert_eq!(around(text), [(3, 2), (4, 2), (5, 2), (6, 2), (7, 2), (12, 11)]);
    }

    #[test]
    fn what_is_rejected_is_in_none() {
        assert_eq!(around("if x; then\nset a=1\nset b=1\n"), []);
    }

    #[test]
    fn what_is_always_done_is_no_block() {
        assert_eq!(around("if true; then\nset a=1\nfi\n"), []);
        assert_eq!(around("if true\nthen\nset a=1\nfi\n"), []);
        assert_eq!(around("if true; then\nset a=1\nelse\nset b=1\nfi\n"), [(4, 3), (5, 3)]);
        assert_eq!(around("if [ x = y ]; then\nset a=1\nelse\nset b=1\nfi\n"), [(2, 1)]);
        assert_eq!(
            around("if false; then\nset a=1\nelif [ 1 -lt 2 ]; then\nset b=1\nelse\nset c=1\nfi\n"),
            [(2, 1), (6, 5), (7, 5)]
        );
        assert_eq!(around("if false; then\nset a=1\nelif x; then\nset b=1\nfi\n"), [(2, 1), (4, 3), (5, 3)]);
        assert_eq!(around("if true; then\nif x; then\nset a=1\nfi\nset b=1\nfi\n"), [(3, 2), (4, 2)]);
        assert_eq!(around("if x; then\nif true; then\nset a=1\nfi\nfi\n"), [(2, 1), (3, 1), (4, 1), (5, 1)]);
    }
}
