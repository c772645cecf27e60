//! The disks that a domain's configuration gives its guest: how Linux calls them there, and what is on them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use crate::storage::partitions::linux::linux_partitions;
use crate::storage::source::Volume;
use crate::storage::volume_id::{VolumeId, volume_id};
use crate::target::DiskAccess;
use crate::xl::disk::DiskFormat;
use crate::xl::domain::Domain;

/// The name of a disk or of a partition: `xvdb2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lint) struct DeviceName<'a> {
    /// `xvd`, `sd` or `hd`.
    pub kind: &'a str,
    /// `b`.
    pub letters: &'a str,
    /// 2; `None` of a whole disk.
    pub partition: Option<u32>,
}

impl<'a> DeviceName<'a> {
    /// Takes a name apart. `None` if it is not that of a disk which Xen's configurations know.
    pub(in crate::lint) fn parse(name: &'a str) -> Option<Self> {
        let kind = ["xvd", "sd", "hd"].into_iter().find(|kind| name.starts_with(kind))?;
        let rest = &name[kind.len()..];
        let letters = rest.trim_end_matches(|c: char| c.is_ascii_digit());
        let known = !letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_lowercase());
        let number = &rest[letters.len()..];
        let partition = if number.is_empty() { None } else { Some(number.parse().ok()?) };
        known.then_some(Self { kind, letters, partition })
    }

    /// How Linux calls it in a Xen guest.
    pub(in crate::lint) fn in_guest(&self) -> String {
        let number = self.partition.map(|number| number.to_string()).unwrap_or_default();
        format!("xvd{}{number}", self.letters)
    }
}

/// What is on a disk.
pub(in crate::lint) struct DiskContent {
    /// The numbers of its partitions; `None` if it has no partition table.
    pub partitions: Option<Vec<u32>>,
    /// The PARTUUIDs.
    pub partuuids: Vec<String>,
    /// UUIDs and labels of all its filesystems; `None` if one is of a kind that pregrub cannot name.
    pub ids: Option<Vec<VolumeId>>,
}

/// A disk of the guest.
pub(in crate::lint) struct GuestDisk<'a> {
    /// Its name by the configuration.
    pub name: DeviceName<'a>,
    /// What is on it; `None` if it cannot be read here.
    pub content: Option<DiskContent>,
}

/// The disks of a domain. `None` if one has a name that pregrub does not understand.
pub(in crate::lint) fn of_domain<'a>(domain: &'a Domain, access: &DiskAccess) -> Option<Vec<GuestDisk<'a>>> {
    domain
        .disks
        .iter()
        .map(|disk| {
            let name = DeviceName::parse(disk.disk.vdev.as_ref()?.to_str()?)?;
            let plain =
                disk.disk.format == DiskFormat::Raw && disk.disk.script.is_none() && disk.disk.backend_domain.is_none();
            let target = disk.disk.target.as_ref().filter(|_| plain && !disk.disk.cdrom);
            let content = target.and_then(|target| content(Path::new(OsStr::from_bytes(target.as_bytes())), access));
            Some(GuestDisk { name, content })
        })
        .collect()
}

fn content(path: &Path, access: &DiskAccess) -> Option<DiskContent> {
    let disk = access.disk(path)?;
    let partitions = linux_partitions(&*disk).ok()?;
    let starts = partitions.as_ref().map_or_else(|| vec![0], |list| list.iter().map(|one| one.start).collect());
    let ids = starts.into_iter().map(|start| volume_id(&Volume::new(Arc::clone(&disk), start)).ok()?).collect();
    let list = partitions.as_deref().unwrap_or_default();
    Some(DiskContent {
        partuuids: list.iter().map(|one| one.partuuid.clone()).collect(),
        partitions: partitions.as_ref().map(|list| list.iter().map(|one| one.number).collect()),
        ids,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_disks() {
        let name = |text| DeviceName::parse(text).map(|name| (name.kind, name.letters, name.partition));
        assert_eq!(name("xvdb2"), Some(("xvd", "b", Some(2))));
        assert_eq!(name("sdaa"), Some(("sd", "aa", None)));
        assert_eq!(name("mapper/vg-root"), None);
        assert_eq!(name("d3p1"), None);
    }
}
