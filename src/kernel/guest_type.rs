//! What kind of guest a kernel is loaded for.

use serde::Serialize;

/// The type of a guest that gets its kernel from the domain builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GuestType {
    /// Paravirtualised, xl's default.
    #[default]
    Pv,
    /// Paravirtualised in a hardware container: `type="pvh"`, from Xen 4.10 on.
    Pvh,
}

impl GuestType {
    /// Both types.
    pub const ALL: [Self; 2] = [Self::Pv, Self::Pvh];

    /// The word for it in a domain's configuration and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pv => "pv",
            Self::Pvh => "pvh",
        }
    }

    /// How it is written in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Pv => "PV",
            Self::Pvh => "PVH",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Pv => Self::Pvh,
            Self::Pvh => Self::Pv,
        }
    }
}
