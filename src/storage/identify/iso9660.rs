//! ISO 9660: the volume descriptors from 2 KiB sector 16 on.

use std::io;

use super::head::Head;
use super::{Format, Identified};

const SECTOR: usize = 2048;
/// Where pygrub's plugin looks; it stops at the first sector that the image does not hold.
const SECTORS: std::ops::Range<usize> = 16 * SECTOR..32 * SECTOR;
const PRIMARY: &[u8] = b"\x01CD001";

/// The sector of the primary volume descriptor.
fn primary_descriptor(head: &Head<'_>) -> Option<usize> {
    SECTORS.step_by(SECTOR).take_while(|at| head.slice(*at, SECTOR).is_some()).find(|at| head.has(*at, PRIMARY))
}

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let label = |at: usize| {
        let bytes = head.slice(at.saturating_add(40), 32).unwrap_or_default();
        String::from_utf8_lossy(bytes).trim_end_matches([' ', '\0']).to_owned()
    };
    Ok(primary_descriptor(head).map(|at| {
        let label = label(at);
        let detail = if label.is_empty() { label } else { format!("volume {label:?}") };
        Identified::readable(Format::Iso9660, detail, "iso9660")
    }))
}
