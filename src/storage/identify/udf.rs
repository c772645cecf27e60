//! UDF: the volume recognition sequence from 32 KiB on. A disc that is ISO 9660 as well is that, for pygrub too.

use std::io;

use super::head::Head;
use super::{Format, Identified};

const START: usize = 32 << 10;

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    // Descriptors stand at every 2 KiB, or at every sector where sectors are larger.
    let begun = |at: usize| head.has(at, b"\0BEA01");
    let names_udf = |at: usize| head.has(at, b"\0NSR02") || head.has(at, b"\0NSR03");
    for step in [2048, 4096] {
        let places = || (START..).step_by(step).take(8);
        if places().any(begun) && places().any(names_udf) {
            return Ok(Some(Identified::no_driver(Format::Udf, "")));
        }
    }
    Ok(None)
}
