//! The name of a device where pygrub expects a number: in a path, or as the root of an entry.

use super::advice::{Advice, Seen, advice};
use super::remedy::Remedy;
use crate::config::{Cause, Raised, Span, Writer};
use crate::python::PyStr;

/// Whether NixOS wrote the file: then the option is named, not the line.
pub(super) fn device(found: Option<Seen<'_>>, raised: &Raised, nixos: bool) -> Advice {
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
        return advice(reason, label, Remedy::nixos(provided(found.map(|found| found.path))));
    }
    advice(
        reason,
        label,
        "write the path without a device, as pygrub never uses it: it reads the kernel from where it found the configuration",
    )
}

/// The way out of NixOS's default, which names the boot disk by a variable. The configuration's path shows whether /boot is a
/// filesystem of its own, which the guest's configuration has an option for.
pub(crate) fn provided(configuration: Option<&PyStr>) -> String {
    let boot_on_root = configuration.is_some_and(|path| path.as_bytes().starts_with(b"/boot/"));
    let mount = if boot_on_root { "/" } else { "/boot" };
    format!(
        "set boot.loader.grub.fsIdentifier = \"provided\" and let fileSystems.\"{mount}\".device be a plain device node such as \
         \"/dev/xvda\""
    )
}

/// What to do about the root device of an entry, which pygrub never uses.
fn of_root_line(found: Option<Seen<'_>>, raised: &Raised) -> Remedy {
    // One line with everything: without it the kernel would be gone as well.
    let line = found.zip(raised.span).and_then(|(found, span)| line_at(found.text, span));
    let names_kernel = |line: &[u8]| {
        [&b"kernel"[..], b"linux", b"initrd"]
            .iter()
            .any(|command| line.split(|byte| matches!(byte, b' ' | b'\t' | b';')).skip(1).any(|word| word == *command))
    };
    if line.is_some_and(names_kernel) {
        return "write `kernel`, `initrd` and every other command on a line of its own, and leave the root device out: pygrub \
                never uses it"
            .into();
    }
    match found.map_or(Writer::Other, |found| found.writer) {
        Writer::NixOs => Remedy::nixos(
            "remove the line from boot.loader.grub.extraEntries or extraPerEntryConfig, or set boot.loader.grub.useOSProber = \
             false if that finds the entry,",
        ),
        Writer::Mkconfig => {
            Remedy::MkconfigVariable("if os-prober finds the entry, set GRUB_DISABLE_OS_PROBER=true".to_owned())
        }
        Writer::Other => "remove this line: pygrub never uses the root device of an entry".into(),
    }
}

fn line_at(text: &[u8], span: Span) -> Option<&[u8]> {
    let start = memchr::memrchr(b'\n', text.get(..span.range().start)?).map_or(0, |newline| newline + 1);
    let rest = text.get(start..)?;
    Some(&rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())])
}
