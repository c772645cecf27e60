//! What becomes of a guest when another pygrub reads its disk.

use super::pick::Pick;

/// What becomes of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuestChange {
    /// It boots the same.
    Same,
    /// pygrub is not asked for it: an HVM guest, or a kernel of dom0.
    NotAsked,
    /// It boots with neither.
    Never,
    /// It did not boot, and would.
    Starts,
    /// It boots another kernel or initrd, or with other arguments.
    Other,
    /// It boots, and would not.
    Stops,
    /// pregrub cannot tell.
    Unknown,
}

impl GuestChange {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Same, Self::NotAsked, Self::Never, Self::Starts, Self::Other, Self::Stops, Self::Unknown];

    /// What changes between two pygrubs.
    pub fn between(from: &Pick, to: &Pick) -> Self {
        match (from.boots(), to.boots()) {
            // The same for the same reason: what is unknown today is not made worse, but nothing is promised.
            _ if !from.is_known() || !to.is_known() => Self::Unknown,
            (true, true) if from.boots_same(to) => Self::Same,
            (true, true) => Self::Other,
            (true, false) => Self::Stops,
            (false, true) => Self::Starts,
            (false, false) => Self::Never,
        }
    }

    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::NotAsked => "not-asked",
            Self::Never => "never-boots",
            Self::Starts => "starts-to-boot",
            Self::Other => "boots-something-else",
            Self::Stops => "stops-booting",
            Self::Unknown => "unknown",
        }
    }

    /// What a guest does, as the end of a sentence: `would stop booting`.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Same => "boots the same",
            Self::NotAsked => "pygrub is not asked",
            Self::Never => "boots with neither",
            Self::Starts => "would boot only then",
            Self::Other => "would boot something else",
            Self::Stops => "would stop booting",
            Self::Unknown => "unknown",
        }
    }

    /// Whether nothing changes for the guest.
    pub fn is_none(self) -> bool {
        matches!(self, Self::Same | Self::NotAsked | Self::Never)
    }

    /// Whether the guest is worse off.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Stops | Self::Other)
    }
}
