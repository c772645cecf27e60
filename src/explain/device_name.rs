//! The name of a device where pygrub expects a number: in a path, or as the root of an entry.

use super::advice::{Advice, RaisingConfig, advice};
use super::hidden_command::on_one_line;
use super::remedy::{MKCONFIG, Remedy};
use crate::config::{Cause, Dialect, Raised, Span, Writer};
use crate::python::PyStr;

/// Why `set` may be left out.
const WITHOUT_SET: &str = "GRUB assigns `root=...` all the same, and pygrub, which never uses the root device of an entry, does not look at such a line";

/// Whether NixOS wrote the file: then the option is named, not the line.
pub(super) fn device(found: Option<RaisingConfig<'_>>, raised: &Raised, nixos: bool) -> Advice {
    let text = raised.span.and_then(|span| found?.text.get(span.range())).unwrap_or_default();
    let mut shown = String::from_utf8_lossy(text).into_owned();
    // The span ends before the parenthesis.
    if shown.starts_with('(') && !shown.ends_with(')') {
        shown.push(')');
    }
    let (wanted, label) = if raised.cause == Cause::DeviceCommas {
        ("at most one comma in it", "more than one comma")
    } else if shown.contains(',') {
        ("a number after its first two characters and one after the comma", "not two numbers that pygrub can read")
    } else {
        ("a number after its first two characters", "no number after the first two characters")
    };
    let reason = format!("pygrub parses `{shown}` as a device name, expects {wanted}, and rejects the whole file");
    let command = raised.span.and_then(|span| {
        let found = found?;
        let start = memchr::memrchr(b'\n', found.text.get(..span.range().start)?).map_or(0, |newline| newline + 1);
        let line = String::from_utf8_lossy(found.text.get(start..span.range().start)?).into_owned();
        Some(line.split_whitespace().next()?.to_owned())
    });
    if command.is_some_and(|command| matches!(command.as_str(), "set" | "root" | "rootnoverify")) {
        return advice(reason, label, of_root_line(found, raised));
    }
    if nixos && text.starts_with(b"($drive") {
        let path = raised.span.and_then(|span| found?.text.get(span.range().end..)).unwrap_or_default();
        return advice(reason, label, Remedy::nixos(provided(is_on_root(path, found.map(|found| found.path)))));
    }
    if let Some(device) = found.and_then(|found| loopback(found.text, text)) {
        return advice(
            reason,
            label,
            format!(
                "GRUB opens `{device}` with `loopback`, an image in a file, which pygrub does not open: copy kernel and initrd out of the \
                 image to this filesystem and name the copies without a device, or let GRUB boot the guest (type = \"hvm\", no bootloader)"
            ),
        );
    }
    advice(
        reason,
        label,
        "write the path without a device, as pygrub never uses it: it reads the kernel from where it found the configuration",
    )
}

/// The device of a path, `(loop0`, where it is an image in a file: one that GRUB's `loopback` opens.
pub(crate) fn loopback(configuration: &[u8], path: &[u8]) -> Option<String> {
    const COMMAND: &[u8] = b"loopback";
    /// A guest may have any number and lines of any length, and this is asked for each path.
    const MOST: usize = 64;
    const LONGEST: usize = 256;
    let device = path.strip_prefix(b"(")?.split(|byte| *byte == b',').next()?;
    let is_opened = memchr::memmem::find_iter(configuration, COMMAND).take(MOST).any(|start| {
        let (before, after) = (&configuration[..start], &configuration[start + COMMAND.len()..]);
        let is_first =
            before.iter().rev().take(LONGEST).take_while(|byte| **byte != b'\n').all(u8::is_ascii_whitespace);
        let line = after[..after.len().min(LONGEST)].split(|byte| *byte == b'\n').next().unwrap_or_default();
        let mut words = line.split(u8::is_ascii_whitespace);
        is_first && words.next() == Some(b"") && words.find(|word| !word.is_empty()) == Some(device)
    });
    is_opened.then(|| String::from_utf8_lossy(device).into_owned())
}

