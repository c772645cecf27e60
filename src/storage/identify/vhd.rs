//! VHD and VHDX. A fixed VHD has its footer at the end only: for pygrub it is a raw image, and for this module too.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    if head.has(0, b"conectix") {
        let detail = match head.be32(60) {
            Some(3) => "dynamic",
            Some(4) => "differencing",
            _ => "",
        };
        return Ok(Some(Identified::container(Format::Vhd, detail)));
    }
    Ok(head.has(0, b"vhdxfile").then(|| Identified::container(Format::Vhdx, "")))
}
