//! Division by the size of a block, which is a power of two in every format here.

/// Where a byte lies on what is cut into blocks of one size, or an entry in a table that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InBlock {
    /// The number of the block.
    pub(crate) index: u64,
    /// Where in it.
    pub(crate) within: u64,
    /// How much there is from there to its end.
    pub(crate) rest: u64,
}

impl InBlock {
    /// The byte `offset` in blocks of `size` bytes. Drivers refuse a size that is not a power of two before they come here; a size of
    /// 0 has the one block 0.
    pub(crate) fn of(offset: u64, size: u64) -> Self {
        let within = offset & size.wrapping_sub(1);
        let index = offset.checked_shr(size.trailing_zeros()).unwrap_or(0);
        Self { index, within, rest: size.saturating_sub(within) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_division() {
        for size in [1, 512, 1 << 20, 1 << 63] {
            for offset in [0, 1, 511, 512, (3 << 20) + 5, u64::MAX] {
                let found = InBlock::of(offset, size);
                assert_eq!(
                    (found.index, found.within, found.rest),
                    (offset / size, offset % size, size - offset % size)
                );
            }
        }
        assert_eq!(InBlock::of(7, 0), InBlock { index: 0, within: 7, rest: 0 });
    }
}
