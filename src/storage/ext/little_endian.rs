//! Fields of on-disk structures, all of them little-endian.

/// The 16-bit field at `offset`.
///
/// # Panics
///
/// Panics where the structure is shorter: callers pass structures of a known length.
pub(crate) fn u16_at(bytes: &[u8], offset: usize) -> u16 {
    let field = &bytes[offset..][..2];
    u16::from_le_bytes([field[0], field[1]])
}

/// The 32-bit field at `offset`.
///
/// # Panics
///
/// As [`u16_at`].
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    let field = &bytes[offset..][..4];
    u32::from_le_bytes([field[0], field[1], field[2], field[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_low_byte_comes_first() {
        assert_eq!(u16_at(&[9, 1, 2], 1), 0x201);
        assert_eq!(u32_at(&[9, 1, 2, 3, 4], 1), 0x0403_0201);
    }
}
