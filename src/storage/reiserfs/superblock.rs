//! The superblock: at 64 KiB, or at 8 KiB on old filesystems.

use super::little_endian::{u16_at, u32_at};
use crate::storage::filesystem::MountError;
use crate::storage::source::Volume;

const PLACE: u64 = 64 << 10;
const OLD_PLACE: u64 = 8 << 10;
/// As much as the plugin reads.
const LENGTH: usize = 204;

const BLOCKS_AT: usize = 0;
const ROOT_AT: usize = 8;
const JOURNAL_BLOCK_AT: usize = 12;
const JOURNAL_DEVICE_AT: usize = 16;
const JOURNAL_SIZE_AT: usize = 20;
const BLOCK_SIZE_AT: usize = 44;
const MAGIC_AT: usize = 52;
const VERSION_AT: usize = 72;
const MAX_VERSION: u16 = 2;

/// Version 3.5, 3.6, and either with a journal that was moved.
const MAGICS: [&[u8]; 3] = [b"ReIsErFs", b"ReIsEr2Fs", b"ReIsEr3Fs"];
/// Where a superblock from before the journal has its magic number.
const OLDEST_MAGIC_AT: usize = 20;

/// What the driver needs of the superblock. Blocks are counted from the start of the filesystem.
#[derive(Debug)]
pub(crate) struct Superblock {
    pub(crate) blocks: u32,
    pub(crate) root: u32,
    pub(crate) block_size: u32,
    pub(crate) journal: Option<Journal>,
}

/// Where the journal lies.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) first: u32,
    /// Without the header, which follows.
    pub(crate) size: u32,
}

impl Superblock {
    /// Finds and judges the superblock.
    pub(crate) fn read(volume: &Volume) -> Result<Self, MountError> {
        let at = |place: u64| -> Result<Option<Vec<u8>>, MountError> {
            let mut bytes = vec![0; LENGTH];
            let count = volume.read_at(place, &mut bytes)?;
            Ok((count == LENGTH).then_some(bytes))
        };
        let magic = |bytes: &[u8]| MAGICS.iter().any(|magic| bytes[MAGIC_AT..].starts_with(magic));
        let usual = at(PLACE)?.filter(|bytes| {
            // A copy in the journal has the journal before itself.
            let journal = u32_at(bytes, JOURNAL_BLOCK_AT).unwrap_or(0);
            let place = journal.wrapping_mul(u32::from(u16_at(bytes, BLOCK_SIZE_AT).unwrap_or(0)));
            magic(bytes) && u64::from(place) > PLACE
        });
        let bytes = match usual {
            Some(bytes) => bytes,
            None => match at(OLD_PLACE)? {
                Some(bytes) if magic(&bytes) => bytes,
                Some(bytes) if bytes[OLDEST_MAGIC_AT..].starts_with(MAGICS[0]) => {
                    return Err(MountError::Unknown(
                        "this is a reiserfs from before the journal, of which pregrub knows nothing".to_owned(),
                    ));
                }
                _ => return Err(MountError::NotThis),
            },
        };
        let field = |offset| u32_at(&bytes, offset).unwrap_or(0);
        let (version, size) = (u16_at(&bytes, VERSION_AT), u16_at(&bytes, BLOCK_SIZE_AT));
        if version.is_none_or(|version| version > MAX_VERSION) {
            return Err(MountError::Rejected(
                "pygrub's reiserfs driver knows versions up to 2, and this is a later one".to_owned(),
            ));
        }
        let Some(size) = size.filter(|size| size.is_power_of_two() && (512..=8192).contains(size)) else {
            return Err(MountError::Rejected("pygrub's reiserfs driver takes blocks of 512 bytes to 8 KiB".to_owned()));
        };
        let has_journal = field(JOURNAL_BLOCK_AT) != 0 && field(JOURNAL_DEVICE_AT) == 0;
        let journal = has_journal.then(|| Journal { first: field(JOURNAL_BLOCK_AT), size: field(JOURNAL_SIZE_AT) });
        Ok(Self { blocks: field(BLOCKS_AT), root: field(ROOT_AT), block_size: u32::from(size), journal })
    }
}
