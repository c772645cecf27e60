//! Linux swap: the signature at the end of the first page, of whatever size the machine has.

use std::io;

use super::head::Head;
use super::{Format, Identified, OTHER_DISK};

const PAGE_SIZES: [usize; 5] = [4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10];
const SWAP: [&[u8]; 2] = [b"SWAPSPACE2", b"SWAP-SPACE"];
const SUSPENDED: [&[u8]; 4] = [b"S1SUSPEND\0", b"S2SUSPEND\0", b"ULSUSPEND\0", b"LINHIB0001"];

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    for page in PAGE_SIZES {
        let has = |magics: &[&[u8]]| magics.iter().any(|magic| head.has(page.saturating_sub(10), magic));
        let format = if has(&SWAP) {
            Format::Swap
        } else if has(&SUSPENDED) {
            Format::SwapSuspend
        } else {
            continue;
        };
        let detail = if page == PAGE_SIZES[0] { String::new() } else { format!("{} KiB pages", page >> 10) };
        return Ok(Some(Identified::refused(format, detail, "swap space holds no files", OTHER_DISK)));
    }
    Ok(None)
}
