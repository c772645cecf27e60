//! A filesystem on which pygrub sees none of the configurations that it looks for.

use super::advice::{Advice, advice};
use super::files::Files;
use crate::boot::{Attempt, Mounted};
use crate::storage::filesystem::{Note, Topic};

/// What other boot loaders of the same guest leave on the filesystem, and what to say of it.
const OTHERS: [(&str, &str); 3] = [
    ("/loader/loader.conf", SYSTEMD_BOOT),
    ("/boot/loader/loader.conf", SYSTEMD_BOOT),
    (
        "/etc/fstab",
        "this is the guest's root without a configuration in its /boot: if /boot is a filesystem of its own, let the disk \
         with it come first in the domain's configuration, else run update-grub, grub2-mkconfig or nixos-rebuild boot in the \
         guest",
    ),
];

const SYSTEMD_BOOT: &str = "this filesystem is of systemd-boot, which pygrub does not know: let the guest write a grub.cfg \
                            (NixOS: boot.loader.grub.enable = true and boot.loader.grub.device = \"nodev\")";

/// The note of a driver that does not find names in directories: then that is what is wrong.
pub(crate) fn file_types(attempt: &Attempt) -> Option<&Note> {
    attempt.notes.iter().find(|note| note.topic == Topic::FileTypes)
}

/// What is wrong, and the way out.
pub(super) fn of(attempt: Option<&Attempt>, files: Option<&Files>) -> Advice {
    if let Some(note) = attempt.and_then(file_types) {
        let (reason, help) = note.text.split_once(": ").unwrap_or((&note.text, ""));
        return advice(reason, "", help);
    }
    let other = OTHERS.iter().find(|(path, _)| files.is_some_and(|files| files.exists(path.as_bytes())));
    let plain_names = attempt.is_some_and(|attempt| attempt.notes.iter().any(|note| note.topic == Topic::Names));
    let help = match other {
        Some((_, help)) => help,
        None if plain_names => "make the image with Rock Ridge names: xorriso -as mkisofs -R",
        None => {
            "pygrub looks for /boot/grub/grub.cfg, /grub/grub.cfg and eleven more (pregrub trace lists them); \
             is this the disk with /boot, and is it the domain's first disk?"
        }
    };
    let filesystem = match attempt.map(|attempt| &attempt.mounted) {
        Some(Mounted::Yes(name)) if name == "directory" => "this directory".to_owned(),
        Some(Mounted::Yes(name)) => format!("the {name} filesystem"),
        _ => "the filesystem".to_owned(),
    };
    advice(format!("{filesystem} has none of the configurations that pygrub looks for"), "", help)
}
