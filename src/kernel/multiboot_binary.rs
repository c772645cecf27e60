//! Flat images with a table of Xen's own, a form that Mini-OS once had. libxenguest looks for the table before anything else.

const MAGIC: u32 = 0x336e_c578;
/// The table is looked for in this part of a file.
const SEARCHED: usize = 8192;
/// The length of the table.
const TABLE: usize = 32;

/// What libxenguest makes of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// The type of guest that it is for.
    Guest(&'static str),
    /// It refuses it, in these words.
    Refused(&'static str),
}

/// The first table in a file of `size` bytes that begins with `head`.
pub(super) fn find(head: &[u8], size: u64) -> Option<Table> {
    let end = usize::try_from(size.checked_sub(TABLE as u64)?).unwrap_or(usize::MAX);
    let end = if end > SEARCHED { SEARCHED } else { end };
    let word = |at: usize| head.get(at..at + 4).map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap_or_default()));
    let at = (0..end).step_by(4).find(|&at| {
        let sum = || Some(word(at)?.wrapping_add(word(at + 4)?).wrapping_add(word(at + 8)?));
        word(at) == Some(MAGIC) && sum() == Some(0)
    })?;
    let field = |number: usize| word(at + 4 * number).unwrap_or_default();
    let (flags, header, load) = (field(1), field(3), field(4));
    /// Pages are aligned, and how the kernel uses physical address extension: neither matters.
    const IGNORED: u32 = 0x0000_c001;
    if flags & !IGNORED != 0x0001_0000 {
        return Some(Table::Refused("xc_dom_parse_bin_kernel: xen_bin_image_table flags required"));
    }
    if header < load || (at as u32) < header - load {
        return Some(Table::Refused("xc_dom_parse_bin_kernel: Invalid header_addr."));
    }
    let start = header.wrapping_sub(at as u32);
    let file_end = start.wrapping_add(size as u32);
    let load_end = if field(5) == 0 { file_end } else { field(5) };
    let bss_end = if field(6) == 0 { load_end } else { field(6) };
    if file_end < load_end {
        return Some(Table::Refused("xc_dom_parse_bin_kernel: Invalid load_end_addr."));
    }
    if bss_end < load_end {
        return Some(Table::Refused("xc_dom_parse_bin_kernel: Invalid bss_end_addr."));
    }
    Some(Table::Guest(match flags >> 14 & 3 {
        0 => "xen-3.0-x86_32",
        2 => "xen-3.0-x86_64",
        _ => "xen-3.0-x86_32p",
    }))
}
