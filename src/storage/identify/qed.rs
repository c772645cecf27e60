//! QED disk images.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    Ok(head.has(0, b"QED\0").then(|| Identified::container(Format::Qed, "")))
}
