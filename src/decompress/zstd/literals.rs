//! The literals of a block.

use super::super::DecodeError;
use super::LARGEST_BLOCK;
use super::huffman::Huffman;

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
        let size = size as usize;
        if size > LARGEST_BLOCK {
            return Err(damaged());
        }
        literals.clear();
        if kind == 0 {
            literals.extend_from_slice(block.get(header..header + size).ok_or_else(damaged)?);
            return Ok(header + size);
        }
        literals.resize(size, byte(header)? as u8);
        return Ok(header + 1);
    }
    let (bits, header) = match format {
        0 | 1 => (10, 3),
        2 => (14, 4),
        _ => (18, 5),
    };
    let mut fields = 0;
    for index in 0..header {
        fields |= byte(index)? << (8 * index);
    }
    let mask = (1 << bits) - 1;
    let (size, packed) = ((fields >> 4 & mask) as usize, (fields >> (4 + bits) & mask) as usize);
    if size > LARGEST_BLOCK || size == 0 {
        return Err(damaged());
    }
    let mut bytes = block.get(header..header + packed).ok_or_else(damaged)?;
    if kind == 2 {
        let (table, used) = Huffman::read(bytes)?;
        *huffman = table;
        bytes = &bytes[used..];
    } else if huffman.is_empty() {
        return Err(damaged());
    }
    literals.resize(size, 0);
    huffman.literals(bytes, format != 0, literals)?;
    Ok(header + packed)
}
