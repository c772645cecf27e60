//! The feature bits of the superblock, and which of them libext2fs refuses.

/// The three sets of feature bits as the superblock holds them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// `s_feature_compat`: no bit keeps libext2fs away.
    pub compat: u32,
    /// `s_feature_incompat`: an unknown bit is refused.
    pub incompat: u32,
    /// `s_feature_ro_compat`: only bigalloc is refused, since pygrub does not write.
    pub ro_compat: u32,
}

const HAS_JOURNAL: u32 = 0x4;
const SPARSE_SUPER2: u32 = 0x200;

const RECOVER: u32 = 0x4;
const JOURNAL_DEV: u32 = 0x8;
const META_BG: u32 = 0x10;
const SIXTY_FOUR_BIT: u32 = 0x80;
const EA_INODE: u32 = 0x400;
const CSUM_SEED: u32 = 0x2000;

const SPARSE_SUPER: u32 = 0x1;
const BIGALLOC: u32 = 0x200;
const METADATA_CSUM: u32 = 0x400;

/// What libext2fs 1.47.0 opens: filetype, needs_recovery, meta_bg, extent, 64bit, mmp, flex_bg, ea_inode,
/// metadata_csum_seed, large_dir, inline_data, encrypt and casefold. journal_dev is known to it too, and refused all
/// the same.
const INCOMPAT_OPENED: u32 = 0x2
    | RECOVER
    | META_BG
    | 0x40
    | SIXTY_FOUR_BIT
    | 0x100
    | 0x200
    | EA_INODE
    | CSUM_SEED
    | 0x4000
    | 0x8000
    | 0x1_0000
    | 0x2_0000;

/// Names as e2fsprogs spells them, by bit.
const COMPAT_NAMES: [(u32, &str); 13] = [
    (0x1, "dir_prealloc"),
    (0x2, "imagic_inodes"),
    (HAS_JOURNAL, "has_journal"),
    (0x8, "ext_attr"),
    (0x10, "resize_inode"),
    (0x20, "dir_index"),
    (0x40, "lazy_bg"),
    (0x100, "snapshot_bitmap"),
    (SPARSE_SUPER2, "sparse_super2"),
    (0x400, "fast_commit"),
    (0x800, "stable_inodes"),
    (0x1000, "orphan_file"),
    (0x80, "exclude_bitmap"),
];
const INCOMPAT_NAMES: [(u32, &str); 18] = [
    (0x1, "compression"),
    (0x2, "filetype"),
    (RECOVER, "needs_recovery"),
    (JOURNAL_DEV, "journal_dev"),
    (META_BG, "meta_bg"),
    (0x40, "extent"),
    (SIXTY_FOUR_BIT, "64bit"),
    (0x100, "mmp"),
    (0x200, "flex_bg"),
    (EA_INODE, "ea_inode"),
    (0x1000, "dirdata"),
    (CSUM_SEED, "metadata_csum_seed"),
    (0x4000, "large_dir"),
    (0x8000, "inline_data"),
    (0x1_0000, "encrypt"),
    (0x2_0000, "casefold"),
    (0x20, "FEATURE_I5"),
    (0x800, "FEATURE_I11"),
];
const RO_COMPAT_NAMES: [(u32, &str); 16] = [
    (SPARSE_SUPER, "sparse_super"),
    (0x2, "large_file"),
    (0x8, "huge_file"),
    (0x10, "uninit_bg"),
    (0x20, "dir_nlink"),
    (0x40, "extra_isize"),
    (0x80, "snapshot"),
    (0x100, "quota"),
    (BIGALLOC, "bigalloc"),
    (METADATA_CSUM, "metadata_csum"),
    (0x800, "replica"),
    (0x1000, "read-only"),
    (0x2000, "project"),
    (0x4000, "shared_blocks"),
    (0x8000, "verity"),
    (0x1_0000, "orphan_present"),
];

fn names_of(set: u32, names: &[(u32, &str)], unknown: char) -> Vec<String> {
    (0..32)
        .map(|bit| (bit, 1_u32 << bit))
        .filter(|(_, mask)| set & mask != 0)
        .map(|(bit, mask)| match names.iter().find(|(value, _)| *value == mask) {
            Some((_, name)) => (*name).to_owned(),
            None => format!("FEATURE_{unknown}{bit}"),
        })
        .collect()
}

