//! qcow2 and its predecessor qcow.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    if !head.has(0, b"QFI\xfb") {
        return Ok(None);
    }
    let version = head.be32(4).unwrap_or(0);
    let format = if version == 1 { Format::Qcow } else { Format::Qcow2 };
    Ok(Some(Identified::container(format, format!("version {version}"))))
}
