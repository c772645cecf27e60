//! Machines to run GRUB on: a disk, a directory, or none at all.

use std::cell::OnceCell;
use std::io;
use std::rc::Rc;

use super::identity;
use super::machine::{CommandFailure, DeviceContent, FileLookup, GrubDevice, Machine};
use super::partition_map;
use super::settings::{Platform, Version};
use crate::storage::filesystem::{FileKind, Filesystem, OpenError, ReadError};
use crate::storage::identify::{Format, Identified};
use crate::storage::mount::{Mounting, Volumes};
use crate::storage::source::Source;
use crate::system_error::why;

/// No disk: a configuration alone. Nothing is known of any file.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDisk;

const NO_DISK: &str = "there is no disk to look at";

impl Machine for NoDisk {
    fn devices(&self) -> Vec<GrubDevice> {
        vec![GrubDevice { name: "hd0".to_owned(), content: DeviceContent::Unknown(NO_DISK.to_owned()) }]
    }

    fn device(&self, name: &[u8]) -> Result<GrubDevice, CommandFailure> {
        let name = String::from_utf8_lossy(name).into_owned();
        Ok(GrubDevice { name, content: DeviceContent::Unknown(NO_DISK.to_owned()) })
    }

    fn find(&self, _device: &[u8], _path: &[u8]) -> FileLookup {
        FileLookup::Unknown(NO_DISK.to_owned())
    }

    fn read(&self, _device: &[u8], _path: &[u8], _limit: usize) -> Result<Vec<u8>, FileLookup> {
        Err(FileLookup::Unknown(NO_DISK.to_owned()))
    }

    fn list(&self, _device: &[u8], _path: &[u8]) -> Result<Vec<Vec<u8>>, FileLookup> {
        Err(FileLookup::Unknown(NO_DISK.to_owned()))
    }

    fn is_imagined(&self) -> bool {
        true
    }
}

/// The one disk that GRUB has: an image, a block device, or a directory in the place of an unpartitioned disk.
pub struct OneDisk<'v> {
    volumes: &'v dyn Volumes,
    version: Version,
    /// What the disk is called: `hd0`, or `xen/xvda` with `hd0` as its other name.
    name: &'static str,
    /// The whole disk first, then its partitions by number.
    volumes_on_it: Vec<VolumeOnDisk>,
}

/// The disk, or a partition.
struct VolumeOnDisk {
    /// `msdos1`; `None` for the whole disk.
    partition: Option<(String, u32)>,
    offset: u64,
    /// Its length in bytes; `None` if it is not a disk but a directory.
    length: Option<u64>,
    mounted: OnceCell<Mounted>,
}

/// What is at an offset.
struct Mounted {
    content: DeviceContent,
    filesystem: Option<Rc<dyn Filesystem>>,
}

/// Bytes in a sector.
const SECTOR: u64 = 512;
/// The most of one disk's partitions.
const MOST_PARTITIONS: usize = 512;
/// The most names of one directory.
const MOST_NAMES: usize = 100_000;

