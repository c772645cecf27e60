//! The identifier of the filesystem of `/boot`, by which `search --fs-uuid` finds it.

use sha2::{Digest, Sha256};

use super::boot_filesystem::BootFilesystem;
use super::refusal::Refusal;
use crate::escape::escaped;

/// One that is worked out from the guest's name, so that `mkfs` is known to use it before there is a filesystem.
pub(crate) fn of_name(name: &str, filesystem: BootFilesystem) -> String {
    let mut digest = Sha256::digest(format!("pregrub /boot of {name}"));
    // Version 8 (free use), the variant of RFC 9562.
    digest[6] = 0x80 | (digest[6] & 0x0f);
    digest[8] = 0x80 | (digest[8] & 0x3f);
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    if filesystem.is_ext() {
        let parts = [&digest[..4], &digest[4..6], &digest[6..8], &digest[8..10], &digest[10..16]];
        return parts.map(hex).join("-");
    }
    [&digest[..2], &digest[2..4]].map(hex).join("-").to_ascii_uppercase()
}

/// Checks one that is given, by the form that `blkid -s UUID` prints for the filesystem.
pub(crate) fn check(text: &str, filesystem: BootFilesystem) -> Result<(), Refusal> {
    let (lengths, example): (&[usize], _) = if filesystem.is_ext() {
        (&[8, 4, 4, 4, 12], "3f1c9a5e-77aa-4d0e-9c59-0f3a5d2e6b11")
    } else {
        (&[4, 4], "1A2B-3C4D")
    };
    let parts: Vec<&str> = text.split('-').collect();
    let right = parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == *length && part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if right {
        return Ok(());
    }
    Err(Refusal::new(
        format!("`{}` is not a UUID of a filesystem of the type {}", escaped(text), filesystem.name()),
        format!("write it as `blkid -s UUID -o value DEVICE` prints it in the guest, such as {example}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for filesystem in BootFilesystem::ALL {
            let uuid = of_name("web", filesystem);
            check(&uuid, filesystem).unwrap();
            assert!(check(&format!("{uuid}0"), filesystem).is_err());
            assert!(check("", filesystem).is_err());
        }
        assert!(check("1A2B-3C4D", BootFilesystem::Ext4).is_err());
    }
}
