//! The UUID of a filesystem, for GRUB's `search --fs-uuid`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Where the superblock of ext2, ext3 and ext4 begins, and where in it the magic number and the UUID stand.
const SUPERBLOCK: u64 = 1024;
const MAGIC: usize = 0x38;
const UUID: usize = 0x68;

/// The UUID of the ext2, ext3 or ext4 filesystem on a device, as `blkid` shows it; nothing where there is no such filesystem or
/// it has no UUID.
///
/// # Errors
///
/// The device cannot be read.
pub fn filesystem_uuid(device: &Path) -> io::Result<Option<String>> {
    let mut superblock = [0; 0x78];
    match File::open(device)?.read_exact_at(&mut superblock, SUPERBLOCK) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let uuid = &superblock[UUID..UUID + 16];
    if superblock[MAGIC..MAGIC + 2] != [0x53, 0xef] || uuid.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let digits = data_encoding::HEXLOWER.encode(uuid);
    let groups = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Ok(Some(groups.join("-")))
}

/// Whether a text is the UUID of some filesystem (FAT and ISO 9660 have shorter ones).
pub(super) fn is_uuid(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
