//! An ELF file as Xen's libelf walks it: any field may point anywhere, and what is out of range reads as zero.

use super::image::{Image, ImageResult};
use crate::size::to_u64;

/// Where the image lies in the address space of the builder. Offsets of a hostile file wrap around as addresses do.
const BASE: u64 = 0x7f00_0000_0000;
/// The longest string that libelf reads.
const LONGEST_STRING: usize = 4096;
/// The shortest file that can be ELF: a 32-bit header.
const SHORTEST: u64 = 52;

/// Machines that Xen has guests for.
pub(super) const EM_386: u64 = 3;
pub(super) const EM_ARM: u64 = 40;
pub(super) const EM_X86_64: u64 = 62;
/// Types of program headers and sections.
pub(super) const PT_LOAD: u64 = 1;
pub(super) const PT_NOTE: u64 = 4;
pub(super) const SHT_SYMTAB: u64 = 2;
pub(super) const SHT_STRTAB: u64 = 3;
pub(super) const SHT_NOTE: u64 = 7;

/// A field: offset and length in the 32-bit and in the 64-bit form of its structure.
#[derive(Clone, Copy)]
pub(super) struct ElfField {
    narrow: (u64, u64),
    wide: (u64, u64),
}

const fn field(narrow: (u64, u64), wide: (u64, u64)) -> ElfField {
    ElfField { narrow, wide }
}

/// The file header.
pub(super) mod header {
    use super::{ElfField, field};
    pub(in super::super) const MACHINE: ElfField = field((18, 2), (18, 2));
    pub(in super::super) const ENTRY: ElfField = field((24, 4), (24, 8));
    pub(super) const PHOFF: ElfField = field((28, 4), (32, 8));
    pub(super) const SHOFF: ElfField = field((32, 4), (40, 8));
    pub(super) const PHENTSIZE: ElfField = field((42, 2), (54, 2));
    pub(super) const PHNUM: ElfField = field((44, 2), (56, 2));
    pub(super) const SHENTSIZE: ElfField = field((46, 2), (58, 2));
    pub(super) const SHNUM: ElfField = field((48, 2), (60, 2));
    pub(super) const SHSTRNDX: ElfField = field((50, 2), (62, 2));
}

/// A program header.
pub(super) mod program {
    use super::{ElfField, field};
    pub(in super::super) const TYPE: ElfField = field((0, 4), (0, 4));
    pub(in super::super) const FLAGS: ElfField = field((24, 4), (4, 4));
    pub(in super::super) const OFFSET: ElfField = field((4, 4), (8, 8));
    pub(in super::super) const PADDR: ElfField = field((12, 4), (24, 8));
    pub(in super::super) const FILESZ: ElfField = field((16, 4), (32, 8));
    pub(in super::super) const MEMSZ: ElfField = field((20, 4), (40, 8));
}

/// A section header.
pub(super) mod section {
    use super::{ElfField, field};
    pub(in super::super) const NAME: ElfField = field((0, 4), (0, 4));
    pub(in super::super) const TYPE: ElfField = field((4, 4), (4, 4));
    pub(in super::super) const OFFSET: ElfField = field((16, 4), (24, 8));
    pub(in super::super) const SIZE: ElfField = field((20, 4), (32, 8));
    pub(in super::super) const LINK: ElfField = field((24, 4), (40, 4));
}

/// A place in the builder's address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address(pub u64);

impl Address {
    /// This many bytes further.
    pub(super) fn plus(self, bytes: u64) -> Self {
        Self(self.0.wrapping_add(bytes))
    }
}

/// An opened ELF file.
pub(super) struct Elf<'a> {
    image: &'a Image,
    wide: bool,
    narrow: bool,
    swapped: bool,
}

impl<'a> Elf<'a> {
    /// `None` if the image is not ELF.
    pub(super) fn new(image: &'a Image) -> ImageResult<Option<Self>> {
        if image.size() < SHORTEST {
            return Ok(None);
        }
        let ident: [u8; 6] = image.read(0)?;
        let elf = Self { image, wide: ident[4] == 2, narrow: ident[4] == 1, swapped: ident[5] != 1 };
        Ok(ident.starts_with(b"\x7fELF").then_some(elf))
    }

    /// Whether it says that it is of the 32-bit form.
    pub(super) fn is_narrow(&self) -> bool {
        self.narrow
    }

    /// Whether the tables of headers lie inside of the file.
    pub(super) fn tables_fit(&self) -> ImageResult<bool> {
        let end = |offset: u64, each: u64, count: u64| offset.wrapping_add(each.wrapping_mul(count));
        let programs = end(self.header(header::PHOFF)?, self.header(header::PHENTSIZE)?, self.programs()?);
        let sections = end(self.header(header::SHOFF)?, self.header(header::SHENTSIZE)?, self.sections()?);
        Ok(programs <= self.image.size() && sections <= self.image.size())
    }

    /// Whether `bytes` bytes at this place are of the image.
    pub(super) fn holds(&self, place: Address, bytes: u64) -> bool {
        let rest = place.0.checked_sub(BASE).and_then(|offset| self.image.size().checked_sub(offset));
        rest.is_some_and(|rest| bytes <= rest)
    }

    /// The number of 1, 2, 4 or 8 bytes at a place; 0 if it is out of range.
    pub(super) fn number(&self, place: Address, bytes: u64) -> ImageResult<u64> {
        if !self.holds(place, bytes) {
            return Ok(0);
        }
        let raw: [u8; 8] = self.image.read(place.0.saturating_sub(BASE))?;
        let value = u64::from_le_bytes(raw);
        Ok(match (bytes, self.swapped) {
            (1, _) => value & 0xff,
            (2, false) => value & 0xffff,
            (4, false) => value & 0xffff_ffff,
            (8, false) => value,
            (2, true) => value.swap_bytes() >> 48,
            (4, true) => value.swap_bytes() >> 32,
            (8, true) => value.swap_bytes(),
            _ => 0,
        })
    }

