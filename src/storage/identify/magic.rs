//! The formats that a magic number identifies, in the order in which they are asked, and between them those that take a closer look.
//! Long magic numbers come before short ones, layers before what may be left of an older filesystem below them.

use std::io;

use super::head::Head;
use super::{
    EXT4_BOOT, Format, HVM, Identified, PLAIN_BOOT, conversion, ext, fat, iso9660, kernel, md, minix, partition_table,
    reiserfs, swap, udf, ufs, xfs, zfs,
};

/// A row: how one format is identified.
pub(super) enum MagicRow {
    /// By bytes at fixed places, all of which must be there.
    Magic {
        /// The format.
        format: Format,
        /// Offsets, and what stands there.
        bytes: &'static [(usize, &'static [u8])],
        /// What else is known of it.
        detail: Detail,
        /// What pygrub makes of it.
        ruling: Ruling,
    },
    /// By a file of its own.
    Look(fn(&Head<'_>) -> io::Result<Option<Identified>>),
}

/// What else is known of a format.
pub(super) enum Detail {
    /// Always the same.
    Text(&'static str),
    /// What its header says.
    Read(fn(&Head<'_>) -> String),
}

/// What pygrub makes of a format.
pub(super) enum Ruling {
    /// It has no plugin for the filesystem.
    NoDriver,
    /// It treats the file as the disk itself.
    Container,
    /// It refuses it: why, and the way out.
    Refused(&'static str, &'static str),
}

use Detail::{Read, Text};
use Ruling::{Container, NoDriver, Refused};

impl MagicRow {
    /// What a head is, if it is this.
    pub(super) fn probe(&self, head: &Head<'_>) -> io::Result<Option<Identified>> {
        let (format, bytes, detail, ruling) = match self {
            Self::Magic { format, bytes, detail, ruling } => (*format, bytes, detail, ruling),
            Self::Look(look) => return look(head),
        };
        if !bytes.iter().all(|(at, magic)| head.has(*at, magic)) {
            return Ok(None);
        }
        let detail = match detail {
            Text(text) => (*text).to_owned(),
            Read(read) => read(head),
        };
        Ok(Some(match *ruling {
            NoDriver => Identified::no_driver(format, detail),
            Container => Identified::container(format, detail),
            Refused(why, instead) => Identified::refused(format, detail, why, instead),
        }))
    }
}

/// A row without a detail.
const fn magic(format: Format, bytes: &'static [(usize, &'static [u8])], ruling: Ruling) -> MagicRow {
    detailed(format, bytes, Text(""), ruling)
}

const fn detailed(
    format: Format,
    bytes: &'static [(usize, &'static [u8])],
    detail: Detail,
    ruling: Ruling,
) -> MagicRow {
    MagicRow::Magic { format, bytes, detail, ruling }
}

const CANNOT_DECRYPT: &str = "pygrub cannot decrypt it";
const DEVICE_MAPPER: Ruling = Refused("pygrub does not know the device mapper", PLAIN_BOOT);
/// Of another system than Linux.
const OTHER_SYSTEM: Ruling = Refused("pygrub has no driver for it", HVM);
const COMPRESSED: Ruling = Refused("pygrub does not decompress disk images", "decompress the image");
const LOGICAL_VOLUMES: Ruling = Refused("pygrub does not look for logical volumes", PLAIN_BOOT);
/// pregrub does decompress these, where somebody says so.
const UNPACKED: Ruling = Refused(
    "pygrub does not decompress disk images",
    "decompress the image (--image-format gzip, bzip2, xz or zstd shows the disk inside)",
);
const ARCHIVE: Ruling = Refused("an archive is not a filesystem", "give pygrub a disk image");

/// Where bcache and bcachefs have nearly the same UUID as magic number: in the superblock at sector 8.
const BCACHE_AT: usize = 4096 + 24;
const LVM_LABEL: &[u8] = b"LABELONE";
const LVM_TYPE: &[u8] = b"LVM2 001";
/// Where Linux has most superblocks.
const KIB: usize = 1024;