/// Whether /boot is a directory of the root filesystem, by what follows the device: kernels are in the store or below /boot then.
fn is_on_root(path: &[u8], configuration: Option<&PyStr>) -> bool {
    let path = path.strip_prefix(b")").unwrap_or(path);
    if path.starts_with(b"/kernels/") || path.starts_with(b"//kernels/") {
        return false;
    }
    let in_store = path.starts_with(b"/nix/store/") || path.starts_with(b"/boot/");
    in_store || configuration.is_some_and(|path| path.as_bytes().starts_with(b"/boot/"))
}

/// The way out of NixOS's default, which names the boot disk by a variable. `boot_on_root` is whether /boot is a directory of the
/// root filesystem: then the guest's configuration has no fileSystems."/boot".
pub(crate) fn provided(boot_on_root: bool) -> String {
    let mount = if boot_on_root { "/" } else { "/boot" };
    format!(
        "set boot.loader.grub.fsIdentifier = \"provided\" and let fileSystems.\"{mount}\".device be a plain device node such as \
         \"/dev/xvda\""
    )
}

/// What to do about the root device of an entry, which pygrub never uses.
fn of_root_line(found: Option<RaisingConfig<'_>>, raised: &Raised) -> Remedy {
    // One line with everything: without it the kernel would be gone as well.
    let line = found.zip(raised.span).and_then(|(found, span)| line_at(found.text, span));
    if line.is_some_and(|line| !on_one_line(line).is_empty()) {
        return "write `kernel`, `initrd` and every other command on a line of its own, and leave the root device out: pygrub \
                never uses it"
            .into();
    }
    match found.map_or(Writer::Other, |found| found.writer) {
        Writer::NixOs => Remedy::nixos(
            "remove the line from boot.loader.grub.extraEntries or extraPerEntryConfig, or set boot.loader.grub.useOSProber = \
             false if that finds the entry,",
        ),
        Writer::Mkconfig if found.zip(raised.span).is_some_and(|(found, span)| is_of_10_linux(found.text, span)) => {
            format!(
                "the guest's /boot is on LVM, RAID or another layer, which pygrub does not read: put /boot on an ext4 partition of its own \
                 in front, and {MKCONFIG}"
            )
            .into()
        }
        Writer::Mkconfig => match found.zip(raised.span).and_then(|(found, span)| script_of(found.text, span)) {
            Some(script) if !script.contains("os-prober") => format!(
                "write the line without `set` in /etc/grub.d/{script} ({WITHOUT_SET}), or make that script not executable, and {MKCONFIG}"
            )
            .into(),
            _ => Remedy::MkconfigVariable("if os-prober finds the entry, set GRUB_DISABLE_OS_PROBER=true".to_owned()),
        },
        Writer::Other if found.is_some_and(|found| found.dialect == Dialect::Grub2) => {
            format!("write the line without `set`: {WITHOUT_SET}").into()
        }
        Writer::Other => "remove this line: pygrub never uses the root device of an entry".into(),
    }
}

/// Whether a line is in what grub-mkconfig's script for the guest's own kernels wrote.
fn is_of_10_linux(text: &[u8], span: Span) -> bool {
    script_of(text, span).is_some_and(|script| script.starts_with("10_"))
}

/// The script of /etc/grub.d that a line is from, by the comments that grub-mkconfig puts around what each writes.
pub(crate) fn script_of(text: &[u8], span: Span) -> Option<&str> {
    const BEGINS: &[u8] = b"### BEGIN /etc/grub.d/";
    let before = text.get(..span.range().start)?;
    let name = &before[memchr::memmem::rfind(before, BEGINS)? + BEGINS.len()..];
    let name = std::str::from_utf8(name.split(u8::is_ascii_whitespace).next()?).ok()?;
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-+.".contains(c));
    (is_plain && name.len() <= 64).then_some(name)
}

fn line_at(text: &[u8], span: Span) -> Option<&[u8]> {
    let start = memchr::memrchr(b'\n', text.get(..span.range().start)?).map_or(0, |newline| newline + 1);
    let rest = text.get(start..)?;
    Some(&rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())])
}
