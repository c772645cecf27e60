//! A configuration without a menu entry that pygrub sees, and entries in files that it does not read.

use super::advice::RaisingConfig;
use super::boot_entries::WITHOUT_BLS;
use super::remedy::{MKCONFIG, Remedy};
use crate::config::{Dialect, Directive, READ_LIMIT, Writer};

pub(super) fn no_entry_help(found: Option<RaisingConfig<'_>>) -> Remedy {
    let help = if found.is_some_and(|found| found.is_of_image) {
        return IMAGE.into();
    } else if let Some((found, command)) = found.and_then(|found| Some((found, elsewhere(found)?))) {
        return entries_elsewhere_help(found.dialect, found.writer, command == "blscfg");
    } else if found.is_some_and(|found| found.writer == Writer::Mkconfig) {
        return format!("{NO_KERNEL_FOUND}; then {MKCONFIG}").into();
    } else if let Some(line) = found.and_then(lone_title) {
        return format!(
            "pygrub drops an entry that is a title alone (line {line}): write `kernel /path arguments` and `initrd /path` below it, a \
             line each"
        )
        .into();
    } else if found.is_some_and(|found| found.dialect == Dialect::Legacy) {
        "write at least one entry: `title` and its title, `kernel /path arguments`, `initrd /path`, a line each"
    } else if found.is_some_and(|found| found.dialect == Dialect::Extlinux) {
        "write at least one entry: `label` and its name, `kernel /path`, `append initrd=/path arguments`, a line each"
    } else {
        "write at least one entry: `menuentry \"title\" {`, `linux /path arguments`, `initrd /path`, `}`, a line each"
    };
    help.into()
}

/// The line of the first title of menu.lst.
fn lone_title(found: RaisingConfig<'_>) -> Option<usize> {
    let mut lines = found.text.split(|byte| *byte == b'\n').take(READ_LIMIT);
    let is_title = |line: &[u8]| {
        line.trim_ascii().split(u8::is_ascii_whitespace).next().is_some_and(|word| word.eq_ignore_ascii_case(b"title"))
    };
    (found.dialect == Dialect::Legacy).then(|| lines.position(is_title))?.map(|index| index + 1)
}

/// What to do about a menu that is part of an image, and that nothing in the guest writes.
pub(crate) const IMAGE: &str = "this grub.cfg is part of an image (ostree, bootc, CoreOS, Flatcar, RAUC and such), and no grub-mkconfig in \
                                the guest writes it: make it an HVM guest (type = \"hvm\", and no bootloader), or build the image with plain menu entries \
                                in its grub.cfg";

/// The command that takes entries from other files. The `custom.cfg` and `user.cfg` that grub-mkconfig asks for in every file do not
/// count.
pub(super) fn elsewhere(found: RaisingConfig<'_>) -> Option<&'static str> {
    const COMMANDS: [&str; 3] = ["blscfg", "configfile", "source"];
    let named = |directive: &Directive| {
        let command = directive.command(found.text);
        let command = COMMANDS.into_iter().find(|known| known.as_bytes() == command)?;
        let argument = found.text.get(directive.argument.range()).unwrap_or_default();
        (found.writer != Writer::Mkconfig || !is_optional_menu(argument)).then_some(command)
    };
    let found: Vec<_> = found.config.directives.iter().filter_map(named).collect();
    COMMANDS.into_iter().find(|command| found.contains(command))
}

/// The file that such a command names: its argument without what ends the command, and without quotes.
pub(crate) fn file_of(argument: &[u8]) -> &[u8] {
    let argument = argument.trim_ascii();
    let argument = argument.strip_suffix(b";").map_or(argument, <[u8]>::trim_ascii_end);
    argument.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(argument)
}

/// Whether it is one that grub-mkconfig, or SUSE's and kiwi's files, ask for whether it is there or not.
pub(crate) fn is_optional_menu(argument: &[u8]) -> bool {
    let file = file_of(argument);
    file.ends_with(b"/custom.cfg") || file.ends_with(b"/user.cfg") || file == b"/.snapshots/grub-snapshot.cfg"
}

/// What to do about a file of grub-mkconfig's without an entry for Linux.
pub(super) const NO_KERNEL_FOUND: &str =
    "grub-mkconfig found no kernel in /boot: install one, or mount the filesystem with the kernels at /boot";

/// What to do about entries in other files; `bls` where `blscfg` reads them.
pub(crate) fn entries_elsewhere_help(dialect: Dialect, writer: Writer, bls: bool) -> Remedy {
    match (dialect, writer) {
        (Dialect::Extlinux, _) => {
            "copy the entries of that file into this one: `LABEL`, `KERNEL`, `APPEND initrd=...`, a line each".into()
        }
        (_, Writer::NixOs) => Remedy::nixos(
            "take the command out of boot.loader.grub.extraConfig or extraEntries, write the entries there themselves",
        ),
        _ if bls => WITHOUT_BLS.into(),
        (_, Writer::Mkconfig) => {
            format!("write the entries into /etc/grub.d/40_custom, which become part of the file, and {MKCONFIG}")
                .into()
        }
        _ => "copy the entries of that file into this one".into(),
    }
}