impl Features {
    /// All set features, spelt as `dumpe2fs` spells them (`FEATURE_I20` where there is no name): compatible,
    /// incompatible, read-only compatible.
    pub fn names(&self) -> Vec<String> {
        let mut names = names_of(self.compat, &COMPAT_NAMES, 'C');
        names.extend(names_of(self.incompat, &INCOMPAT_NAMES, 'I'));
        names.extend(names_of(self.ro_compat, &RO_COMPAT_NAMES, 'R'));
        names
    }

    /// The features that make libext2fs 1.47.0 refuse the filesystem; none where it opens.
    pub fn refused(&self) -> Vec<String> {
        let mut names = names_of(self.incompat & !INCOMPAT_OPENED, &INCOMPAT_NAMES, 'I');
        // pygrub's plugin opens without the flag for 64-bit bitmaps, which bigalloc needs.
        names.extend(names_of(self.ro_compat & BIGALLOC, &RO_COMPAT_NAMES, 'R'));
        names
    }

    /// Which of the three filesystems Linux calls this one, by blkid's rule: ext4 where ext3 could not mount it, else
    /// ext3 with a journal.
    pub fn filesystem_name(&self) -> &'static str {
        const EXT3_INCOMPAT: u32 = 0x2 | RECOVER | META_BG;
        const EXT3_RO_COMPAT: u32 = SPARSE_SUPER | 0x2 | 0x4;
        if self.incompat & !EXT3_INCOMPAT != 0 || self.ro_compat & !EXT3_RO_COMPAT != 0 {
            "ext4"
        } else if self.compat & HAS_JOURNAL != 0 {
            "ext3"
        } else {
            "ext2"
        }
    }

    /// The journal holds changes that are not in place yet.
    pub fn needs_recovery(&self) -> bool {
        self.incompat & RECOVER != 0
    }

    /// Group descriptors lie in their own block groups.
    pub(crate) fn meta_bg(&self) -> bool {
        self.incompat & META_BG != 0
    }

    /// Block numbers have more than 32 bits.
    pub(crate) fn sixty_four_bit(&self) -> bool {
        self.incompat & SIXTY_FOUR_BIT != 0
    }

    /// Values of extended attributes may be files of their own.
    pub(crate) fn ea_inode(&self) -> bool {
        self.incompat & EA_INODE != 0
    }

    /// The seed of all checksums is in the superblock.
    pub(crate) fn csum_seed(&self) -> bool {
        self.incompat & CSUM_SEED != 0
    }

    /// Backups of the superblock are in the groups that it names.
    pub(crate) fn sparse_super2(&self) -> bool {
        self.compat & SPARSE_SUPER2 != 0
    }

    /// Backups of the superblock are in few groups.
    pub(crate) fn sparse_super(&self) -> bool {
        self.ro_compat & SPARSE_SUPER != 0
    }

    /// Metadata has checksums.
    pub(crate) fn metadata_csum(&self) -> bool {
        self.ro_compat & METADATA_CSUM != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bigalloc_is_refused_among_ro_compat() {
        for bit in 0..32 {
            let features = Features { ro_compat: 1 << bit, ..Features::default() };
            assert_eq!(features.refused().is_empty(), bit != 9, "bit {bit}");
            let features = Features { compat: 1 << bit, ..Features::default() };
            assert!(features.refused().is_empty());
        }
    }

    #[test]
    fn incompat_bits_are_judged_as_measured() {
        for bit in 0..32_u32 {
            let features = Features { incompat: 1 << bit, ..Features::default() };
            let refused = [0x1, 0x8, 0x20, 0x800, 0x1000].contains(&(1_u32 << bit)) || bit >= 18;
            assert_eq!(!features.refused().is_empty(), refused, "bit {bit}");
        }
    }

    #[test]
    fn the_name_follows_the_features() {
        assert_eq!(Features::default().filesystem_name(), "ext2");
        assert_eq!(Features { compat: HAS_JOURNAL, ..Features::default() }.filesystem_name(), "ext3");
        assert_eq!(Features { incompat: 0x40, ..Features::default() }.filesystem_name(), "ext4");
    }

    #[test]
    fn names_are_those_of_dumpe2fs() {
        let features = Features { compat: 0x4, incompat: 0x2 | 1 << 20, ro_compat: 0x400 };
        assert_eq!(features.names(), ["has_journal", "filetype", "FEATURE_I20", "metadata_csum"]);
    }
}
