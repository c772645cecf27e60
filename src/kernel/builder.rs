//! What libxenguest of a release and a build can unpack, and how it reads notes.
//!
//! Source: the history of `tools/libs/guest` and `xen/common/libelf` in xen.git, and what the packages of Debian 11, 12 and 13
//! (4.14, 4.17, 4.20) really load.

use crate::decompress::Compression;
use crate::flavour::Flavour;
use crate::release::{Change, Release};

/// libxenguest of one release and build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Builder {
    /// The release of Xen.
    pub release: Release,
    /// Who built it.
    pub flavour: Flavour,
}

/// Whether a payload can be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unpacking {
    /// It can.
    Possible,
    /// The release does not know the format yet. It is of the line 4.N on, which is this one.
    TooOld(u8),
    /// The release knows the format, and this build was made without the library for it.
    LeftOut,
}

/// The change that brought a format, and the first line that has it.
fn history(compression: Compression) -> Option<(Change, u8)> {
    match compression {
        Compression::Gzip | Compression::Bzip2 | Compression::Lzma => None,
        Compression::Lzo => Some((Change::LzoKernels, 1)),
        Compression::Xz => Some((Change::XzKernels, 2)),
        Compression::Lz4 => Some((Change::Lz4Kernels, 4)),
        Compression::Zstd => Some((Change::ZstdKernels, 15)),
    }
}

impl Builder {
    /// Whether a payload of this format can be unpacked.
    pub fn unpacks(self, compression: Compression) -> Unpacking {
        match history(compression) {
            Some((change, since)) if !self.release.has(change) => Unpacking::TooOld(since),
            _ if self.leaves_out(compression) => Unpacking::LeftOut,
            _ => Unpacking::Possible,
        }
    }

    /// Formats that the build lacks: Debian's has neither libbz2 nor liblzo2 (4.14.6, 4.17.7 and 4.20.4 refuse both). A build
    /// from the sources has what its machine had; all of it is assumed.
    fn leaves_out(self, compression: Compression) -> bool {
        self.flavour == Flavour::Debian && matches!(compression, Compression::Bzip2 | Compression::Lzo)
    }

    /// All formats that can be unpacked.
    pub fn formats(self) -> impl Iterator<Item = Compression> {
        Compression::ALL.into_iter().filter(move |&compression| self.unpacks(compression) == Unpacking::Possible)
    }

    /// The memory that liblzma may take, which a dictionary must fit into, in bytes.
    pub fn lzma_memory(self) -> u64 {
        // Debian took the change into its 4.17.
        let enlarged = self.release.has(Change::LargeLzmaDictionary)
            || (self.flavour == Flavour::Debian && self.release.minor() == 17);
        if enlarged { 256 << 20 } else { 128 << 20 }
    }

    /// Whether a kernel that is packed with lz4 may come out shorter than it says: the rest is zeros then.
    pub(super) fn takes_short_lz4(self) -> bool {
        !self.release.has(Change::SystemLz4)
    }

    /// How it reads notes and checks addresses.
    pub(super) fn rules(self) -> NoteRules {
        NoteRules {
            knows_physical_entry: self.release.has(Change::PhysicalEntryNote),
            physical_entry_suffices: self.release.has(Change::PhysicalEntrySuffices),
            tells_types_apart: self.release.has(Change::NotesByGuestType),
            relaxed_offset: self.release.has(Change::PvhWithoutVirtBase),
        }
    }

    /// All that a look into a kernel depends on: two builders that have it in common see the same.
    pub(super) fn abilities(self) -> Abilities {
        Abilities {
            unpacks: Compression::ALL.map(|compression| self.unpacks(compression)),
            lzma_memory: self.lzma_memory(),
            takes_short_lz4: self.takes_short_lz4(),
            rules: self.rules(),
            has_pvh: self.has_pvh(),
        }
    }

    /// Whether xl starts PVH guests.
    pub fn has_pvh(self) -> bool {
        self.release.has(Change::XlType)
    }
}

/// What a builder can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Abilities {
    unpacks: [Unpacking; Compression::ALL.len()],
    lzma_memory: u64,
    takes_short_lz4: bool,
    rules: NoteRules,
    has_pvh: bool,
}

/// How notes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NoteRules {
    /// The note PHYS32_ENTRY is read.
    pub knows_physical_entry: bool,
    /// A kernel with that note needs no other.
    pub physical_entry_suffices: bool,
    /// What counts is not the same for PV and PVH.
    pub tells_types_apart: bool,
    /// PADDR_OFFSET may stand without VIRT_BASE in a kernel for PVH.
    pub relaxed_offset: bool,
}
