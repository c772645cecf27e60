//! Between `usize`, which counts what is in memory, and `u64`, which counts what is on a disk.
//!
//! Where bytes of a guest are read, these are the only conversions with `as`, so that nothing is cut where nobody looks.

/// pregrub is built for addresses of 32 or 64 bits, and for nothing else.
const _: () = assert!(usize::BITS == 32 || usize::BITS == 64, "addresses have 32 or 64 bits");

/// A number of bytes or items in memory. Nothing is lost: no address has more than 64 bits.
#[allow(clippy::as_conversions, reason = "u64::from is not there for usize, and try_from is not const")]
pub(crate) const fn to_u64(count: usize) -> u64 {
    count as u64
}

/// A number of bytes or items on a disk as one in memory. Where addresses have 32 bits, more than fits in memory becomes the largest
/// number, which no buffer has: a bound check refuses it, and a minimum with a length that is there leaves that length.
#[allow(clippy::as_conversions, reason = "what does not fit is asked for before, and try_from is not const")]
pub(crate) const fn to_usize(count: u64) -> usize {
    if count > to_u64(usize::MAX) { usize::MAX } else { count as usize }
}

/// The lower 32 bits of a number, as a program keeps them that counts in 32 bits.
pub(crate) const fn lower_half(number: u64) -> u32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_cut() {
        for count in [0, 1, usize::MAX] {
            assert_eq!(to_usize(to_u64(count)), count);
        }
        // On a machine of 32 bits, too.
        assert_eq!(to_usize(u64::MAX), usize::MAX);
    }

    #[test]
    fn the_upper_half_is_dropped() {
        assert_eq!(lower_half(0x1234_5678_9abc_def0), 0x9abc_def0);
    }
}
