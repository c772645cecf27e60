//! Huffman tables of literals, and the streams that they decode.

use super::super::DecodeError;
use super::bits::{Bits, IN_FRONT};
use super::fse::Table;

/// The longest code.
const LONGEST: u32 = 11;
/// The largest table of the weights' own code.
const WEIGHT_LOG: u32 = 6;

/// A decoding table: for each combination of `bits` bits the literal and how many bits it takes.
#[derive(Clone, Debug, Default)]
pub(super) struct Huffman {
    codes: Vec<(u8, u8)>,
    bits: u32,
}

impl Huffman {
    /// Reads a tree's description and returns it with the number of bytes that it takes.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, usize), DecodeError> {
        let damaged = || DecodeError::damaged("a Huffman table is damaged");
        let (&head, rest) = bytes.split_first().ok_or_else(damaged)?;
        let (mut weights, used) = if head >= 128 {
            let count = usize::from(head) - 127;
            let packed = rest.get(..count.div_ceil(2)).ok_or_else(damaged)?;
            let weights = (0..count).map(|i| if i % 2 == 0 { packed[i / 2] >> 4 } else { packed[i / 2] & 15 });
            (weights.collect::<Vec<u8>>(), 1 + packed.len())
        } else {
            let packed = rest.get(..usize::from(head)).ok_or_else(damaged)?;
            (read_weights(packed)?, 1 + packed.len())
        };
        if weights.len() > 255 || weights.iter().any(|&weight| u32::from(weight) > LONGEST) {
            return Err(damaged());
        }
        let sum: u32 = weights.iter().filter(|&&weight| weight > 0).map(|&weight| 1 << (weight - 1)).sum();
        if sum == 0 {
            return Err(damaged());
        }
        let bits = 32 - sum.leading_zeros();
        let left = (1_u32 << bits) - sum;
        if bits > LONGEST || !left.is_power_of_two() {
            return Err(damaged());
        }
        weights.push((left.trailing_zeros() + 1) as u8);
        // Too few codes of the longest length do not make a tree.
        let longest = weights.iter().filter(|&&weight| weight == 1).count();
        if longest < 2 || longest % 2 != 0 {
            return Err(damaged());
        }
        let mut codes = vec![(0, 0); 1 << bits];
        let mut at = 0;
        for weight in 1..=bits as u8 {
            for (symbol, _) in weights.iter().enumerate().filter(|&(_, &w)| w == weight) {
                let span = 1_usize << (weight - 1);
                let Some(codes) = codes.get_mut(at..at + span) else { return Err(damaged()) };
                codes.fill((symbol as u8, (bits + 1) as u8 - weight));
                at += span;
            }
        }
        Ok((Self { codes, bits }, used))
    }

    /// Whether there is no table.
    pub(super) fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Decodes one stream, which stands in `stream[IN_FRONT..]`, into all of `out`.
    fn decode(&self, stream: &[u8], out: &mut [u8]) -> Result<(), DecodeError> {
        let mut bits = Bits::new(stream)?;
        let shift = 64 - self.bits;
        let codes = &self.codes[..];
        let mut fives = out.chunks_exact_mut(5);
        for five in &mut fives {
            let mut word = bits.peek();
            let mut taken = 0;
            for literal in five {
                let Some(&(symbol, length)) = codes.get((word >> shift) as usize) else { break };
                *literal = symbol;
                word <<= length;
                taken += u32::from(length);
            }
            bits.skip(taken);
        }
        for literal in fives.into_remainder() {
            let Some(&(symbol, length)) = codes.get((bits.peek() >> shift) as usize) else { break };
            *literal = symbol;
            bits.skip(u32::from(length));
        }
        if bits.left() == 0 { Ok(()) } else { Err(DecodeError::damaged("literals do not end where their data does")) }
    }

    /// Decodes literals into all of `out`: one stream, or four with a table of their lengths in front.
    pub(super) fn literals(&self, bytes: &[u8], four: bool, out: &mut [u8]) -> Result<(), DecodeError> {
        let damaged = || DecodeError::damaged("the lengths of literals are damaged");
        let mut padded = [0; IN_FRONT].to_vec();
        if !four {
            padded.extend_from_slice(bytes);
            return self.decode(&padded, out);
        }
        let (jump, streams) = bytes.split_at_checked(6).ok_or_else(damaged)?;
        let mut lengths = [0; 4];
        for (length, pair) in lengths.iter_mut().zip(jump.chunks_exact(2)) {
            *length = usize::from(u16::from_le_bytes([pair[0], pair[1]]));
        }
        lengths[3] = streams.len().checked_sub(lengths.iter().sum()).ok_or_else(damaged)?;
        let each = out.len().div_ceil(4);
        let mut rest = streams;
        let mut out = out;
        for (number, length) in lengths.into_iter().enumerate() {
            let (stream, after) = rest.split_at_checked(length).ok_or_else(damaged)?;
            let part = if number == 3 { out.len() } else { each };
            let (part, later) = out.split_at_mut_checked(part).ok_or_else(damaged)?;
            padded.truncate(IN_FRONT);
            padded.extend_from_slice(stream);
            self.decode(&padded, part)?;
            rest = after;
            out = later;
        }
        Ok(())
    }
}

/// Weights that are packed by two interleaved states of finite state entropy.
fn read_weights(packed: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let damaged = || DecodeError::damaged("the weights of a Huffman table are damaged");
    let (table, used) = Table::read(packed, 16, WEIGHT_LOG)?;
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
            weights.push(table.state(states[(turn + 1) % 2]).symbol);
            break;
        }
        states[turn % 2] = state.next(&mut bits);
    }
    Ok(weights)
}
