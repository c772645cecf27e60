//! UUID and label of a filesystem as GRUB writes them, from its superblock: also of filesystems that pregrub has no driver for.

use std::io;

use crate::storage::identify::Format;
use crate::storage::source::Source;

/// UUID and label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FilesystemIdentity {
    pub uuid: Option<String>,
    pub label: Option<Vec<u8>>,
}

/// Reads them; nothing where pregrub does not know where this format keeps them.
pub(super) fn read(disk: &dyn Source, offset: u64, format: Format) -> io::Result<Option<FilesystemIdentity>> {
    let bytes = |at: u64, length: usize| -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        disk.read_at(offset.saturating_add(at), &mut bytes)?;
        Ok(bytes)
    };
    Ok(Some(match format {
        Format::Ext2 | Format::Ext3 | Format::Ext4 => {
            FilesystemIdentity { uuid: uuid(&bytes(1024 + 104, 16)?), label: text(&bytes(1024 + 120, 16)?) }
        }
        Format::Xfs => FilesystemIdentity { uuid: uuid(&bytes(32, 16)?), label: text(&bytes(108, 12)?) },
        Format::Btrfs => FilesystemIdentity {
            uuid: uuid(&bytes((64 << 10) + 32, 16)?),
            label: text(&bytes((64 << 10) + 0x12b, 256)?),
        },
        Format::Reiserfs => {
            FilesystemIdentity { uuid: uuid(&bytes((64 << 10) + 84, 16)?), label: text(&bytes((64 << 10) + 100, 16)?) }
        }
        Format::Vfat => {
            let sector = bytes(0, 512)?;
            // FAT32 has no length of the table in 16 bits.
            let at = if sector[22..24] == [0, 0] { 0x43 } else { 0x27 };
            let id = &sector[at..at + 4];
            let label: Vec<u8> = sector[at + 4..at + 15].trim_ascii_end().to_vec();
            FilesystemIdentity {
                uuid: Some(format!("{:02x}{:02x}-{:02x}{:02x}", id[3], id[2], id[1], id[0])),
                label: Some(label).filter(|label| !label.is_empty() && label != b"NO NAME"),
            }
        }
        Format::Iso9660 => {
            let descriptor = bytes(32768, 2048)?;
            let date = |at: usize| &descriptor[at..at + 16];
            let used = if date(830).iter().all(|byte| *byte == b'0' || *byte == 0) { date(813) } else { date(830) };
            let digits = String::from_utf8_lossy(used);
            let digits: Vec<char> = digits.chars().collect();
            let piece = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().iter().collect::<String>();
            let uuid =
                [piece(0, 4), piece(4, 6), piece(6, 8), piece(8, 10), piece(10, 12), piece(12, 14), piece(14, 16)];
            FilesystemIdentity { uuid: Some(uuid.join("-")), label: Some(descriptor[40..72].trim_ascii_end().to_vec()) }
        }
        Format::Ntfs => {
            let id = bytes(0x48, 8)?;
            FilesystemIdentity { uuid: Some(id.iter().rev().map(|byte| format!("{byte:02x}")).collect()), label: None }
        }
        _ => return Ok(None),
    }))
}

fn uuid(bytes: &[u8]) -> Option<String> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if bytes.len() < 16 {
        return None;
    }
    Some([&bytes[..4], &bytes[4..6], &bytes[6..8], &bytes[8..10], &bytes[10..16]].map(hex).join("-"))
}

/// Up to the first NUL.
fn text(bytes: &[u8]) -> Option<Vec<u8>> {
    let label = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    Some(label.to_vec())
}
