//! What the kernel prints where it cannot unpack an initrd, after `Initramfs unpacking failed: `.

use std::borrow::Cow;
use std::fmt;

/// A message of the kernel, in its own words (Linux 5.10 to 6.12; older ones have `junk in compressed archive` for three of them).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelMessage(Cow<'static, str>);

impl KernelMessage {
    /// Something follows that is neither an archive nor compressed.
    pub const INVALID_MAGIC: Self = Self(Cow::Borrowed("invalid magic at start of compressed archive"));
    /// Unpacked, the data ends in the middle of an entry.
    pub const JUNK_AT_END: Self = Self(Cow::Borrowed("junk at the end of compressed archive"));
    /// Unpacked, something follows an entry that is neither an entry nor NUL.
    pub const JUNK_WITHIN: Self = Self(Cow::Borrowed("junk within compressed archive"));
    /// An entry of the old portable format.
    pub const OLD_FORMAT: Self = Self(Cow::Borrowed("incorrect cpio method used: use -H newc option"));
    /// An entry begins with `0`, and is not one.
    pub const NO_MAGIC: Self = Self(Cow::Borrowed("no cpio magic"));
    /// What follows the NULs after an entry is not at a multiple of four.
    pub const BROKEN_PADDING: Self = Self(Cow::Borrowed("broken padding"));
    /// The sum of an entry in the crc format.
    pub const BAD_CHECKSUM: Self = Self(Cow::Borrowed("bad data checksum"));

    /// A name does not end with NUL. Older kernels do not look: Linux 6.1.192 does.
    pub const MALFORMED: Self = Self(Cow::Borrowed("malformed archive"));

    /// The words of a decompressor.
    pub const fn of_decompressor(words: &'static str) -> Self {
        Self(Cow::Borrowed(words))
    }

    /// The kernel was built without this decompressor.
    pub fn not_configured(name: &str) -> Self {
        Self(Cow::Owned(format!("compression method {name} not configured")))
    }
}

impl fmt::Display for KernelMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
