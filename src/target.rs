//! What a user points at: a disk, a directory, a boot configuration or a domain's, detected by what it is. A
//! [`Simulation`](crate::simulation::Simulation) opens it and runs on it.

mod detect;
mod disk_access;
mod domain_name;
mod error;
#[cfg(feature = "libvirt")]
mod libvirt;
mod open;
mod prose;
mod xapi;
mod xl;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::disk_access::DiskAccess;
#[cfg(feature = "cli")]
pub(crate) use self::domain_name::may_be_domain;
pub use self::error::{SeenKind, StandardInput, TargetError};
#[cfg(feature = "libvirt")]
pub use self::libvirt::LibvirtTarget;
pub use self::xapi::XapiTarget;
pub use self::xl::XlTarget;
use crate::boot::{self, Console, Options, Run, Unattended};
use crate::config::Dialect;
use crate::explain::{Explanation, OtherDisks, explain_on};
use crate::kernel::GuestType;
use crate::release::Release;
use crate::storage::container::{ContainerLimits, ImageFormat};
use crate::storage::directory::DirectoryVolume;
use crate::storage::identify::Format;
use crate::storage::mount::{MountedOnce, Volumes};
use crate::storage::source::Source;
use crate::toolstack;
use crate::xl::domain::{Domain, GuestKind};

/// A kind of target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A block device, or a regular file that holds a disk or a filesystem.
    Image,
    /// The root of a mounted filesystem, or a tree that will become one.
    Directory,
    /// A boot configuration alone.
    Config,
    /// The configuration of a domain for xl: its first disk is what pygrub gets.
    Xl,
    /// A domain's XML for libvirt.
    Libvirt,
    /// A VM's record of xapi.
    Xapi,
}

impl Kind {
    /// The word for it on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Directory => "directory",
            Self::Config => "config",
            Self::Xl => "xl",
            Self::Libvirt => "libvirt",
            Self::Xapi => "xapi",
        }
    }

    /// What it is, in a sentence.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Image => "a disk image",
            Self::Directory => "a directory",
            Self::Config => "a boot configuration",
            Self::Xl => "a domain's configuration for xl",
            Self::Libvirt => "a domain's XML for libvirt",
            Self::Xapi => "a VM's record of xapi",
        }
    }

    /// Whether it is a domain, whose disk pygrub gets.
    pub fn is_domain(self) -> bool {
        matches!(self, Self::Xl | Self::Libvirt | Self::Xapi)
    }

    /// Whether there is a disk, with offsets on it.
    pub fn is_disk(self) -> bool {
        matches!(self, Self::Image) || self.is_domain()
    }
}

/// How a target is to be read, where that is not left to pregrub.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenOptions {
    /// Treat it as this kind.
    pub kind: Option<Kind>,
    /// Take a configuration for this dialect.
    pub dialect: Option<Dialect>,
    /// How an image file is read. A domain says it of its disks by itself.
    pub image: ImageFormat,
    /// What opening an image may do.
    pub limits: ContainerLimits,
}

/// A target.
#[non_exhaustive]
pub enum Target {
    /// A disk.
    Image(Arc<dyn Source>),
    /// The disk inside of an image.
    Inside {
        /// The disk, as anyone who attaches the image shows it to pygrub.
        disk: Arc<dyn Source>,
        /// The format of the image.
        format: Format,
    },
    /// A directory.
    Directory(PathBuf),
    /// A configuration.
    Config {
        /// Its dialect, by its name, its text or the user's word.
        dialect: Dialect,
        /// Its text: at least as much as pygrub reads.
        text: Vec<u8>,
    },
    /// A domain for xl.
    Xl(Box<XlTarget>),
    /// A domain for libvirt.
    #[cfg(feature = "libvirt")]
    Libvirt(Box<LibvirtTarget>),
    /// A VM of xapi.
    Xapi(Box<XapiTarget>),
}

