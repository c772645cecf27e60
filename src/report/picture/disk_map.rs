//! The pieces of a disk to scale: its partitions, the offsets that pygrub tries, and what it finds there.

use std::collections::BTreeMap;
use std::io;

use crate::boot::{Attempt, Mounted, Purpose, Run};
use crate::explain::partition_name;
use crate::report::trace::skipped_because;
use crate::storage::partitions::linux::linux_partitions;
use crate::storage::source::Source;

/// A disk.
pub(crate) struct DiskMap {
    /// Its bytes.
    pub length: u64,
    /// What lies on it, by where it begins; those that hold others before these.
    pub pieces: Vec<MapPiece>,
    /// How many more there are.
    pub left_out: usize,
}

/// What pygrub makes of a piece, which decides how it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceState {
    /// It boots from here.
    Boots,
    /// The configuration is here, and nothing boots from it.
    Ends,
    /// It mounts, and is left again.
    Mounts,
    /// pygrub does not mount it.
    Refused,
    /// pregrub cannot tell.
    Unknown,
    /// pygrub does not try it.
    Untried,
}

impl PieceState {
    /// The class of what is drawn.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Boots => "boots",
            Self::Ends => "ends",
            Self::Mounts => "mounts",
            Self::Refused => "refused",
            Self::Unknown => "unclear",
            Self::Untried => "untried",
        }
    }
}

/// A piece of a disk.
pub(crate) struct MapPiece {
    /// Its first byte.
    pub start: u64,
    /// Its bytes, as far as the disk has them.
    pub length: u64,
    /// In how many others it lies.
    pub depth: u32,
    /// What it is called: `partition 2`, `GPT entry 1`.
    pub title: String,
    /// What is on it, if that is known.
    pub content: Option<String>,
    /// What pygrub does with it, in one sentence without a full stop.
    pub done: String,
    /// What became of it.
    pub state: PieceState,
}

/// The most pieces that are drawn and listed.
const MOST: usize = 24;

/// What is known of a piece while they are collected.
#[derive(Default)]
struct Known {
    number: Option<u32>,
    length: Option<u64>,
    attempts: Vec<usize>,
    skipped: Option<String>,
}

impl DiskMap {
    /// The map of the disk that a run was performed on.
    ///
    /// # Errors
    ///
    /// The disk cannot be read.
    pub(crate) fn new(run: &Run, disk: &dyn Source) -> io::Result<Self> {
        let length = disk.len();
        let mut known: BTreeMap<u64, Known> = BTreeMap::new();
        for partition in linux_partitions(disk)?.unwrap_or_default() {
            let piece = known.entry(partition.start).or_default();
            piece.number = Some(partition.number);
            piece.length = Some(partition.length);
        }
        for skipped in run.table.iter().flat_map(|table| &table.skipped).filter(|skipped| skipped.sectors > 0) {
            let Some(why) = skipped_because(skipped.reason) else { continue };
            let piece = known.entry(u64::from(skipped.start) * 512).or_default();
            piece.length = piece.length.or(Some(u64::from(skipped.sectors) * 512));
            piece.skipped =
                Some(format!("pygrub skips slot {}, type 0x{:02x}: it {why}", skipped.slot, skipped.partition_type));
        }
        for (index, attempt) in run.attempts.iter().enumerate() {
            if let Ok(offset) = u64::try_from(attempt.offset) {
                known.entry(offset).or_default().attempts.push(index);
            }
        }
        known.retain(|start, piece| *start < length || !piece.attempts.is_empty());
        let starts: Vec<u64> = known.keys().copied().collect();
        let extents: Vec<(u64, u64)> = known
            .iter()
            .map(|(start, piece)| {
                let next = starts.iter().copied().find(|other| other > start).unwrap_or(length);
                let sized = piece.attempts.iter().find_map(|index| run.attempts.get(*index)?.size);
                let sized = sized.map(|size| size.claimed.min(size.there));
                let bytes = piece.length.or(sized).unwrap_or_else(|| next.saturating_sub(*start));
                (*start, start.saturating_add(bytes).min(length.max(*start)))
            })
            .collect();
        let deciding = run.deciding_attempt();
        let mut map = Self { length, pieces: Vec::new(), left_out: 0 };
        for ((start, piece), (_, end)) in known.iter().zip(&extents) {
            let contains = |other: &(u64, u64)| other.0 > *start && other.1 <= *end && other.0 < *end;
            // An extended partition is only what holds others.
            if piece.attempts.is_empty() && piece.skipped.is_none() && extents.iter().any(contains) {
                continue;
            }
            let attempts: Vec<&Attempt> = piece.attempts.iter().filter_map(|index| run.attempts.get(*index)).collect();
            let decides = attempts.iter().any(|attempt| deciding.is_some_and(|other| std::ptr::eq(other, *attempt)));
            if map.pieces.len() >= MOST && !decides {
                map.left_out += 1;
                continue;
            }
            let around = extents.iter().filter(|other| other.0 < *start && other.1 >= *end && other.1 > *start).count();
            let (state, done) = judged(run, piece, &attempts);
            map.pieces.push(MapPiece {
                start: *start,
                length: end.saturating_sub(*start),
                depth: u32::try_from(around).unwrap_or(u32::MAX),
                title: title(piece, &attempts),
                content: attempts.iter().find_map(|attempt| content(attempt)),
                done,
                state,
            });
        }
        Ok(map)
    }
}

