//! Directories: records of 32 bytes, looked through from the first to the last.

use super::Geometry;
use super::chain::{ChainStop, ClusterChain, LoopWatch};
use super::long_name::LongName;
use super::short_name;
use crate::size::{to_u64, to_usize};
use crate::storage::in_block::InBlock;

/// The length of a record in bytes.
const RECORD: usize = 32;
const RECORD_BYTES: u64 = to_u64(RECORD);
/// How much is read at once.
const PIECE: u64 = 16 << 10;
const DELETED: u8 = 0xe5;

const LONG_NAME: u8 = 0x0f;
const DIRECTORY: u8 = 0x10;
/// A label, or bits that have no meaning: records that the plugin passes over.
const NOT_A_FILE: u8 = 0xc8;

/// What a record says of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FatEntry {
    pub(crate) is_directory: bool,
    /// The first cluster: all 32 bits, also where FAT12 and FAT16 use half of them for something else.
    pub(crate) cluster: i32,
    pub(crate) size: u32,
}

impl FatEntry {
    fn parse(record: &[u8; RECORD]) -> Self {
        Self {
            is_directory: record[11] & DIRECTORY != 0,
            cluster: i32::from_le_bytes([record[26], record[27], record[20], record[21]]),
            size: u32::from_le_bytes([record[28], record[29], record[30], record[31]]),
        }
    }
}

/// What a record costs of the budget, but for reading it.
const LOOK: u64 = 96;

/// Why a name was not found, where it was not for its absence.
type Trouble = Option<String>;

/// Finds the first entry that is called `name` in the directory that begins at the cluster `first`. A name that is not
/// there, and a directory that cannot be read to its end, are the same to the plugin.
pub(crate) fn lookup(geometry: &Geometry, first: i32, name: &[u8]) -> Result<Result<FatEntry, Trouble>, ChainStop> {
    search(geometry, first, |long, short, record| {
        (long.is(name, short) || short_name::shown(short) == name).then(|| FatEntry::parse(record))
    })
}

/// The names in the directory that begins at the cluster `first`, at most `most`: the long one where there is one.
pub(crate) fn names(geometry: &Geometry, first: i32, most: usize) -> Result<Vec<Vec<u8>>, ChainStop> {
    let mut names = Vec::new();
    let _ = search(geometry, first, |long, short, _| {
        let name = long.complete(short).unwrap_or_else(|| short_name::shown(short));
        if name != b"." && name != b".." {
            names.push(name);
        }
        (names.len() >= most).then_some(())
    })?;
    Ok(names)
}

/// Shows every file's names and record to `visit`, until it returns something.
fn search<T>(
    geometry: &Geometry,
    first: i32,
    mut visit: impl FnMut(&mut LongName, &[u8; 11], &[u8; RECORD]) -> Option<T>,
) -> Result<Result<T, Trouble>, ChainStop> {
    let chain = ClusterChain::new(geometry, first);
    let mut long = LongName::default();
    let mut circle = LoopWatch::default();
    // How many times the chain has come back to a cluster.
    let mut rounds = 0_u32;
    let mut offset = 0_u64;
    let mut piece = vec![0; to_usize(PIECE)];
    loop {
        // Up to the end of the cluster: each is watched.
        let wanted = PIECE.min(InBlock::of(offset, geometry.cluster_bytes).rest);
        let run = match chain.run(offset, wanted) {
            Ok(run) => run,
            Err(ChainStop::End) => return Ok(Err(None)),
            Err(ChainStop::Broken(reason)) => return Ok(Err(Some(reason))),
            Err(other) => return Err(other),
        };
        if run.cluster >= 0 && offset.is_multiple_of(geometry.cluster_bytes) {
            rounds = rounds.saturating_add(u32::from(circle.period(run.cluster).is_some()));
            // A long name may begin at the end of the circle and go on at its start.
            if rounds > 2 {
                return Ok(Err(Some("its chain of clusters runs in a circle".to_owned())));
            }
        }
        geometry.volume.budget().charge_read(run.length);
        geometry.volume.budget().spend((run.length / RECORD_BYTES).saturating_mul(LOOK))?;
        let part = &mut piece[..to_usize(run.length)];
        let count = match run.place {
            Some(place) => geometry.volume.read_at(place, part)?,
            None => 0,
        };
        for record in part[..count].chunks_exact(RECORD) {
            let Ok(record) = <&[u8; RECORD]>::try_from(record) else { continue };
            let (kind, attributes) = (record[0], record[11]);
            if kind == 0 {
                return Ok(Err(None));
            }
            if attributes == LONG_NAME {
                long.take(record);
                continue;
            }
            if kind == DELETED || attributes & NOT_A_FILE != 0 {
                continue;
            }
            let Some(short) = record.first_chunk::<11>() else { continue };
            if let Some(found) = visit(&mut long, short, record) {
                return Ok(Ok(found));
            }
        }
        if count < part.len() {
            return Ok(Err(Some("the image ends inside it".to_owned())));
        }
        offset = offset.saturating_add(run.length);
    }
}
