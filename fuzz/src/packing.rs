//! How the fuzzer's disks are packed. Without a dependency: `make-seeds` compiles `pack` by itself.

/// The unit in which a disk is packed.
pub const BLOCK: usize = 512;

/// Packs an image: the number of blocks (4 bytes, little endian), then for each block that is not empty its number (4 bytes) and its 512
/// bytes.
pub fn pack(image: &[u8]) -> Vec<u8> {
    let blocks = u32::try_from(image.len().div_ceil(BLOCK)).unwrap_or(u32::MAX);
    let mut packed = blocks.to_le_bytes().to_vec();
    for (number, block) in (0_u32..).zip(image.chunks(BLOCK)) {
        if block.iter().any(|&byte| byte != 0) {
            packed.extend(number.to_le_bytes());
            packed.extend(block);
            packed.resize(packed.len() + BLOCK - block.len(), 0);
        }
    }
    packed
}
