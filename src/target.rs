//! What a user points at: a disk, a directory, a boot configuration or a domain's, detected by what it is. A
//! [`Simulation`](crate::simulation::Simulation) opens it and runs on it.

mod detect;
mod error;
mod libvirt;
mod open;
mod prose;
mod xapi;
mod xl;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::error::{Access, StandardInput, TargetError};
pub use self::libvirt::LibvirtTarget;
pub(crate) use self::open::open_without_waiting;
pub use self::xapi::XapiTarget;
pub use self::xl::XlTarget;
use crate::boot::{self, Options, Run};
use crate::config::Dialect;
use crate::explain::{Explanation, OtherDisks, explain_on};
use crate::storage::directory::DirectoryVolume;
use crate::storage::mount::{MountedOnce, Volumes};
use crate::storage::source::Source;
use crate::toolstack;
use crate::xl::domain::{Domain, Guest};

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
    /// Take it for this kind.
    pub kind: Option<Kind>,
    /// Take a configuration for this dialect.
    pub dialect: Option<Dialect>,
}

/// A target.
#[non_exhaustive]
pub enum Target {
    /// A disk.
    Image(Arc<dyn Source>),
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
    Libvirt(Box<LibvirtTarget>),
    /// A VM of xapi.
    Xapi(Box<XapiTarget>),
}

impl Target {
    /// The kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Image(_) => Kind::Image,
            Self::Directory(_) => Kind::Directory,
            Self::Config { .. } => Kind::Config,
            Self::Xl(_) => Kind::Xl,
            Self::Libvirt(_) => Kind::Libvirt,
            Self::Xapi(_) => Kind::Xapi,
        }
    }

    /// The domain that it is about, if it is a domain's configuration that xl can parse.
    pub fn domain(&self) -> Option<&Domain> {
        match self {
            Self::Xl(target) => target.domain.as_ref().ok(),
            Self::Image(_) | Self::Directory(_) | Self::Config { .. } | Self::Libvirt(_) | Self::Xapi(_) => None,
        }
    }

    /// The type of the guest, where a domain says it.
    pub fn guest(&self) -> Option<Guest> {
        match self {
            Self::Libvirt(target) => target.guest(),
            Self::Xapi(target) => target.guest(),
            _ => self.domain().map(|domain| domain.guest),
        }
    }

    /// Performs the run on volumes of this target, with the options of the release that it was opened for.
    pub(crate) fn run_on(
        &self,
        volumes: Option<&MountedOnce<'_>>,
        name: &str,
        options: Options,
    ) -> Result<Run, TargetError> {
        let result = match (self, volumes) {
            (Self::Config { dialect, text }, _) => Ok(boot::run_config(name, *dialect, text.clone(), options)),
            (Self::Xl(target), volumes) => target.run(volumes, options),
            (Self::Libvirt(target), volumes) => target.run(volumes, options),
            (Self::Xapi(target), volumes) => target.run(volumes, options),
            (Self::Image(_) | Self::Directory(_), Some(volumes)) => boot::run_volumes(volumes, options),
            (Self::Image(_) | Self::Directory(_), None) => Err(io::Error::other("it has no volumes")),
        };
        let mut run = result.map_err(|error| TargetError::of(Path::new(name), Access::Read, error))?;
        match self {
            Self::Xapi(_) => {}
            Self::Image(_) if run.options.caller.is_xapi() => toolstack::xapi::complete_disk(&mut run, name),
            _ => toolstack::complete(&mut run),
        }
        Ok(run)
    }

    /// Why a run on it does not boot, with its volumes at hand. `None` if nothing failed.
    pub(crate) fn explain(&self, run: &Run, volumes: Option<&MountedOnce<'_>>) -> Option<Explanation> {
        let others = match self {
            Self::Xl(target) => Some(&**target as &dyn OtherDisks),
            Self::Image(_) | Self::Directory(_) | Self::Config { .. } | Self::Libvirt(_) | Self::Xapi(_) => None,
        };
        explain_on(run, volumes.map(|volumes| volumes as &dyn Volumes), others)
    }

    /// The filesystems on it. `None` for a configuration alone, and for a domain without a disk that pygrub gets.
    pub fn volumes(&self) -> Option<MountedOnce<'_>> {
        match self {
            Self::Image(disk) => Some(MountedOnce::of_disk(Arc::clone(disk))),
            Self::Directory(path) => Some(MountedOnce::new(DirectoryVolume(path))),
            Self::Config { .. } => None,
            Self::Xl(target) => Some(MountedOnce::of_disk(Arc::clone(target.disk()?))),
            Self::Libvirt(target) => Some(MountedOnce::of_disk(Arc::clone(target.disk()?))),
            Self::Xapi(target) => Some(MountedOnce::of_disk(Arc::clone(target.disk()?))),
        }
    }
}
