//! Xen releases and what differs between them, as data. What distributors patch is in [`flavour`](crate::flavour).
//!
//! Every change of pygrub's behaviour is one row of [`Change`]: the release line that first had it and the older lines
//! that got it later. Source: the history of `tools/pygrub` in xen.git up to 4.22.0, each row measured by running both sides
//! (`corpus/conformance`).

use std::fmt;
use std::str::FromStr;

#[doc(no_inline)]
use crate::python::Python;

/// A release of Xen, 4.0 to 4.22: `4.17` or `4.17.3`.
///
/// A line without a point number means its latest point release. From 4.13 on pygrub runs under Python 3, but can be built
/// for Python 2 (4.13's build preferred what was called `python`): `4.13+python2`.
///
/// ```
/// use pregrub::release::{Change, Release};
///
/// let release: Release = "4.17".parse().unwrap();
/// assert!(release.has(Change::EntryByNumberUnderPython3));
/// assert!(!"4.17.2".parse::<Release>().unwrap().has(Change::EntryByNumberUnderPython3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    minor: u8,
    /// `u8::MAX` stands for the latest.
    point: u8,
    /// From 4.13 on: it was built for Python 2 all the same.
    python2: bool,
}

/// What follows the number of a release that was built for Python 2 though it need not have been.
const PYTHON_2: &str = "+python2";

/// The newest release line known.
const NEWEST_MINOR: u8 = 22;

impl Release {
    /// The newest release known: 4.22.
    pub const NEWEST: Self = Self { minor: NEWEST_MINOR, point: u8::MAX, python2: false };

    /// The latest point release of the line 4.`minor`, or nothing where it is not known.
    pub fn line(minor: u8) -> Option<Self> {
        (minor <= NEWEST_MINOR).then_some(Self { minor, point: u8::MAX, python2: false })
    }

    /// All release lines, oldest first, each at its latest point release.
    pub fn lines() -> impl DoubleEndedIterator<Item = Self> {
        (0..=NEWEST_MINOR).map(|minor| Self { minor, point: u8::MAX, python2: false })
    }

    /// The second number: 17 of 4.17.3.
    pub fn minor(self) -> u8 {
        self.minor
    }

    /// Whether this release has the change.
    pub fn has(self, change: Change) -> bool {
        let (first, backports) = change.history();
        self.minor >= first || backports.iter().any(|&(minor, point)| self.minor == minor && self.point >= point)
    }

    /// The point release `point` of the line 4.`minor`.
    pub(crate) const fn exact(minor: u8, point: u8) -> Self {
        Self { minor, point, python2: false }
    }

    /// This release, built for Python 2.
    pub(crate) const fn under_python2(self) -> Self {
        Self { python2: true, ..self }
    }

    /// Whether this is `other`, or a later release.
    pub(crate) fn is_since(self, other: Self) -> bool {
        (self.minor, self.point) >= (other.minor, other.point)
    }

    /// The Python that runs this release's pygrub: 2 up to 4.12, 3 from 4.13 on unless it was built for 2.
    pub fn python(self) -> Python {
        if self.has(Change::Python3) && !self.python2 { Python::Three } else { Python::Two }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "4.{}", self.minor)?;
        if self.point != u8::MAX {
            write!(f, ".{}", self.point)?;
        }
        if self.python2 { f.write_str(PYTHON_2) } else { Ok(()) }
    }
}

impl FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let unknown = || UnknownRelease(text.to_owned());
        let (release, python2) = match text.strip_suffix(PYTHON_2) {
            Some(release) => (release, true),
            None => (text, false),
        };
        let mut numbers = release.split('.');
        let mut number = || numbers.next().map(|n| n.parse::<u8>().map_err(|_| unknown())).transpose();
        let (major, minor) = (number()?, number()?.ok_or_else(unknown)?);
        // 4.1.6.1 has a fourth number; pygrub did not change in it.
        let (point, _fourth) = (number()?, number()?);
        if major != Some(4) || minor > NEWEST_MINOR || numbers.next().is_some() || point == Some(u8::MAX) {
            return Err(unknown());
        }
        let release = Self { minor, point: point.unwrap_or(u8::MAX), python2: false };
        // Older ones run under nothing else, and are the same release with and without.
        Ok(Self { python2: python2 && release.has(Change::Python3), ..release })
    }
}

/// A text that names no release of Xen that pregrub knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRelease(String);

impl fmt::Display for UnknownRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a Xen release that pregrub knows: use 4.0 to 4.{NEWEST_MINOR}, such as 4.17 or 4.17.3 (4.13+python2 where pygrub runs under Python 2)",
            self.0
        )
    }
}

impl std::error::Error for UnknownRelease {}

