//! Whether GRUB for Xen loads a kernel: pvgrub2 in a PV guest, and GRUB's binary for PVH.
//!
//! Source: `grub-file --is-x86_64-xen-domu` of GRUB 2.06, 2.12 and 2.14 on the same kernel in every packing (it uses the loader and
//! the decompressors of pvgrub2), and runs of Debian's GRUB binaries under Xen 4.17 with kernels that are packed with gzip and zstd.

use std::io;

use super::cache::Looks;
use super::guest_type::GuestType;
use super::outcome::{KernelFormat, LoadOutcome, Look, RefusalReason};
use super::question::{KernelDepth, Question};
use crate::decompress::Compression;
use crate::grub::Version;
use crate::python::PyStr;
use crate::storage::guest_file::GuestFile;
use crate::storage::mount::{Mounting, Volumes};

/// GRUB as the kernel of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrubBinary {
    /// pvgrub2, for a PV guest: `grub-x86_64-xen.bin`.
    Pv,
    /// For a PVH guest: `grub-i386-xen_pvh.bin`.
    Pvh,
}

impl GrubBinary {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Pv, Self::Pvh];

    /// GRUB's name of the platform.
    pub fn platform(self) -> &'static str {
        match self {
            Self::Pv => "xen",
            Self::Pvh => "xen_pvh",
        }
    }
}

/// What GRUB does with a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrubOutcome {
    /// It loads it.
    Loads,
    /// It does not; why, as a clause.
    Fails(&'static str),
    /// pregrub cannot tell; why, as a clause.
    Unknown(&'static str),
}

impl Look {
    /// What GRUB of this release does with the kernel.
    pub fn grub(&self, binary: GrubBinary, version: Version) -> GrubOutcome {
        match binary {
            GrubBinary::Pv => pv(self, version),
            GrubBinary::Pvh => pvh(self),
        }
    }
}

/// Looks into a file as a kernel for pvgrub2: by the offset of its filesystem, and its path there. `None` if pregrub does not come to it.
///
/// # Errors
///
/// The disk cannot be read.
pub(crate) fn look_for_pvgrub2(
    volumes: &dyn Volumes,
    (offset, path): (u64, &[u8]),
    looks: &Looks,
) -> io::Result<Option<Look>> {
    let Mounting::Mounted(filesystem) = volumes.mount(offset)? else { return Ok(None) };
    let Ok(file) = filesystem.open(path).map(GuestFile) else { return Ok(None) };
    // The newest of upstream unpacks everything.
    let question = Question { guest: GuestType::Pv, ..Question::default() };
    let place = (offset, &PyStr::from(path.to_vec()));
    looks.look_at(place, &file, file.size(), &question, KernelDepth::Notes).map(Some)
}

fn pv(look: &Look, version: Version) -> GrubOutcome {
    match look.format {
        KernelFormat::BzImage { .. } | KernelFormat::Elf => {}
        KernelFormat::Foreign(super::Foreign::Compressed(_)) => {
            return GrubOutcome::Unknown("pregrub does not look into a file that is packed as a whole");
        }
        KernelFormat::FlatBinary => return GrubOutcome::Unknown("it was not tried with a flat binary"),
        KernelFormat::ArmImage | KernelFormat::Foreign(_) => {
            return GrubOutcome::Fails("it is not a kernel that pvgrub2 knows");
        }
    }
    match look.compression {
        Some(Compression::Xz) if look.other_filters => {
            return GrubOutcome::Unknown("its xz data has a filter that was not tried");
        }
        None | Some(Compression::Gzip | Compression::Xz) => {}
        Some(Compression::Zstd) if version == Version::V2_14 => {
            return GrubOutcome::Unknown("it unpacks zstd, but the initrd arrived damaged when it was tried");
        }
        Some(Compression::Zstd) => return GrubOutcome::Fails("it cannot unpack zstd"),
        Some(Compression::Lz4) => return GrubOutcome::Fails("it cannot unpack lz4"),
        Some(Compression::Lzo) => return GrubOutcome::Fails("it cannot unpack LZO in a kernel"),
        Some(Compression::Bzip2) => return GrubOutcome::Fails("it cannot unpack bzip2"),
        Some(Compression::Lzma) => return GrubOutcome::Fails("it cannot unpack lzma"),
    }
    match look.outcome(GuestType::Pv) {
        Some(LoadOutcome::Loads("xen-3.0-x86_64")) => GrubOutcome::Loads,
        Some(LoadOutcome::Loads(_)) => GrubOutcome::Unknown("it was not tried with a 32-bit kernel"),
        Some(LoadOutcome::Refused { cause: RefusalReason::NoPvEntry, .. }) => {
            GrubOutcome::Fails("the kernel has no entry for PV guests")
        }
        Some(LoadOutcome::Refused { cause: RefusalReason::NoXenNotes, .. }) => {
            GrubOutcome::Fails("the kernel has no Xen notes")
        }
        Some(LoadOutcome::Refused { cause: RefusalReason::OldProtocol(_), .. }) => {
            GrubOutcome::Fails("its boot protocol is too old")
        }
        Some(LoadOutcome::Refused { .. }) => {
            GrubOutcome::Unknown("Xen's own builder refuses it for a reason that was not tried with GRUB")
        }
        Some(LoadOutcome::Unknown(_)) | None => GrubOutcome::Unknown("nobody knows what its notes say"),
    }
}

/// GRUB's loader for Linux starts a bzImage and lets it unpack itself.
fn pvh(look: &Look) -> GrubOutcome {
    let refusal = look.outcome(GuestType::Pv).or_else(|| look.outcome(GuestType::Pvh));
    match (look.format, refusal) {
        (
            KernelFormat::BzImage { .. },
            Some(LoadOutcome::Refused { cause: RefusalReason::Incomplete(_) | RefusalReason::Damaged(..), .. }),
        ) => GrubOutcome::Unknown("the kernel is damaged"),
        (KernelFormat::BzImage { .. }, Some(LoadOutcome::Refused { cause: RefusalReason::NoXenNotes, .. })) => {
            GrubOutcome::Unknown("it loads the kernel, which was built without support for Xen")
        }
        (KernelFormat::BzImage { .. }, _) => GrubOutcome::Loads,
        (KernelFormat::Elf | KernelFormat::FlatBinary, _) => GrubOutcome::Fails("it starts bzImages only"),
        (KernelFormat::Foreign(super::Foreign::Compressed(_)), _) => {
            GrubOutcome::Unknown("pregrub does not look into a file that is packed as a whole")
        }
        (KernelFormat::ArmImage | KernelFormat::Foreign(_), _) => GrubOutcome::Fails("it is not a bzImage"),
    }
}
