//! Sectors of 2 KiB by number.

use std::io;

use crate::size::to_u64;
use crate::storage::budget::Budget;
use crate::storage::source::Volume;

/// The size of a sector. The plugin does not look at the logical block size of the volume descriptor.
pub(crate) const SIZE: usize = 2048;
/// [`SIZE`], to reckon on the disk with.
pub(crate) const SIZE_ON_DISK: u64 = to_u64(SIZE);
/// Up to this number the address of a sector is its number times its size. The plugin counts 512-byte units in 32 bits,
/// so that the numbers above wrap around.
pub(crate) const PLAIN: u32 = 1 << 30;

/// One sector.
pub(crate) type Sector = [u8; SIZE];

/// The sectors of a volume.
#[derive(Debug)]
pub(crate) struct Sectors {
    volume: Volume,
}

impl Sectors {
    /// The sectors of `volume`.
    pub(crate) fn new(volume: Volume) -> Self {
        Self { volume }
    }

    /// What may still be done on the disk.
    pub(crate) fn budget(&self) -> &Budget {
        self.volume.budget()
    }

    /// How many bytes the image has after the start of the filesystem.
    pub(crate) fn volume_len(&self) -> u64 {
        self.volume.len()
    }

    /// The byte at which a sector starts; none where the number is negative to the plugin.
    pub(crate) fn address(number: u32) -> Option<u64> {
        (i32::try_from(number).is_ok()).then(|| u64::from(number % PLAIN) * SIZE_ON_DISK)
    }

    /// Reads a sector; nothing where the image does not hold the whole of it.
    pub(crate) fn read(&self, number: u32) -> io::Result<Option<Sector>> {
        let mut sector = [0; SIZE];
        let Some(address) = Self::address(number) else { return Ok(None) };
        self.budget().charge_read(SIZE_ON_DISK);
        Ok((self.volume.read_at(address, &mut sector)? == SIZE).then_some(sector))
    }

    /// Fills `buf` from the byte `address` on. Where the image ends before, this is false.
    pub(crate) fn fill(&self, address: u64, buf: &mut [u8]) -> io::Result<bool> {
        Ok(self.volume.read_at(address, buf)? == buf.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_wrap_at_two_to_the_thirtieth_and_may_not_be_negative() {
        assert_eq!(Sectors::address(16), Some(32768));
        assert_eq!(Sectors::address(PLAIN - 1), Some(0x1ff_ffff_f800));
        assert_eq!(Sectors::address(PLAIN + 31), Some(31 * 2048));
        assert_eq!(Sectors::address(1 << 31), None);
    }
}
