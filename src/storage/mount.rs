//! Which filesystem is at an offset: pregrub's drivers, and where none fits, what pygrub's plugins would say.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use super::budget::{Budget, BudgetExhausted};
use super::cached_source::CachedSource;
use super::ext::Ext;
use super::fat::Fat;
use super::filesystem::{Filesystem, MountError};
use super::identify::{self, EXT4_BOOT, Identified, Support};
use super::iso9660::Iso9660;
use super::reiserfs::Reiserfs;
use super::source::{Source, Volume};
use super::ufs::Ufs;
use super::xfs::Xfs;

/// What comes of mounting.
#[derive(Clone)]
pub enum Mounting {
    /// A filesystem that pregrub reads as pygrub does.
    Mounted(Rc<dyn Filesystem>),
    /// No plugin of pygrub mounts it: it gets `[Errno 95] Operation not supported`.
    Refused {
        /// What it is, if that is known.
        identified: Option<Identified>,
        /// Why, as a clause without a full stop.
        why: String,
        /// The way out, as an imperative without a full stop, if there is one.
        instead: Option<&'static str>,
    },
    /// pregrub cannot tell whether pygrub mounts it, or has no driver for it.
    Unknown {
        /// What it is, if that is known.
        identified: Option<Identified>,
        /// Why, as a clause without a full stop.
        why: String,
        /// The plugins of pygrub that mount it or might, by the names that they give themselves; several where it depends on
        /// the host.
        plugins: Vec<&'static str>,
    },
}

/// A disk on which filesystems are mounted by offset. The run asks nothing else of a disk but its partition table.
pub trait Volumes {
    /// Mounts what starts at the byte `offset`.
    ///
    /// # Errors
    ///
    /// The disk cannot be read.
    fn mount(&self, offset: u64) -> io::Result<Mounting>;

    /// The disk itself, for looking at what lies outside of filesystems; nothing where there is none.
    fn disk(&self) -> Option<&dyn Source> {
        None
    }

    /// The disk itself, for what outlives these volumes; nothing where there is none.
    fn shared_disk(&self) -> Option<Arc<dyn Source>> {
        None
    }
}

/// What trying all drivers costs of a [`Budget`].
const MOUNT: u64 = 50_000;

/// The volumes of a disk image or a block device.
pub struct DiskVolumes {
    source: Arc<dyn Source>,
    order: Vec<String>,
    /// For all volumes together.
    budget: Budget,
}

impl DiskVolumes {
    /// Looks for filesystems in `source`, for any host.
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self::with_plugins(source, Vec::new())
    }

    /// Looks for filesystems in `source` as on a host that has these plugins and tries them in this order
    /// ([`host::plugins`](crate::host::plugins)).
    pub fn with_plugins(source: Arc<dyn Source>, order: Vec<String>) -> Self {
        Self { source, order, budget: Budget::new() }
    }
}

impl Volumes for DiskVolumes {
    fn mount(&self, offset: u64) -> io::Result<Mounting> {
        if self.budget.spend(MOUNT).is_err() {
            let why = BudgetExhausted::REASON.to_owned();
            return Ok(Mounting::Unknown { identified: None, why, plugins: Vec::new() });
        }
        let volume = Volume::sharing(Arc::clone(&self.source), offset, self.budget.clone());
        mount_in_order(&volume, &self.order)
    }

    fn disk(&self) -> Option<&dyn Source> {
        Some(&*self.source)
    }

    fn shared_disk(&self) -> Option<Arc<dyn Source>> {
        Some(Arc::clone(&self.source))
    }
}

/// Volumes each of which is mounted once, however often it is asked for.
pub struct MountedOnce<'a> {
    volumes: Box<dyn Volumes + 'a>,
    known: RefCell<BTreeMap<u64, Mounting>>,
}

impl<'a> MountedOnce<'a> {
    /// The volumes of a disk, each page of which is read once.
    pub fn of_disk(source: Arc<dyn Source>) -> Self {
        Self::of_disk_with_plugins(source, Vec::new())
    }

