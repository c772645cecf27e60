//! What GRUB's loaders say of a file that is not the kernel that they expect.
//!
//! Measured with real GRUBs in QEMU: i386-pc and x86_64-efi of 2.06, 2.12 and 2.14. pvgrub2's words were seen with a kernel
//! that it cannot unpack.

use super::machine::CommandFailure;
use super::settings::{GrubSettings, Platform, Version};

/// How much of its file a command looks at before it takes it; `None` for commands that take any file, as far as pregrub follows.
pub(super) fn needed(command: &str) -> Option<usize> {
    match command {
        "linux" | "linux16" | "linuxefi" => Some(4096),
        "multiboot" => Some(MULTIBOOT_SEARCH),
        "multiboot2" => Some(MULTIBOOT2_SEARCH),
        "chainloader" => Some(SECTOR),
        _ => None,
    }
}

const SECTOR: usize = 512;
/// The header of a PE file as far as the image version.
const PE_HEADER: usize = 72;
/// How far into a file a header of the Multiboot Specification may stand.
const MULTIBOOT_SEARCH: usize = 8192;
const MULTIBOOT2_SEARCH: usize = 32768;
/// What `linux` reads first: the setup header with what is before it.
const LINUX_HEADER: u64 = 0x268;
/// The most sectors of setup code.
const MOST_SETUP_SECTORS: u8 = 64;
/// Setup sectors where the header says 0.
const DEFAULT_SETUP_SECTORS: u8 = 4;
/// The boot protocol since which a kernel can be started in protected mode.
const PROTECTED_MODE: u16 = 0x0203;

/// Why a command does not take the file; `None` if it does, as far as pregrub knows. `start` is the first bytes, `size` that of the
/// whole.
pub(super) fn refusal(
    command: &str,
    arguments: &[Vec<u8>],
    path: &[u8],
    start: &[u8],
    size: u64,
    settings: &GrubSettings,
) -> Option<CommandFailure> {
    let bad = |message: &str| Some(CommandFailure::new(CommandFailure::BAD_OS, message));
    let ends = || bad(&format!("premature end of file {}", String::from_utf8_lossy(path)));
    match command {
        _ if size == 0 => ends(),
        "linux" if settings.platform == Platform::Xen => {
            let is_one = start.starts_with(b"\x7fELF") || start.get(0x202..0x206) == Some(b"HdrS");
            bad("not xen image").filter(|_| !is_one)
        }
        "linux" if has_stub_loader(settings) && has_stub(start) => None,
        "linux" | "linux16" | "linuxefi" if size < LINUX_HEADER => ends(),
        "linux" | "linux16" | "linuxefi" => {
            linux(command, start, settings).and_then(bad).or_else(|| cut_in_setup(command, start, size))
        }
        "multiboot" | "multiboot2" => {
            let (magic, step) = if command == "multiboot" { (0x1bad_b002_u32, 4) } else { (0xe852_50d6, 8) };
            let has_header = start.chunks(step).any(|word| word.starts_with(&magic.to_le_bytes()));
            if size < 12 {
                ends()
            } else if has_header {
                None
            } else {
                Some(CommandFailure::bad_argument("no multiboot header found"))
            }
        }
        "chainloader" if settings.platform == Platform::Efi => {
            bad("cannot load image").filter(|_| !start.starts_with(b"MZ"))
        }
        "chainloader" if arguments.iter().any(|word| word.starts_with(b"--")) => None,
        "chainloader" if size < SECTOR as u64 => ends(),
        "chainloader" => bad("invalid signature").filter(|_| start.get(510..512) != Some(&[0x55, 0xaa])),
        _ => None,
    }
}

/// Whether a file is compressed as a whole, in a format for which GRUB has a module.
pub(super) fn is_packed(start: &[u8]) -> bool {
    [&b"\x1f\x8b"[..], b"\xfd7zXZ\0", b"\x89LZO\0", b"\x28\xb5\x2f\xfd"].iter().any(|magic| start.starts_with(magic))
}

/// Whether `linux` is the loader that came with 2.12 on EFI: it starts a kernel by its EFI stub, and others as before. What Fedora's
/// does was not measured.
fn has_stub_loader(settings: &GrubSettings) -> bool {
    settings.platform == Platform::Efi && settings.version >= Version::V2_12 && !settings.version.is_fedora()
}

/// The header of a PE file, if `start` begins as one: at least as far as the image version.
fn pe_header(start: &[u8]) -> Option<&[u8]> {
    let offset = start.strip_prefix(b"MZ").and_then(|_| start.get(0x3c..0x40))?;
    let offset = u32::from_le_bytes([offset[0], offset[1], offset[2], offset[3]]);
    start.get(usize::try_from(offset).ok()?..).filter(|header| header.len() >= PE_HEADER)
}

/// Whether `linux` of 2.12 on EFI treats a file as a kernel with an EFI stub: a 64-bit PE file whose image version is not 0. It looks
/// at nothing else, not even at the boot signature. Debian's 6.1
/// has 1 and its 6.12 has 3; memtest86+, iPXE and unified kernel images have 0.
fn has_stub(start: &[u8]) -> bool {
    pe_header(start).is_some_and(|header| header[24..26] == [0x0b, 0x02] && header[68..70] != [0, 0])
}

/// Whether GRUB treats a file as a kernel with an EFI stub that the firmware may not start.
pub(super) fn has_odd_stub(command: &str, start: &[u8], settings: &GrubSettings) -> bool {
    let usual = |header: &[u8]| header.starts_with(b"PE\0\0\x64\x86");
    command == "linux" && has_stub_loader(settings) && has_stub(start) && !pe_header(start).is_some_and(usual)
}

/// What is said of a kernel that ends in its setup sectors.
fn cut_in_setup(command: &str, start: &[u8], size: u64) -> Option<CommandFailure> {
    let sectors = match *start.get(0x1f1)? {
        0 => DEFAULT_SETUP_SECTORS,
        sectors => sectors,
    };
    let message = if command == "linux16" { "overflow is detected" } else { "attempt to seek outside of the file" };
    (size < (u64::from(sectors) + 1) * SECTOR as u64)
        .then(|| CommandFailure::new(CommandFailure::OUT_OF_RANGE, message))
}

/// What `linux` and `linux16` find wrong in a kernel's header.
fn linux(command: &str, start: &[u8], settings: &GrubSettings) -> Option<&'static str> {
    if start.get(0x1fe..0x200)? != [0x55, 0xaa] {
        return Some("invalid magic number");
    }
    if *start.get(0x1f1)? > MOST_SETUP_SECTORS {
        return Some("too many setup sectors");
    }
    if command == "linux16" {
        return None;
    }
    let hinting = settings.platform == Platform::Pc;
    let version = u16::from_le_bytes([*start.get(0x206)?, *start.get(0x207)?]);
    if start.get(0x202..0x206)? != b"HdrS" || version < PROTECTED_MODE {
        let (short, long) = ("version too old for 32-bit boot", "version too old for 32-bit boot (try with `linux16')");
        return Some(if hinting { long } else { short });
    }
    // Not loaded high: a zImage.
    let (short, long) =
        ("zImage doesn't support 32-bit boot", "zImage doesn't support 32-bit boot (try with `linux16')");
    (start.get(0x211)? & 1 == 0).then_some(if hinting { long } else { short })
}
