//! Filesystems of clusters: OCFS2 and GFS2.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    // OCFS2 has its superblock in the third block, of 512 bytes to 4 KiB.
    if [512, 1024, 2048, 4096].iter().any(|block| head.has(2 * block, b"OCFSV2")) {
        return Ok(Some(Identified::no_driver(Format::Ocfs2, "")));
    }
    // A metadata header of the type "superblock".
    let gfs2 = head.has(64 << 10, &[0x01, 0x16, 0x19, 0x70, 0, 0, 0, 1]);
    Ok(gfs2.then(|| Identified::no_driver(Format::Gfs2, "")))
}
