//! What keeps a guest from starting though its kernel loads: the initrd and the arguments that go with it.

use super::argument_limits::{LIBXL_TAKES, PVH_STARTS_WITH};
use super::guest_type::GuestType;
use crate::boot::BootFiles;
use crate::initrd::BUILD_AGAIN;

/// Why a guest of this type does not start with what pygrub hands over, and the way out; nothing where it does.
///
/// Measured with Xen 4.17: xl removes an empty initrd and then fails to open it; a PVH guest with 2048 bytes of arguments ends at
/// once while xl reports success. More than libxl takes is dropped, and the guest starts without arguments.
pub(super) fn refusal(files: &BootFiles, guest: GuestType) -> Option<(&'static str, &'static str)> {
    if files.ramdisk.as_ref().is_some_and(|ramdisk| ramdisk.size == Some(0)) {
        return Some((
            "the initrd is empty: pygrub hands it over, and xl fails to open it (`boot_ramdisk...: No such file or directory`)",
            BUILD_AGAIN,
        ));
    }
    let length = files.args.as_ref().map_or(0, |args| args.as_bytes().len());
    if guest == GuestType::Pvh && length > PVH_STARTS_WITH && length <= LIBXL_TAKES {
        return Some((
            "the arguments have 2048 bytes or more, with which a PVH guest ends at once: its console stays empty, and xl reports success",
            "shorten the arguments to less than 2048 bytes",
        ));
    }
    None
}