    /// A field of the structure at a place.
    pub(super) fn field(&self, place: Address, field: ElfField) -> ImageResult<u64> {
        let (offset, bytes) = if self.wide { field.wide } else { field.narrow };
        self.number(place.plus(offset), bytes)
    }

    /// A field of the file header.
    pub(super) fn header(&self, field: ElfField) -> ImageResult<u64> {
        self.field(Address(BASE), field)
    }

    /// How many program headers there are, by the file's account.
    pub(super) fn programs(&self) -> ImageResult<u64> {
        self.header(header::PHNUM)
    }

    /// How many section headers there are, by the file's account and by its length.
    pub(super) fn sections(&self) -> ImageResult<u64> {
        Ok(self.header(header::SHNUM)?.min(self.image.size() / 40))
    }

    /// Where a program header is.
    pub(super) fn program(&self, index: u64) -> ImageResult<Address> {
        let each = self.header(header::PHENTSIZE)?;
        Ok(self.at(self.header(header::PHOFF)?).plus(each.wrapping_mul(index)))
    }

    /// Where a section header is.
    pub(super) fn section(&self, index: u64) -> ImageResult<Option<Address>> {
        if index >= self.sections()? {
            return Ok(None);
        }
        let each = self.header(header::SHENTSIZE)?;
        Ok(Some(self.at(self.header(header::SHOFF)?).plus(each.wrapping_mul(index))))
    }

    /// The place of a byte of the file.
    pub(super) fn at(&self, offset: u64) -> Address {
        Address(BASE).plus(offset)
    }

    /// The string at a place, without its NUL; `None` if it leaves the image or is too long.
    pub(super) fn string(&self, place: Address) -> ImageResult<Option<Vec<u8>>> {
        let mut text = Vec::new();
        loop {
            let place = place.plus(to_u64(text.len()));
            if !self.holds(place, 1) || text.len() > LONGEST_STRING {
                return Ok(None);
            }
            let rest = self.image.rest_of_page(place.0.saturating_sub(BASE))?;
            let rest = &rest[..rest.len().min((LONGEST_STRING + 2).saturating_sub(text.len()))];
            match rest.iter().position(|&byte| byte == 0) {
                Some(end) => {
                    text.extend_from_slice(&rest[..end]);
                    return Ok((text.len() <= LONGEST_STRING).then_some(text));
                }
                // The end of the image.
                None if rest.is_empty() => return Ok(None),
                None => text.extend_from_slice(rest),
            }
        }
    }

    /// The first section of this name. Without a table of names each is called `unknown`.
    pub(super) fn section_by_name(&self, name: &[u8]) -> ImageResult<Option<Address>> {
        let names = match self.section(self.header(header::SHSTRNDX)?)? {
            Some(section) => self.at(self.field(section, section::OFFSET)?),
            None => return Ok(None),
        };
        for index in 1..self.sections()? {
            let Some(place) = self.section(index)?.filter(|&place| self.holds(place, 1)) else { break };
            let found = self.string(names.plus(self.field(place, section::NAME)?))?;
            if found.as_deref() == Some(name) {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// The lowest and the highest physical address of what is loaded.
    pub(super) fn extent(&self) -> ImageResult<(u64, u64)> {
        let (mut low, mut high) = (u64::MAX, 0);
        for index in 0..self.programs()? {
            let place = self.program(index)?;
            if !self.holds(place, 1) {
                break;
            }
            let loadable = self.field(place, program::TYPE)? == PT_LOAD && self.field(place, program::FLAGS)? & 7 != 0;
            if loadable {
                let start = self.field(place, program::PADDR)?;
                low = low.min(start);
                high = high.max(start.wrapping_add(self.field(place, program::MEMSZ)?));
            }
        }
        Ok((low, high))
    }

    /// Rounds up to the size of an address.
    fn round_up(&self, value: u64) -> u64 {
        let mask = if self.wide { 7 } else { 3 };
        value.wrapping_add(mask) & !mask
    }

    /// Where the kernel ends if its symbols are loaded after it, from the physical address `end` on; `None` without symbols.
    pub(super) fn end_of_symbols(&self, end: u64) -> ImageResult<Option<u64>> {
        /// A length word and a file header, which three section headers follow.
        const HEADERS: u64 = 4 + 64;
        let count = self.sections()?;
        let mut symbols = None;
        for index in 1..count {
            let Some(place) = self.section(index)?.filter(|&place| self.holds(place, 1)) else { break };
            if self.field(place, section::TYPE)? == SHT_SYMTAB {
                let link = self.field(place, section::LINK)?;
                symbols = (link != 0 && link < count).then_some((place, link));
                break;
            }
        }
        let Some((symbols, link)) = symbols else { return Ok(None) };
        let mut size = self.round_up(if self.wide { 4 + HEADERS + 3 * 64 } else { 4 + HEADERS + 3 * 40 });
        size = self.round_up(size.wrapping_add(self.field(symbols, section::SIZE)?));
        let Some(names) = self.section(link)?.filter(|&place| self.holds(place, 1)) else { return Ok(None) };
        if self.field(names, section::TYPE)? != SHT_STRTAB {
            return Ok(None);
        }
        size = self.round_up(size.wrapping_add(self.field(names, section::SIZE)?));
        Ok(Some(self.round_up(end).wrapping_add(size)).filter(|&end| end != 0))
    }
}
