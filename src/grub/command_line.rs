//! The command line that a kernel sees: what GRUB makes of the words of `linux`.

use super::outcome::LoadCommand;
use super::settings::Platform;

/// The kernel's command line; nothing for what is not a Linux kernel. GRUB puts words with spaces in double quotes and a backslash
/// before quotes and backslashes, and names the file first, but for pvgrub2.
///
/// The re-quoting and `BOOT_IMAGE=` were seen with a real GRUB on a PC, pvgrub2's line under a real Xen.
pub fn command_line(command: &LoadCommand, platform: Platform) -> Option<Vec<u8>> {
    if !matches!(command.command.as_str(), "linux" | "linux16" | "linuxefi") {
        return None;
    }
    let words = command.args.iter().position(|word| !word.starts_with(b"--"))?;
    let (file, arguments) = command.args[words..].split_first()?;
    let mut line = Vec::new();
    if platform != Platform::Xen {
        line.extend_from_slice(b"BOOT_IMAGE=");
        quote(file, &mut line);
    }
    for argument in arguments {
        if !line.is_empty() {
            line.push(b' ');
        }
        quote(argument, &mut line);
    }
    Some(line)
}

fn quote(word: &[u8], line: &mut Vec<u8>) {
    let spaced = word.contains(&b' ');
    if spaced {
        line.push(b'"');
    }
    for &byte in word {
        if matches!(byte, b'\\' | b'\'' | b'"') {
            line.push(b'\\');
        }
        line.push(byte);
    }
    if spaced {
        line.push(b'"');
    }
}
