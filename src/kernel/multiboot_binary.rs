//! Flat images with a table of Xen's own, a form that Mini-OS once had. libxenguest looks for the table before anything else.

use crate::size::{lower_half, to_u64, to_usize};

const MAGIC: u32 = 0x336e_c578;
/// The table is looked for in this part of a file.
const SEARCHED: usize = 8192;
/// The length of the table.
const TABLE: usize = 32;

/// What libxenguest makes of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderTable {
    /// The type of guest that it is for.
    Guest(&'static str),
    /// It refuses it, in these words.
    Refused(&'static str),
}

/// The first table in a file of `size` bytes that begins with `head`.
pub(super) fn find(head: &[u8], size: u64) -> Option<HeaderTable> {
    let end = to_usize(size.checked_sub(to_u64(TABLE))?);
    let end = if end > SEARCHED { SEARCHED } else { end };
    let field = |at: usize, number: usize| {
        let word = head.get(at..)?.as_chunks().0.get(number)?;
        Some(u32::from_le_bytes(*word))
    };
    let at = (0..end).step_by(4).find(|&at| {
        let sum = || Some(field(at, 0)?.wrapping_add(field(at, 1)?).wrapping_add(field(at, 2)?));
        field(at, 0) == Some(MAGIC) && sum() == Some(0)
    })?;
    let field = |number: usize| field(at, number).unwrap_or_default();
    let (flags, header, load) = (field(1), field(3), field(4));
    /// Pages are aligned, and how the kernel uses physical address extension: neither matters.
    const IGNORED: u32 = 0x0000_c001;
    if flags & !IGNORED != 0x0001_0000 {
        return Some(HeaderTable::Refused("xc_dom_parse_bin_kernel: xen_bin_image_table flags required"));
    }
    // All of it has 32 bits.
    let (at, size) = (lower_half(to_u64(at)), lower_half(size));
    if header.checked_sub(load).is_none_or(|before| at < before) {
        return Some(HeaderTable::Refused("xc_dom_parse_bin_kernel: Invalid header_addr."));
    }
    let start = header.wrapping_sub(at);
    let file_end = start.wrapping_add(size);
    let load_end = if field(5) == 0 { file_end } else { field(5) };
    let bss_end = if field(6) == 0 { load_end } else { field(6) };
    if file_end < load_end {
        return Some(HeaderTable::Refused("xc_dom_parse_bin_kernel: Invalid load_end_addr."));
    }
    if bss_end < load_end {
        return Some(HeaderTable::Refused("xc_dom_parse_bin_kernel: Invalid bss_end_addr."));
    }
    Some(HeaderTable::Guest(match flags >> 14 & 3 {
        0 => "xen-3.0-x86_32",
        2 => "xen-3.0-x86_64",
        _ => "xen-3.0-x86_32p",
    }))
}
