//! An entry without a kernel that pygrub sees.

use super::advice::{Advice, RaisingConfig, advice};
use super::hidden_command::hidden_kernel;
use super::no_entry::{IMAGE, NO_KERNEL_FOUND};
use super::other_loaders::NIXOS_GRUB;
use super::remedy::{MKCONFIG, Remedy};
use super::wording::shown;
use crate::config::{Dialect, Effect, Raised, Writer, extlinux_writer};

/// The end of a help after which such an entry can be named.
const LET_DEFAULT: &str = "let the default be an entry with";
/// Commands of an entry that boots a hypervisor, and a kernel under it.
const HYPERVISOR: &[&str] = &["multiboot", "multiboot2", "module", "module2", "xen_hypervisor"];

pub(super) fn no_kernel(found: Option<RaisingConfig<'_>>, raised: &Raised, nixos: bool) -> Advice {
    let entry = found.and_then(|found| found.config.entries.iter().find(|entry| Some(entry.header) == raised.span));
    if let Some(entry) = entry.filter(|entry| entry.one_line) {
        return advice(
            format!(
                "the entry \"{}\" begins and ends on one line, and SUSE's pygrub reads nothing of what stands between its braces: it \
                 has no kernel",
                shown(&entry.title)
            ),
            "complete at the end of this line",
            "write each command of the entry and its `}` on a line of its own",
        );
    }
    let unknown: Vec<String> = entry
        .into_iter()
        .flat_map(|entry| &entry.directives)
        .filter(|directive| matches!(directive.effect, Effect::Unknown | Effect::Ignored))
        .filter_map(|directive| found?.text.get(directive.line.range()))
        .filter_map(|line| String::from_utf8_lossy(line).split_whitespace().next().map(str::to_ascii_lowercase))
        .collect();
    let hidden = entry.zip(found).and_then(|(entry, found)| hidden_kernel(entry, found.dialect, found.text));
    let has = |words: &[&str]| unknown.iter().any(|command| words.contains(&command.as_str()));
    let title = entry.map(|entry| shown(&entry.title)).unwrap_or_default();
    let extlinux = found.is_some_and(|found| found.dialect == Dialect::Extlinux);
    let legacy = found.is_some_and(|found| found.dialect == Dialect::Legacy);
    let reason = format!("the selected entry \"{title}\" has no kernel that pygrub sees");
    let label = "this entry is selected";
    let help: Remedy = if found.is_some_and(|found| found.is_of_image) {
        IMAGE.into()
    } else if found.is_some_and(|found| {
        found.writer == Writer::Mkconfig && found.config.entries.iter().all(|entry| entry.kernel.is_none())
    }) && hidden.is_none()
        && !has(&["linuxefi"])
        && !has(HYPERVISOR)
    {
        format!("{NO_KERNEL_FOUND}; then {MKCONFIG}").into()
    } else if extlinux && has(&["linux", "initrd"]) {
        let writer = found.map_or(Writer::Other, |found| found.writer);
        extlinux_keyword_help(writer, found.map_or(b"", |found| found.text))
    } else if has(&["multiboot", "multiboot2", "xen_hypervisor"]) && nixos && hidden.is_none() {
        Remedy::nixos(
            "this system boots a hypervisor, which a guest does not need: set virtualisation.xen.enable = false",
        )
    } else {
        let help = no_kernel_help(hidden.is_some(), nixos && entry.is_some(), extlinux, legacy, &has);
        let with_kernel = found.and_then(|found| {
            let index = found.config.entries.iter().position(|entry| entry.kernel.is_some())?;
            Some((index, shown(&found.config.entries[index].title)))
        });
        match (help, with_kernel) {
            (Remedy::Other(help), Some((index, title))) if help.contains(LET_DEFAULT) => {
                format!("{help}, such as entry {index}, \"{title}\"").into()
            }
            (help, _) => help,
        }
    };
    advice(reason, label, help)
}

fn no_kernel_help(hidden: bool, nixos: bool, extlinux: bool, legacy: bool, has: &dyn Fn(&[&str]) -> bool) -> Remedy {
    let help = if hidden {
        "write `linux`, `initrd` and every other command on a line of its own: pygrub sees the first one of a line"
    } else if has(&["linuxefi"]) {
        "pygrub does not know linuxefi and initrdefi: write `linux` and `initrd`, which GRUB for EFI knows as well"
    } else if has(HYPERVISOR) {
        "this entry boots a hypervisor, which a guest does not need: let the default be an entry with `linux`"
    } else if nixos {
        return Remedy::nixos(
            "let an entry of NixOS be the default: set boot.loader.grub.extraEntriesBeforeNixOS = false or another \
             boot.loader.grub.default",
        );
    } else if legacy {
        "let the default be an entry with `kernel /path arguments`"
    } else if has(&["chainloader", "configfile", "reboot", "halt", "fwsetup", "exit"]) {
        "this entry boots something else: let the default be an entry with `linux`"
    } else if extlinux {
        "let the default be an entry with `KERNEL /path`"
    } else {
        "let the default be an entry with `linux /path arguments`"
    };
    help.into()
}

/// What to do about LINUX and INITRD of extlinux.
pub(crate) fn extlinux_keyword_help(writer: Writer, text: &[u8]) -> Remedy {
    if writer != Writer::NixOs
        && let Some(program) = extlinux_writer(text)
    {
        return format!(
            "{program} rewrites LINUX and INITRD at the next update: write a /boot/grub/grub.cfg beside this file, which pygrub reads \
             first, with the same kernel, initrd and arguments (`menuentry \"Linux\" {{`, `linux /path arguments`, `initrd /path`, `}}`, a \
             line each)"
        )
        .into();
    }
    match writer {
        Writer::NixOs => Remedy::nixos(format!(
            "boot.loader.generic-extlinux-compatible writes what pygrub does not know: set \
             boot.loader.generic-extlinux-compatible.enable = false, {NIXOS_GRUB}"
        )),
        _ => "write `KERNEL /path` and, below it, `APPEND initrd=/path arguments`".into(),
    }
}
