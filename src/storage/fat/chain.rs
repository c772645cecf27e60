//! The bytes of a file or directory in their order: a chain of clusters, or the root directory of FAT12 and FAT16.

use std::cell::Cell;
use std::io;
use std::num::NonZeroU64;

use super::Geometry;
use super::allocation_table::Link;
use super::bios_parameter_block::SECTOR;
use crate::storage::budget::BudgetExhausted;
use crate::storage::in_block::InBlock;

/// What a link of a chain costs of the budget, but for reading the FAT.
const LINK: u64 = 16;

/// Where some bytes that follow each other lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClusterRun {
    /// The byte of the volume; nothing where the number of the sector overflows. May lie past the end of the image.
    pub(crate) place: Option<u64>,
    /// How many bytes, at least one.
    pub(crate) length: u64,
    /// The first cluster; negative in the root directory of FAT12 and FAT16.
    pub(crate) cluster: i32,
}

/// Why there are no bytes at a position.
#[derive(Debug)]
pub(crate) enum ChainStop {
    /// The chain ended before.
    End,
    /// A link of the chain leads nowhere. What it is comes as a clause.
    Broken(String),
    /// pregrub cannot tell what the plugin gets.
    Unknown(String),
    /// The disk could not be read.
    Io(io::Error),
}

impl From<BudgetExhausted> for ChainStop {
    fn from(_: BudgetExhausted) -> Self {
        Self::Unknown(BudgetExhausted::REASON.to_owned())
    }
}

impl From<io::Error> for ChainStop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A chain by its first cluster, which may have any number: the plugin does not look at that one. A negative number
/// stands for the root directory of FAT12 and FAT16; on FAT32 that is empty.
#[derive(Debug)]
pub(crate) struct ClusterChain<'a> {
    geometry: &'a Geometry,
    pub(crate) first: i32,
    /// A cluster that was found before, and how many come before it.
    known: Cell<(u64, i32)>,
}

impl<'a> ClusterChain<'a> {
    pub(crate) fn new(geometry: &'a Geometry, first: i32) -> Self {
        Self { geometry, first, known: Cell::new((0, first)) }
    }

    /// Where the bytes from `offset` on lie, up to `wanted` of them (at least one) and as many as follow each other on the
    /// disk.
    pub(crate) fn run(&self, offset: u64, wanted: u64) -> Result<ClusterRun, ChainStop> {
        if self.first < 0 {
            return self.root_run(offset, wanted);
        }
        let size = self.geometry.cluster_bytes;
        let InBlock { index: mut number, within, rest: mut length } = InBlock::of(offset, size);
        let cluster = self.cluster(number)?;
        let place = self.geometry.place(cluster).map(|place| place.saturating_add(within));
        let mut last = cluster;
        while length < wanted {
            // What stops the chain is met again, where it is not wanted any more.
            let Link::Next(next) = self.link(last)? else { break };
            if last.checked_add(1) != Some(next)
                || place.is_none()
                || self.geometry.place(next) != place.map(|place| place.saturating_add(length))
            {
                break;
            }
            (last, number, length) = (next, number.saturating_add(1), length.saturating_add(size));
        }
        self.known.set((number, last));
        Ok(ClusterRun { place, length: length.min(wanted), cluster })
    }

    fn link(&self, cluster: i32) -> Result<Link, ChainStop> {
        self.geometry.volume.budget().spend(LINK)?;
        Ok(self.geometry.table.link(cluster)?)
    }

    fn root_run(&self, offset: u64, wanted: u64) -> Result<ClusterRun, ChainStop> {
        let left = u64::from(self.geometry.root_bytes).saturating_sub(offset);
        if left == 0 {
            return Err(ChainStop::End);
        }
        let place = u64::try_from(self.geometry.root_sector).ok();
        let place = place.map(|sector| sector.saturating_mul(SECTOR).saturating_add(offset));
        Ok(ClusterRun { place, length: left.min(wanted), cluster: self.first })
    }

    /// The cluster before which `number` others come.
    fn cluster(&self, number: u64) -> Result<i32, ChainStop> {
        let (mut at, mut cluster) = self.known.get();
        if at > number {
            (at, cluster) = (0, self.first);
        }
        // Where a chain runs in a circle, most of the way need not be gone.
        let (mut goal, mut circle) = (number, LoopWatch::default());
        while at < goal {
            if let Some(period) = circle.period(cluster) {
                goal = at.saturating_add(goal.saturating_sub(at) % period);
                if at == goal {
                    break;
                }
            }
            cluster = match self.link(cluster)? {
                Link::Next(next) => next,
                Link::End => return Err(ChainStop::End),
                Link::Bad(value) => {
                    let what = match value {
                        0 => "as free".to_owned(),
                        _ => format!("with the link {value:#x}, which is not a cluster"),
                    };
                    return Err(ChainStop::Broken(format!("the FAT has cluster {cluster} {what}")));
                }
                Link::Unknown => {
                    return Err(ChainStop::Unknown(format!(
                        "the image ends before the entry of the FAT for cluster {cluster}, or just after it, and pygrub's FAT driver then \
                         goes by what it read before"
                    )));
                }
            };
            at = at.saturating_add(1);
        }
        self.known.set((number, cluster));
        Ok(cluster)
    }
}

/// Notices a chain that comes back to itself: a cluster is remembered at every power of two.
#[derive(Debug, Default)]
pub(crate) struct LoopWatch {
    steps: u64,
    remembered: Option<(i32, u64)>,
}

impl LoopWatch {
    /// Takes the next cluster. Says after how many clusters it comes again, where it is the one that is remembered.
    pub(crate) fn period(&mut self, cluster: i32) -> Option<NonZeroU64> {
        self.steps = self.steps.saturating_add(1);
        if let Some((_, at)) = self.remembered.filter(|(remembered, _)| *remembered == cluster) {
            return NonZeroU64::new(self.steps.saturating_sub(at));
        }
        if self.steps.is_power_of_two() {
            self.remembered = Some((cluster, self.steps));
        }
        None
    }
}