    /// The same, as on a host that has these plugins and tries them in this order.
    pub fn of_disk_with_plugins(source: Arc<dyn Source>, order: Vec<String>) -> Self {
        Self::new(DiskVolumes::with_plugins(Arc::new(CachedSource::new(source)), order))
    }

    /// Keeps what `volumes` mounts.
    pub fn new(volumes: impl Volumes + 'a) -> Self {
        Self { volumes: Box::new(volumes), known: RefCell::default() }
    }
}

impl Volumes for MountedOnce<'_> {
    fn mount(&self, offset: u64) -> io::Result<Mounting> {
        /// A partition table may name thousands of partitions.
        const KEPT: usize = 64;
        if let Some(mounting) = self.known.borrow().get(&offset) {
            return Ok(mounting.clone());
        }
        let mounting = self.volumes.mount(offset)?;
        let mut known = self.known.borrow_mut();
        if known.len() < KEPT {
            known.insert(offset, mounting.clone());
        }
        Ok(mounting)
    }

    fn disk(&self) -> Option<&dyn Source> {
        self.volumes.disk()
    }

    fn shared_disk(&self) -> Option<Arc<dyn Source>> {
        self.volumes.shared_disk()
    }
}

/// One of pregrub's drivers.
struct Driver {
    /// The plugin of pygrub that it stands for, by the name that the plugin gives itself.
    plugin: &'static str,
    mount: fn(Volume) -> Result<Box<dyn Filesystem>, MountError>,
}

/// All drivers. The order is not pygrub's, which differs from host to host.
const DRIVERS: &[Driver] = &[
    Driver { plugin: "ext2fs-lib", mount: |volume| Ok(Box::new(Ext::mount(volume)?)) },
    Driver { plugin: "fat", mount: |volume| Ok(Box::new(Fat::mount(volume)?)) },
    Driver { plugin: "iso9660", mount: |volume| Ok(Box::new(Iso9660::mount(volume)?)) },
    Driver { plugin: "ufs", mount: |volume| Ok(Box::new(Ufs::mount(volume)?)) },
    Driver { plugin: "reiserfs", mount: |volume| Ok(Box::new(Reiserfs::mount(volume)?)) },
    Driver { plugin: "xfs", mount: |volume| Ok(Box::new(Xfs::mount(volume)?)) },
];

