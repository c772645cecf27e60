//! Random damage to the structures of a filesystem, the same for every driver but for the numbers that mean something there.

use crate::common::random::Random;
use crate::common::volumes::Case;

/// What damage to a kind of filesystem looks like.
pub struct Damage {
    /// The widths of the fields that are overwritten, in bytes.
    pub widths: [usize; 5],
    pub big_endian: bool,
    /// The values to choose from, by the one that stands there and by any other. A little-endian one has the bytes behind
    /// the field on top.
    pub values: fn(u64, u64) -> Vec<u64>,
    /// In how many of 100 cases the end is missing.
    pub cut_percent: u64,
    /// Fewer bytes than that, in a third of them.
    pub cut_bytes: usize,
}

impl Damage {
    /// The case with a few fields changed in its image, which is `bytes`; `structures` are places and lengths.
    pub fn at_random(&self, random: &mut Random, mut case: Case, bytes: &[u8], structures: &[(usize, usize)]) -> Case {
        for _ in 0..1 + random.below(3) {
            let (start, length) = random.pick(structures);
            let width = random.pick(&self.widths);
            let at = (start + random.index(length)).min(bytes.len() - 8) / width * width;
            let there = bytes[at..at + 8].try_into().unwrap();
            let any = random.next();
            case.patches.push(if self.big_endian {
                let old = u64::from_be_bytes(there) >> (64 - 8 * width);
                (at, random.pick(&(self.values)(old, any)).to_be_bytes()[8 - width..].to_vec())
            } else {
                let old = u64::from_le_bytes(there);
                (at, random.pick(&(self.values)(old, any)).to_le_bytes()[..width].to_vec())
            });
        }
        if random.chance(self.cut_percent) {
            case.length = Some(match random.below(3) {
                0 => random.index(bytes.len()),
                1 => random.index(bytes.len()).next_multiple_of(512),
                _ => bytes.len() - random.index(self.cut_bytes),
            });
        }
        case
    }
}