impl<'v> OneDisk<'v> {
    /// The disk after `volumes`.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn new(volumes: &'v dyn Volumes, version: Version, platform: Platform) -> io::Result<Self> {
        let length = volumes.disk().map(Source::len);
        let mut all = vec![VolumeOnDisk { partition: None, offset: 0, length, mounted: OnceCell::new() }];
        if let Some(disk) = volumes.disk() {
            let partitions = partition_map::partitions(disk)?.into_iter().take(MOST_PARTITIONS);
            all.extend(partitions.map(|partition| VolumeOnDisk {
                partition: Some((partition.name, partition.number)),
                offset: partition.offset,
                length: Some(partition.length),
                mounted: OnceCell::new(),
            }));
        }
        let name = if platform == Platform::Xen { "xen/xvda" } else { "hd0" };
        Ok(Self { volumes, version, name, volumes_on_it: all })
    }

    /// The device that starts at a byte of the disk, partitions first.
    pub fn name_at(&self, offset: u64) -> Option<String> {
        let volume = self.volumes_on_it.iter().rev().find(|volume| volume.offset == offset)?;
        Some(self.name_of(volume))
    }

    /// Every device by name, the whole disk first.
    pub fn names(&self) -> Vec<String> {
        self.volumes_on_it.iter().map(|volume| self.name_of(volume)).collect()
    }

    /// Where on the disk a device begins, in bytes. `None` if GRUB has no such device.
    pub fn offset(&self, device: &[u8]) -> Option<u64> {
        self.volume(device).ok().map(|volume| volume.offset)
    }

    fn name_of(&self, volume: &VolumeOnDisk) -> String {
        match &volume.partition {
            Some((partition, _)) => format!("{},{partition}", self.name),
            None => self.name.to_owned(),
        }
    }

    fn volume(&self, name: &[u8]) -> Result<&VolumeOnDisk, CommandFailure> {
        let shown = String::from_utf8_lossy(name).into_owned();
        let missing = || CommandFailure::new(CommandFailure::UNKNOWN_DEVICE, format!("disk `{shown}' not found"));
        let (disk, partition) = match shown.split_once(',') {
            Some((disk, partition)) => (disk, Some(partition)),
            None => (shown.as_str(), None),
        };
        if disk != self.name && disk != "hd0" {
            return Err(missing());
        }
        let found = self.volumes_on_it.iter().find(|volume| match (&volume.partition, partition) {
            (None, None) => true,
            (Some((name, number)), Some(wanted)) => name == wanted || number.to_string() == wanted,
            _ => false,
        });
        found.ok_or_else(missing)
    }

    fn mounted<'a>(&'a self, volume: &'a VolumeOnDisk) -> &'a Mounted {
        volume.mounted.get_or_init(|| match self.mount(volume) {
            Ok(mounted) => mounted,
            Err(error) => {
                let why = format!("the disk cannot be read: {}", why(&error));
                Mounted { content: DeviceContent::Unknown(why), filesystem: None }
            }
        })
    }

    fn mount(&self, volume: &VolumeOnDisk) -> io::Result<Mounted> {
        let nothing = || Mounted { content: DeviceContent::Nothing, filesystem: None };
        Ok(match self.volumes.mount(volume.offset)? {
            Mounting::Mounted(filesystem) => {
                let features = filesystem.features();
                // GRUB knows no ext4 with these; of 2.06 that was measured.
                let foreign =
                    features.iter().find(|name| matches!(name.as_str(), "casefold" | "ea_inode" | "inline_data"));
                match foreign {
                    Some(_) if self.version <= Version::V2_06Fedora => nothing(),
                    Some(feature) => {
                        let why = format!(
                            "the filesystem has the feature {feature}, of which pregrub does not know whether this GRUB reads it"
                        );
                        Mounted { content: DeviceContent::Unknown(why), filesystem: None }
                    }
                    None => {
                        let identity = self.identity(volume.offset, format_of(filesystem.name()))?;
                        let identified = identity.is_some();
                        let identity = identity.unwrap_or_default();
                        let content = DeviceContent::Filesystem {
                            name: grub_name(filesystem.name()).to_owned(),
                            uuid: identity.uuid,
                            label: identity.label,
                            identified,
                        };
                        Mounted { content, filesystem: Some(filesystem) }
                    }
                }
            }
            Mounting::Refused { identified, why, .. } | Mounting::Unknown { identified, why, .. } => {
                self.unmounted(volume.offset, identified, why)?
            }
        })
    }

    /// What pregrub has no driver for: GRUB may have one.
    fn unmounted(&self, offset: u64, identified: Option<Identified>, why: String) -> io::Result<Mounted> {
        let Some(identified) = identified else {
            return Ok(Mounted { content: DeviceContent::Nothing, filesystem: None });
        };
        let name = identified.format.name();
        let content = if !GRUB_READS.contains(&name) {
            DeviceContent::Nothing
        } else if let Some(identity) = self.identity(offset, Some(identified.format))? {
            let name = grub_name(name).to_owned();
            DeviceContent::Filesystem { name, uuid: identity.uuid, label: identity.label, identified: true }
        } else {
            DeviceContent::Unknown(format!(
                "{} lies there, which GRUB reads and pregrub does not ({why})",
                identified.format.title()
            ))
        };
        Ok(Mounted { content, filesystem: None })
    }

    fn identity(&self, offset: u64, format: Option<Format>) -> io::Result<Option<identity::FilesystemIdentity>> {
        match (self.volumes.disk(), format) {
            (Some(disk), Some(format)) => identity::read(disk, offset, format),
            _ => Ok(None),
        }
    }

    /// The filesystem on a device, or why there is none to look at.
    fn filesystem(&self, device: &[u8]) -> Result<&dyn Filesystem, FileLookup> {
        let volume = self.volume(device).map_err(FileLookup::Missing)?;
        let mounted = self.mounted(volume);
        match (&mounted.filesystem, &mounted.content) {
            (Some(filesystem), _) => Ok(&**filesystem),
            (None, DeviceContent::Nothing) => {
                Err(FileLookup::Missing(CommandFailure::new(CommandFailure::UNKNOWN_FS, "unknown filesystem")))
            }
            (None, DeviceContent::Unknown(why)) => Err(FileLookup::Unknown(why.clone())),
            (None, DeviceContent::Filesystem { name, .. }) => Err(FileLookup::Unknown(format!(
                "{} is {name}, which GRUB reads and pregrub does not",
                self.name_of(volume)
            ))),
        }
    }

    /// Looks for a file, with its path as GRUB walks it.
    fn open(&self, device: &[u8], path: &[u8]) -> Result<(u64, FileKind), FileLookup> {
        if device == b"memdisk" && self.name != "hd0" {
            return Err(missing(path));
        }
        let filesystem = self.filesystem(device)?;
        let plain = plain_path(filesystem, path);
        match filesystem.open(&plain) {
            Ok(file) => Ok((file.size(), file.kind())),
            Err(OpenError::NotFound(_)) if plain == b"/" => Ok((0, FileKind::Directory)),
            Err(OpenError::NotFound(reason)) => {
                if reason.ends_with("is a directory") || reason.contains("is a directory") {
                    return Ok((0, FileKind::Directory));
                }
                Err(missing_in(filesystem, path, &plain))
            }
            Err(OpenError::Unknown(why)) => Err(FileLookup::Unknown(why)),
            Err(OpenError::Io(error)) => Err(FileLookup::Unknown(format!("the disk cannot be read: {}", why(&error)))),
        }
    }
}

