//! Fields of on-disk structures, all of them big-endian. What lies outside of the structure is nothing.

fn array<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..offset.checked_add(N)?)?.try_into().ok()
}

/// The 16-bit field at `offset`.
pub(crate) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    array(bytes, offset).map(u16::from_be_bytes)
}

/// The 32-bit field at `offset`.
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    array(bytes, offset).map(u32::from_be_bytes)
}

/// The 64-bit field at `offset`.
pub(crate) fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    array(bytes, offset).map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_byte_comes_first() {
        assert_eq!(u16_at(&[9, 1, 2], 1), Some(0x102));
        assert_eq!(u32_at(&[9, 1, 2, 3, 4], 1), Some(0x0102_0304));
        assert_eq!(u64_at(&[0; 8], 0), Some(0));
        assert_eq!(u64_at(&[0; 8], 1), None);
        assert_eq!(u16_at(&[0; 8], usize::MAX), None);
    }
}
