//! Who is to load a kernel, for what, and how closely pregrub looks.

use super::builder::Builder;
use super::guest_type::GuestType;
use crate::flavour::Flavour;
use crate::release::Release;

/// How much of a kernel is unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum KernelDepth {
    /// As far as the notes, which decide unless the rest is damaged.
    #[default]
    Notes,
    /// All of it, with its checksums.
    All,
}

impl KernelDepth {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notes => "notes",
            Self::All => "all",
        }
    }
}

/// Who is to load a kernel, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The release of Xen.
    pub release: Release,
    /// Who built it.
    pub flavour: Flavour,
    /// The type of the guest.
    pub guest: GuestType,
}

impl Default for Question {
    fn default() -> Self {
        Self { release: Release::NEWEST, flavour: Flavour::default(), guest: GuestType::default() }
    }
}

impl Question {
    /// Its libxenguest.
    pub fn builder(&self) -> Builder {
        Builder { release: self.release, flavour: self.flavour }
    }
}