/// What GRUB says of a file that is not there.
fn missing(path: &[u8]) -> FileLookup {
    let shown = String::from_utf8_lossy(path);
    FileLookup::Missing(CommandFailure::new(CommandFailure::FILE_NOT_FOUND, format!("file `{shown}' not found")))
}

/// The same where something on the way is a file.
fn missing_in(filesystem: &dyn Filesystem, path: &[u8], plain: &[u8]) -> FileLookup {
    let mut end = plain.len();
    while let Some(at) = plain[..end].iter().rposition(|byte| *byte == b'/').filter(|at| *at > 0) {
        end = at;
        match filesystem.open(&plain[..end]) {
            Ok(file) if file.kind() != FileKind::Directory => {
                return FileLookup::Missing(CommandFailure::new(CommandFailure::BAD_FILE_TYPE, "not a directory"));
            }
            Ok(_) => break,
            Err(_) => {}
        }
    }
    missing(path)
}

/// A path as pregrub's drivers take it: for GRUB several slashes are one, one at the end is none, and on FAT the case of letters does
/// not count.
fn plain_path(filesystem: &dyn Filesystem, path: &[u8]) -> Vec<u8> {
    let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect();
    let mut plain = Vec::with_capacity(path.len());
    for name in &names {
        let name = if filesystem.name() == "vfat" { spelled(filesystem, &plain, name) } else { None }
            .unwrap_or_else(|| name.to_vec());
        plain.push(b'/');
        plain.extend(name);
    }
    if plain.is_empty() {
        plain.push(b'/');
    }
    plain
}

/// A name as the directory spells it.
fn spelled(filesystem: &dyn Filesystem, directory: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let directory = if directory.is_empty() { b"/" } else { directory };
    filesystem.listed(directory, MOST_NAMES).into_iter().find(|listed| listed.eq_ignore_ascii_case(name))
}

/// Formats that GRUB reads, by the names that pregrub has for them.
const GRUB_READS: [&str; 22] = [
    "btrfs",
    "exfat",
    "ext2",
    "ext3",
    "ext4",
    "f2fs",
    "hfs",
    "hfsplus",
    "iso9660",
    "jfs",
    "minix",
    "nilfs2",
    "ntfs",
    "reiserfs",
    "squashfs",
    "udf",
    "ufs",
    "vfat",
    "xfs",
    "zfs_member",
    "LVM2_member",
    "linux_raid_member",
];

/// What GRUB calls a filesystem.
fn grub_name(name: &str) -> &str {
    match name {
        "ext3" | "ext4" | "directory" => "ext2",
        "vfat" => "fat",
        other => other,
    }
}

