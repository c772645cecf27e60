//! Commands that lead out of what pregrub follows: menus of other loaders, loaders of other systems, encrypted disks, partitions that
//! are changed. What GRUB rejects is rejected; of the rest it is said that nobody knows.

use super::files::not_read;
use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::{CommandFailure, DeviceContent, FileLookup};
use crate::grub::settings::Version;

/// Commands that execute the menu of another loader.
const MENUS: [&str; 8] = [
    "extract_legacy_entries_configfile",
    "extract_legacy_entries_source",
    "extract_syslinux_entries_configfile",
    "extract_syslinux_entries_source",
    "legacy_configfile",
    "legacy_source",
    "syslinux_configfile",
    "syslinux_source",
];

/// Commands that load what pregrub does not follow.
const LOADERS: [&str; 20] = [
    "appleloader",
    "kfreebsd",
    "kfreebsd_loadenv",
    "kfreebsd_module",
    "kfreebsd_module_elf",
    "knetbsd",
    "knetbsd_module",
    "knetbsd_module_elf",
    "kopenbsd",
    "kopenbsd_ramdisk",
    "legacy_initrd",
    "legacy_initrd_nounzip",
    "legacy_kernel",
    "plan9",
    "pxechainloader",
    "truecrypt",
    "xnu_kernel",
    "xnu_kernel64",
    "xnu_ramdisk",
    "xnu_resume",
];

pub(super) fn is_menu(name: &str) -> bool {
    MENUS.contains(&name)
}

pub(super) fn is_loader(name: &str) -> bool {
    LOADERS.contains(&name)
}

pub(super) fn menu(grub: &mut Interpreter<'_>, name: &str, arguments: &[Vec<u8>]) -> CommandOutcome {
    let [file] = arguments else { return CommandOutcome::Failed(CommandFailure::bad_argument("filename expected")) };
    match grub.find(file) {
        FileLookup::File { .. } => {
            let file = String::from_utf8_lossy(file).into_owned();
            grub.cannot_tell(format!("what `{name} {file}` adds to the menu: it is that of another loader"));
            CommandOutcome::Status(0)
        }
        found => not_read(grub, file, found),
    }
}

pub(super) fn loader(grub: &mut Interpreter<'_>, name: &str) -> CommandOutcome {
    grub.cannot_tell(format!("what `{name}` loads: pregrub does not follow this command"));
    CommandOutcome::Status(0)
}

/// `cryptomount`: pregrub opens no encrypted disk.
pub(super) fn cryptomount(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    if arguments.is_empty() {
        return CommandOutcome::Failed(CommandFailure::bad_argument("device name required"));
    }
    if grub.machine.is_imagined() {
        grub.note("there is no disk to look at: pregrub assumes that `cryptomount` opens none");
        return CommandOutcome::Status(0);
    }
    let unknown = |device: &crate::grub::machine::GrubDevice| matches!(device.content, DeviceContent::Unknown(_));
    if grub.machine.devices().iter().any(unknown) {
        grub.cannot_tell("what is on the disk that `cryptomount` opens".to_owned());
        return CommandOutcome::Status(0);
    }
    if arguments[0].starts_with(b"-u") || arguments[0] == b"--uuid" {
        let more = if grub.settings.version < Version::V2_12 {
            ""
        } else {
            ", perhaps a needed disk or cryptodisk module is not loaded"
        };
        return CommandOutcome::Failed(CommandFailure::bad_argument(format!("no such cryptodisk found{more}")));
    }
    CommandOutcome::Status(0)
}

/// `parttool`: it changes the partition table, which stays as it is here.
pub(super) fn parttool(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let Some(word) = arguments.first() else {
        return CommandOutcome::Failed(CommandFailure::bad_argument("too few arguments"));
    };
    let name = word.strip_prefix(b"(").and_then(|inner| inner.strip_suffix(b")")).unwrap_or(word);
    match grub.machine.device(name) {
        Err(failure) => CommandOutcome::Failed(failure),
        Ok(device) if !device.name.contains(',') => {
            CommandOutcome::Failed(CommandFailure::bad_argument("not a partition"))
        }
        Ok(_) => CommandOutcome::Status(0),
    }
}
