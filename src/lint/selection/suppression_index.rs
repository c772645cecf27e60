//! Which comments silence a finding.

use std::collections::HashMap;

use crate::lint::engine::diagnostic::SpanSource;
use crate::lint::engine::finding::Finding;
use crate::lint::engine::group::Group;
use crate::lint::selection::rule_levels::Selector;
use crate::lint::selection::suppression::{Scope, Suppression};

/// What some comments cover alike.
#[derive(Default)]
struct Covered {
    /// What they name, each once, with the numbers of the suppressions that do.
    selectors: Vec<(Selector, Vec<usize>)>,
}

/// Lines of a text that comments cover alike.
struct Block {
    /// The text, first and last line.
    place: (SpanSource, u32, u32),
    /// The last line that it or one before it in the same text reaches to.
    reach: u32,
    covered: Covered,
}

/// All comments of all texts, by what they cover. A guest can write ten thousand of them, for as many findings.
pub(in crate::lint) struct SuppressionIndex<'a> {
    list: Vec<(SpanSource, &'a Suppression)>,
    /// Whether each was needed.
    used: Vec<bool>,
    files: HashMap<SpanSource, Covered>,
    lines: HashMap<(SpanSource, u32), Covered>,
    /// What covers more than a line, in order.
    blocks: Vec<Block>,
}

impl<'a> SuppressionIndex<'a> {
    /// Takes the comments in.
    pub(in crate::lint) fn new(list: Vec<(SpanSource, &'a Suppression)>) -> Self {
        let mut files: HashMap<SpanSource, Covered> = HashMap::new();
        let mut lines: HashMap<(SpanSource, u32), Covered> = HashMap::new();
        let mut blocks: HashMap<(SpanSource, u32, u32), Covered> = HashMap::new();
        for (index, (source, one)) in list.iter().enumerate() {
            let covered = match &one.scope {
                Scope::File => files.entry(*source).or_default(),
                Scope::Lines(range) if range.start() == range.end() => {
                    lines.entry((*source, *range.start())).or_default()
                }
                Scope::Lines(range) => blocks.entry((*source, *range.start(), *range.end())).or_default(),
            };
            match covered.selectors.iter_mut().find(|(known, _)| known.is(&one.selector)) {
                Some((_, indices)) => indices.push(index),
                None => covered.selectors.push((one.selector, vec![index])),
            }
        }
        let block = |(place, covered): ((SpanSource, u32, u32), Covered)| Block { place, reach: place.2, covered };
        let mut blocks: Vec<Block> = blocks.into_iter().map(block).collect();
        blocks.sort_by_key(|block| block.place);
        for index in 1..blocks.len() {
            if blocks[index].place.0 == blocks[index - 1].place.0 {
                blocks[index].reach = blocks[index].reach.max(blocks[index - 1].reach);
            }
        }
        Self { used: vec![false; list.len()], list, files, lines, blocks }
    }

    /// The reason of the first comment that silences this finding.
    pub(in crate::lint) fn silences(&mut self, finding: &Finding) -> Option<String> {
        if finding.rule.group() == Group::Suppressions {
            return None;
        }
        let source = finding.source;
        let line = finding.span.map(|span| span.line);
        let in_line = line.and_then(|line| self.lines.get_mut(&(source, line)));
        let end = line.map_or(0, |line| {
            self.blocks.partition_point(|Block { place: (other, first, _), .. }| (*other, *first) <= (source, line))
        });
        let reaches = |block: &&mut Block| block.place.0 == source && line.is_some_and(|line| line <= block.reach);
        let around = self.blocks[..end].iter_mut().rev().take_while(reaches);
        let around = around.filter(|block| line.is_some_and(|line| line <= block.place.2));
        let all = self.files.get_mut(&source).into_iter().chain(in_line).chain(around.map(|block| &mut block.covered));
        let mut first: Option<usize> = None;
        for (_, indices) in all.flat_map(|covered| &mut covered.selectors).filter(|(one, _)| one.covers(finding.rule)) {
            first = indices.first().copied().into_iter().chain(first).min();
            // Once they are marked, the first alone need be known.
            for index in &*indices {
                self.used[*index] = true;
            }
            indices.truncate(1);
        }
        first.and_then(|index| self.list.get(index)).map(|(_, one)| one.reason.clone())
    }

    /// Those that silenced nothing, in the order of the texts.
    pub(in crate::lint) fn unused(&self) -> impl Iterator<Item = (SpanSource, &'a Suppression)> {
        let unused = self.list.iter().zip(&self.used).filter(|(_, used)| !**used);
        unused.map(|((source, one), _)| (*source, *one))
    }
}
