//! VirtualBox disk images.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    Ok((head.le32(64) == Some(0xbeda_107f)).then(|| Identified::container(Format::Vdi, "")))
}
