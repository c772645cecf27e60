//! Why a kernel does not load, and the way out, in sentences.

use super::foreign::Foreign;
use super::grub_loads::{GrubBinary, GrubOutcome};
use super::guest_type::GuestType;
use super::outcome::{Architecture, LoadOutcome, Look, RefusalReason};
use super::question::Question;
use crate::decompress::Compression;
use crate::grub::Version;

/// A refusal in sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalExplanation {
    /// What is wrong, in one sentence without a full stop.
    pub reason: String,
    /// The way out, as an imperative without a full stop.
    pub help: String,
}

/// What is wrong with a kernel that does not load, and what to do. `None` if it loads, or pregrub cannot tell.
pub fn explain(look: &Look, question: &Question) -> Option<RefusalExplanation> {
    let LoadOutcome::Refused { cause, .. } = look.outcome(question.guest)? else { return None };
    let (reason, help) = sentences(look, cause, question);
    let mut help = help;
    let other = question.guest.other();
    let other_starts = look.outcome(other).and_then(LoadOutcome::starts) == Some(true);
    if other_starts && question.builder().has_pvh() {
        help = match other {
            GuestType::Pvh => format!("set type = \"pvh\" in the domain's configuration: as PVH it loads; or {help}"),
            GuestType::Pv => format!("set type = \"pv\" in the domain's configuration: as PV it loads; or {help}"),
        };
    }
    let packed = matches!(
        cause,
        RefusalReason::UnknownCompression { .. } | RefusalReason::LeftOut(_) | RefusalReason::Dictionary { .. }
    );
    if packed && question.builder().has_pvh() && look.grub(GrubBinary::Pvh, Version::V2_06) == GrubOutcome::Loads {
        help.push_str(
            "; or start GRUB for PVH instead of pygrub (type = \"pvh\" and kernel = \"/usr/lib/grub-xen/grub-i386-xen_pvh.bin\", of Debian's \
             grub-xen-host), which lets the kernel unpack itself",
        );
    }
    Some(RefusalExplanation { reason, help })
}

/// `Xen 4.14`, `Debian's Xen 4.17`.
fn xen(question: &Question) -> String {
    match question.flavour {
        crate::flavour::Flavour::Debian => format!("Debian's Xen {}", question.release),
        _ => format!("Xen {}", question.release),
    }
}