/// What pygrub's plugins make of a volume, as far as pregrub can tell.
#[derive(Default)]
pub struct Plugins {
    /// The plugins that mount it, with pregrub's driver for each.
    pub mounted: Vec<(&'static str, Box<dyn Filesystem>)>,
    /// The plugins that might mount it, with the reason why pregrub cannot tell.
    pub undecided: Vec<(&'static str, String)>,
    /// The plugins whose filesystem this is, and that refuse it, with the reason.
    pub refused: Vec<(&'static str, String)>,
}

impl Plugins {
    /// Asks every plugin, as pygrub would if each were the first.
    ///
    /// # Errors
    ///
    /// The disk cannot be read.
    pub fn ask(volume: &Volume) -> io::Result<Self> {
        let mut plugins = Self::default();
        for Driver { plugin, mount } in DRIVERS {
            match mount(volume.clone()) {
                Ok(filesystem) => plugins.mounted.push((plugin, filesystem)),
                Err(MountError::NotThis) => {}
                Err(MountError::Rejected(why)) => plugins.refused.push((plugin, why)),
                Err(MountError::Unknown(why)) => plugins.undecided.push((plugin, why)),
                Err(MountError::Io(error)) => return Err(error),
            }
        }
        for plugin in identify::might_be_accepted(volume)? {
            plugins
                .undecided
                .push((plugin, format!("pregrub has no driver that does what pygrub's plugin {plugin} does")));
        }
        Ok(plugins)
    }

    /// The names of the plugins that mount it or might.
    pub fn acceptors(&self) -> impl Iterator<Item = &'static str> {
        let mounted = self.mounted.iter().map(|(plugin, _)| *plugin);
        mounted.chain(self.undecided.iter().map(|(plugin, _)| *plugin))
    }
}

/// Mounts what starts where `volume` starts, for any host.
///
/// # Errors
///
/// The disk cannot be read.
pub fn mount(volume: &Volume) -> io::Result<Mounting> {
    mount_in_order(volume, &[])
}

/// Mounts what starts where `volume` starts. Without an order, two plugins that accept it are one too many.
fn mount_in_order(volume: &Volume, order: &[String]) -> io::Result<Mounting> {
    let mut plugins = Plugins::ask(volume)?;
    if plugins.acceptors().count() > 1
        && let Some(first) = order.iter().find(|name| plugins.acceptors().any(|acceptor| acceptor == **name)).cloned()
    {
        plugins.mounted.retain(|(plugin, _)| *plugin == first);
        plugins.undecided.retain(|(plugin, _)| *plugin == first);
    }
    let acceptors: Vec<_> = plugins.acceptors().collect();
    if acceptors.len() > 1 {
        let why = format!(
            "pygrub's plugins {} can each mount it, and which is tried first depends on the host (the order of files in \
             its plugin directory)",
            acceptors.join(" and ")
        );
        return Ok(Mounting::Unknown { identified: identify::identify(volume)?, why, plugins: acceptors });
    }
    if let Some((_, filesystem)) = plugins.mounted.pop() {
        return Ok(Mounting::Mounted(filesystem.into()));
    }
    let identified = identify::identify(volume)?;
    if let Some((_, why)) = plugins.undecided.pop() {
        let why = match &identified {
            Some(found) => format!("this is {}: {why}", found.format.title()),
            None => why,
        };
        return Ok(Mounting::Unknown { identified, why, plugins: acceptors });
    }
    if let Some((plugin, why)) = plugins.refused.into_iter().next() {
        let instead = match plugin {
            "ext2fs-lib" => {
                "check it with e2fsck -fn; where it has a feature that pygrub refuses, format it as ext4 without"
            }
            "fat" => {
                "format it again with mkfs.fat -S 512 (systemd-repart: make the image with --sector-size=512), or put \
                 /boot on an ext4 filesystem"
            }
            _ => EXT4_BOOT,
        };
        return Ok(Mounting::Refused { identified, why, instead: Some(instead) });
    }
    Ok(match identified.as_ref().map(|found| (found, found.support())) {
        None => unrecognised(volume),
        Some((found, Support::PygrubRefuses { why, instead })) => {
            let detail = if found.detail.is_empty() { String::new() } else { format!(", {}", found.detail) };
            let why = format!("what is here is {}{detail}: {why}", found.format.title());
            Mounting::Refused { identified, why, instead: Some(instead) }
        }
        // No plugin accepted it just now, whatever the format promises.
        Some((found, Support::PygrubReads { plugin })) => {
            let why =
                format!("this looks like {}, but pygrub's plugin {plugin} does not mount it", found.format.title());
            Mounting::Refused { identified, why, instead: None }
        }
        Some((_, Support::Unknown { why })) => {
            Mounting::Unknown { identified, why: why.to_owned(), plugins: acceptors }
        }
    })
}

/// What is said where there is nothing that pregrub knows.
fn unrecognised(volume: &Volume) -> Mounting {
    let (why, instead) = if volume.is_empty() && volume.offset() == 0 {
        ("the disk is empty: it has no byte", "name the disk that holds the guest's /boot")
    } else if volume.is_empty() {
        ("the partition begins past the end of the disk", "check that the image is complete")
    } else {
        let zeros = holds_zeros(volume);
        let instead = if zeros {
            "install the guest on it first, or name the disk that it is on"
        } else {
            "is this the disk with the guest's /boot? pygrub needs that on ext4 (an unpartitioned disk or a primary partition), and not \
             encrypted"
        };
        (
            if zeros {
                "it is empty: only zeros are where a filesystem begins"
            } else {
                "no filesystem is recognised here"
            },
            instead,
        )
    };
    Mounting::Refused { identified: None, why: why.to_owned(), instead: Some(instead) }
}

/// Whether only zeros are in the first 128 KiB, in which every filesystem that pygrub reads has its superblock.
fn holds_zeros(volume: &Volume) -> bool {
    let mut bytes = vec![0xff; 128 << 10];
    volume.read_at(0, &mut bytes).is_ok_and(|read| bytes[..read].iter().all(|byte| *byte == 0))
}
