//! A packed block: literals, and sequences that say how they are put together.

use super::super::DecodeError;
use super::super::window::OutputWindow;
use super::LARGEST_BLOCK;
use super::bits::{Bits, IN_FRONT};
use super::fse::{DecodingTable, State};
use super::huffman::Huffman;
use super::literals;
use super::sequences::SequenceField;
use crate::size::to_usize;

/// How many sequences are decoded before they are carried out: what they refer to mostly lies in no cache, and is loaded for all of
/// them at once.
const BATCH: usize = 32;

/// A sequence: literals, then a match.
#[derive(Clone, Copy, Default)]
struct Sequence {
    literals: usize,
    length: usize,
    distance: usize,
    /// Bytes of output before the match that the batch has not put out yet.
    ahead: usize,
}

/// What a block leaves to the next one of its frame.
pub(super) struct Tables {
    huffman: Huffman,
    literal_lengths: DecodingTable,
    offsets: DecodingTable,
    match_lengths: DecodingTable,
    recent: [usize; 3],
    literals: Vec<u8>,
    padded: Vec<u8>,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            huffman: Huffman::default(),
            literal_lengths: DecodingTable::default(),
            offsets: DecodingTable::default(),
            match_lengths: DecodingTable::default(),
            recent: [1, 4, 8],
            literals: Vec::new(),
            padded: Vec::new(),
        }
    }
}

impl Tables {
    /// Decodes a block and appends it to `output`, whose last `reach` bytes it may refer to.
    pub(super) fn decode(&mut self, block: &[u8], output: &mut OutputWindow, reach: usize) -> Result<(), DecodeError> {
        let damaged = || DecodeError::damaged("the sequences of a block are damaged");
        let used = literals::read(block, &mut self.huffman, &mut self.literals)?;
        let rest = &block[used..];
        let byte = |index: usize| rest.get(index).map(|&byte| usize::from(byte)).ok_or_else(damaged);
        let (count, mut at) = match byte(0)? {
            0 => (0, 1),
            first @ 1..128 => (first, 1),
            first @ 128..255 => ((first & 127) << 8 | byte(1)?, 2),
            _ => ((byte(1)? | byte(2)? << 8).saturating_add(0x7f00), 3),
        };
        if count == 0 {
            if at != rest.len() {
                return Err(damaged());
            }
            output.append(&self.literals);
            return Ok(());
        }
        let modes = *rest.get(at).ok_or_else(damaged)?;
        at = at.saturating_add(1);
        if modes & 3 != 0 {
            return Err(damaged());
        }
        at = at.saturating_add(SequenceField::Literals.set_up(modes >> 6, &rest[at..], &mut self.literal_lengths)?);
        let bytes = rest.get(at..).ok_or_else(damaged)?;
        at = at.saturating_add(SequenceField::Offset.set_up(modes >> 4, bytes, &mut self.offsets)?);
        let bytes = rest.get(at..).ok_or_else(damaged)?;
        at = at.saturating_add(SequenceField::Match.set_up(modes >> 2, bytes, &mut self.match_lengths)?);
        self.padded.clear();
        self.padded.extend_from_slice(&[0; IN_FRONT]);
        self.padded.extend_from_slice(rest.get(at..).ok_or_else(damaged)?);
        self.execute(count, output, reach)
    }

    fn execute(&mut self, count: usize, output: &mut OutputWindow, reach: usize) -> Result<(), DecodeError> {
        let damaged = || DecodeError::damaged("the sequences of a block are damaged");
        // No sum wraps: lengths have at most 32 bits, and `room` bounds their sum. This is the innermost loop.
        let base = |state: State| to_usize(u64::from(state.code.0));
        let mut bits = Bits::new(&self.padded)?;
        let mut room = LARGEST_BLOCK;
        output.reserve(LARGEST_BLOCK);
        let mut literals = &self.literals[..];
        let mut literal_state = self.literal_lengths.start(&mut bits);
        let mut offset_state = self.offsets.start(&mut bits);
        let mut match_state = self.match_lengths.start(&mut bits);
        let [mut first, mut second, mut third] = self.recent;
        let mut batch = [Sequence::default(); BATCH];
        let mut left = count;
        while left > 0 {
            let now = left.min(BATCH);
            left = left.wrapping_sub(now);
            let mut ahead = 0_usize;
            for (number, sequence) in batch[..now].iter_mut().enumerate() {
                let literal = self.literal_lengths.state(literal_state);
                let offset = self.offsets.state(offset_state);
                let matched = self.match_lengths.state(match_state);
                // At most 31 and 16 bits.
                let word = bits.peek();
                let extra = u32::from(offset.code.1);
                let raw = base(offset).wrapping_add(to_usize(Bits::of(word, 0, extra)));
                let taken = u32::from(matched.code.1);
                let length = base(matched).wrapping_add(to_usize(Bits::of(word, extra, taken)));
                bits.skip(extra.wrapping_add(taken));
                // At most 16, 9, 9 and 8 bits.
                let word = bits.peek();
                let mut taken = u32::from(literal.code.1);
                let literal_length = base(literal).wrapping_add(to_usize(Bits::of(word, 0, taken)));
                if left > 0 || number.wrapping_add(1) < now {
                    literal_state = literal.next_in(word, &mut taken);
                    match_state = matched.next_in(word, &mut taken);
                    offset_state = offset.next_in(word, &mut taken);
                }
                bits.skip(taken);
                // The three last distances have numbers of their own, other ones where no literals stand before.
                if raw > 3 {
                    (first, second, third) = (raw.wrapping_sub(3), first, second);
                } else {
                    match raw.wrapping_sub(1).wrapping_add(usize::from(literal_length == 0)) {
                        0 => {}
                        1 => (first, second) = (second, first),
                        2 => (first, second, third) = (third, first, second),
                        _ => (first, second, third) = (first.saturating_sub(1), first, second),
                    }
                }
                ahead = ahead.wrapping_add(literal_length);
                *sequence = Sequence { literals: literal_length, length, distance: first, ahead };
                ahead = ahead.wrapping_add(length);
            }
            output.touch(batch[..now].iter().map(|sequence| sequence.distance.wrapping_sub(sequence.ahead)));
            for sequence in &batch[..now] {
                let total = sequence.literals.wrapping_add(sequence.length);
                if total > room || sequence.literals > literals.len() {
                    return Err(damaged());
                }
                room = room.wrapping_sub(total);
                output.append_start(literals, sequence.literals);
                literals = &literals[sequence.literals..];
                if sequence.distance > reach.max(output.held()) {
                    return Err(damaged());
                }
                output.repeat(sequence.distance, sequence.length)?;
            }
        }
        if bits.left() != 0 || literals.len() > room {
            return Err(damaged());
        }
        output.append(literals);
        self.recent = [first, second, third];
        Ok(())
    }
}
