//! Kernels for Arm, which libxenguest loads on a host of that kind and nowhere else.

use super::outcome::Architecture;

/// The kernel for Arm that the file begins as, by the magic numbers that libxenguest looks for there.
pub(super) fn recognise(head: &[u8]) -> Option<Architecture> {
    let word = |at: usize| head.get(at..).and_then(|rest| rest.first_chunk()).map(|word| u32::from_le_bytes(*word));
    /// An Image of the first version: its first instruction.
    const IMAGE_64_FIRST: u32 = 0x1400_0008;
    /// `ARM` and `d` at 0x38.
    const IMAGE_64: u32 = 0x644d_5241;
    const ZIMAGE_32: u32 = 0x016f_2818;
    if head.len() >= 64 && (word(0) == Some(IMAGE_64_FIRST) || word(0x38) == Some(IMAGE_64)) {
        return Some(Architecture::Arm64);
    }
    (head.len() >= 0x30 && word(0x24) == Some(ZIMAGE_32)).then_some(Architecture::Arm)
}
