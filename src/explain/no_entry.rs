//! A configuration without a menu entry that pygrub sees, and entries in files that it does not read.

use super::advice::Seen;
use super::remedy::{MKCONFIG, Remedy};
use crate::config::{Dialect, Writer};

pub(super) fn no_entry_help(found: Option<Seen<'_>>) -> Remedy {
    let help = if let Some((found, command)) = found.and_then(|found| Some((found, elsewhere(found)?))) {
        return entries_elsewhere_help(found.dialect, found.writer, command == "blscfg");
    } else if found.is_some_and(|found| found.dialect == Dialect::Legacy) {
        "write at least one entry: `title` and its title, `kernel /path arguments`, `initrd /path`, a line each"
    } else if found.is_some_and(|found| found.dialect == Dialect::Extlinux) {
        "write at least one entry: `label` and its name, `kernel /path`, `append initrd=/path arguments`, a line each"
    } else {
        "write at least one entry: `menuentry \"title\" {`, `linux /path arguments`, `initrd /path`, `}`, a line each"
    };
    help.into()
}

/// The command that takes entries from other files.
pub(super) fn elsewhere(found: Seen<'_>) -> Option<&'static str> {
    let commands = [("blscfg", &b"blscfg"[..]), ("configfile", b"configfile "), ("source", b"source ")];
    commands.iter().find(|(_, text)| memchr::memmem::find(found.text, text).is_some()).map(|(command, _)| *command)
}

/// What to do about entries in other files; `bls` where `blscfg` reads them.
pub(crate) fn entries_elsewhere_help(dialect: Dialect, writer: Writer, bls: bool) -> Remedy {
    match (dialect, writer) {
        (Dialect::Extlinux, _) => {
            "copy the entries of that file into this one: `LABEL`, `KERNEL`, `APPEND initrd=...`, a line each".into()
        }
        (_, Writer::NixOs) => Remedy::nixos(
            "take the command out of boot.loader.grub.extraConfig or extraEntries, write the entries there themselves",
        ),
        _ if bls => "set GRUB_ENABLE_BLSCFG=false in /etc/default/grub of the guest, and run grub2-mkconfig -o \
                     /boot/grub2/grub.cfg"
            .into(),
        (_, Writer::Mkconfig) => {
            format!("write the entries into /etc/grub.d/40_custom, which become part of the file, and {MKCONFIG}")
                .into()
        }
        _ => "copy the entries of that file into this one".into(),
    }
}