/// The format of a mounted filesystem, by the name that its driver gives it.
fn format_of(name: &str) -> Option<Format> {
    Format::ALL.iter().copied().find(|format| format.name() == name)
}

impl Machine for OneDisk<'_> {
    fn sectors(&self, device: &[u8]) -> Result<u64, FileLookup> {
        let volume = self.volume(device).map_err(FileLookup::Missing)?;
        match volume.length {
            Some(length) => Ok(length / SECTOR),
            None => Err(FileLookup::Unknown("a directory has no blocks".to_owned())),
        }
    }

    fn read_sectors(&self, device: &[u8], start: u64, length: usize) -> Result<Vec<u8>, FileLookup> {
        let volume = self.volume(device).map_err(FileLookup::Missing)?;
        let Some(disk) = self.volumes.disk() else {
            return Err(FileLookup::Unknown("a directory has no blocks".to_owned()));
        };
        let at = volume.offset.saturating_add(start.saturating_mul(SECTOR));
        let left = usize::try_from(disk.len().saturating_sub(at)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length.min(left)];
        let count = disk
            .read_at(at, &mut bytes)
            .map_err(|error| FileLookup::Unknown(format!("the disk cannot be read: {}", why(&error))))?;
        bytes.truncate(count);
        Ok(bytes)
    }

    fn devices(&self) -> Vec<GrubDevice> {
        // The disk, and its partitions from the last to the first.
        let (whole, partitions) = match self.volumes_on_it.split_first() {
            Some((whole, partitions)) => (Some(whole), partitions),
            None => (None, &[][..]),
        };
        let volumes = whole.into_iter().chain(partitions.iter().rev());
        volumes
            .map(|volume| GrubDevice { name: self.name_of(volume), content: self.mounted(volume).content.clone() })
            .collect()
    }

    fn device(&self, name: &[u8]) -> Result<GrubDevice, CommandFailure> {
        let volume = self.volume(name)?;
        Ok(GrubDevice { name: self.name_of(volume), content: self.mounted(volume).content.clone() })
    }

    fn find(&self, device: &[u8], path: &[u8]) -> FileLookup {
        match self.open(device, path) {
            Ok((_, FileKind::Directory)) => FileLookup::Directory,
            Ok((size, _)) => FileLookup::File { size },
            Err(found) => found,
        }
    }

    fn read(&self, device: &[u8], path: &[u8], limit: usize) -> Result<Vec<u8>, FileLookup> {
        let (size, kind) = self.open(device, path)?;
        if kind == FileKind::Directory {
            return Err(FileLookup::Directory);
        }
        let filesystem = self.filesystem(device)?;
        let plain = plain_path(filesystem, path);
        let file = filesystem.open(&plain).map_err(|error| FileLookup::Unknown(error.to_string()))?;
        let length = usize::try_from(size).unwrap_or(usize::MAX).min(limit);
        let mut text = vec![0; length];
        let mut done = 0;
        while done < length {
            match file.read_at(done as u64, &mut text[done..]) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(ReadError::Unknown(why)) => return Err(FileLookup::Unknown(why)),
                Err(error) => {
                    return Err(FileLookup::Unknown(format!(
                        "pygrub's driver cannot read it ({error}), and GRUB's is another one"
                    )));
                }
            }
        }
        text.truncate(done);
        Ok(text)
    }

    fn list(&self, device: &[u8], path: &[u8]) -> Result<Vec<Vec<u8>>, FileLookup> {
        match self.open(device, path)? {
            (_, FileKind::Directory) => {}
            _ => {
                return Err(FileLookup::Missing(CommandFailure::new(CommandFailure::BAD_FILE_TYPE, "not a directory")));
            }
        }
        let filesystem = self.filesystem(device)?;
        let names = filesystem.listed(&plain_path(filesystem, path), MOST_NAMES);
        if names.is_empty() && !LISTS.contains(&filesystem.name()) {
            let name = filesystem.name().to_owned();
            return Err(FileLookup::Unknown(format!("pregrub does not list directories of {name}")));
        }
        Ok(names)
    }
}

/// Filesystems whose driver lists directories.
const LISTS: [&str; 9] = ["ext2", "ext3", "ext4", "directory", "tmpfs", "overlay", "vfat", "ext4dev", "fuseblk"];
