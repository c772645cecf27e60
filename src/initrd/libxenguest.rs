//! What Xen's domain builder does with an initrd before the guest's kernel sees it.
//!
//! Up to 4.19, libxenguest unpacks an initrd that begins as gzip: its first member only, into as many bytes as the last four bytes of
//! the file give, and 16 more. Where that fails it hands the file over as it is, with an error in xl's log. Measured under Xen 4.17
//! with archives of several members; 4.20 no longer unpacks initrds.

use serde::Serialize;

use super::walk::FirstGzip;
use crate::release::{Change, Release};

/// The largest size that it believes: 1 GiB.
const LARGEST: u64 = 1 << 30;
/// The smallest file that it takes for gzip, in bytes.
const SMALLEST: u64 = 6;
/// The bytes that it adds to the size that it reads.
const SPARE: u64 = 16;

/// What becomes of an initrd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handed {
    /// The guest gets the file as it is.
    Untouched,
    /// It tries to unpack and fails: the guest gets the file as it is, and xl's log has `inflate failed`.
    FailsToUnpack,
    /// The guest gets what the file unpacks to.
    Unpacked,
    /// The guest gets what the first member unpacks to. What follows it is lost, without a message.
    FirstMemberOnly,
    /// There is not a byte: xl does not build the domain.
    NotBuilt,
    /// Only unpacking the first member to its end would tell.
    Unknown,
}

/// Whether a gzip header has fields that Linux does not know: a sum, an extra field, a comment.
fn has_fields(beginning: &[u8]) -> bool {
    beginning.get(3).is_some_and(|flags| flags & 0x16 != 0)
}

/// The four bytes at the end of a file as the size that they tell.
pub(crate) fn told_size(last: [u8; 4]) -> u64 {
    u64::from(u32::from_le_bytes(last))
}

/// What this release does with an initrd of `size` bytes that begins with `beginning` and ends with `last`. `first` is its first
/// member, if that was unpacked to its end; `broken` says that it cannot be.
pub(crate) fn handed(
    release: Release,
    size: u64,
    beginning: &[u8],
    last: [u8; 4],
    first: Option<FirstGzip>,
    broken: bool,
) -> Handed {
    if size == 0 {
        return Handed::NotBuilt;
    }
    let told = told_size(last);
    let gzip = size >= SMALLEST && beginning.starts_with(&[0x1f, 0x8b]);
    if release.has(Change::InitrdUntouched) || !gzip || told > LARGEST {
        return Handed::Untouched;
    }
    // zlib reads headers that Linux does not, and the walk is Linux's.
    if has_fields(beginning) {
        return Handed::Unknown;
    }
    match first {
        Some(first) if !first.sound || first.unpacked > told.saturating_add(SPARE) => Handed::FailsToUnpack,
        Some(first) if first.end < size => Handed::FirstMemberOnly,
        Some(_) => Handed::Unpacked,
        None if broken => Handed::FailsToUnpack,
        None => Handed::Unknown,
    }
}
