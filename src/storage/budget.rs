//! How much work finding and checking files on a disk may make.
//!
//! A disk can be made such that a driver that follows it never ends, or takes hours: directories and trees in circles, maps
//! of a million pieces that are gone through for each byte. pygrub's plugins have no limit. pregrub has this one, for all
//! that it does on a disk, whatever the driver and wherever the partitions are: what goes beyond is *unknown*.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much there is for one disk. A unit is about a nanosecond of a machine of 2024, in an optimised build; looking for a
/// file in a directory of 100,000 names takes a fiftieth of it at most.
const WHOLE: u64 = 1 << 29;
/// What a read costs before its first byte.
const READ: u64 = 512;

/// What may still be done on a disk. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<AtomicU64>);

/// Nothing is left of a [`Budget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BudgetExhausted;

impl BudgetExhausted {
    /// Why pregrub cannot tell then, as a clause without a full stop.
    pub(crate) const REASON: &'static str = "finding and checking files here takes more work than pregrub puts into a disk: its directories \
         or maps of blocks are huge, damaged, or made to keep a reader busy";
}

impl Budget {
    /// For one disk.
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(WHOLE)))
    }

    /// Takes `units` off, as far as there are some.
    pub(crate) fn charge(&self, units: u64) {
        // Two threads may count too little at the same time, which does no harm.
        self.0.store(self.0.load(Ordering::Relaxed).saturating_sub(units), Ordering::Relaxed);
    }

    /// Takes off what a read of `bytes` bytes of metadata costs. Noticed at the next [`spend`](Self::spend).
    pub(crate) fn charge_read(&self, bytes: u64) {
        self.charge(READ.saturating_add(bytes / 2));
    }

    /// Takes `units` off.
    ///
    /// # Errors
    ///
    /// Nothing is left.
    pub(crate) fn spend(&self, units: u64) -> Result<(), BudgetExhausted> {
        self.charge(units);
        if self.0.load(Ordering::Relaxed) == 0 { Err(BudgetExhausted) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_what_is_left() {
        let budget = Budget::new();
        assert_eq!(budget.clone().spend(WHOLE - 1), Ok(()));
        assert_eq!(budget.spend(1), Err(BudgetExhausted));
        budget.charge(u64::MAX);
        assert_eq!(budget.spend(0), Err(BudgetExhausted));
    }
}
