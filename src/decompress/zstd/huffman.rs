//! Huffman tables of literals, and the streams that they decode.

use super::super::DecodeError;
use super::bits::{Bits, IN_FRONT};
use super::fse::DecodingTable;
use crate::size::to_usize;

/// The longest code.
const LONGEST: u32 = 11;
/// The largest table of the weights' own code.
const WEIGHT_LOG: u32 = 6;

/// A decoding table: for each combination of [`LONGEST`] bits the literal that it begins with and how many bits that takes.
#[derive(Clone, Debug)]
pub(super) struct Huffman {
    codes: Box<[(u8, u8); 1 << LONGEST]>,
    is_set: bool,
}

impl Default for Huffman {
    fn default() -> Self {
        Self { codes: Box::new([(0, 0); 1 << LONGEST]), is_set: false }
    }
}

impl Huffman {
    /// Reads a tree's description and returns it with the number of bytes that it takes.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, usize), DecodeError> {
        let damaged = || DecodeError::damaged("a Huffman table is damaged");
        let (&head, rest) = bytes.split_first().ok_or_else(damaged)?;
        let (mut weights, used) = if head >= 128 {
            let count = usize::from(head).saturating_sub(127);
            let packed = rest.get(..count.div_ceil(2)).ok_or_else(damaged)?;
            let weights = (0..count).map(|i| if i % 2 == 0 { packed[i / 2] >> 4 } else { packed[i / 2] & 15 });
            (weights.collect::<Vec<u8>>(), packed.len().saturating_add(1))
        } else {
            let packed = rest.get(..usize::from(head)).ok_or_else(damaged)?;
            (read_weights(packed)?, packed.len().saturating_add(1))
        };
        if weights.len() > 255 || weights.iter().any(|&weight| u32::from(weight) > LONGEST) {
            return Err(damaged());
        }
        let sum: u32 = weights.iter().filter(|&&weight| weight > 0).map(|&weight| 1_u32 << weight >> 1).sum();
        if sum == 0 {
            return Err(damaged());
        }
        let bits = sum.ilog2().saturating_add(1);
        let left = (1_u32 << bits).saturating_sub(sum);
        if bits > LONGEST || !left.is_power_of_two() {
            return Err(damaged());
        }
        weights.push(u8::try_from(left.trailing_zeros().saturating_add(1)).unwrap_or(u8::MAX));
        // Too few codes of the longest length do not make a tree.
        let longest = weights.iter().filter(|&&weight| weight == 1).count();
        if longest < 2 || longest % 2 != 0 {
            return Err(damaged());
        }
        let mut table = Self { is_set: true, ..Self::default() };
        let mut rest = &mut table.codes[..];
        // The longest codes come first, which are those of weight 1.
        for (weight, length) in (1..=bits).zip((1..=bits).rev()) {
            for (symbol, _) in (0..=u8::MAX).zip(&weights).filter(|&(_, &w)| u32::from(w) == weight) {
                let span = 1_usize << LONGEST.saturating_sub(length);
                let (codes, after) = rest.split_at_mut_checked(span).ok_or_else(damaged)?;
                codes.fill((symbol, u8::try_from(length).unwrap_or(u8::MAX)));
                rest = after;
            }
        }
        Ok((table, used))
    }

    /// Whether there is no table.
    pub(super) fn is_empty(&self) -> bool {
        !self.is_set
    }

    /// The literal that a word begins with; the word goes on after it.
    #[inline(always)]
    fn next(&self, word: &mut u64, taken: &mut u32) -> u8 {
        let (symbol, length) = self.codes[to_usize(*word >> (64 - LONGEST))];
        *word <<= length;
        *taken = taken.wrapping_add(u32::from(length));
        symbol
    }

    /// Decodes five literals: as many as a word surely has.
    #[inline(always)]
    fn five(&self, bits: &mut Bits<'_>, out: &mut [u8; 5]) {
        let (mut word, mut taken) = (bits.peek(), 0);
        for literal in out {
            *literal = self.next(&mut word, &mut taken);
        }
        bits.skip(taken);
    }

    /// Decodes the end of a stream into all of `out`.
    fn rest(&self, mut bits: Bits<'_>, out: &mut [u8]) -> Result<(), DecodeError> {
        let (fives, rest) = out.as_chunks_mut::<5>();
        for five in fives {
            self.five(&mut bits, five);
        }
        for literal in rest {
            let (mut word, mut taken) = (bits.peek(), 0);
            *literal = self.next(&mut word, &mut taken);
            bits.skip(taken);
        }
        if bits.left() == 0 { Ok(()) } else { Err(DecodeError::damaged("literals do not end where their data does")) }
    }

    /// Decodes literals into all of `out`: one stream, or four with a table of their lengths in front.
    pub(super) fn literals(&self, bytes: &[u8], four: bool, out: &mut [u8]) -> Result<(), DecodeError> {
        let damaged = || DecodeError::damaged("the lengths of literals are damaged");
        let mut padded = [0; IN_FRONT].to_vec();
        if !four {
            padded.extend_from_slice(bytes);
            return self.rest(Bits::new(&padded)?, out);
        }
        let (jump, streams) = bytes.split_at_checked(6).ok_or_else(damaged)?;
        padded.extend_from_slice(streams);
        let mut at = 0_usize;
        let mut stream = |length: usize| {
            let stream = padded.get(at..).and_then(|rest| rest.get(..length.saturating_add(IN_FRONT)));
            at = at.saturating_add(length);
            Bits::new(stream.ok_or_else(damaged)?)
        };
        let mut lengths = jump.chunks_exact(2).map(|pair| usize::from(u16::from_le_bytes([pair[0], pair[1]])));
        let mut next = || stream(lengths.next().unwrap_or_default());
        let (mut a, mut b, mut c) = (next()?, next()?, next()?);
        let mut d = stream(streams.len().checked_sub(at_end(jump)).ok_or_else(damaged)?)?;
        let each = out.len().div_ceil(4);
        let (out_a, rest) = out.split_at_mut_checked(each).ok_or_else(damaged)?;
        let (out_b, rest) = rest.split_at_mut_checked(each).ok_or_else(damaged)?;
        let (out_c, out_d) = rest.split_at_mut_checked(each).ok_or_else(damaged)?;
        // The four do not wait for each other.
        let fives = (out_d.len() / 5).saturating_mul(5);
        let (fives_a, rest_a) = out_a.split_at_mut(fives);
        let (fives_b, rest_b) = out_b.split_at_mut(fives);
        let (fives_c, rest_c) = out_c.split_at_mut(fives);
        let (fives_d, rest_d) = out_d.split_at_mut(fives);
        let [fives_a, fives_b, fives_c, fives_d] =
            [fives_a, fives_b, fives_c, fives_d].map(|out| out.as_chunks_mut().0);
        for (((out_a, out_b), out_c), out_d) in fives_a.iter_mut().zip(fives_b).zip(fives_c).zip(fives_d) {
            self.five(&mut a, out_a);
            self.five(&mut b, out_b);
            self.five(&mut c, out_c);
            self.five(&mut d, out_d);
        }
        self.rest(a, rest_a)?;
        self.rest(b, rest_b)?;
        self.rest(c, rest_c)?;
        self.rest(d, rest_d)
    }
}

