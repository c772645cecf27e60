//! UUID and label of a filesystem, as udev and blkid tell them.

use std::io;

use super::source::Volume;

/// What a filesystem is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VolumeId {
    /// The UUID as `blkid -s UUID` prints it.
    pub uuid: String,
    /// The label, without the padding; empty if it has none.
    pub label: Vec<u8>,
}

/// UUID and label of what is on a volume: of ext2, ext3, ext4, XFS, btrfs and FAT. `None` if it is something else.
///
/// # Errors
///
/// The volume cannot be read.
pub(crate) fn volume_id(volume: &Volume) -> io::Result<Option<VolumeId>> {
    let mut head = vec![0; 4096];
    let count = volume.read_at(0, &mut head)?;
    head.truncate(count);
    let field = |at: usize, length: usize| head.get(at..)?.get(..length);
    if field(1024 + 56, 2) == Some(&[0x53, 0xef]) {
        return Ok(field(1024 + 0x68, 16).zip(field(1024 + 0x78, 16)).map(|(uuid, label)| id(uuid, label)));
    }
    if field(0, 4) == Some(b"XFSB") {
        return Ok(field(32, 16).zip(field(108, 12)).map(|(uuid, label)| id(uuid, label)));
    }
    let fat = [(54, 39, 43), (82, 67, 71)];
    for (name, serial, label) in fat {
        if field(name, 3) == Some(b"FAT") && field(510, 2) == Some(&[0x55, 0xaa]) {
            let Some((serial, label)) = field(serial, 4).zip(field(label, 11)) else { return Ok(None) };
            let uuid = format!("{:02X}{:02X}-{:02X}{:02X}", serial[3], serial[2], serial[1], serial[0]);
            let end = label.iter().rposition(|byte| *byte != b' ').map_or(0, |at| at.saturating_add(1));
            let label = if label.starts_with(b"NO NAME") { Vec::new() } else { label[..end].to_vec() };
            return Ok(Some(VolumeId { uuid, label }));
        }
    }
    // The superblock of btrfs lies at 64 KiB.
    let mut block = vec![0; 0x300];
    let count = volume.read_at(0x10000, &mut block)?;
    block.truncate(count);
    if block.get(0x40..0x48) == Some(b"_BHRfS_M") {
        return Ok(block.get(0x20..0x30).zip(block.get(0x12b..0x22b)).map(|(uuid, label)| id(uuid, label)));
    }
    Ok(None)
}

fn id(uuid: &[u8], label: &[u8]) -> VolumeId {
    let mut text = String::with_capacity(36);
    for (index, byte) in uuid.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    let label = label.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
    VolumeId { uuid: text, label }
}
