//! The guest's disks as it sees them: device nodes of Xen's block devices, and what a partition table makes of them.

use std::fmt;

use super::refusal::Refusal;
use crate::escape::escaped;

/// How a disk is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PartitionScheme {
    /// Not at all: the filesystem begins at byte 0. What the public recipe does.
    #[default]
    None,
    /// A DOS partition table.
    Mbr,
    /// A GUID partition table.
    Gpt,
}

impl PartitionScheme {
    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Mbr => "mbr",
            Self::Gpt => "gpt",
        }
    }
}

/// A device node of the guest: `/dev/xvda`, or `/dev/xvda1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeviceNode {
    disk: char,
    partition: Option<u8>,
}

impl DeviceNode {
    /// A whole disk, by its letter.
    pub(crate) const fn disk(disk: char) -> Self {
        Self { disk, partition: None }
    }

    /// A partition of a disk.
    pub(crate) const fn partition_of(disk: char, partition: u8) -> Self {
        Self { disk, partition: Some(partition) }
    }

    /// Reads `/dev/xvdXN`. `holds` says what is on it, for the message.
    pub(crate) fn parse(text: &str, holds: Holds) -> Result<Self, Refusal> {
        let refusal = || no_node(text, holds);
        let mut letters = text.strip_prefix("/dev/xvd").ok_or_else(refusal)?.chars();
        let disk = letters.next().filter(|letter| ('a'..='p').contains(letter)).ok_or_else(refusal)?;
        let number = letters.as_str();
        if number.is_empty() {
            return Ok(Self::disk(disk));
        }
        let partition: u8 = number.parse().map_err(|_| refusal())?;
        if partition == 0 || partition > 128 || number != partition.to_string() {
            return Err(refusal());
        }
        Ok(Self::partition_of(disk, partition))
    }

    /// The name of the disk in a domain configuration: `xvda`.
    pub(crate) fn disk_name(self) -> String {
        format!("xvd{}", self.disk)
    }

    /// The number of the partition; nothing where the whole disk is the filesystem.
    pub(crate) fn partition(self) -> Option<u8> {
        self.partition
    }

    /// The node of the disk that it is on.
    pub(crate) fn whole(self) -> Self {
        Self::disk(self.disk)
    }
}

impl fmt::Display for DeviceNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/dev/xvd{}", self.disk)?;
        self.partition.map_or(Ok(()), |partition| write!(f, "{partition}"))
    }
}

/// What is on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// `/boot` alone: pygrub reads it, and NixOS' installer looks at how it is mounted.
    Boot,
    /// `/` and `/boot` in it, for which the same holds.
    Both,
    /// `/` without `/boot`: pygrub never looks at it, and kernels are copied from it to `/boot`, so that grub.cfg names no device.
    Root,
}

/// Why a text is not a plain node, as far as the reason is known.
fn no_node(text: &str, holds: Holds) -> Refusal {
    let shown = escaped(text);
    let named = ["/dev/disk/by-", "LABEL=", "UUID=", "PARTLABEL=", "PARTUUID="];
    let named = named.iter().any(|prefix| text.starts_with(prefix));
    let mapped = ["/dev/mapper/", "/dev/dm-", "/dev/md"].iter().any(|prefix| text.starts_with(prefix));
    let place = match holds {
        Holds::Boot => "/boot",
        Holds::Both => "/, with /boot in it,",
        Holds::Root => "/",
    };
    if holds == Holds::Root && (named || mapped) {
        return Refusal::new(
            format!(
                "/ on `{shown}` could boot, since pygrub never looks at it, but pregrub has steps for plain device nodes alone"
            ),
            "name one, such as /dev/xvdb, and change fileSystems.\"/\" in the module where you put / elsewhere",
        );
    }
    if named {
        return Refusal::new(
            format!(
                "{place} on `{shown}` cannot boot: NixOS then writes `search` lines and paths such as `($drive1)/kernels/...`, and \
                 pygrub parses `($drive1)` as a device name and rejects the whole file"
            ),
            "name the plain device node, such as /dev/xvda",
        );
    }
    if mapped {
        return Refusal::new(
            format!("{place} on `{shown}` cannot boot: pygrub looks into no LVM, RAID or encrypted volume"),
            "put it on a disk of its own, or on a partition, such as /dev/xvda",
        );
    }
    Refusal::new(
        format!(
            "`{shown}` is not a device node of a Xen guest for {}",
            if holds == Holds::Boot { "/boot" } else { "/" }
        ),
        "name a disk such as /dev/xvda, or a partition such as /dev/xvda1 (xvda to xvdp, partition 1 to 128)",
    )
}

/// What is where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Devices {
    /// The filesystem that pygrub reads.
    pub boot: DeviceNode,
    /// The root filesystem. The same as [`boot`](Self::boot) where `/boot` is a directory of it.
    pub root: DeviceNode,
    /// How the disks are divided that have a partition here.
    pub table: PartitionScheme,
}

impl Devices {
    /// Fills in what is not given and refuses what cannot boot.
    pub(crate) fn new(
        boot: Option<&str>,
        root: Option<&str>,
        one_disk: bool,
        table: PartitionScheme,
    ) -> Result<Self, Refusal> {
        let first = |number| {
            if table == PartitionScheme::None { DeviceNode::disk('a') } else { DeviceNode::partition_of('a', number) }
        };
        let boot = boot.map_or(Ok(first(1)), |text| DeviceNode::parse(text, Holds::Boot))?;
        // One disk without a table is one filesystem.
        let holds = if one_disk && table == PartitionScheme::None { Holds::Both } else { Holds::Root };
        let root = match root {
            Some(text) => DeviceNode::parse(text, holds)?,
            None if one_disk && table == PartitionScheme::None => boot,
            None if one_disk => first(2),
            None => DeviceNode::disk('b'),
        };
        let devices = Self { boot, root, table };
        devices.check(one_disk)?;
        Ok(devices)
    }

