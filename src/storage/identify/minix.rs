//! Minix: the superblock at 1 KiB. The magic number is short, so that the fields around it must make sense.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let version = match (head.le16(1024 + 16), head.le16(1024 + 24)) {
        (Some(0x137f | 0x138f), _) => 1,
        (Some(0x2468 | 0x2478), _) => 2,
        (_, Some(0x4d5a)) => 3,
        _ => return Ok(None),
    };
    let sensible = if version == 3 {
        head.le32(1024).is_some_and(|inodes| inodes != 0)
            && head.le16(1024 + 6).is_some_and(|maps| maps != 0)
            && head.le16(1024 + 8).is_some_and(|maps| maps != 0)
            && head.le16(1024 + 28).is_some_and(|block| block.is_power_of_two() && block >= 1024)
    } else {
        head.le16(1024).is_some_and(|inodes| inodes != 0)
            && head.le16(1024 + 4).is_some_and(|maps| maps != 0)
            && head.le16(1024 + 6).is_some_and(|maps| maps != 0)
            && head.le16(1024 + 10).is_some_and(|zone| zone == 0)
            && head.le16(1024 + 18).is_some_and(|state| state < 4)
    };
    Ok(sensible.then(|| Identified::no_driver(Format::Minix, format!("version {version}"))))
}
