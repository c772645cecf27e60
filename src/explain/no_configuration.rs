//! A filesystem on which pygrub sees none of the configurations that it looks for.

use super::advice::{Advice, advice};
use super::files::Files;
use super::kernels_there::KernelThere;
use super::other_loaders::Other;
use super::remedy::{MKCONFIG, NIXOS_REBUILD, Remedy};
use super::stray_configuration::Stray;
use super::trial;
use super::wording::shown;
use crate::boot::{Attempt, Mounted, Run, candidates};
use crate::python::PyStr;
use crate::release::Release;
use crate::storage::filesystem::{Note, Topic};
use crate::storage::mount::Volumes;

/// The note of a driver that does not find names in directories: then that is what is wrong.
pub(crate) fn file_types(attempt: &Attempt) -> Option<&Note> {
    attempt.notes.iter().find(|note| note.topic == Topic::FileTypes)
}

/// What is wrong, and the way out, from the attempt alone.
pub(super) fn of(attempt: Option<&Attempt>, files: Option<&Files>, release: Release) -> Advice {
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
        return advice(reason, "", root_help(files));
    } else if plain_names {
        "make the image with Rock Ridge names: xorriso -as mkisofs -R".to_owned()
    } else {
        let paths: Vec<&str> = candidates(release).map(|(path, _)| path).collect();
        format!(
            "pygrub looks for {}, {} and {} more (pregrub trace lists them); is this the disk with /boot, and is it the domain's first \
             disk?",
            paths[0],
            paths[1],
            match paths.len() - 2 {
                6 => "six",
                8 => "eight",
                9 => "nine",
                11 => "eleven",
                _ => "several",
            }
        )
    };
    advice(reason, "", help)
}

/// What is wrong, and the way out, with the disk at hand: what lies a little beside, what other loaders left, kernels without a
/// menu.
pub(super) fn on_disk(run: &Run, attempt: &Attempt, files: &Files, volumes: Option<&dyn Volumes>) -> Advice {
    let release = run.options.release;
    if file_types(attempt).is_some() {
        return of(Some(attempt), Some(files), release);
    }
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
    let names = files.names(b"/");
    if !names.is_empty() && names.iter().all(|name| matches!(name.as_slice(), b"." | b".." | b"lost+found")) {
        let reason = format!("{} is empty", name(Some(attempt)));
        return advice(reason, "", "install the guest on it first, or name the disk that it is on");
    }
    if let Some(said) = empty_boot(run, attempt, files, volumes).or_else(|| kernels_alone(run, attempt, files)) {
        return said;
    }
    of(Some(attempt), Some(files), release)
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
    let KernelThere { kernel, initrd } = KernelThere::newest(files)?;
    let ramdisk = initrd.as_ref().map(|initrd| format!(", ramdisk = \"{initrd}\"")).unwrap_or_default();
    // What is shown is pasted into the domain's configuration, where another name could end the text in quotes and go on as a setting.
    let are_plain = [Some(&kernel), initrd.as_ref()].into_iter().flatten().all(|path| is_plain(path));
    let otherwise = if are_plain && trial::boots_files(run, files, &kernel, initrd.as_deref()) {
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
        format!("write the menu in the guest (install GRUB's package, then {MKCONFIG}){otherwise}").into();
    Some(advice(reason, "", help))
}

/// Whether a path means itself in every configuration.
fn is_plain(path: &str) -> bool {
    path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+=:,@%~".contains(c))
}

/// What to do about a root filesystem, by what its /etc/fstab says of /boot.
fn root_help(files: Option<&Files>) -> String {
    let write = format!("write the menu in the guest ({MKCONFIG}; for NixOS {NIXOS_REBUILD})");
    match files.map(boot_by_fstab) {
        Some(BootMount::Of(device)) => format!(
            "this is the guest's root, and its /etc/fstab mounts /boot from `{device}`: let the disk with that filesystem come first in \
             the domain's configuration"
        ),
        Some(BootMount::OnRoot) => {
            format!("this is the guest's root, and its /etc/fstab has no other filesystem for /boot: {write}")
        }
        Some(BootMount::Unknown) | None => format!(
            "this is the guest's root without a configuration in its /boot: if /boot is a filesystem of its own, let the disk with it \
             come first in the domain's configuration, else {write}"
        ),
    }
}

/// Where /boot is, by an fstab.
enum BootMount {
    /// On this device.
    Of(String),
    /// On the root filesystem, which the fstab names.
    OnRoot,
    /// The fstab does not even name a root filesystem.
    Unknown,
}

fn boot_by_fstab(files: &Files) -> BootMount {
    /// More than an fstab has.
    const MOST: usize = 64 << 10;
    let text = files.beginning(b"/etc/fstab", MOST).unwrap_or_default();
    let mounted_at = |place: &[u8]| {
        text.split(|byte| *byte == b'\n').find_map(|line| {
            let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            let device = words.next().filter(|device| !device.starts_with(b"#"))?;
            (words.next() == Some(place)).then_some(device)
        })
    };
    match (mounted_at(b"/boot"), mounted_at(b"/")) {
        (Some(device), _) => BootMount::Of(shown(&PyStr::from(device.to_vec()))),
        (None, Some(_)) => BootMount::OnRoot,
        (None, None) => BootMount::Unknown,
    }
}

fn name(attempt: Option<&Attempt>) -> String {
    match attempt.map(|attempt| &attempt.mounted) {
        Some(Mounted::Yes(name)) if name == "directory" => "this directory".to_owned(),
        Some(Mounted::Yes(name)) => format!("the {name} filesystem"),
        _ => "the filesystem".to_owned(),
    }
}