fn title(piece: &Known, attempts: &[&Attempt]) -> String {
    let tried = attempts.first().map(|attempt| partition_name::describe(attempt.candidate.as_ref()));
    match (piece.number, tried) {
        (Some(number), Some(tried)) => format!("partition {number} ({tried})"),
        (Some(number), None) => format!("partition {number}"),
        (None, Some(tried)) => tried,
        (None, None) => "a slot of the partition table".to_owned(),
    }
}

/// What is on a piece.
fn content(attempt: &Attempt) -> Option<String> {
    match &attempt.mounted {
        Mounted::Yes(name) => Some(name.clone()),
        Mounted::No { identified: Some(identified), .. } | Mounted::Unknown { identified: Some(identified), .. } => {
            let detail = if identified.detail.is_empty() { String::new() } else { format!(", {}", identified.detail) };
            Some(format!("{}{detail}", identified.format.title()))
        }
        _ => None,
    }
}

/// What pygrub does with a piece.
fn judged(run: &Run, piece: &Known, attempts: &[&Attempt]) -> (PieceState, String) {
    let chosen = run.chosen.as_ref();
    if let Some(chosen) = chosen.filter(|chosen| piece.attempts.contains(&chosen.attempt)) {
        let mut files: Vec<String> =
            attempts.iter().filter_map(|attempt| Some(attempt.found.as_ref()?.path.to_string())).collect();
        files.push(chosen.kernel.path.to_string());
        files.extend(chosen.ramdisk.iter().map(|file| file.path.to_string()));
        let state = if run.failure.is_none() { PieceState::Boots } else { PieceState::Ends };
        return (state, format!("pygrub finds here: {}", files.join(", ")));
    }
    for attempt in attempts {
        if let Some(found) = &attempt.found {
            return (PieceState::Ends, format!("pygrub finds {} here, and nothing boots by it", found.path));
        }
        match &attempt.mounted {
            Mounted::No { why, .. } => return (PieceState::Refused, format!("pygrub does not mount it: {why}")),
            Mounted::Unknown { why, .. } => return (PieceState::Unknown, format!("pregrub cannot tell: {why}")),
            Mounted::Yes(_) if attempt.unknown.is_none() => {
                let looked = attempt.steps.iter().filter(|step| step.purpose == Purpose::Configuration).count();
                let looked = if looked == 0 { String::new() } else { format!(" ({looked} paths tried)") };
                return (PieceState::Mounts, format!("pygrub mounts it and finds no configuration{looked}"));
            }
            _ => {}
        }
    }
    if !attempts.is_empty() {
        return (PieceState::Unknown, "pregrub cannot tell what pygrub finds here".to_owned());
    }
    if let Some(why) = &piece.skipped {
        return (PieceState::Untried, why.clone());
    }
    let done = if chosen.is_some() { "pygrub does not come here: it boots before" } else { "pygrub does not try it" };
    (PieceState::Untried, done.to_owned())
}
