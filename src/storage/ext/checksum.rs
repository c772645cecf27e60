//! CRC32c as ext4 chains it: the register is handed on without the final inversion.

use crc::{Algorithm, Crc, Table};

use super::little_endian::{u16_at, u32_at};

/// CRC-32/ISCSI without its final inversion, which ext4 leaves out so that a checksum can seed the next one.
const ALGORITHM: Algorithm<u32> = Algorithm {
    width: 32,
    poly: 0x1edc_6f41,
    init: 0xffff_ffff,
    refin: true,
    refout: true,
    xorout: 0,
    check: 0x1cf9_6d7c,
    residue: 0,
};

static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&ALGORITHM);

/// The seed of a checksum that does not continue another one.
pub(crate) const START: u32 = 0xffff_ffff;

/// Continues the checksum `seed` over `parts`.
pub(crate) fn crc32c(seed: u32, parts: &[&[u8]]) -> u32 {
    // The crate reflects the initial value because the algorithm is a reflected one; the register is what it was.
    let mut digest = CRC32C.digest_with_initial(seed.reverse_bits());
    for part in parts {
        digest.update(part);
    }
    digest.finalize()
}

/// The seed for what belongs to one inode: its number and generation continue the seed of the filesystem.
pub(crate) fn inode_seed(filesystem_seed: u32, ino: u32, generation: u32) -> u32 {
    crc32c(filesystem_seed, &[&ino.to_le_bytes(), &generation.to_le_bytes()])
}

/// Whether the superblock's checksum is right. `sb` is the whole superblock.
pub(crate) fn superblock_is_right(sb: &[u8; 1024]) -> bool {
    u32_at(sb, 0x3fc) == crc32c(START, &[&sb[..0x3fc]])
}

/// Whether an inode's checksum is right. `raw` is the whole inode; one whose first 128 bytes are all zero is always
/// right (libext2fs 1.47.0: deleted inodes).
pub(crate) fn inode_is_right(filesystem_seed: u32, ino: u32, raw: &[u8]) -> bool {
    const LOW: usize = 0x7c;
    const EXTRA_SIZE: usize = 0x80;
    const HIGH: usize = 0x82;
    let seed = inode_seed(filesystem_seed, ino, u32_at(raw, 0x64));
    let zero = [0_u8; 2];
    let has_high = raw.len() > 128 && u16_at(raw, EXTRA_SIZE) >= 4;
    let low = u32::from(u16_at(raw, LOW));
    let matches = if has_high {
        let computed = crc32c(seed, &[&raw[..LOW], &zero, &raw[LOW + 2..HIGH], &zero, &raw[HIGH + 2..]]);
        computed == low | u32::from(u16_at(raw, HIGH)) << 16
    } else {
        crc32c(seed, &[&raw[..LOW], &zero, &raw[LOW + 2..]]) & 0xffff == low
    };
    matches || raw[..128].iter().all(|&byte| byte == 0)
}

/// Whether the checksum of an extent tree block is right. The header has been verified.
pub(crate) fn extent_block_is_right(inode_seed: u32, block: &[u8]) -> bool {
    let entries = usize::from(u16_at(block, 4)).saturating_mul(12);
    let Some((entries, tail)) = block.split_at_checked(entries.saturating_add(12)) else { return false };
    tail.len() >= 4 && u32_at(tail, 0) == crc32c(inode_seed, &[entries])
}

/// Whether the checksum of a block of extended attributes is right.
pub(crate) fn xattr_block_is_right(filesystem_seed: u32, block_number: u64, block: &[u8]) -> bool {
    const CHECKSUM: usize = 16;
    let computed =
        crc32c(filesystem_seed, &[&block_number.to_le_bytes(), &block[..CHECKSUM], &[0; 4], &block[CHECKSUM + 4..]]);
    u32_at(block, CHECKSUM) == computed
}

