//! Fields of partition tables, all of them little-endian.

/// The 32-bit field at `offset`.
///
/// # Panics
///
/// Panics where the structure is shorter: callers pass structures of a known length.
pub(super) fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    let field = &bytes[offset..][..4];
    u32::from_le_bytes([field[0], field[1], field[2], field[3]])
}

/// The 64-bit field at `offset`.
///
/// # Panics
///
/// As [`u32_at`].
pub(super) fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    let field = &bytes[offset..][..8];
    u64::from(u32_at(field, 0)) | u64::from(u32_at(field, 4)) << 32
}
