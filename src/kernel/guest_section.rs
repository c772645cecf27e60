//! `__xen_guest`: what kernels said before there were notes, `NAME=value,NAME=value`.

use super::elf::{Address, Elf};
use super::features;
use super::image::ImageResult;
use super::xen_parameters::{Pae, XenParameters};

/// The longest name and the longest value that libelf keeps.
const LONGEST_NAME: usize = 31;
const LONGEST_VALUE: usize = 127;
/// No kernel says more than this; libelf reads to the first NUL.
const MOST: usize = 64 << 10;

/// Reads the text at `start`. What it requires beyond what libelf knows ends the reading, and is not a fault.
pub(super) fn read(elf: &Elf<'_>, parameters: &mut XenParameters, start: Address) -> ImageResult<()> {
    let mut text = Text { elf, place: start, read: 0 };
    while text.peek()? != 0 && text.read < MOST {
        let (mut name, mut value) = (Vec::new(), Vec::new());
        while name.len() < LONGEST_NAME {
            match text.peek()? {
                0 => break,
                b',' => {
                    text.next();
                    break;
                }
                b'=' => {
                    text.next();
                    while value.len() < LONGEST_VALUE {
                        match text.peek()? {
                            0 => break,
                            b',' => {
                                text.next();
                                break;
                            }
                            byte => value.push(byte),
                        }
                        text.next();
                    }
                    break;
                }
                byte => name.push(byte),
            }
            text.next();
        }
        if !set(parameters, &name, value) {
            break;
        }
    }
    Ok(())
}

struct Text<'a, 'b> {
    elf: &'a Elf<'b>,
    place: Address,
    read: usize,
}

impl Text<'_, '_> {
    fn peek(&self) -> ImageResult<u8> {
        Ok(self.elf.number(self.place, 1)?.to_le_bytes()[0])
    }

    fn next(&mut self) {
        self.place = self.place.plus(1);
        self.read = self.read.saturating_add(1);
    }
}

/// `false` if a feature is required that libelf does not know.
fn set(parameters: &mut XenParameters, name: &[u8], mut value: Vec<u8>) -> bool {
    match name {
        b"PAE" if value == b"yes[extended-cr3]" => parameters.pae = Pae::ExtendedCr3,
        b"PAE" if value.starts_with(b"yes") => parameters.pae = Pae::Yes,
        b"BSD_SYMTAB" => parameters.loads_symbols = true,
        b"VIRT_BASE" => parameters.virtual_base = number(&value),
        b"VIRT_ENTRY" => parameters.entry = number(&value),
        b"ELF_PADDR_OFFSET" => parameters.physical_offset = number(&value),
        b"FEATURES" => return features::parse(&value, &mut parameters.supported, &mut parameters.required),
        b"LOADER" | b"GUEST_OS" | b"GUEST_VER" | b"XEN_VER" => {
            value.truncate(15);
            match name {
                b"LOADER" => parameters.loader = value,
                b"GUEST_OS" => parameters.guest_os = value,
                b"GUEST_VER" => parameters.guest_version = value,
                _ => parameters.xen_version = value,
            }
        }
        _ => {}
    }
    true
}

/// `strtoull(value, NULL, 0)`.
fn number(value: &[u8]) -> u64 {
    let text = value.trim_ascii_start();
    let (negative, text) = match text.first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let hexadecimal = text.starts_with(b"0x") || text.starts_with(b"0X");
    let (radix, digits) = match text {
        [b'0', _, first, ..] if hexadecimal && first.is_ascii_hexdigit() => (16, &text[2..]),
        [b'0', ..] => (8, text),
        _ => (10, text),
    };
    let mut number = 0_u64;
    for &byte in digits {
        let Some(digit) = char::from(byte).to_digit(radix) else { break };
        match number.checked_mul(u64::from(radix)).and_then(|n| n.checked_add(u64::from(digit))) {
            Some(more) => number = more,
            None => return u64::MAX,
        }
    }
    if negative { number.wrapping_neg() } else { number }
}
