//! What an ELF file says to Xen, and whether libelf accepts it.

use super::builder::NoteRules;
use super::elf::{EM_386, EM_ARM, EM_X86_64, Elf, header};
use super::guest_section;
use super::image::ImageResult;
use super::notes;

/// An address that was not given.
pub(super) const UNSET: u64 = u64::MAX;
pub(super) const UNSET_32: u32 = u32::MAX;

/// How a 32-bit kernel uses physical address extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Pae {
    #[default]
    No,
    Yes,
    ExtendedCr3,
    Bimodal,
}

/// What the notes, or the older section, say.
#[derive(Clone, Debug)]
pub(super) struct XenParameters {
    /// There is a segment or a section of notes, of whomever.
    pub has_notes: bool,
    /// There is the older section.
    pub has_guest_section: bool,
    pub entry: u64,
    pub virtual_base: u64,
    pub p2m_base: u64,
    pub physical_offset: u64,
    pub hypercall_page: Option<u64>,
    pub physical_entry: u32,
    pub loader: Vec<u8>,
    pub guest_os: Vec<u8>,
    pub guest_version: Vec<u8>,
    pub xen_version: Vec<u8>,
    pub pae: Pae,
    pub loads_symbols: bool,
    pub supported: u32,
    pub required: u32,
    pub machine: u64,
}

impl Default for XenParameters {
    fn default() -> Self {
        Self {
            has_notes: false,
            has_guest_section: false,
            entry: UNSET,
            virtual_base: UNSET,
            p2m_base: UNSET,
            physical_offset: UNSET,
            hypercall_page: None,
            physical_entry: UNSET_32,
            loader: Vec::new(),
            guest_os: Vec::new(),
            guest_version: Vec::new(),
            xen_version: Vec::new(),
            pae: Pae::default(),
            loads_symbols: false,
            supported: 0,
            required: 0,
            machine: 0,
        }
    }
}

/// Why libelf does not accept a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The tables of headers reach outside of the file.
    Tables,
    /// There are no notes and there is no section for Xen.
    NoNotes,
    /// There are notes, and none that says what the guest is.
    NotForXen,
    /// It is for another interface than Xen 3's.
    XenVersion,
    /// It requires a feature that libelf does not know.
    UnknownFeature,
    /// Its addresses contradict each other; how, in libelf's words.
    Addresses(&'static str),
}

/// Reads what the file says, and checks it as libelf does for a PV guest, or for a PVH one.
pub(super) fn read(elf: &Elf<'_>, rules: NoteRules, pvh: bool) -> ImageResult<(XenParameters, Result<(), Fault>)> {
    let mut parameters = XenParameters { machine: elf.header(header::MACHINE)?, ..XenParameters::default() };
    if !elf.tables_fit()? {
        return Ok((parameters, Err(Fault::Tables)));
    }
    let pvh = pvh && rules.tells_types_apart;
    let verdict = read_and_check(elf, &mut parameters, rules, pvh)?;
    Ok((parameters, verdict))
}

fn read_and_check(
    elf: &Elf<'_>,
    parameters: &mut XenParameters,
    rules: NoteRules,
    pvh: bool,
) -> ImageResult<Result<(), Fault>> {
    let found = match notes::read(elf, parameters)? {
        Ok(found) => found,
        Err(notes::UnknownFeature) => return Ok(Err(Fault::UnknownFeature)),
    };
    if !rules.knows_physical_entry {
        parameters.physical_entry = UNSET_32;
    }
    if found == 0
        && !pvh
        && let Some(section) = elf.section_by_name(b"__xen_guest")?
    {
        parameters.has_notes = false;
        parameters.has_guest_section = true;
        let start = elf.at(elf.field(section, super::elf::section::OFFSET)?);
        guest_section::read(elf, parameters, start)?;
    }
    if let Err(fault) = check_identity(parameters, rules, pvh) {
        return Ok(Err(fault));
    }
    check_addresses(elf, parameters, rules, pvh)
}

fn check_identity(parameters: &XenParameters, rules: NoteRules, pvh: bool) -> Result<(), Fault> {
    if !parameters.has_notes && !parameters.has_guest_section {
        let ours = matches!(parameters.machine, EM_386 | EM_X86_64);
        return if ours { Err(Fault::NoNotes) } else { Ok(()) };
    }
    let enough =
        parameters.physical_entry != UNSET_32 && rules.physical_entry_suffices && (pvh || !rules.tells_types_apart);
    if parameters.machine == EM_ARM || enough {
        return Ok(());
    }
    if !parameters.loader.starts_with(b"generic") && !parameters.guest_os.starts_with(b"linux") {
        return Err(Fault::NotForXen);
    }
    if parameters.xen_version.starts_with(b"xen-3.0") { Ok(()) } else { Err(Fault::XenVersion) }
}

fn check_addresses(
    elf: &Elf<'_>,
    parameters: &XenParameters,
    rules: NoteRules,
    pvh: bool,
) -> ImageResult<Result<(), Fault>> {
    let XenParameters { virtual_base, physical_offset, physical_entry, .. } = *parameters;
    if physical_offset != UNSET && virtual_base == UNSET && !(pvh && rules.relaxed_offset) {
        return Ok(Err(Fault::Addresses("ELF_PADDR_OFFSET set, VIRT_BASE unset")));
    }
    let base = if virtual_base == UNSET || pvh { 0 } else { virtual_base };
    let offset = match physical_offset {
        _ if pvh => 0,
        UNSET if parameters.has_notes => 0,
        UNSET => base,
        given => given,
    };
    let shift = base.wrapping_sub(offset);
    let (low, high) = elf.extent()?;
    let start = low.wrapping_add(shift);
    let mut end = high.wrapping_add(shift);
    let entry = if parameters.entry != UNSET && !pvh {
        parameters.entry
    } else if physical_entry != UNSET_32 && pvh {
        u64::from(physical_entry)
    } else {
        elf.header(header::ENTRY)?
    };
    if parameters.loads_symbols
        && let Some(symbols) = elf.end_of_symbols(high)?
    {
        end = symbols.wrapping_add(shift);
    }
    if start > end || entry < start || entry > end || base > start {
        return Ok(Err(Fault::Addresses("ELF start or entries are out of bounds")));
    }
    let table = parameters.p2m_base;
    if table != UNSET && table >= start && table < end {
        return Ok(Err(Fault::Addresses("P->M table base is out of bounds")));
    }
    Ok(Ok(()))
}
