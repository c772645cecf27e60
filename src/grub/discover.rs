//! Which configuration GRUB starts with: pregrub does not know where GRUB is installed, and looks where distributions put it.

use super::ConfigPlace;
use super::disks::OneDisk;
use super::machine::{FileLookup, Machine};
use super::settings::Platform;

/// The most of a configuration that is read.
pub(crate) const MOST: usize = 16 << 20;

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

/// A configuration that GRUB starts with.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    /// Where it lies.
    pub place: ConfigPlace,
    /// Its text.
    pub text: Vec<u8>,
    /// Other configurations, which GRUB starts with if it was installed with them.
    pub others: Vec<ConfigPlace>,
}

/// Why there is no configuration to start with; clauses without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoStart {
    /// The disk has none where distributions put it.
    Missing(String),
    /// There may be one, and pregrub cannot read it.
    Unknown(String),
}

/// The configuration that GRUB starts with on a disk.
///
/// # Errors
///
/// There is none, or pregrub cannot read it.
pub(crate) fn start(disk: &OneDisk<'_>, platform: Platform) -> Result<Start, NoStart> {
    let mut places = configurations(disk, platform).map_err(NoStart::Unknown)?.into_iter();
    let Some(place) = places.next() else {
        return Err(NoStart::Missing(format!("there is no grub.cfg on {}", disk.names().join(", "))));
    };
    let text = read(disk, &place).map_err(NoStart::Unknown)?;
    Ok(Start { place, text, others: places.collect() })
}

/// The text of a configuration.
///
/// # Errors
///
/// It is not there, or cannot be read; a clause without a full stop.
pub(crate) fn read(disk: &OneDisk<'_>, place: &ConfigPlace) -> Result<Vec<u8>, String> {
    disk.read(place.device.as_bytes(), place.path.as_bytes(), MOST).map_err(|found| {
        let why = match found {
            FileLookup::Missing(failure) => failure.message,
            FileLookup::Unknown(why) => why,
            FileLookup::Directory | FileLookup::File { .. } => "it is a directory".to_owned(),
        };
        format!("{} cannot be read: {why}", place.name())
    })
}

/// The configurations on a disk, the one that GRUB starts with first.
///
/// # Errors
///
/// There may be one where pregrub cannot look; the reason is a clause without a full stop.
pub(crate) fn configurations(disk: &OneDisk<'_>, platform: Platform) -> Result<Vec<ConfigPlace>, String> {
    let mut found = Vec::new();
    let mut unknown = None;
    let mut look = |device: &str, path: &str| match disk.find(device.as_bytes(), path.as_bytes()) {
        FileLookup::File { .. } => found.push(ConfigPlace { device: device.to_owned(), path: path.to_owned() }),
        FileLookup::Directory | FileLookup::Missing(_) => {}
        FileLookup::Unknown(why) => unknown = unknown.take().or(Some(why)),
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
