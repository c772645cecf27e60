//! An ISO 9660 image that also has an MBR, to be booted from a stick.

use std::io;

use crate::storage::source::Source;

/// The identifier of the first volume descriptor, in 2 KiB sector 16 after its type byte.
const IDENTIFIER: &[u8; 5] = b"CD001";
const IDENTIFIER_AT: u64 = 0x8001;

/// Whether the identifier stands where pygrub looks for it. The type of the descriptor does not matter.
pub(super) fn has_descriptor(source: &dyn Source) -> io::Result<bool> {
    let mut found = [0; IDENTIFIER.len()];
    Ok(source.read_at(IDENTIFIER_AT, &mut found)? == found.len() && found == *IDENTIFIER)
}
