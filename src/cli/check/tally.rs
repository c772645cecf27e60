//! How many targets came out how: the last line of a run on several.

use std::fmt;

use crate::cli::Status;

/// How many targets came out how.
#[derive(Default)]
pub(super) struct Tally {
    fine: usize,
    not_applicable: usize,
    failing: usize,
    unknown: usize,
    /// How many of the unknown could not be read.
    unread: usize,
}

impl Tally {
    /// Counts one that could not be read.
    pub(super) fn count_unread(&mut self, status: Status) {
        self.count(status);
        self.unread += 1;
    }

    /// Whether one could be read.
    pub(super) fn has_checked(&self) -> bool {
        self.fine + self.not_applicable + self.failing + self.unknown > self.unread
    }

    /// Counts one.
    pub(super) fn count(&mut self, status: Status) {
        match status {
            Status::Fine => self.fine += 1,
            Status::NotApplicable => self.not_applicable += 1,
            Status::Fails => self.failing += 1,
            Status::Unknown | Status::Usage | Status::Stopped(_) => self.unknown += 1,
        }
    }
}

/// `4 targets: 1 would boot, 1 would not, 1 unknown, 1 does not ask pygrub`.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.fine + self.failing + self.unknown + self.not_applicable;
        let kinds = [
            (self.fine, "would boot"),
            (self.failing, "would not"),
            (self.unknown, "unknown"),
            (self.not_applicable, if self.not_applicable == 1 { "does not ask pygrub" } else { "do not ask pygrub" }),
        ];
        let kinds: Vec<String> =
            kinds.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        match all {
            0 => f.write_str("0 targets: nothing was found that pygrub could be given"),
            all => write!(f, "{all} target{}: {}", if all == 1 { "" } else { "s" }, kinds.join(", ")),
        }
    }
}
