//! `--type`: the type of the guest that a kernel is loaded for.

use clap::ValueEnum;

use crate::kernel::GuestType;

/// A type of guest whose kernel the domain builder loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GuestArg {
    /// Paravirtualised, xl's default
    Pv,
    /// type = "pvh", from Xen 4.10 on
    Pvh,
}

impl From<GuestArg> for GuestType {
    fn from(guest: GuestArg) -> Self {
        match guest {
            GuestArg::Pv => Self::Pv,
            GuestArg::Pvh => Self::Pvh,
        }
    }
}
