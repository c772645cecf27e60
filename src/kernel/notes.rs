//! Xen's ELF notes.

use super::elf::{Address, Elf, PT_NOTE, SHT_NOTE, program, section};
use super::features;
use super::image::ImageResult;
use super::xen_parameters::{Pae, XenParameters};
use crate::size::lower_half;

/// libelf reads no more notes than this.
const MOST: u32 = 65536;
/// The length of a note's header: three words.
const HEADER: u64 = 12;

/// The numbers of the notes that count.
mod number {
    pub(super) const ENTRY: u64 = 1;
    pub(super) const HYPERCALL_PAGE: u64 = 2;
    pub(super) const VIRT_BASE: u64 = 3;
    pub(super) const PADDR_OFFSET: u64 = 4;
    pub(super) const XEN_VERSION: u64 = 5;
    pub(super) const GUEST_OS: u64 = 6;
    pub(super) const GUEST_VERSION: u64 = 7;
    pub(super) const LOADER: u64 = 8;
    pub(super) const PAE_MODE: u64 = 9;
    pub(super) const FEATURES: u64 = 10;
    pub(super) const BSD_SYMTAB: u64 = 11;
    pub(super) const INIT_P2M: u64 = 15;
    pub(super) const SUPPORTED_FEATURES: u64 = 17;
    pub(super) const PHYS32_ENTRY: u64 = 18;
}

/// A feature is required that libelf does not know: it reads no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownFeature;

/// Reads the notes of the segments, and those of the sections if the segments have none of Xen's. Returns how many of Xen's there
/// are.
pub(super) fn read(elf: &Elf<'_>, parameters: &mut XenParameters) -> ImageResult<Result<u32, UnknownFeature>> {
    let (mut found, mut total) = (0_u32, 0);
    for index in 0..elf.programs()? {
        let place = elf.program(index)?;
        if !elf.holds(place, 1) {
            break;
        }
        let offset = elf.field(place, program::OFFSET)?;
        if elf.field(place, program::TYPE)? != PT_NOTE || offset == 0 {
            continue;
        }
        let start = elf.at(offset);
        match read_all(elf, parameters, start, start.plus(elf.field(place, program::FILESZ)?), &mut total)? {
            Ok(count) => found = found.saturating_add(count),
            Err(unknown) => return Ok(Err(unknown)),
        }
    }
    if found > 0 {
        return Ok(Ok(found));
    }
    for index in 1..elf.sections()? {
        let Some(place) = elf.section(index)?.filter(|&place| elf.holds(place, 1)) else { break };
        if elf.field(place, section::TYPE)? != SHT_NOTE {
            continue;
        }
        let start = elf.at(elf.field(place, section::OFFSET)?);
        match read_all(elf, parameters, start, start.plus(elf.field(place, section::SIZE)?), &mut total)? {
            Ok(count) => found = found.saturating_add(count),
            Err(unknown) => return Ok(Err(unknown)),
        }
    }
    Ok(Ok(found))
}

fn read_all(
    elf: &Elf<'_>,
    parameters: &mut XenParameters,
    start: Address,
    end: Address,
    total: &mut u32,
) -> ImageResult<Result<u32, UnknownFeature>> {
    let mut found = 0_u32;
    parameters.has_notes = true;
    let mut note = start;
    while note < end {
        if *total >= MOST {
            break;
        }
        *total = total.saturating_add(1);
        let padded = |length: u64| u64::from(lower_half(length).wrapping_add(3) & !3);
        let name_length = padded(elf.number(note, 4)?);
        let length = elf.number(note.plus(4), 4)?;
        if elf.string(note.plus(HEADER))?.as_deref() == Some(b"Xen") {
            let body = Body { elf, place: note.plus(HEADER).plus(name_length), length };
            if !read_one(parameters, elf.number(note.plus(8), 4)?, &body)? {
                return Ok(Err(UnknownFeature));
            }
            found = found.saturating_add(1);
        }
        let next = note.plus(HEADER).plus(name_length).plus(padded(length));
        if next <= note || !elf.holds(note, 1) {
            break;
        }
        note = next;
    }
    Ok(Ok(found))
}

/// What a note holds.
struct Body<'a, 'b> {
    elf: &'a Elf<'b>,
    place: Address,
    length: u64,
}

impl Body<'_, '_> {
    /// It as a number; 0 if it has an odd length.
    fn number(&self) -> ImageResult<u64> {
        if matches!(self.length, 1 | 2 | 4 | 8) { self.elf.number(self.place, self.length) } else { Ok(0) }
    }

    fn text(&self) -> ImageResult<Option<Vec<u8>>> {
        self.elf.string(self.place)
    }
}

/// Reads one note; `false` if it requires a feature that libelf does not know.
fn read_one(parameters: &mut XenParameters, kind: u64, body: &Body<'_, '_>) -> ImageResult<bool> {
    /// As much of a text as libelf keeps.
    fn kept(mut text: Vec<u8>) -> Vec<u8> {
        text.truncate(15);
        text
    }
    match kind {
        number::ENTRY => parameters.entry = body.number()?,
        number::VIRT_BASE => parameters.virtual_base = body.number()?,
        number::INIT_P2M => parameters.p2m_base = body.number()?,
        number::PADDR_OFFSET => parameters.physical_offset = body.number()?,
        number::HYPERCALL_PAGE => parameters.hypercall_page = Some(body.number()?),
        number::PHYS32_ENTRY => parameters.physical_entry = lower_half(body.number()?),
        number::SUPPORTED_FEATURES if body.length >= 4 && body.length.is_multiple_of(4) => {
            parameters.supported |= lower_half(body.elf.number(body.place, 4)?);
        }
        number::XEN_VERSION | number::GUEST_OS | number::GUEST_VERSION | number::LOADER => {
            let Some(text) = body.text()? else { return Ok(true) };
            let kept = kept(text);
            match kind {
                number::XEN_VERSION => parameters.xen_version = kept,
                number::GUEST_OS => parameters.guest_os = kept,
                number::GUEST_VERSION => parameters.guest_version = kept,
                _ => parameters.loader = kept,
            }
        }
        number::PAE_MODE => {
            let Some(text) = body.text()? else { return Ok(true) };
            if text == b"yes" {
                parameters.pae = Pae::ExtendedCr3;
            }
            if memchr::memmem::find(&text, b"bimodal").is_some() {
                parameters.pae = Pae::Bimodal;
            }
        }
        number::BSD_SYMTAB => parameters.loads_symbols |= body.text()?.as_deref() == Some(b"yes"),
        number::FEATURES => {
            let Some(text) = body.text()? else { return Ok(true) };
            return Ok(features::parse(&text, &mut parameters.supported, &mut parameters.required));
        }
        _ => {}
    }
    Ok(true)
}
