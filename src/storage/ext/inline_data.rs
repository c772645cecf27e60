//! Data that lies in the inode: the 60 bytes of `i_block`, then the attribute `system.data`.

use super::Ext;
use super::inode::Inode;
use super::xattr;
use crate::storage::driver_error::DriverError;

/// All inline data. The size of the file does not matter to libext2fs 1.47.0, so that a shorter file is padded to 60
/// bytes.
pub(crate) fn read(ext: &Ext, inode: &Inode) -> Result<Vec<u8>, DriverError> {
    let rest = xattr::system_data(ext, inode)?;
    let mut data = inode.block().to_vec();
    data.extend_from_slice(&rest);
    Ok(data)
}