impl Target {
    /// The kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Image(_) | Self::Inside { .. } => Kind::Image,
            Self::Directory(_) => Kind::Directory,
            Self::Config { .. } => Kind::Config,
            Self::Xl(_) => Kind::Xl,
            #[cfg(feature = "libvirt")]
            Self::Libvirt(_) => Kind::Libvirt,
            Self::Xapi(_) => Kind::Xapi,
        }
    }

    /// The domain that it is about, if it is a domain's configuration that xl can parse.
    pub fn domain(&self) -> Option<&Domain> {
        match self {
            Self::Xl(target) => target.domain.as_ref().ok(),
            _ => None,
        }
    }

    /// Whether a bootloader is run for it: not for an HVM guest, nor for a domain with a kernel of dom0.
    pub fn asks_bootloader(&self) -> bool {
        let has_bootloader = self.domain().is_none_or(|domain| domain.bootloader.is_some());
        has_bootloader && self.guest() != Some(GuestKind::Hvm)
    }

    /// The type of the guest, where a domain says it.
    pub fn guest(&self) -> Option<GuestKind> {
        match self {
            #[cfg(feature = "libvirt")]
            Self::Libvirt(target) => target.guest(),
            Self::Xapi(target) => target.guest(),
            _ => self.domain().map(|domain| domain.guest),
        }
    }

    /// The type of guest that its kernel is loaded for: the one that is asked for, else the domain's, else PV.
    pub(crate) fn guest_type(&self, asked: Option<GuestType>) -> GuestType {
        let of_domain = self.guest().map(|guest| if guest == GuestKind::Pvh { GuestType::Pvh } else { GuestType::Pv });
        asked.or(of_domain).unwrap_or_default()
    }

    /// Performs the run on volumes of this target, with the options of the release that it was opened for.
    pub(crate) fn run_on(
        &self,
        volumes: Option<&MountedOnce<'_>>,
        name: &str,
        options: Options,
    ) -> Result<Run, TargetError> {
        self.run_with(volumes, name, options, &mut Unattended)
    }

    /// Does what [`run_on`](Self::run_on) does, with somebody at the console.
    pub(crate) fn run_with(
        &self,
        volumes: Option<&MountedOnce<'_>>,
        name: &str,
        options: Options,
        console: &mut dyn Console,
    ) -> Result<Run, TargetError> {
        let result = match (self, volumes) {
            (Self::Config { dialect, text }, _) => {
                Ok(boot::run_config_with(name, *dialect, text.clone(), options, console))
            }
            (Self::Xl(target), volumes) => target.run(volumes, options, console),
            #[cfg(feature = "libvirt")]
            (Self::Libvirt(target), volumes) => target.run(volumes, options, console),
            (Self::Xapi(target), volumes) => target.run(volumes, options, console),
            (Self::Image(_) | Self::Inside { .. } | Self::Directory(_), Some(volumes)) => {
                boot::run_volumes_with(volumes, options, console)
            }
            (Self::Image(_) | Self::Inside { .. } | Self::Directory(_), None) => {
                Err(io::Error::other("it has no volumes"))
            }
        };
        let mut run = result.map_err(|error| TargetError::of(Path::new(name), error))?;
        match self {
            Self::Xapi(_) => {}
            Self::Image(_) | Self::Inside { .. } if run.options.caller.is_xapi() => {
                toolstack::xapi::complete_disk(&mut run, name)
            }
            _ => toolstack::complete(&mut run),
        }
        if let Self::Inside { format, .. } = self {
            run.image_format = Some(*format);
        }
        Ok(run)
    }

    /// The same target as the xl of another release reads it; `None` if a release makes no difference. A disk that is still the one
    /// that the domain boots from stays open.
    pub fn for_release(&self, release: Release) -> Option<Self> {
        match self {
            Self::Xl(target) => Some(Self::Xl(Box::new(target.for_release(release)))),
            #[cfg(feature = "libvirt")]
            Self::Libvirt(target) => Some(Self::Libvirt(Box::new(target.for_release(release)))),
            _ => None,
        }
    }

    /// Whether both have the same disk open.
    pub fn shares_disk(&self, other: &Self) -> bool {
        match (self.disk(), other.disk()) {
            (Some(disk), Some(other)) => Arc::ptr_eq(disk, other),
            _ => false,
        }
    }

    fn disk(&self) -> Option<&Arc<dyn Source>> {
        match self {
            Self::Image(disk) | Self::Inside { disk, .. } => Some(disk),
            Self::Directory(_) | Self::Config { .. } => None,
            Self::Xl(target) => target.disk(),
            #[cfg(feature = "libvirt")]
            Self::Libvirt(target) => target.disk(),
            Self::Xapi(target) => target.disk(),
        }
    }

    /// Why a run on it does not boot, with its volumes at hand. `None` if nothing failed.
    pub(crate) fn explain(&self, run: &Run, volumes: Option<&MountedOnce<'_>>) -> Option<Explanation> {
        let others = match self {
            Self::Xl(target) => Some(&**target as &dyn OtherDisks),
            _ => None,
        };
        explain_on(run, volumes.map(|volumes| volumes as &dyn Volumes), others)
    }

    /// The filesystems on it. `None` for a configuration alone, and for a domain without a disk that pygrub gets.
    pub fn volumes(&self) -> Option<MountedOnce<'_>> {
        match self {
            Self::Directory(path) => Some(MountedOnce::new(DirectoryVolume(path))),
            _ => Some(MountedOnce::of_disk(Arc::clone(self.disk()?))),
        }
    }
}
