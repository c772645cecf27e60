//! A directory record (ECMA-119, 9.1): a name, and where its file or directory lies.

use super::sectors::Sector;

/// The length of a record without a name.
const FIXED: usize = 33;
const EXTENT_AT: usize = 2;
const SIZE_AT: usize = 10;
const FLAGS_AT: usize = 25;
const NAME_LENGTH_AT: usize = 32;
const DIRECTORY: u8 = 2;
/// The length of an empty system use entry.
const SHORTEST_ENTRY: usize = 4;

/// The little-endian half of a 32-bit number. The other half is not looked at.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |four| u32::from_le_bytes(*four))
}

/// Where a file or a directory lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The first sector. An extended attribute record before the data is not skipped.
    pub(crate) sector: u32,
    /// The length in bytes.
    pub(crate) size: u32,
}

impl Extent {
    /// The extent of the record that starts at `at`.
    pub(crate) fn at(sector: &Sector, at: usize) -> Self {
        let record = sector.get(at..).unwrap_or_default();
        Self { sector: u32_at(record, EXTENT_AT), size: u32_at(record, SIZE_AT) }
    }
}

/// What a record stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordKind {
    File,
    Directory,
    /// Something else, by its Rock Ridge mode: a symbolic link, a device.
    Other,
}

/// A record in its sector.
#[derive(Debug)]
pub(crate) struct DirectoryRecord<'a> {
    /// As it is found by: without `;1` and the dot that it leaves.
    pub(crate) name: &'a [u8],
    /// By its flags.
    pub(crate) kind: RecordKind,
    pub(crate) extent: Extent,
    /// What follows the name, up to the end of the record.
    pub(crate) system_use: &'a [u8],
    /// Whether the record runs over the end of its sector, with what follows the name: the plugin reads foreign memory
    /// there.
    pub(crate) is_cut: bool,
}

/// The records of one sector. They end at the first one that is too short, or whose name does not fit.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    sector: &'a Sector,
    at: usize,
}

impl<'a> Records<'a> {
    /// The records of `sector`.
    pub(crate) fn new(sector: &'a Sector) -> Self {
        Self { sector, at: 0 }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = DirectoryRecord<'a>;

    fn next(&mut self) -> Option<DirectoryRecord<'a>> {
        loop {
            let at = self.at;
            let left = self.sector.get(at..)?;
            let length = usize::from(*left.first()?);
            let name_length = usize::from(*left.get(NAME_LENGTH_AT)?);
            let name_end = FIXED + name_length;
            if length < name_end || left.len() < name_end {
                return None;
            }
            self.at = self.at.saturating_add(length);
            let name = &left[FIXED..name_end];
            // The directory itself and its parent.
            if matches!(name, [0 | 1]) {
                continue;
            }
            let kind = if left[FLAGS_AT] & DIRECTORY != 0 { RecordKind::Directory } else { RecordKind::File };
            // A byte of padding follows a name of even length.
            let start = name_end.saturating_add(usize::from(name_length.is_multiple_of(2)));
            let system_use = left.get(start..length.min(left.len())).unwrap_or_default();
            let is_cut = length > left.len() && length >= start.saturating_add(SHORTEST_ENTRY);
            return Some(DirectoryRecord {
                name: without_version(name),
                kind,
                extent: Extent::at(self.sector, at),
                system_use,
                is_cut,
            });
        }
    }
}

/// Takes off `;1` and then one dot, where something is left of the name.
fn without_version(name: &[u8]) -> &[u8] {
    match name.strip_suffix(b";1") {
        Some(short) if !short.is_empty() => short.strip_suffix(b".").filter(|rest| !rest.is_empty()).unwrap_or(short),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_version_1_is_taken_off() {
        for (name, found) in [
            ("K.;1", "K"),
            ("K;1", "K"),
            ("K..;1", "K."),
            ("K.TXT;1", "K.TXT"),
            (".;1", "."),
            (";1", ";1"),
            ("K.", "K."),
            ("K;12", "K;12"),
            ("K;1;1", "K;1"),
        ] {
            assert_eq!(without_version(name.as_bytes()), found.as_bytes(), "{name}");
        }
    }
}
