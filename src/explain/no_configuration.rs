//! A filesystem on which pygrub sees none of the configurations that it looks for.

use super::advice::{Advice, advice};
use super::files::Files;
use super::other_loaders::Other;
use super::remedy::{MKCONFIG, NIXOS_REBUILD, Remedy};
use super::similar_names::Neighbours;
use super::stray_configuration::Stray;
use super::trial;
use crate::boot::{Attempt, Mounted, Purpose, Run};
use crate::storage::filesystem::{Note, Topic};
use crate::storage::mount::Volumes;

/// The note of a driver that does not find names in directories: then that is what is wrong.
pub(crate) fn file_types(attempt: &Attempt) -> Option<&Note> {
    attempt.notes.iter().find(|note| note.topic == Topic::FileTypes)
}

/// What is wrong, and the way out, from the attempt alone.
pub(super) fn of(attempt: Option<&Attempt>, files: Option<&Files>) -> Advice {
    if let Some(note) = attempt.and_then(file_types) {
        let (reason, help) = note.text.split_once(": ").unwrap_or((&note.text, ""));
        return advice(reason, "", help);
    }
    if let Some(other) = files.and_then(Other::find) {
        return of_other(attempt, other);
    }
    let is_root = files.is_some_and(|files| files.exists(b"/etc/fstab"));
    let plain_names = attempt.is_some_and(|attempt| attempt.notes.iter().any(|note| note.topic == Topic::Names));
    let reason = format!("{} has none of the configurations that pygrub looks for", name(attempt));
    let help = if is_root {
        return advice(
            reason,
            "",
            format!(
                "this is the guest's root without a configuration in its /boot: if /boot is a filesystem of its own, let the \
                 disk with it come first in the domain's configuration, else write the menu in the guest ({MKCONFIG}; for \
                 NixOS {NIXOS_REBUILD})"
            ),
        );
    } else if plain_names {
        "make the image with Rock Ridge names: xorriso -as mkisofs -R"
    } else {
        "pygrub looks for /boot/grub/grub.cfg, /grub/grub.cfg and eleven more (pregrub trace lists them); is this the disk with \
         /boot, and is it the domain's first disk?"
    };
    advice(reason, "", help)
}

/// What is wrong, and the way out, with the disk at hand: what lies a little beside, what other loaders left, kernels without a
/// menu.
pub(super) fn on_disk(run: &Run, attempt: &Attempt, files: &Files, volumes: Option<&dyn Volumes>) -> Advice {
    if file_types(attempt).is_some() {
        return of(Some(attempt), Some(files));
    }
    let release = run.options.release;
    if let Some(stray) = Stray::find(files, release) {
        let reason = format!(
            "{} has none of the configurations that pygrub looks for; {}",
            name(Some(attempt)),
            stray.clause(release)
        );
        return advice(reason, "", stray.remedy(run, files));
    }
    if let Some(other) = Other::find(files) {
        return of_other(Some(attempt), other);
    }
    if let Some(said) = empty_boot(run, attempt, files, volumes).or_else(|| kernels_alone(run, attempt, files)) {
        return said;
    }
    of(Some(attempt), Some(files))
}

fn of_other(attempt: Option<&Attempt>, other: Other) -> Advice {
    let Other { path, is, help } = other;
    let name = name(attempt);
    advice(format!("{name} has none of the configurations that pygrub looks for; `{path}` {is}"), "", help)
}

/// A root whose /boot is empty, beside an EFI system partition: kernels and menu are on that one, or in no partition at all.
fn empty_boot(run: &Run, attempt: &Attempt, files: &Files, volumes: Option<&dyn Volumes>) -> Option<Advice> {
    let is_root = [&b"/etc"[..], b"/usr"].iter().all(|path| !files.names(path).is_empty());
    let holds = |name: &&Vec<u8>| !matches!(name.as_slice(), b"efi" | b"lost+found" | b"." | b"..");
    if !is_root || files.names(b"/boot").iter().any(|name| holds(&name)) {
        return None;
    }
    let esp = run.attempts.iter().find(|other| {
        other.offset != attempt.offset
            && match &other.mounted {
                Mounted::Yes(name) => name == "vfat",
                Mounted::No { identified, .. } => {
                    identified.as_ref().is_some_and(|it| it.format == crate::storage::identify::Format::Vfat)
                }
                _ => false,
            }
    })?;
    let place = super::partition_name::describe(esp.candidate.as_ref());
    let files = volumes.and_then(|volumes| Files::mount(volumes, u64::try_from(esp.offset).ok()?));
    let holds = match files.as_ref().and_then(Other::find) {
        Some(other) => format!(", whose `{}` {}", other.path, other.is),
        None => String::new(),
    };
    Some(advice(
        format!("the guest's root has an empty /boot, beside an EFI system partition ({place}{holds})"),
        "",
        "put kernel, initrd and a grub.cfg into /boot of the root filesystem, or on an ext4 partition of their own (systemd-repart leaves \
         /boot out of CopyFiles=/tree:/ where its definitions have an ESP), or make it an HVM guest with bios = \"ovmf\" and no \
         bootloader",
    ))
}

/// Kernels in /boot, and no menu.
fn kernels_alone(run: &Run, attempt: &Attempt, files: &Files) -> Option<Advice> {
    let (directory, names) = ["/boot", ""].into_iter().find_map(|directory| {
        let names = files.names(if directory.is_empty() { b"/" } else { directory.as_bytes() });
        let kernels = Neighbours::of(Purpose::Kernel, "vmlinuz").among(&names);
        (!kernels.is_empty() || names.iter().any(|name| name == b"vmlinuz")).then_some((directory, names))
    })?;
    let newest = Neighbours::of(Purpose::Kernel, "vmlinuz").among(&names).first().map(|name| (*name).to_owned());
    let kernel = newest.unwrap_or_else(|| "vmlinuz".to_owned());
    let version = kernel.trim_start_matches(|c: char| !c.is_ascii_digit());
    let initrds = Neighbours::of(Purpose::Ramdisk, "initrd").among(&names);
    let initrd = initrds.into_iter().find(|name| version.is_empty() || name.contains(version));
    let kernel = format!("{directory}/{kernel}");
    let initrd = initrd.map(|name| format!("{directory}/{name}"));
    let ramdisk = initrd.as_ref().map(|initrd| format!(", ramdisk = \"{initrd}\"")).unwrap_or_default();
    let otherwise = if trial::boots_files(run, files, &kernel, initrd.as_deref()) {
        format!(
            "; or let pygrub take the files without a menu: kernel = \"{kernel}\"{ramdisk} and root = \"...\" beside bootloader = \
             \"pygrub\" in the domain's configuration"
        )
    } else {
        String::new()
    };
    let reason = format!(
        "{} has kernels (`{kernel}`), and none of the configurations that pygrub looks for",
        name(Some(attempt))
    );
    let help: Remedy =
        format!("write the menu in the guest (install GRUB's package, then update-grub or grub2-mkconfig){otherwise}")
            .into();
    Some(advice(reason, "", help))
}

fn name(attempt: Option<&Attempt>) -> String {
    match attempt.map(|attempt| &attempt.mounted) {
        Some(Mounted::Yes(name)) if name == "directory" => "this directory".to_owned(),
        Some(Mounted::Yes(name)) => format!("the {name} filesystem"),
        _ => "the filesystem".to_owned(),
    }
}