/// Every format.
pub(super) const ROWS: &[MagicRow] = &[
    detailed(Format::Qcow, &[(0, b"QFI\xfb\0\0\0\x01")], Text("version 1"), Container),
    detailed(Format::Qcow2, &[(0, b"QFI\xfb")], Read(qcow_version), Container),
    magic(Format::Qed, &[(0, b"QED\0")], Container),
    detailed(Format::Vmdk, &[(0, b"KDMV")], Text("sparse"), Container),
    detailed(Format::Vmdk, &[(0, b"COWD")], Text("sparse"), Container),
    // The text that describes where the data of a VMDK lies.
    detailed(
        Format::Vmdk,
        &[(0, b"# Disk DescriptorFile")],
        Text("descriptor"),
        Refused("it describes a disk and holds no data", conversion::DESCRIPTOR),
    ),
    magic(Format::Vdi, &[(64, b"\x7f\x10\xda\xbe")], Container),
    // A fixed VHD has its footer at the end only: for pygrub it is a raw image, and for this table too.
    detailed(Format::Vhd, &[(0, b"conectix")], Read(vhd_type), Container),
    magic(Format::Vhdx, &[(0, b"vhdxfile")], Container),
    magic(Format::Parallels, &[(0, b"WithoutFreeSpace")], Container),
    magic(Format::Parallels, &[(0, b"WithouFreSpacExt")], Container),
    detailed(
        Format::Luks,
        &[(0, b"LUKS\xba\xbe")],
        Read(luks_version),
        Refused(CANNOT_DECRYPT, super::move_boot!("put /boot on an unencrypted ext4 filesystem of its own")),
    ),
    magic(Format::DmIntegrity, &[(0, b"integrt\0")], DEVICE_MAPPER),
    magic(Format::DmVerity, &[(0, b"verity\0\0")], DEVICE_MAPPER),
    // The label of a physical volume is in one of the first four sectors.
    magic(Format::Lvm2, &[(0, LVM_LABEL), (24, LVM_TYPE)], LOGICAL_VOLUMES),
    magic(Format::Lvm2, &[(512, LVM_LABEL), (512 + 24, LVM_TYPE)], LOGICAL_VOLUMES),
    magic(Format::Lvm2, &[(1024, LVM_LABEL), (1024 + 24, LVM_TYPE)], LOGICAL_VOLUMES),
    magic(Format::Lvm2, &[(1536, LVM_LABEL), (1536 + 24, LVM_TYPE)], LOGICAL_VOLUMES),
    MagicRow::Look(md::probe),
    magic(
        Format::Bcachefs,
        &[(BCACHE_AT, b"\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef")],
        NoDriver,
    ),
    magic(
        Format::Bcache,
        &[(BCACHE_AT, b"\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81")],
        Refused("pygrub does not look past bcache's header", PLAIN_BOOT),
    ),
    MagicRow::Look(xfs::probe),
    magic(Format::BitLocker, &[(3, b"-FVE-FS-")], Refused(CANNOT_DECRYPT, HVM)),
    magic(Format::Ntfs, &[(3, b"NTFS    ")], OTHER_SYSTEM),
    // pygrub's FAT driver refuses it, since it has 0 bytes a sector where FAT has their number.
    magic(Format::Exfat, &[(3, b"EXFAT   ")], Refused("pygrub's FAT driver does not read exFAT", EXT4_BOOT)),
    detailed(Format::Squashfs, &[(0, b"hsqs")], Read(squashfs_version), NoDriver),
    magic(Format::Cramfs, &[(16, b"Compressed ROMFS")], NoDriver),
    // With room for a boot sector.
    magic(Format::Cramfs, &[(512 + 16, b"Compressed ROMFS")], NoDriver),
    magic(Format::Romfs, &[(0, b"-rom1fs-")], NoDriver),
    magic(Format::Btrfs, &[((64 << 10) + 64, b"_BHRfS_M")], NoDriver),
    // In the third block, of 512 bytes to 4 KiB.
    magic(Format::Ocfs2, &[(1024, b"OCFSV2")], NoDriver),
    magic(Format::Ocfs2, &[(2048, b"OCFSV2")], NoDriver),
    magic(Format::Ocfs2, &[(4096, b"OCFSV2")], NoDriver),
    magic(Format::Ocfs2, &[(8192, b"OCFSV2")], NoDriver),
    // A metadata header of the type "superblock".
    magic(Format::Gfs2, &[(64 << 10, b"\x01\x16\x19\x70\0\0\0\x01")], NoDriver),
    MagicRow::Look(ext::probe),
    magic(Format::F2fs, &[(KIB, b"\x10\x20\xf5\xf2")], NoDriver),
    magic(Format::Erofs, &[(KIB, b"\xe2\xe1\xf5\xe0")], NoDriver),
    MagicRow::Look(swap::probe),
    MagicRow::Look(iso9660::probe),
    MagicRow::Look(udf::probe),
    MagicRow::Look(reiserfs::probe),
    MagicRow::Look(ufs::probe),
    magic(Format::Jfs, &[(32 << 10, b"JFS1")], NoDriver),
    MagicRow::Look(zfs::probe),
    // The volume header: signature and version.
    magic(Format::HfsPlus, &[(KIB, b"H+\0\x04")], OTHER_SYSTEM),
    magic(Format::HfsPlus, &[(KIB, b"HX\0\x05")], OTHER_SYSTEM),
    magic(Format::Apfs, &[(32, b"NXSB")], OTHER_SYSTEM),
    // Revision and magic number.
    magic(Format::Nilfs2, &[(KIB, b"\x02\0\0\0"), (KIB + 6, b"\x34\x34")], NoDriver),
    MagicRow::Look(fat::probe),
    MagicRow::Look(minix::probe),
    magic(Format::Gzip, &[(0, b"\x1f\x8b\x08")], UNPACKED),
    magic(Format::Xz, &[(0, b"\xfd7zXZ\0")], UNPACKED),
    magic(Format::Zstd, &[(0, b"\x28\xb5\x2f\xfd")], UNPACKED),
    // Between them is the level.
    magic(Format::Bzip2, &[(0, b"BZh"), (4, b"\x31\x41\x59\x26\x53\x59")], UNPACKED),
    magic(Format::Lz4, &[(0, b"\x04\x22\x4d\x18")], COMPRESSED),
    magic(Format::Zip, &[(0, b"PK\x03\x04")], COMPRESSED),
    MagicRow::Look(kernel::probe),
    magic(Format::Tar, &[(257, b"ustar")], ARCHIVE),
    detailed(Format::Cpio, &[(0, b"070701")], Text("newc"), ARCHIVE),
    detailed(Format::Cpio, &[(0, b"070702")], Text("newc with checksums"), ARCHIVE),
    detailed(Format::Cpio, &[(0, b"070707")], Text("odc"), ARCHIVE),
    MagicRow::Look(partition_table::probe),
];

fn qcow_version(head: &Head<'_>) -> String {
    format!("version {}", head.be32(4).unwrap_or(0))
}

fn vhd_type(head: &Head<'_>) -> String {
    match head.be32(60) {
        Some(3) => "dynamic".to_owned(),
        Some(4) => "differencing".to_owned(),
        _ => String::new(),
    }
}

fn luks_version(head: &Head<'_>) -> String {
    format!("version {}", head.be16(6).unwrap_or(0))
}

fn squashfs_version(head: &Head<'_>) -> String {
    format!("version {}.{}", head.le16(28).unwrap_or(0), head.le16(30).unwrap_or(0))
}
