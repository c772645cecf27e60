//! The literals of a block.

use super::super::DecodeError;
use super::LARGEST_BLOCK;
use super::huffman::Huffman;
use crate::size::to_usize;

/// Reads the section of literals at the beginning of a block into `literals`, and returns how many bytes it takes.
pub(super) fn read(block: &[u8], huffman: &mut Huffman, literals: &mut Vec<u8>) -> Result<usize, DecodeError> {
    let damaged = || DecodeError::damaged("the literals of a block are damaged");
    let byte = |index: usize| block.get(index).map(|&byte| u64::from(byte)).ok_or_else(damaged);
    let head = byte(0)?;
    let (kind, format) = (head & 3, head >> 2 & 3);
    if kind < 2 {
        let (size, header) = match format {
            0 | 2 => (head >> 3, 1),
            1 => (head >> 4 | byte(1)? << 4, 2),
            _ => (head >> 4 | byte(1)? << 4 | byte(2)? << 12, 3),
        };
        let size = to_usize(size);
        if size > LARGEST_BLOCK {
            return Err(damaged());
        }
        literals.clear();
        if kind == 0 {
            let bytes = block.get(header..).and_then(|rest| rest.get(..size));
            literals.extend_from_slice(bytes.ok_or_else(damaged)?);
            return Ok(size.saturating_add(header));
        }
        literals.resize(size, *block.get(header).ok_or_else(damaged)?);
        return Ok(header.saturating_add(1));
    }
    let (bits, header): (u32, usize) = match format {
        0 | 1 => (10, 3),
        2 => (14, 4),
        _ => (18, 5),
    };
    let mut fields = 0;
    for (index, shift) in (0..header).zip((0..).step_by(8)) {
        fields |= byte(index)? << shift;
    }
    let mask = !(u64::MAX << bits);
    let (size, packed) = (to_usize(fields >> 4 & mask), to_usize(fields >> 4 >> bits & mask));
    if size > LARGEST_BLOCK || size == 0 {
        return Err(damaged());
    }
    let mut bytes = block.get(header..).and_then(|rest| rest.get(..packed)).ok_or_else(damaged)?;
    if kind == 2 {
        let (table, used) = Huffman::read(bytes)?;
        *huffman = table;
        bytes = &bytes[used..];
    } else if huffman.is_empty() {
        return Err(damaged());
    }
    literals.resize(size, 0);
    huffman.literals(bytes, format != 0, literals)?;
    Ok(packed.saturating_add(header))
}
