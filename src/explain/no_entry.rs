//! A configuration without a menu entry that pygrub sees, and entries in files that it does not read.

use super::advice::Seen;
use super::remedy::{MKCONFIG, Remedy};
use crate::config::{Dialect, Writer, is_part_of_image};

pub(super) fn no_entry_help(found: Option<Seen<'_>>) -> Remedy {
    let help = if found.is_some_and(|found| elsewhere(found) == Some("blscfg") && is_part_of_image(found.text)) {
        return IMAGE.into();
    } else if let Some((found, command)) = found.and_then(|found| Some((found, elsewhere(found)?))) {
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

/// What to do about a menu that is part of an image, and that nothing in the guest writes.
pub(crate) const IMAGE: &str = "this grub.cfg is part of an image (ostree, bootc, CoreOS, RAUC), and no grub-mkconfig in the guest writes \
                                it: make it an HVM guest (type = \"hvm\", and no bootloader), or build the image with plain menu entries \
                                in its grub.cfg";

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
