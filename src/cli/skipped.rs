//! What a search through directories passes over, counted by reason.

use std::collections::BTreeMap;
use std::fmt;

/// Why something in a tree is not a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// A file that is none of what is looked for.
    NothingKnown,
    /// The directory of a repository (`.git`), which is not searched.
    Repository,
    /// A link that does not lead to another place in the tree: what is found in a tree must not decide what is read elsewhere, nor learn
    /// what is there.
    Link,
    /// A block device outside of the filesystem of /dev, or one on which nothing is recognised.
    Device,
    /// A FIFO, a socket or a character device.
    Special,
}

/// How many for each reason.
#[derive(Debug, Default)]
pub(super) struct SkippedCounts(BTreeMap<Reason, usize>);

impl SkippedCounts {
    pub(super) fn count(&mut self, reason: Reason) {
        self.count_several(reason, 1);
    }

    pub(super) fn count_several(&mut self, reason: Reason, count: usize) {
        if count > 0 {
            *self.0.entry(reason).or_default() += count;
        }
    }

    /// Whether something was passed over that a user may have meant.
    pub(super) fn is_notable(&self) -> bool {
        self.0.keys().any(|reason| !matches!(reason, Reason::NothingKnown | Reason::Repository))
    }
}

/// `3 other files, 2 links, which are not followed`.
impl fmt::Display for SkippedCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (reason, count)) in self.0.iter().enumerate() {
            let (one, several) = match reason {
                Reason::NothingKnown => ("other file", "other files"),
                Reason::Repository => ("repository (`.git`)", "repositories (`.git`)"),
                Reason::Link => ("link, which is not followed", "links, which are not followed"),
                Reason::Device => (
                    "device on which nothing is recognised or allowed",
                    "devices on which nothing is recognised or allowed",
                ),
                Reason::Special => ("FIFO, socket or character device", "FIFOs, sockets and character devices"),
            };
            let comma = if number > 0 { ", " } else { "" };
            write!(f, "{comma}{count} {}", if *count == 1 { one } else { several })?;
        }
        Ok(())
    }
}
