//! A packed block: literals, and sequences that say how they are put together.

use super::super::DecodeError;
use super::super::window::repeat;
use super::LARGEST_BLOCK;
use super::bits::{Bits, IN_FRONT};
use super::fse::Table;
use super::huffman::Huffman;
use super::literals;
use super::sequences::{Field, LITERAL_LENGTHS, MATCH_LENGTHS};

/// What a block leaves to the next one of its frame.
pub(super) struct Tables {
    huffman: Huffman,
    literal_lengths: Table,
    offsets: Table,
    match_lengths: Table,
    recent: [usize; 3],
    literals: Vec<u8>,
    padded: Vec<u8>,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            huffman: Huffman::default(),
            literal_lengths: Table::default(),
            offsets: Table::default(),
            match_lengths: Table::default(),
            recent: [1, 4, 8],
            literals: Vec::new(),
            padded: Vec::new(),
        }
    }
}

impl Tables {
    /// Decodes a block and appends it to `output`, whose last `reach` bytes it may refer to.
    pub(super) fn decode(&mut self, block: &[u8], output: &mut Vec<u8>, reach: usize) -> Result<(), DecodeError> {
        let damaged = || DecodeError::damaged("the sequences of a block are damaged");
        let used = literals::read(block, &mut self.huffman, &mut self.literals)?;
        let rest = &block[used..];
        let byte = |index: usize| rest.get(index).map(|&byte| usize::from(byte)).ok_or_else(damaged);
        let (count, mut at) = match byte(0)? {
            0 => (0, 1),
            first @ 1..128 => (first, 1),
            first @ 128..255 => (((first - 128) << 8) + byte(1)?, 2),
            _ => (byte(1)? + (byte(2)? << 8) + 0x7f00, 3),
        };
        if count == 0 {
            if at != rest.len() {
                return Err(damaged());
            }
            output.extend_from_slice(&self.literals);
            return Ok(());
        }
        let modes = byte(at)? as u8;
        at += 1;
        if modes & 3 != 0 {
            return Err(damaged());
        }
        at += Field::Literals.set_up(modes >> 6, &rest[at..], &mut self.literal_lengths)?;
        at += Field::Offset.set_up(modes >> 4, rest.get(at..).ok_or_else(damaged)?, &mut self.offsets)?;
        at += Field::Match.set_up(modes >> 2, rest.get(at..).ok_or_else(damaged)?, &mut self.match_lengths)?;
        self.padded.clear();
        self.padded.extend_from_slice(&[0; IN_FRONT]);
        self.padded.extend_from_slice(rest.get(at..).ok_or_else(damaged)?);
        self.execute(count, output, reach)
    }

    fn execute(&mut self, count: usize, output: &mut Vec<u8>, reach: usize) -> Result<(), DecodeError> {
        let damaged = || DecodeError::damaged("the sequences of a block are damaged");
        let mut bits = Bits::new(&self.padded)?;
        let limit = output.len() + LARGEST_BLOCK;
        let mut literals = &self.literals[..];
        let mut literal_state = self.literal_lengths.start(&mut bits);
        let mut offset_state = self.offsets.start(&mut bits);
        let mut match_state = self.match_lengths.start(&mut bits);
        let [mut first, mut second, mut third] = self.recent;
        for number in 0..count {
            let literal = self.literal_lengths.state(literal_state);
            let offset = self.offsets.state(offset_state);
            let matched = self.match_lengths.state(match_state);
            let raw = (1_usize << offset.symbol) + bits.read(u32::from(offset.symbol)) as usize;
            let &(base, extra) = MATCH_LENGTHS.get(usize::from(matched.symbol)).ok_or_else(damaged)?;
            let length = base as usize + bits.read(u32::from(extra)) as usize;
            let &(base, extra) = LITERAL_LENGTHS.get(usize::from(literal.symbol)).ok_or_else(damaged)?;
            let literal_length = base as usize + bits.read(u32::from(extra)) as usize;
            if number + 1 < count {
                literal_state = literal.next(&mut bits);
                match_state = matched.next(&mut bits);
                offset_state = offset.next(&mut bits);
            }
            // The three last distances have numbers of their own, other ones where no literals stand before.
            let distance = if raw > 3 {
                (first, second, third) = (raw - 3, first, second);
                first
            } else {
                match raw - 1 + usize::from(literal_length == 0) {
                    0 => first,
                    1 => {
                        (first, second) = (second, first);
                        first
                    }
                    2 => {
                        (first, second, third) = (third, first, second);
                        first
                    }
                    _ => {
                        (first, second, third) = (first.saturating_sub(1), first, second);
                        first
                    }
                }
            };
            let (now, later) = literals.split_at_checked(literal_length).ok_or_else(damaged)?;
            literals = later;
            output.extend_from_slice(now);
            if output.len() + length > limit || distance > reach.max(output.len()) {
                return Err(damaged());
            }
            repeat(output, distance, length)?;
        }
        if bits.left() != 0 || output.len() + literals.len() > limit {
            return Err(damaged());
        }
        output.extend_from_slice(literals);
        self.recent = [first, second, third];
        Ok(())
    }
}
