//! libxenguest's loader for ELF files, and which guests it starts from one.

use super::elf::{EM_386, EM_X86_64, Elf};
use super::features;
use super::foreign::Foreign;
use super::guest_type::GuestType;
use super::image::{Image, ImageResult};
use super::loader::NO_LOADER;
use super::outcome::{Architecture, LoadOutcome, RefusalReason, refused};
use super::question::Question;
use super::xen_parameters::{self, Fault, Pae, UNSET, UNSET_32, XenParameters};

/// What was made of an image.
pub(super) struct LoadedImage {
    pub(super) parameters: Option<XenParameters>,
    pub(super) outcome: LoadOutcome,
}

/// What the loader for ELF makes of an image. A file that is ELF as it is (`raw`) is seen by the loader for firmware first.
pub(super) fn judge(question: &Question, image: &Image, guest: GuestType, raw: bool) -> ImageResult<LoadedImage> {
    let without = |outcome| LoadedImage { parameters: None, outcome };
    if guest == GuestType::Pvh && !question.builder().has_pvh() {
        let outcome = refused("Unknown guest type \"pvh\"", RefusalReason::NoSuchGuest);
        let parameters = parameters(question, image, guest)?.map(|(parameters, _)| parameters);
        return Ok(LoadedImage { parameters, outcome });
    }
    let Some((found, verdict)) = parameters(question, image, guest)? else {
        return Ok(without(refused(NO_LOADER, RefusalReason::NotAKernel(Foreign::Unknown))));
    };
    let firmware = raw && guest == GuestType::Pvh && !matches!(verdict, Ok(()) | Err(Fault::Tables));
    let outcome = match verdict {
        Err(_) if firmware => {
            let loads = Elf::new(image)?.is_some_and(|elf| elf.is_narrow());
            let words = if loads { "" } else { "xc_dom_parse_hvm_kernel: ELF image is not 32bit" };
            LoadOutcome::Refused { words: words.to_owned(), cause: RefusalReason::NoPvhEntry, loads }
        }
        Err(fault) => refused(NO_LOADER, cause(&found, fault)),
        Ok(()) => entry(&found, guest),
    };
    Ok(LoadedImage { parameters: Some(found), outcome })
}

fn parameters(
    question: &Question,
    image: &Image,
    guest: GuestType,
) -> ImageResult<Option<(XenParameters, Result<(), Fault>)>> {
    let Some(elf) = Elf::new(image)? else { return Ok(None) };
    let rules = question.builder().rules();
    Ok(Some(xen_parameters::read(&elf, rules, guest == GuestType::Pvh)?))
}

fn cause(parameters: &XenParameters, fault: Fault) -> RefusalReason {
    let foreign = !matches!(parameters.machine, EM_386 | EM_X86_64);
    match fault {
        _ if foreign => RefusalReason::OtherMachine(Architecture::of_elf(parameters.machine)),
        Fault::Tables => RefusalReason::Contradiction("its tables of headers reach outside of the file".to_owned()),
        Fault::NoNotes => RefusalReason::NoXenNotes,
        Fault::NotForXen if parameters.physical_entry != UNSET_32 => RefusalReason::NoPvEntry,
        Fault::NotForXen if parameters.guest_os.is_empty() && parameters.loader.is_empty() => RefusalReason::NoXenNotes,
        Fault::NotForXen => RefusalReason::NotForXen,
        Fault::XenVersion => RefusalReason::XenVersion,
        Fault::UnknownFeature => RefusalReason::UnknownFeature,
        Fault::Addresses(_) if parameters.entry == UNSET && parameters.physical_entry != UNSET_32 => {
            RefusalReason::NoPvEntry
        }
        Fault::Addresses(words) => RefusalReason::Contradiction(format!("its addresses do not fit: {words}")),
    }
}

/// What is asked of a file that libelf accepts.
fn entry(parameters: &XenParameters, guest: GuestType) -> LoadOutcome {
    if parameters.required >> features::DOM0 & 1 == 1 {
        let words = "xc_dom_parse_elf_kernel: Kernel does not support unprivileged (DomU) operation";
        return refused(words, RefusalReason::Dom0Only);
    }
    if guest == GuestType::Pvh {
        if parameters.physical_entry != UNSET_32 {
            return LoadOutcome::Loads("hvm-3.0-x86_32");
        }
        let words = "xc_dom_guest_type: image not capable of booting inside a HVM container";
        return refused(words, RefusalReason::NoPvhEntry);
    }
    let outcome = match parameters.machine {
        EM_386 => compatible(match parameters.pae {
            Pae::No => "xen-3.0-x86_32",
            Pae::Yes | Pae::ExtendedCr3 | Pae::Bimodal => "xen-3.0-x86_32p",
        }),
        EM_X86_64 => LoadOutcome::Loads("xen-3.0-x86_64"),
        other => {
            let words = format!("xc_dom_guest_type: unknown image type {other}");
            return refused(words, RefusalReason::OtherMachine(Architecture::of_elf(other)));
        }
    };
    let has_notes = parameters.has_notes && parameters.entry == UNSET;
    if has_notes && parameters.physical_entry != UNSET_32 && matches!(outcome, LoadOutcome::Loads(_)) {
        return LoadOutcome::Refused { words: String::new(), cause: RefusalReason::NoPvEntry, loads: true };
    }
    outcome
}

/// Whether a Xen of today runs this kind of guest.
pub(super) fn compatible(guest: &'static str) -> LoadOutcome {
    if guest == "xen-3.0-x86_32" {
        let words = format!("xc_dom_compat_check: guest type {guest} not supported by xen kernel, sorry");
        return refused(words, RefusalReason::NoPae);
    }
    LoadOutcome::Loads(guest)
}