macro_rules! changes {
    ($($(#[$doc:meta])* $name:ident = $first:literal $([$($point:literal),+])?;)+) => {
        /// One change of pygrub's behaviour between releases, of xl's where it decides how pygrub is called, or of libxenguest's, which
        /// loads what pygrub found.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Change { $($(#[$doc])* $name,)+ }

        impl Change {
            /// The first line that has it from its first release on, and the point releases that got it before.
            fn history(self) -> (u8, &'static [(u8, u8)]) {
                match self {
                    $(Self::$name => ($first, changes!(@backports $($($point),+)?)),)+
                }
            }
        }
    };
    (@backports) => { &[] };
    (@backports $($version:literal),+) => { const { &[$(split(stringify!($version))),+] } };
}

/// `3.4` of a table row as (3, 4).
const fn split(version: &str) -> (u8, u8) {
    let bytes = version.as_bytes();
    let mut parts = (0, 0);
    let mut i = 0;
    let mut behind_dot = false;
    while i < bytes.len() {
        match (bytes[i], behind_dot) {
            (b'.', _) => behind_dot = true,
            (digit, false) => parts.0 = parts.0 * 10 + (digit - b'0'),
            (digit, true) => parts.1 = parts.1 * 10 + (digit - b'0'),
        }
        i += 1;
    }
    parts
}

changes! {
    /// `menuentry` takes a title in `'` as well as in `"` (757907af26).
    SingleQuotedTitle = 1 [0.1];
    /// `msdos` before a partition number is dropped (ab223ad3d6).
    MsdosPartition = 1 [0.2];
    /// Every MBR partition is tried and errors are swallowed; before, one partition and the error as it came (8dda1f560d).
    EveryPartition = 1;
    /// Solaris: the 64-bit kernel is used only if it is there (ed85f602c4).
    SolarisKernelChecked = 1 [0.1];
    /// `-n`, `--output-format`, `--output-directory` (c55f511297, dc04fe42de).
    OutputOptions = 1;
    /// A default after the last entry selects entry 0 in the interactive menu (4b544ba535).
    InteractiveDefaultClamped = 1;
    /// Solaris: the 64-bit kernel counts even without the 32-bit one (872ecdc9b5).
    Solaris64Only = 2 [1.3];
    /// The GPT is read from its header and every entry is tried; before, entry 0 alone (66b1787ae5).
    GptEntries = 2 [1.3];
    /// /boot/grub2/grub.cfg and /grub2/grub.cfg are looked for (f2fac18051).
    Grub2Directory = 2 [1.3];
    /// `gpt` before a partition number is dropped (26543b1280).
    GptPartition = 2 [1.3];
    /// `submenu` opens a level that a brace closes (0c385b2eff).
    Submenu = 2 [1.3];
    /// `${saved_entry}` counts as 0 (b23177b177).
    SavedEntry = 2 [1.3];
    /// extlinux: `append` works, and `initrd=` is taken out of it (bde83b1e10).
    ExtlinuxAppend = 2 [1.3];
    /// extlinux: `append` is searched for `initrd=` wherever it stands; before, not at its start (7af6c7ad83).
    ExtlinuxInitrdAnywhere = 2;
    /// `a` in the menu finds a line that begins with `linux`; before, `kernel` only (interactive runs of 4.1 and 4.2).
    EditsLinux = 2;
    /// grub.cfg is looked for first, then extlinux.conf, then menu.lst; before, menu.lst first (cf5cc0aa31).
    Grub2First = 2;
    /// A hybrid ISO is tried at offset 0 first; dead again under Python 3 (93bf609a77).
    HybridIso = 2;
    /// `--debug` (d3d8d54b13).
    Debug = 2;
    /// The configuration is cut at 1 MiB, and a missing kernel is `Error opening ... in guest` (e7e8937625).
    ReadLimit = 2 [1.4];
    /// `${next_entry}` counts as 0 (d513814db6).
    NextEntry = 3 [1.6, 2.3];
    /// `--args` is added even where the entry has none, without a trailing space (c474b173ae, 8e19000995).
    ArgsAppended = 3 [1.4, 2.1];
    /// `-l` lists the entries (ce015753b6).
    ListEntries = 3;
    /// `--entry` may select entry 0 (0289e710ca).
    EntryZero = 3;
    /// /boot/extlinux/extlinux.conf is looked for (258d27a1d9).
    ExtlinuxDirectory = 4 [1.6, 2.3, 3.1];
    /// `--offset` (b179c6c490).
    Offset = 4;
    /// `/dev/xvd` and a letter is a disk (b2e55da3cd).
    XvdDisk = 4;
    /// `linux16` and `initrd16`; a title ends at the first quote, not at the last (dd03048708).
    Linux16 = 5 [2.5, 3.3, 4.1];
    /// A disk on which no filesystem was found is reported as such, not by a NameError (d75215805c).
    NoFilesystemTold = 5 [2.5, 3.3, 4.1];
    /// /extlinux/extlinux.conf and /extlinux.conf are looked for (0c12e5b742).
    ExtlinuxAtRoot = 5 [3.4, 4.2];
    /// The default is kept as text and may be a title; `a>b` means b; a default after the last entry is 0 with a warning
    /// (d1b93ea261, 4ee393f9d6, 3b27981170).
    DefaultByTitle = 5 [3.4, 4.2];
    /// The output directory is /var/run/xen/pygrub instead of /var/run/xend/boot (63dcc68151).
    RunDirectory = 5;
    /// No partition found means offset 0 (fb31b1475f).
    WholeDiskWhenEmpty = 7 [5.3, 6.3];
    /// Results are printed with `repr()`, and the simple formats refuse delimiters (27e14d346e, XSA-198).
    OutputQuoted = 8 [6.5, 7.2];
    /// xl: lists may stand in lists (4.6's manual has them).
    NestedXlLists = 6;
    /// xl: `type` names the kind of guest; PVH guests have a bootloader, too.
    XlType = 10;
    /// pygrub runs under Python 3: strict UTF-8, and the default is a number again, 0 where it is none (83a204e695, 767ba397d3).
    Python3 = 13;
    /// `--runas`, both output files created up front, `-n` prints None (f4b504c617 ... e0342ae555, XSA-443).
    Runas = 18 [15.6, 16.6, 17.3];
    /// xl: `bootloader_restrict` and `bootloader_user`; the point releases before know the environment variables only
    /// (1f762642d2).
    BootloaderRestrict = 18;
    /// libxl lets pygrub copy into /var/lib/xen instead of /var/run/xen (ad89640ad7).
    CopiesInLib = 18 [17.3];
    /// `PYGRUB_MAX_FILE_SIZE_MB` is read as a number; before, pygrub ends with a `TypeError` where it is set (de577641cf).
    FileSizeVariable = 19;
    /// xl: `trusted` and `untrusted`, `grant_usage` and the backend `standalone` in disk specifications. 4.17.7 has none of them;
    /// between there and the newest release the line is not known.
    NewDiskParameters = 18;
    /// The environment variable XEN_FSIMAGE_FSDIR no longer names the directory of the filesystem plugins.
    NoFsimageDirectory = 22;
    /// The iso9660 plugin does not read past the end of Rock Ridge entries that claim to be longer than they are (XSA-497). Before,
    /// what it read there was whatever stood in memory.
    RockRidgeBounded = 22 [17.7, 20.4, 21.2];
    /// `--entry` works under Python 3 (40387f6206).
    EntryByNumberUnderPython3 = 18 [17.3];
    /// libxenguest unpacks kernels packed with lzo (2010).
    LzoKernels = 1;
    /// libxenguest unpacks kernels packed with xz (4afea3d653).
    XzKernels = 2;
    /// libxenguest unpacks kernels packed with lz4 (84f04d8f0d).
    Lz4Kernels = 4;
    /// libxenguest unpacks kernels packed with zstd (8169f82049).
    ZstdKernels = 15;
    /// liblzma gets 256 MiB for a kernel instead of 128: Linux 6.12 and later need it (e6472d4668).
    LargeLzmaDictionary = 20 [18.5, 19.2];
    /// libxenguest unpacks lz4 by the system's library, and looks whether the kernel has the length that it should have
    /// (38492dc098).
    SystemLz4 = 22;
    /// libelf knows the note PHYS32_ENTRY, the entry for PVH (a1b2d39f07).
    PhysicalEntryNote = 7;
    /// A kernel with the note PHYS32_ENTRY needs no other (2dd3e22949).
    PhysicalEntrySuffices = 11 [10.1];
    /// libelf reads the notes for PV and PVH by different rules, and `__xen_guest` for PV only (632cbaf124, dec25a2cd1).
    NotesByGuestType = 16;
    /// PADDR_OFFSET without VIRT_BASE is not a fault in a kernel for PVH (b77ed96fce).
    PvhWithoutVirtBase = 18;
    /// libxenguest hands an initrd to the guest as it is; before, it unpacked one that begins as gzip (d17b7562d4).
    InitrdUntouched = 20;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(text: &str) -> Release {
        text.parse().unwrap()
    }

    #[test]
    fn reads_lines_and_points() {
        assert_eq!(release("4.17").to_string(), "4.17");
        assert_eq!(release("4.1.6.1").to_string(), "4.1.6");
        assert_eq!(release("4.22"), Release::NEWEST);
        assert_eq!(release("4.13.2+python2").to_string(), "4.13.2+python2");
        assert_eq!(release("4.13+python2").python(), Python::Two);
        assert_eq!(release("4.12+python2"), release("4.12"));
        for text in ["4.13+python3", "", "4", "3.4", "4.23", "5.0", "4.x", "4.1.2.3.4", "4.-1", " 4.17", "4.300"] {
            assert!(text.parse::<Release>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn knows_backports() {
        assert!(!release("4.4.0").has(Change::Linux16));
        assert!(release("4.4.1").has(Change::Linux16));
        assert!(release("4.3.3").has(Change::Linux16));
        assert!(!release("4.3.2").has(Change::Linux16));
        assert!(release("4.2").has(Change::Linux16));
        assert!(!release("4.1").has(Change::Linux16));
        assert!(release("4.15.6").has(Change::Runas) && !release("4.17.2").has(Change::Runas));
        assert_eq!(Change::NextEntry.history(), (3, &[(1, 6), (2, 3)][..]));
    }
}
