//! Whether GRUB for Xen loads a kernel: pvgrub2 in a PV guest, and GRUB's binary for PVH.
//!
//! Source: `grub-file --is-x86_64-xen-domu` of GRUB 2.06, 2.12 and 2.14 on the same kernel in every packing (it uses the loader and
//! the decompressors of pvgrub2), and runs of Debian's GRUB binaries under Xen 4.17 with kernels that are packed with gzip and zstd.

use super::guest_type::GuestType;
use super::outcome::{Cause, Format, Look, Outcome};
use crate::decompress::Compression;
use crate::grub::Version;

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

fn pv(look: &Look, version: Version) -> GrubOutcome {
    match look.format {
        Format::BzImage { .. } | Format::Elf => {}
        Format::Foreign(super::Foreign::Compressed(_)) => {
            return GrubOutcome::Unknown("pregrub does not look into a file that is packed as a whole");
        }
        Format::FlatBinary => return GrubOutcome::Unknown("it was not tried with a flat binary"),
        Format::ArmImage | Format::Foreign(_) => return GrubOutcome::Fails("it is not a kernel that pvgrub2 knows"),
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
        Some(Outcome::Loads("xen-3.0-x86_64")) => GrubOutcome::Loads,
        Some(Outcome::Loads(_)) => GrubOutcome::Unknown("it was not tried with a 32-bit kernel"),
        Some(Outcome::Refused { cause: Cause::NoPvEntry, .. }) => {
            GrubOutcome::Fails("the kernel has no entry for PV guests")
        }
        Some(Outcome::Refused { cause: Cause::NoXenNotes, .. }) => GrubOutcome::Fails("the kernel has no Xen notes"),
        Some(Outcome::Refused { cause: Cause::OldProtocol(_), .. }) => {
            GrubOutcome::Fails("its boot protocol is too old")
        }
        Some(Outcome::Refused { .. }) => {
            GrubOutcome::Unknown("Xen's own builder refuses it for a reason that was not tried with GRUB")
        }
        Some(Outcome::Unknown(_)) | None => GrubOutcome::Unknown("nobody knows what its notes say"),
    }
}

/// GRUB's loader for Linux starts a bzImage and lets it unpack itself.
fn pvh(look: &Look) -> GrubOutcome {
    let refusal = look.outcome(GuestType::Pv).or_else(|| look.outcome(GuestType::Pvh));
    match (look.format, refusal) {
        (Format::BzImage { .. }, Some(Outcome::Refused { cause: Cause::Incomplete(_) | Cause::Damaged(..), .. })) => {
            GrubOutcome::Unknown("the kernel is damaged")
        }
        (Format::BzImage { .. }, Some(Outcome::Refused { cause: Cause::NoXenNotes, .. })) => {
            GrubOutcome::Unknown("it loads the kernel, which was built without support for Xen")
        }
        (Format::BzImage { .. }, _) => GrubOutcome::Loads,
        (Format::Elf | Format::FlatBinary, _) => GrubOutcome::Fails("it starts bzImages only"),
        (Format::Foreign(super::Foreign::Compressed(_)), _) => {
            GrubOutcome::Unknown("pregrub does not look into a file that is packed as a whole")
        }
        (Format::ArmImage | Format::Foreign(_), _) => GrubOutcome::Fails("it is not a bzImage"),
    }
}
