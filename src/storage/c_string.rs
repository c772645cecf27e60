//! Names as C compares them.

/// Whether a stored name is the wanted one. It ends at a NUL or after its last byte; no longer than the wanted one is looked
/// at.
pub(crate) fn same(stored: &[u8], wanted: &[u8]) -> bool {
    stored.starts_with(wanted) && matches!(stored.get(wanted.len()), None | Some(0)) && !wanted.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn a_name_ends_at_a_nul() {
        assert!(same(b"k", b"k") && same(b"k\0x", b"k") && same(b"", b"") && same(b"\0", b""));
        assert!(!same(b"kk", b"k") && !same(b"k", b"kk") && !same(b"k\0", b"k\0") && !same(b"k\0x", b"k\0x"));
    }
}
