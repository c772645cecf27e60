//! An opened file: reads as the plugin does, and a check that does without reading.

use super::Geometry;
use super::bios_parameter_block::SECTOR;
use super::chain::{ChainStop, ClusterChain};
use super::directory::FatEntry;
use crate::size::{to_u64, to_usize};
use crate::storage::filesystem::{Damage, FileExtent, FileKind, OpenFile, Place, ReadError};

/// What pygrub reads at once while it copies.
const COPY: u64 = 1 << 20;
/// How many runs a check looks at before it gives up.
const MOST_RUNS: usize = 1 << 18;

/// A file of a [`super::Fat`].
#[derive(Debug)]
pub(crate) struct FatFile<'a> {
    geometry: &'a Geometry,
    chain: ClusterChain<'a>,
    size: u64,
}

impl<'a> FatFile<'a> {
    pub(crate) fn new(geometry: &'a Geometry, entry: FatEntry) -> Self {
        Self { geometry, chain: ClusterChain::new(geometry, entry.cluster), size: u64::from(entry.size) }
    }

    /// What is wrong with the first cluster, which the plugin takes as it is.
    fn bad_start(&self) -> Option<String> {
        let first = self.chain.first;
        (first < 2 || first >= self.geometry.clusters)
            .then(|| format!("its directory entry names {:#x} as its first cluster, and there is none such", first))
    }
}

impl OpenFile for FatFile<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn kind(&self) -> FileKind {
        FileKind::Regular
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let wanted = to_usize(self.size.saturating_sub(offset)).min(buf.len());
        let mut done = 0;
        while done < wanted {
            let at = offset.saturating_add(to_u64(done));
            let left = &mut buf[done..wanted];
            let run = match self.chain.run(at, to_u64(left.len())) {
                Ok(run) => run,
                Err(ChainStop::End) => break,
                // What was read before it in this call is lost.
                Err(ChainStop::Broken(_)) => return Ok(0),
                Err(ChainStop::Unknown(reason)) => return Err(ReadError::Unknown(reason)),
                Err(ChainStop::Io(error)) => return Err(ReadError::Io(error)),
            };
            let part = &mut left[..to_usize(run.length)];
            let count = match run.place {
                Some(place) => self.geometry.volume.read_at(place, part)?,
                None => 0,
            };
            // The plugin does not notice, and leaves there what the memory held.
            let kept = kept(at, part.len(), count);
            part[kept..].fill(0);
            done = done.saturating_add(part.len());
        }
        Ok(done)
    }

    fn stretch_at(&self, offset: u64) -> Result<Option<FileExtent>, ReadError> {
        let rest = self.size.saturating_sub(offset);
        if rest == 0 {
            return Ok(Some(FileExtent { bytes: 0, place: Place::Zeros }));
        }
        let unknown = FileExtent { bytes: rest, place: Place::Unknown };
        // What is damaged is left to reading.
        let Ok(run) = self.chain.run(offset, rest) else { return Ok(Some(unknown)) };
        Ok(Some(match run.place {
            Some(place) if place.saturating_add(run.length) <= self.geometry.volume.len() => {
                FileExtent { bytes: run.length, place: Place::Disk(place) }
            }
            _ => unknown,
        }))
    }

    fn verify(&self) -> Result<Option<Damage>, ReadError> {
        let there = self.geometry.volume.len();
        let mut damage = if self.size == 0 { None } else { self.bad_start() };
        let mut runs = Vec::new();
        let mut offset = 0_u64;
        while offset < self.size {
            if runs.len() == MOST_RUNS {
                return match crossing(&mut runs) {
                    Some(cluster) => Ok(Some(Damage { bytes: self.size, reason: damage.unwrap_or(circle(cluster)) })),
                    None => Err(ReadError::Unknown("the file lies in too many pieces to be checked".to_owned())),
                };
            }
            let run = match self.chain.run(offset, self.size.saturating_sub(offset)) {
                Ok(run) => run,
                Err(ChainStop::End) => {
                    let ends = format!("its chain of clusters ends after {offset} of {} bytes", self.size);
                    return Ok(Some(Damage { bytes: offset, reason: damage.unwrap_or(ends) }));
                }
                Err(ChainStop::Broken(reason)) => {
                    let broken =
                        format!("its chain of clusters is broken after {offset} of {} bytes: {reason}", self.size);
                    return Ok(Some(Damage { bytes: offset & !(COPY - 1), reason: damage.unwrap_or(broken) }));
                }
                Err(ChainStop::Unknown(reason)) => return Err(ReadError::Unknown(reason)),
                Err(ChainStop::Io(error)) => return Err(ReadError::Io(error)),
            };
            let readable = run.place.map_or(0, |place| there.saturating_sub(place).min(run.length));
            if readable < run.length && damage.is_none() {
                let at = offset.saturating_add(readable);
                damage = Some(format!(
                    "the image ends before byte {at} of its {}: the rest that lies past the end comes out as NULs or as \
                     what pygrub's memory holds",
                    self.size
                ));
            }
            runs.push((run.cluster, run.length.div_ceil(self.geometry.cluster_bytes)));
            offset = offset.saturating_add(run.length);
        }
        let damage = damage.or_else(|| crossing(&mut runs).map(circle));
        Ok(damage.map(|reason| Damage { bytes: self.size, reason }))
    }
}

/// How many bytes the plugin keeps of a read of `length` bytes, of which the image has `count`. What begins or ends inside a
/// sector is read apart, and all of it or nothing is kept.
fn kept(offset: u64, length: usize, count: usize) -> usize {
    const SECTOR_LENGTH: usize = to_usize(SECTOR);
    let head = match to_usize(offset % SECTOR) {
        0 => 0,
        within => SECTOR_LENGTH.saturating_sub(within).min(length),
    };
    let tail = length.saturating_sub(length.saturating_sub(head) % SECTOR_LENGTH);
    if count == length {
        count
    } else if count < head {
        0
    } else {
        count.min(tail)
    }
}

fn circle(cluster: i32) -> String {
    format!("its chain of clusters comes back to cluster {cluster} and repeats itself from there")
}

/// A cluster that is in two of the runs.
fn crossing(runs: &mut [(i32, u64)]) -> Option<i32> {
    runs.sort_unstable();
    runs.windows(2)
        .find(|pair| i64::from(pair[0].0).saturating_add(pair[0].1.cast_signed()) > i64::from(pair[1].0))
        .map(|pair| pair[1].0)
}

#[cfg(test)]
mod tests {
    use super::kept;

    #[test]
    fn parts_of_sectors_are_read_as_a_whole_or_not() {
        assert_eq!(kept(0, 200, 150), 0);
        assert_eq!(kept(0, 200, 200), 200);
        assert_eq!(kept(0, 512, 150), 150);
        assert_eq!(kept(0, 700, 662), 512);
        assert_eq!(kept(100, 700, 562), 412);
        assert_eq!(kept(72, 3000, 78), 0);
        assert_eq!(kept(72, 3000, 590), 590);
    }
}
