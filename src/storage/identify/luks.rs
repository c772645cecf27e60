//! LUKS: the header at the start.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    if !head.has(0, b"LUKS\xba\xbe") {
        return Ok(None);
    }
    let version = head.be16(6).unwrap_or(0);
    let instead = "put /boot on an unencrypted ext4 partition of its own";
    let why = "pygrub cannot decrypt it";
    Ok(Some(Identified::refused(Format::Luks, format!("version {version}"), why, instead)))
}
