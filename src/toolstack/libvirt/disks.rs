//! Which disk libvirt puts first, and how it hands that to libxl.

use super::document::Element;
use super::plain;
use crate::xl::Item;
use crate::xl::disk::{Disk, DiskFormat};

/// The disk that the bootloader gets.
#[derive(Clone, Debug)]
pub(super) enum FirstDisk {
    /// There is none.
    None,
    /// libxl gets this one.
    Known { disk: Disk, at: Item },
    /// libvirt ends with an error.
    Refused { reason: String, at: Item, help: &'static str },
    /// What pygrub opens cannot be known from the XML.
    Unknown { reason: String, at: Item },
}

/// The first disk as libvirt orders them: buses in the order of their first appearance, and on a bus by the name of the target.
pub(super) fn first_disk(root: &Element) -> FirstDisk {
    let Some(devices) = root.child("devices") else { return FirstDisk::None };
    let disks: Vec<&Element> = devices.children("disk").collect();
    if let Some(refused) = disks.iter().find_map(|disk| refused(disk)) {
        return refused;
    }
    let Some(bus) = disks.first().map(|disk| bus_of(disk)) else { return FirstDisk::None };
    let on_bus = disks.into_iter().filter(|disk| bus_of(disk) == bus);
    match on_bus.min_by_key(|disk| order(target_of(disk))) {
        Some(disk) => of_disk(disk),
        None => FirstDisk::None,
    }
}

fn target_of(disk: &Element) -> &str {
    disk.child("target").and_then(|target| target.attribute("dev")).unwrap_or_default()
}

/// The bus that is given, or else the one that the name of the target stands for.
fn bus_of(disk: &Element) -> &str {
    let target = disk.child("target");
    if let Some(bus) = target.and_then(|target| target.attribute("bus")) {
        return bus;
    }
    let dev = target_of(disk);
    [("xvd", "xen"), ("sd", "scsi"), ("hd", "ide"), ("fd", "fdc"), ("vd", "virtio"), ("ubd", "uml")]
        .into_iter()
        .find(|(prefix, _)| dev.starts_with(prefix))
        .map_or("", |(_, bus)| bus)
}

/// `xvdb` comes before `xvdaa`.
fn order(target: &str) -> (usize, &str) {
    (target.len(), target)
}

/// What of the driver becomes what, by its name and its type. `None` if libvirt knows the name and not the type with it.
fn format_of(driver: &str, kind: &str) -> Option<DiskFormat> {
    Some(match (driver, kind) {
        ("qemu" | "tap" | "tap2" | "file" | "phy", "" | "raw") => DiskFormat::Raw,
        ("qemu" | "tap" | "tap2", "qcow") => DiskFormat::Qcow,
        ("qemu" | "tap" | "tap2", "qcow2") => DiskFormat::Qcow2,
        ("qemu" | "tap" | "tap2", "qed") => DiskFormat::Qed,
        ("qemu" | "tap" | "tap2", "vhd") => DiskFormat::Vhd,
        _ => return None,
    })
}

/// The driver's name and type; nothing where there is no name.
fn driver_of(disk: &Element) -> Option<(&str, &str)> {
    let driver = disk.child("driver")?;
    Some((driver.attribute("name")?, driver.attribute("type").unwrap_or_default()))
}

/// Why libvirt does not hand a disk over, whichever it is.
fn refused(disk: &Element) -> Option<FirstDisk> {
    let at = disk.item();
    let refuse = |reason: String, help| Some(FirstDisk::Refused { reason, at: at.clone(), help });
    if disk.child("transient").is_some() {
        return refuse("libvirt refuses a <transient/> disk under Xen".to_owned(), "remove <transient/>");
    }
    let (driver, kind) = driver_of(disk)?;
    if !matches!(driver, "qemu" | "tap" | "tap2" | "file" | "phy") {
        return refuse(
            format!("libxenlight does not support disk driver {driver}"),
            "write name='qemu', or leave it out",
        );
    }
    if format_of(driver, kind).is_none() {
        return refuse(
            format!("libxenlight does not support disk format {kind} with disk driver {driver}"),
            "write name='qemu' and the true type of the image (for VHD: vhd, not vpc)",
        );
    }
    None
}

fn of_disk(disk: &Element) -> FirstDisk {
    let at = disk.item();
    let source = disk.child("source");
    let kind = disk.attribute("type").unwrap_or("file");
    let attribute = match kind {
        "file" => "file",
        "block" => "dev",
        // rbd becomes a string for QEMU that is not a path; a volume depends on its pool.
        other => {
            return FirstDisk::Unknown {
                reason: format!(
                    "the first disk has the type {other}, and what pygrub opens for it cannot be known from the XML"
                ),
                at,
            };
        }
    };
    let path = source.and_then(|source| source.attribute(attribute)).filter(|path| !path.is_empty());
    let cdrom = disk.attribute("device") == Some("cdrom");
    let Some(path) = path else {
        return FirstDisk::Refused {
            reason: "the first disk is a drive without a medium, and pygrub gets the first disk".to_owned(),
            at,
            help: "name the disk with /boot so that it comes first: xvda on the bus that is named first",
        };
    };
    // Without the name of a driver libvirt hands the disk over as raw, whatever its type says.
    let format = driver_of(disk).and_then(|(driver, kind)| format_of(driver, kind)).unwrap_or(DiskFormat::Raw);
    let mut handed = plain(Some(path), format, cdrom);
    if let Some(domain) = disk.child("backenddomain").and_then(|domain| domain.attribute("name")) {
        handed.backend_domain = Some(domain.into());
    }
    // The specification as a message shows it.
    FirstDisk::Known { disk: handed, at: Item { text: path.into(), ..at } }
}
