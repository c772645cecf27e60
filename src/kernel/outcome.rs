//! What was found in a kernel, and what libxenguest says to it.

use super::foreign::Foreign;
use super::guest_type::GuestType;
use super::question::KernelDepth;
use crate::decompress::Compression;
use crate::initrd::KernelConfig;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelFormat {
    /// Linux's bzImage, with the number of its boot protocol.
    BzImage {
        /// 0x020f is 2.15.
        protocol: u16,
    },
    /// An ELF file.
    Elf,
    /// A flat image with Xen's table.
    FlatBinary,
    /// An Image or zImage for Arm.
    ArmImage,
    /// Something else.
    Foreign(Foreign),
}

impl KernelFormat {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::BzImage { .. } => "bzImage",
            Self::Elf => "elf",
            Self::FlatBinary => "flat-binary",
            Self::ArmImage => "arm-image",
            Self::Foreign(Foreign::UnifiedKernelImage) => "unified-kernel-image",
            Self::Foreign(Foreign::EfiZboot) => "efi-zboot",
            Self::Foreign(Foreign::Pe) => "pe",
            Self::Foreign(Foreign::Compressed(compression)) => compression.name(),
            Self::Foreign(Foreign::Cpio) => "cpio",
            Self::Foreign(Foreign::Script) => "script",
            Self::Foreign(Foreign::Text) => "text",
            Self::Foreign(Foreign::Zeros) => "zeros",
            Self::Foreign(Foreign::Empty) => "empty",
            Self::Foreign(Foreign::Unknown) => "unknown",
        }
    }
}

/// The processor that a kernel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// 32-bit x86.
    I386,
    /// 64-bit x86.
    X86_64,
    /// 32-bit Arm.
    Arm,
    /// 64-bit Arm.
    Arm64,
    /// Another one, by ELF's number.
    Other(u16),
}

impl Architecture {
    /// ELF's number for it.
    pub(super) fn of_elf(number: u64) -> Self {
        match number {
            3 => Self::I386,
            62 => Self::X86_64,
            40 => Self::Arm,
            183 => Self::Arm64,
            other => Self::Other(u16::try_from(other).unwrap_or_default()),
        }
    }

    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::I386 => "i386",
            Self::X86_64 => "x86_64",
            Self::Arm => "arm",
            Self::Arm64 => "arm64",
            Self::Other(_) => "other",
        }
    }
}

/// Why libxenguest does not load a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// The file has no bytes.
    Empty,
    /// It is larger than 1 GiB, packed or unpacked.
    TooLarge,
    /// It is not in a format that any loader knows.
    NotAKernel(Foreign),
    /// It is for another kind of processor.
    OtherMachine(Architecture),
    /// The boot protocol of the bzImage is older than 2.08, and does not show where the payload is.
    OldProtocol(u16),
    /// The payload reaches beyond the end of the file: this many bytes are missing.
    Incomplete(u64),
    /// The payload is of a format that this release does not know; the line that first does, if any.
    UnknownCompression {
        /// The format, if pregrub knows it.
        compression: Option<Compression>,
        /// 15 for 4.15.
        since: Option<u8>,
    },
    /// This build lacks the library for the format.
    LeftOut(Compression),
    /// The dictionary is larger than the memory that the release gives liblzma, in bytes.
    Dictionary {
        /// xz or lzma.
        compression: Compression,
        /// The memory.
        limit: u64,
    },
    /// The compressed data is damaged; what is wrong, as a clause.
    Damaged(Compression, String),
    /// The kernel has no notes for Xen.
    NoXenNotes,
    /// The kernel has notes, and none that says what guest it is.
    NotForXen,
    /// It is for another interface than Xen 3's.
    XenVersion,
    /// It requires a feature that libxenguest does not know.
    UnknownFeature,
    /// Its headers or addresses contradict each other; how, as a clause.
    Contradiction(String),
    /// It runs as dom0 only.
    Dom0Only,
    /// It has an entry for PVH, and none for PV. libxenguest loads it, and it crashes at its first instruction.
    NoPvEntry,
    /// It has no entry for PVH.
    NoPvhEntry,
    /// The release of Xen has no guests of this type.
    NoSuchGuest,
    /// It is a 32-bit kernel without physical address extension, which no Xen of today runs.
    NoPae,
}