/// Where the fourth of four streams begins: after the three whose lengths the table has.
fn at_end(jump: &[u8]) -> usize {
    jump.chunks_exact(2).map(|pair| usize::from(u16::from_le_bytes([pair[0], pair[1]]))).sum()
}

/// Weights that are packed by two interleaved states of finite state entropy.
fn read_weights(packed: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let damaged = || DecodeError::damaged("the weights of a Huffman table are damaged");
    let (table, used) = DecodingTable::read(packed, 16, WEIGHT_LOG)?;
    let mut padded = [0; IN_FRONT].to_vec();
    padded.extend_from_slice(&packed[used..]);
    let mut bits = Bits::new(&padded)?;
    let mut weights = Vec::new();
    let mut states = [table.start(&mut bits), table.start(&mut bits)];
    if bits.left() < 0 {
        return Err(damaged());
    }
    for turn in 0.. {
        let state = table.state(states[turn % 2]);
        weights.push(state.symbol);
        if weights.len() > 255 {
            return Err(damaged());
        }
        if bits.left() < i64::from(state.bits) {
            // The other state's symbol is the last.
            weights.push(table.state(states[(turn ^ 1) % 2]).symbol);
            break;
        }
        states[turn % 2] = state.next(&mut bits);
    }
    Ok(weights)
}