fn sentences(look: &Look, cause: &RefusalReason, question: &Question) -> (String, String) {
    let guest = question.guest.title();
    let xen = xen(question);
    let another_kernel = "boot a kernel that the distribution builds for Xen".to_owned();
    let repack = || repack(question);
    match cause {
        RefusalReason::Empty => {
            ("the kernel is an empty file".to_owned(), "install the guest's kernel again".to_owned())
        }
        RefusalReason::TooLarge => ("the kernel is larger than the 1 GiB that Xen unpacks".to_owned(), another_kernel),
        RefusalReason::NotAKernel(foreign) => not_a_kernel(*foreign),
        RefusalReason::OtherMachine(machine) => other_machine(*machine),
        RefusalReason::OldProtocol(protocol) => (
            format!(
                "the kernel has boot protocol {}.{:02}, and Xen needs 2.08, which Linux has from 2.6.24 on",
                protocol >> 8,
                protocol & 255
            ),
            "boot a newer kernel".to_owned(),
        ),
        RefusalReason::Incomplete(missing) => (
            format!("the kernel is cut off: {missing} bytes of its payload are missing"),
            "copy the kernel again, or install it again in the guest".to_owned(),
        ),
        RefusalReason::UnknownCompression { compression: Some(compression), since: Some(since) } => (
            format!("{xen} cannot unpack a kernel that is packed with {}", compression.name()),
            format!("use Xen 4.{since} or newer, or {}", repack()),
        ),
        RefusalReason::UnknownCompression { .. } => {
            ("the kernel is packed in a format that Xen does not know".to_owned(), repack())
        }
        RefusalReason::LeftOut(compression) => {
            (format!("{xen} was built without {}, which the kernel is packed with", compression.name()), repack())
        }
        RefusalReason::Dictionary { compression, limit } => (
            format!(
                "the kernel needs an {} dictionary that does not fit into the {} MiB that {xen} gives it",
                compression.name(),
                limit >> 20
            ),
            if *limit < 256 << 20 {
                format!("use Xen 4.20, 4.19.2, 4.18.5 or newer, or {}", repack())
            } else {
                repack()
            },
        ),
        RefusalReason::Damaged(compression, why) => (
            format!("the kernel's {} data is damaged: {why}", compression.name()),
            "copy the kernel again, or install it again in the guest".to_owned(),
        ),
        RefusalReason::NoXenNotes => (
            "the kernel was built without support for Xen: it has no Xen notes".to_owned(),
            format!(
                "build it with {}, or boot a kernel that the distribution builds for Xen",
                if question.guest == GuestType::Pv { "CONFIG_XEN_PV=y" } else { "CONFIG_PVH=y" }
            ),
        ),
        RefusalReason::NotForXen => {
            ("the kernel's notes do not say that it is a guest for Xen".to_owned(), another_kernel)
        }
        RefusalReason::XenVersion => {
            ("the kernel was built for another interface than that of Xen 3 and later".to_owned(), another_kernel)
        }
        RefusalReason::UnknownFeature => (
            "the kernel requires a feature that Xen does not know".to_owned(),
            "use a newer Xen, or boot another kernel".to_owned(),
        ),
        RefusalReason::Contradiction(why) => {
            (format!("the kernel's headers are damaged: {why}"), "install the guest's kernel again".to_owned())
        }
        RefusalReason::Dom0Only => ("the kernel runs as dom0 only".to_owned(), another_kernel),
        RefusalReason::NoPvEntry => (
            "the kernel has no entry for PV guests (it was built without CONFIG_XEN_PV)".to_owned(),
            match look.machine {
                Some(Architecture::I386) => "boot a 64-bit kernel: Linux dropped 32-bit PV guests in 5.9".to_owned(),
                _ => "build it with CONFIG_XEN_PV=y".to_owned(),
            },
        ),
        RefusalReason::NoPvhEntry => (
            "the kernel has no entry for PVH guests (it was built without CONFIG_PVH)".to_owned(),
            "build it with CONFIG_PVH=y".to_owned(),
        ),
        RefusalReason::NoSuchGuest => {
            (format!("{xen} has no {guest} guests: they came with 4.10"), "use Xen 4.10 or newer".to_owned())
        }
        RefusalReason::NoPae => {
            ("the kernel is a 32-bit one without PAE, which no hypervisor of today runs".to_owned(), another_kernel)
        }
    }
}

/// How to get a kernel that this build unpacks.
fn repack(question: &Question) -> String {
    let names: Vec<&str> = question.builder().formats().map(Compression::name).collect();
    format!("boot a kernel that is packed with one of {} (CONFIG_KERNEL_GZIP=y loads everywhere)", names.join(", "))
}

fn not_a_kernel(foreign: Foreign) -> (String, String) {
    let reason = format!("the file that is to be the kernel is {}", foreign.title());
    let help = match foreign {
        Foreign::UnifiedKernelImage | Foreign::Pe => {
            "boot the kernel (vmlinuz) and the initrd themselves: Xen does not start programs for UEFI"
        }
        Foreign::EfiZboot => "boot the kernel inside: Xen does not unpack CONFIG_EFI_ZBOOT",
        Foreign::Compressed(Compression::Gzip) => {
            "boot a bzImage, or a vmlinux packed with gzip: what is inside is not one"
        }
        Foreign::Compressed(_) => "boot a bzImage: of files that are packed as a whole, Xen unpacks gzip only",
        Foreign::Cpio => "name the kernel where this file is named: it is an initrd",
        Foreign::Zeros | Foreign::Empty => "install the guest's kernel again: its data was never written",
        Foreign::Script | Foreign::Text | Foreign::Unknown => "name the guest's vmlinuz instead",
    };
    (reason, help.to_owned())
}

fn other_machine(machine: Architecture) -> (String, String) {
    let name = match machine {
        Architecture::Arm64 => "64-bit Arm",
        Architecture::Arm => "32-bit Arm",
        Architecture::I386 | Architecture::X86_64 => "x86",
        Architecture::Other(_) => "another kind of processor",
    };
    let help = match machine {
        Architecture::Arm64 | Architecture::Arm => {
            "boot it on a host of that kind, or install the guest's kernel for x86"
        }
        _ => "install the guest's kernel for x86",
    };
    (format!("the kernel is for {name}, and the host is x86"), help.to_owned())
}
