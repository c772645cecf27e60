//! The formats by name.

/// Makes the enum and its two tables from one list.
macro_rules! formats {
    ($($(#[doc = $doc:literal])+ $variant:ident: $name:literal, $title:literal;)+) => {
        /// A format that pregrub recognises.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Format {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Format {
            /// Every format.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// As Linux (blkid's `TYPE`), qemu-img (`-f`) or the format's own tool spells it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// As a person would call it, without an article.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

formats! {
    /// ext2.
    Ext2: "ext2", "ext2";
    /// ext3: ext2 with a journal.
    Ext3: "ext3", "ext3";
    /// ext4: anything newer.
    Ext4: "ext4", "ext4";
    /// The external journal of an ext3 or ext4.
    Jbd: "jbd", "external ext4 journal";
    /// FAT12, FAT16 or FAT32.
    Vfat: "vfat", "FAT";
    /// exFAT.
    Exfat: "exfat", "exFAT";
    /// NTFS.
    Ntfs: "ntfs", "NTFS";
    /// BitLocker.
    BitLocker: "BitLocker", "BitLocker encrypted volume";
    /// ISO 9660, with a UDF beside it or without.
    Iso9660: "iso9660", "ISO 9660";
    /// UDF alone.
    Udf: "udf", "UDF";
    /// XFS.
    Xfs: "xfs", "XFS";
    /// btrfs.
    Btrfs: "btrfs", "btrfs";
    /// bcachefs.
    Bcachefs: "bcachefs", "bcachefs";
    /// bcache, the block cache.
    Bcache: "bcache", "bcache member";
    /// F2FS.
    F2fs: "f2fs", "F2FS";
    /// JFS.
    Jfs: "jfs", "JFS";
    /// NILFS2.
    Nilfs2: "nilfs2", "NILFS2";
    /// ReiserFS 3.
    Reiserfs: "reiserfs", "ReiserFS";
    /// Reiser4.
    Reiser4: "reiser4", "Reiser4";
    /// UFS1 or UFS2.
    Ufs: "ufs", "UFS";
    /// A member of a ZFS pool.
    Zfs: "zfs_member", "ZFS pool member";
    /// Minix.
    Minix: "minix", "Minix filesystem";
    /// EROFS.
    Erofs: "erofs", "EROFS";
    /// SquashFS.
    Squashfs: "squashfs", "SquashFS";
    /// cramfs.
    Cramfs: "cramfs", "cramfs";
    /// romfs.
    Romfs: "romfs", "romfs";
    /// HFS+ or HFSX.
    HfsPlus: "hfsplus", "HFS+";
    /// APFS.
    Apfs: "apfs", "APFS";
    /// OCFS2.
    Ocfs2: "ocfs2", "OCFS2";
    /// GFS2.
    Gfs2: "gfs2", "GFS2";
    /// LUKS1 or LUKS2.
    Luks: "crypto_LUKS", "LUKS encrypted volume";
    /// A physical volume of LVM2.
    Lvm2: "LVM2_member", "LVM physical volume";
    /// A member of a Linux software RAID with its metadata at the start.
    MdRaid: "linux_raid_member", "Linux software RAID member";
    /// dm-integrity.
    DmIntegrity: "DM_integrity", "dm-integrity volume";
    /// The hashes of a dm-verity volume.
    DmVerity: "DM_verity_hash", "dm-verity hash volume";
    /// Linux swap.
    Swap: "swap", "Linux swap";
    /// Linux swap with a hibernation image.
    SwapSuspend: "swsuspend", "Linux hibernation image";
    /// qcow2.
    Qcow2: "qcow2", "qcow2 disk image";
    /// qcow, version 1.
    Qcow: "qcow", "qcow disk image";
    /// QED.
    Qed: "qed", "QED disk image";
    /// VMDK, sparse or a descriptor.
    Vmdk: "vmdk", "VMDK disk image";
    /// VDI.
    Vdi: "vdi", "VDI disk image";
    /// A VHD that is not fixed; a fixed one is a raw image with a footer.
    Vhd: "vpc", "VHD disk image";
    /// VHDX.
    Vhdx: "vhdx", "VHDX disk image";
    /// Parallels.
    Parallels: "parallels", "Parallels disk image";
    /// gzip.
    Gzip: "gzip", "gzip file";
    /// xz.
    Xz: "xz", "xz file";
    /// Zstandard.
    Zstd: "zstd", "Zstandard file";
    /// bzip2.
    Bzip2: "bzip2", "bzip2 file";
    /// LZ4.
    Lz4: "lz4", "LZ4 file";
    /// ZIP.
    Zip: "zip", "ZIP archive";
    /// tar.
    Tar: "tar", "tar archive";
    /// cpio, as an initramfs is.
    Cpio: "cpio", "cpio archive";
    /// ELF.
    Elf: "elf", "ELF file";
    /// A Linux kernel with the x86 boot header.
    BzImage: "bzImage", "Linux kernel";
    /// A PE file, such as an EFI program.
    Pe: "pe", "EFI program";
    /// A GPT.
    Gpt: "gpt", "GPT partition table";
    /// An MBR.
    Dos: "dos", "MBR partition table";
}