/// Whether the checksum of a directory block is right: in the tail of a block of entries, or after the limit of a
/// block of the hash tree. A block that is neither has no place for a checksum, which libext2fs takes for a wrong one.
pub(crate) fn directory_block_is_right(inode_seed: u32, block: &[u8]) -> bool {
    if let Some((entries, tail)) = entry_tail(block) {
        return u32_at(tail, 8) == crc32c(inode_seed, &[entries]);
    }
    hash_tree_block_is_right(inode_seed, block)
}

/// The last 12 bytes, if they are a checksum entry that the chain of record lengths leads to, and what stands before them.
fn entry_tail(block: &[u8]) -> Option<(&[u8], &[u8; 12])> {
    let (entries, tail) = block.split_last_chunk::<12>()?;
    let mut rest = block;
    while rest.len() > tail.len() {
        // The length is taken as stored: libext2fs does not know the long form for 64 KiB blocks here.
        let record = usize::from(u16_at(rest, 4));
        if record < 8 || !record.is_multiple_of(4) {
            return None;
        }
        rest = rest.get(record..)?;
    }
    let is_tail = rest == tail && u32_at(tail, 0) == 0 && u16_at(tail, 4) == 12 && u16_at(tail, 6) == 0xde00;
    is_tail.then_some((entries, tail))
}

fn hash_tree_block_is_right(inode_seed: u32, block: &[u8]) -> bool {
    let Some(at) = hash_tree_entries(block) else { return false };
    let entries = &block[at..];
    let limit = usize::from(u16_at(entries, 0));
    let count = usize::from(u16_at(entries, 2));
    let tail = entries.get(limit.saturating_mul(8)..).and_then(|tail| tail.first_chunk::<8>());
    let Some(tail) = tail else { return false };
    let counted = count.saturating_mul(8).saturating_add(at);
    u32_at(tail, 4) == crc32c(inode_seed, &[&block[..counted], &tail[..4], &[0; 4]])
}

/// Where the entries of a hash tree block start, if it is one with a sane limit and count.
fn hash_tree_entries(block: &[u8]) -> Option<usize> {
    let record = usize::from(u16_at(block, 4));
    let entries = if record == block.len() && u16_at(block, 6) == 0 {
        8
    } else if record == 12 {
        if usize::from(u16_at(block, 12 + 4)) != block.len().saturating_sub(12)
            || u32_at(block, 24) != 0
            || block[29] != 8
        {
            return None;
        }
        32
    } else {
        return None;
    };
    let most = block.len().saturating_sub(entries) / 8;
    let sane = |offset: usize| usize::from(u16_at(block, offset)) <= most;
    (sane(entries) && sane(entries.saturating_add(2))).then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_is_not_inverted() {
        // The check value of CRC-32/ISCSI is e3069283.
        assert_eq!(crc32c(START, &[b"123456789"]), !0xe306_9283);
    }

    #[test]
    fn a_checksum_continues_another_one() {
        assert_eq!(crc32c(crc32c(START, &[b"1234"]), &[b"56789"]), crc32c(START, &[b"123456789"]));
    }

    #[test]
    fn a_zeroed_inode_is_right() {
        assert!(inode_is_right(1, 12, &[0; 256]));
        let mut raw = [0; 256];
        raw[3] = 1;
        assert!(!inode_is_right(1, 12, &raw));
    }

    #[test]
    fn a_directory_block_without_a_place_for_a_checksum_is_wrong() {
        assert!(!directory_block_is_right(1, &[0; 1024]));
        let mut block = vec![0; 1024];
        block[4..6].copy_from_slice(&1024_u16.to_le_bytes());
        block[6] = 1;
        assert!(!directory_block_is_right(1, &block));
    }

    #[test]
    fn a_directory_block_with_a_tail_is_right() {
        let mut block = vec![0; 1024];
        block[4..6].copy_from_slice(&1012_u16.to_le_bytes());
        block[1016..1018].copy_from_slice(&12_u16.to_le_bytes());
        block[1018..1020].copy_from_slice(&0xde00_u16.to_le_bytes());
        let checksum = crc32c(7, &[&block[..1012]]);
        block[1020..].copy_from_slice(&checksum.to_le_bytes());
        assert!(directory_block_is_right(7, &block));
        block[100] = 1;
        assert!(!directory_block_is_right(7, &block));
    }
}
