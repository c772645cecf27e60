//! Which configuration GRUB starts with: pregrub does not know where GRUB is installed, and looks where distributions put it.

use super::Place;
use super::disks::OneDisk;
use super::machine::{Found, Machine};
use super::settings::Platform;

/// Where a configuration lies on a filesystem that is `/` or `/boot`, in the order in which pvgrub2 looks, openSUSE's and Fedora's
/// names after it.
const PATHS: [&str; 4] = ["/boot/grub/grub.cfg", "/grub/grub.cfg", "/boot/grub2/grub.cfg", "/grub2/grub.cfg"];

/// The directories of an EFI system partition that have a configuration, by the names of their distributions.
const VENDORS: [&str; 18] = [
    "BOOT",
    "debian",
    "ubuntu",
    "fedora",
    "centos",
    "redhat",
    "rocky",
    "almalinux",
    "opensuse",
    "sles",
    "arch",
    "alpine",
    "nixos",
    "NixOS-boot",
    "grub",
    "gentoo",
    "kali",
    "ol",
];

/// The configurations on a disk, the one that GRUB starts with first.
///
/// # Errors
///
/// There may be one where pregrub cannot look; the reason is a clause without a full stop.
pub fn configurations(disk: &OneDisk<'_>, platform: Platform) -> Result<Vec<Place>, String> {
    let mut found = Vec::new();
    let mut unknown = None;
    let mut look = |device: &str, path: &str| match disk.find(device.as_bytes(), path.as_bytes()) {
        Found::File { .. } => found.push(Place { device: device.to_owned(), path: path.to_owned() }),
        Found::Directory | Found::Missing(_) => {}
        Found::Unknown(why) => unknown = unknown.take().or(Some(why)),
    };
    let names = disk.names();
    if platform == Platform::Efi {
        for device in &names {
            for vendor in VENDORS {
                look(device, &format!("/EFI/{vendor}/grub.cfg"));
            }
        }
    }
    for path in PATHS {
        for device in &names {
            look(device, path);
        }
    }
    match unknown {
        Some(why) if found.is_empty() => Err(why),
        _ => Ok(found),
    }
}