    fn check(self, one_disk: bool) -> Result<(), Refusal> {
        let Self { boot, root, table } = self;
        if boot.disk != 'a' {
            return Err(Refusal::new(
                format!("/boot on {boot} is not on the guest's first disk, and pygrub gets no other"),
                "put /boot on /dev/xvda",
            ));
        }
        if !matches!(root.disk, 'a' | 'b') {
            let reason = format!("/ on {root} leaves a gap between the guest's disks");
            return Err(Refusal::new(reason, "put it on /dev/xvdb"));
        }
        if one_disk && root.disk != boot.disk {
            let reason = format!("with one disk / cannot be on {root}, which is another one than that of /boot");
            return Err(Refusal::new(reason, "leave --one-disk out, or name a device of /dev/xvda"));
        }
        for node in [boot, root] {
            if node.partition.is_some() && table == PartitionScheme::None {
                return Err(Refusal::new(
                    format!("{node} is a partition, and the disks are said to have none"),
                    "add --table gpt or --table mbr, or name the whole disk",
                ));
            }
            if table == PartitionScheme::Mbr && node.partition.is_some_and(|number| number > 4) {
                return Err(Refusal::new(
                    format!("{node} is a logical partition, and pygrub does not look at those"),
                    "use one of the four primary partitions, or --table gpt",
                ));
            }
        }
        if boot.partition.is_none() && table != PartitionScheme::None {
            return Err(Refusal::new(
                format!("/boot on {boot} is a whole disk, and the disks are said to have a partition table"),
                "name the partition, such as /dev/xvda1, or leave --table out",
            ));
        }
        if boot != root && boot.disk == root.disk && root.partition.is_none() {
            let reason = format!("/ on {root} overlaps /boot on {boot}");
            return Err(Refusal::new(reason, "name a partition for each, or the same device for both"));
        }
        Ok(())
    }

    /// Whether `/boot` is a directory of the root filesystem.
    pub(crate) fn boot_is_directory(self) -> bool {
        self.boot == self.root
    }

    /// Whether all is on one disk.
    pub(crate) fn one_disk(self) -> bool {
        self.boot.disk == self.root.disk
    }

    /// The disks, as the guest's domain configuration lists them: that with `/boot` first.
    pub(crate) fn disks(self) -> Vec<DeviceNode> {
        let mut disks = vec![self.boot.whole()];
        if !self.one_disk() {
            disks.push(self.root.whole());
        }
        disks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn devices(
        boot: Option<&str>,
        root: Option<&str>,
        one: bool,
        table: PartitionScheme,
    ) -> Result<(String, String), String> {
        let devices = Devices::new(boot, root, one, table).map_err(|refusal| refusal.to_string())?;
        Ok((devices.boot.to_string(), devices.root.to_string()))
    }

    fn pair(boot: &str, root: &str) -> Result<(String, String), String> {
        Ok((boot.to_owned(), root.to_owned()))
    }

    #[test]
    fn defaults() {
        assert_eq!(devices(None, None, false, PartitionScheme::None), pair("/dev/xvda", "/dev/xvdb"));
        assert_eq!(devices(None, None, false, PartitionScheme::Gpt), pair("/dev/xvda1", "/dev/xvdb"));
        assert_eq!(devices(None, None, true, PartitionScheme::None), pair("/dev/xvda", "/dev/xvda"));
        assert_eq!(devices(None, None, true, PartitionScheme::Mbr), pair("/dev/xvda1", "/dev/xvda2"));
        assert_eq!(devices(None, Some("/dev/xvda1"), true, PartitionScheme::Mbr), pair("/dev/xvda1", "/dev/xvda1"));
    }

    #[test]
    fn refusals() {
        let refused = |boot: &str, root: &str, table| devices(Some(boot), Some(root), false, table).unwrap_err();
        assert!(refused("/dev/disk/by-label/NIXBOOT", "/dev/xvdb", PartitionScheme::None).contains("($drive1"));
        assert!(refused("/dev/mapper/vg-boot", "/dev/xvdb", PartitionScheme::None).contains("LVM"));
        for root in ["/dev/mapper/vg-root", "/dev/disk/by-label/ROOT", "UUID=1", "/dev/md0"] {
            let why = refused("/dev/xvda", root, PartitionScheme::None);
            assert!(why.contains("/ on `") && why.contains("could boot") && !why.contains("LVM"), "{why}");
            assert!(
                devices(None, Some(root), true, PartitionScheme::None).unwrap_err().contains("cannot boot"),
                "{root}"
            );
        }
        assert!(refused("/dev/xvda5", "/dev/xvdb", PartitionScheme::Mbr).contains("logical"));
        assert!(refused("/dev/xvda1", "/dev/xvdb", PartitionScheme::None).contains("--table"));
        assert!(refused("/dev/xvda", "/dev/xvdb", PartitionScheme::Gpt).contains("whole disk"));
        assert!(refused("/dev/xvdb", "/dev/xvda", PartitionScheme::None).contains("first disk"));
        assert!(refused("/dev/xvda1", "/dev/xvda", PartitionScheme::Gpt).contains("overlaps"));
        assert!(refused("/dev/xvda", "/dev/xvdc", PartitionScheme::None).contains("gap"));
        for text in
            ["/dev/sda", "/dev/xvd", "/dev/xvdq", "/dev/xvda0", "/dev/xvda01", "/dev/xvda129", "/dev/xvdaa", "xvda", ""]
        {
            assert!(refused(text, "/dev/xvdb", PartitionScheme::Gpt).contains("device node"), "{text}");
        }
    }
}