impl RefusalReason {
    /// The word for it in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too-large",
            Self::NotAKernel(_) => "not-a-kernel",
            Self::OtherMachine(_) => "other-machine",
            Self::OldProtocol(_) => "old-protocol",
            Self::Incomplete(_) => "incomplete",
            Self::UnknownCompression { .. } => "unknown-compression",
            Self::LeftOut(_) => "compression-left-out",
            Self::Dictionary { .. } => "dictionary",
            Self::Damaged(..) => "damaged",
            Self::NoXenNotes => "no-xen-notes",
            Self::NotForXen => "not-for-xen",
            Self::XenVersion => "xen-version",
            Self::UnknownFeature => "unknown-feature",
            Self::Contradiction(_) => "contradiction",
            Self::Dom0Only => "dom0-only",
            Self::NoPvEntry => "no-pv-entry",
            Self::NoPvhEntry => "no-pvh-entry",
            Self::NoSuchGuest => "no-such-guest",
            Self::NoPae => "no-pae",
        }
    }
}

/// What becomes of a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadOutcome {
    /// libxenguest loads it as this kind of guest: `xen-3.0-x86_64`.
    Loads(&'static str),
    /// It does not, or the guest cannot start.
    Refused {
        /// libxenguest's first error, without the place in its source. If it loads the kernel all the same, what it says then.
        words: String,
        /// Why.
        cause: RefusalReason,
        /// Whether libxenguest loads it all the same.
        loads: bool,
    },
    /// pregrub cannot tell; why, as a clause.
    Unknown(String),
}

impl LoadOutcome {
    /// Whether a guest starts with it, as far as the domain builder decides that; `None` if that is not known.
    pub fn starts(&self) -> Option<bool> {
        match self {
            Self::Loads(_) => Some(true),
            Self::Refused { .. } => Some(false),
            Self::Unknown(_) => None,
        }
    }

    /// Whether libxenguest loads it; `None` if that is not known.
    pub fn loads(&self) -> Option<bool> {
        match self {
            Self::Loads(_) => Some(true),
            Self::Refused { loads, .. } => Some(*loads),
            Self::Unknown(_) => None,
        }
    }
}

/// What was found in a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// How much of it was unpacked.
    pub depth: KernelDepth,
    /// What the file is.
    pub format: KernelFormat,
    /// Bytes of the file.
    pub size: u64,
    /// Whether the whole file is packed with gzip.
    pub gzipped: bool,
    /// What the kernel in a bzImage is packed with; `None` if it is not packed, or with something unknown.
    pub compression: Option<Compression>,
    /// Whether its xz data passes through a filter besides those of Linux: the one for x86, and LZMA2.
    pub other_filters: bool,
    /// Bytes of the unpacked kernel, by the file's account.
    pub unpacked_size: Option<u64>,
    /// The processor.
    pub machine: Option<Architecture>,
    /// The version of the kernel, as the bzImage states it.
    pub version: Option<String>,
    /// The virtual address of the entry for PV.
    pub pv_entry: Option<u64>,
    /// The physical address of the entry for PVH.
    pub pvh_entry: Option<u32>,
    /// Features that the kernel can use, a bit each.
    pub supported_features: u32,
    /// Features that it must have, a bit each.
    pub required_features: u32,
    /// What the notes call the guest: `linux`.
    pub guest_os: Option<String>,
    /// The configuration that the kernel carries (`CONFIG_IKCONFIG=y`); `None` if it has none, or if not all of it was unpacked.
    pub config: Option<KernelConfig>,
    /// The outcome for each type that was asked for or came for nothing.
    pub(super) outcomes: Vec<(GuestType, LoadOutcome)>,
}

impl Look {
    pub(super) fn new(depth: KernelDepth, format: KernelFormat, size: u64) -> Self {
        Self {
            depth,
            format,
            size,
            gzipped: false,
            compression: None,
            other_filters: false,
            unpacked_size: None,
            machine: None,
            version: None,
            pv_entry: None,
            pvh_entry: None,
            supported_features: 0,
            required_features: 0,
            guest_os: None,
            config: None,
            outcomes: Vec::new(),
        }
    }

    /// What becomes of it as a guest of this type. `None` for the type that was not asked for, if the bytes that were read do not
    /// decide it.
    pub fn outcome(&self, guest: GuestType) -> Option<&LoadOutcome> {
        self.outcomes.iter().find(|(of, _)| *of == guest).map(|(_, outcome)| outcome)
    }
}

/// libxenguest does not load it, and says so in these words.
pub(super) fn refused(words: impl Into<String>, cause: RefusalReason) -> LoadOutcome {
    LoadOutcome::Refused { words: words.into(), cause, loads: false }
}
