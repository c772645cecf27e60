//! LVM2: the volume group that a physical volume belongs to, and its linear logical volumes.
//!
//! pygrub reads no LVM. pregrub looks into a physical volume for one purpose: to say on which logical volume the files are that
//! pygrub would have to find. Volumes of which a part lies on another physical volume, and those that are not linear (striped,
//! mirrored, thin, cached), are listed by name and not read.

mod metadata;
mod text;

use std::io;
use std::sync::Arc;

use super::concatenated::{Concatenated, DiskWindow, Part};
use super::source::{Source, Volume};
use crate::size::to_u64;

const SECTOR: u64 = 512;

/// A volume group, as one of its physical volumes describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeGroup {
    /// Its name.
    pub name: String,
    /// Its logical volumes, in the order of the metadata. Those that LVM hides from its user are left out.
    pub volumes: Vec<LogicalVolume>,
}

/// A logical volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogicalVolume {
    /// Its name within the group.
    pub name: String,
    /// Where its data lies on the physical volume. `None` if that is not known from this physical volume alone.
    pub stretches: Option<Vec<Stretch>>,
}

/// A piece of a logical volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins on the physical volume, in bytes.
    pub start: u64,
    /// Its length in bytes.
    pub length: u64,
}

impl VolumeGroup {
    /// Reads the metadata of the physical volume that begins at the volume's offset. `None` if there is none, or if its metadata
    /// cannot be understood.
    ///
    /// # Errors
    ///
    /// The disk cannot be read.
    pub fn read(volume: &Volume) -> io::Result<Option<Self>> {
        let Some((uuid, text)) = metadata::read_metadata(volume)? else { return Ok(None) };
        Ok(text::Section::parse(&text).and_then(|section| Self::from_metadata(&section, &uuid)))
    }

    /// The group in parsed metadata, seen from the physical volume with this UUID.
    fn from_metadata(metadata: &text::Section, uuid: &str) -> Option<Self> {
        let (name, group) = metadata.sections().next()?;
        let extent = group.number("extent_size")?.checked_mul(SECTOR)?;
        let physical = group.section("physical_volumes")?;
        let (own, start) = physical.sections().find_map(|(name, volume)| {
            (volume.string("id")? == uuid).then_some((name, volume.number("pe_start")?.checked_mul(SECTOR)?))
        })?;
        let logical = group.section("logical_volumes");
        let volumes = logical.into_iter().flat_map(|section| section.sections());
        let visible = volumes.filter(|(_, volume)| volume.list("status").any(|word| word == "VISIBLE"));
        let volumes = visible.map(|(name, volume)| LogicalVolume {
            name: name.to_owned(),
            stretches: stretches(volume, own, start, extent),
        });
        Some(Self { name: name.to_owned(), volumes: volumes.collect() })
    }
}

/// Where the segments of a logical volume lie on the physical volume `own`, if all of them do.
fn stretches(volume: &text::Section, own: &str, start: u64, extent: u64) -> Option<Vec<Stretch>> {
    let count = volume.number("segment_count")?;
    let mut stretches = Vec::new();
    for number in 1..=count.min(4096) {
        let segment = volume.section(&format!("segment{number}"))?;
        let linear = segment.string("type") == Some("striped") && segment.number("stripe_count") == Some(1);
        let (device, first) = segment.stripe()?;
        if !linear || device != own {
            return None;
        }
        stretches.push(Stretch {
            start: first.checked_mul(extent)?.checked_add(start)?,
            length: segment.number("extent_count")?.checked_mul(extent)?,
        });
    }
    (to_u64(stretches.len()) == count && count > 0).then_some(stretches)
}

impl LogicalVolume {
    /// The volume as a disk; `disk` is the one with the physical volume, which begins at the byte `offset`. `None` if it is not
    /// known where its data lies.
    pub fn open(&self, disk: &Arc<dyn Source>, offset: u64) -> Option<Arc<dyn Source>> {
        let mut parts = Vec::new();
        let mut start = 0_u64;
        for stretch in self.stretches.as_ref()? {
            let window = DiskWindow::new(Arc::clone(disk), offset.checked_add(stretch.start)?, stretch.length);
            parts.push(Part { start, length: stretch.length, source: Arc::new(window) });
            start = start.checked_add(stretch.length)?;
        }
        Some(Arc::new(Concatenated::new(parts)))
    }
}
