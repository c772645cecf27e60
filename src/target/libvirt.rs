//! A domain's XML as a target: the disk that its bootloader gets, and the options that it gets with it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::xl::{Started, open_again, open_disk, run_call};
use super::{DiskAccess, TargetError};
use crate::boot::{Console, FailureKind, Options, Run, Toolstack, Verdict};
use crate::release::Release;
use crate::storage::container::ContainerLimits;
use crate::storage::mount::MountedOnce;
use crate::storage::source::Source;
use crate::toolstack::libvirt::{LibvirtDomain, XmlError};
use crate::xl::call::{Call, NotInvoked};
use crate::xl::domain::GuestKind;
use crate::xl::syntax;

const SEVERAL_OPTIONS: &str = "give one option, or write `&#32;&#9;&#10;` between several: libvirt makes one argument of everything \
    else";

/// A domain's XML, and the disk that its bootloader gets.
pub struct LibvirtTarget {
    /// The domain, or why libvirt cannot read it.
    pub domain: Result<LibvirtDomain, XmlError>,
    /// Which files it may have opened.
    access: DiskAccess,
    /// How libxl calls pygrub, with the disk; or why it does not, or why the disk cannot be opened.
    started: Started,
    /// What opening an image may do.
    limits: ContainerLimits,
}

impl LibvirtTarget {
    pub(super) fn new(
        path: &Path,
        text: Vec<u8>,
        release: Release,
        limits: ContainerLimits,
        access: &DiskAccess,
    ) -> Result<Self, TargetError> {
        if text.len() > syntax::LIMIT {
            return Err(TargetError::TooLarge { path: path.to_owned(), limit: syntax::LIMIT });
        }
        Ok(Self::of(LibvirtDomain::parse(&text), release, limits, access.clone(), |call| {
            open_disk(call, limits, access)
        }))
    }

    /// The same domain with libxl of another release.
    pub(super) fn for_release(&self, release: Release) -> Self {
        Self::of(self.domain.clone(), release, self.limits, self.access.clone(), |call| {
            open_again(&self.started, call, self.limits, &self.access)
        })
    }

    fn of(
        domain: Result<LibvirtDomain, XmlError>,
        release: Release,
        limits: ContainerLimits,
        access: DiskAccess,
        open_disk: impl FnOnce(&Call) -> Result<Arc<dyn Source>, NotInvoked>,
    ) -> Self {
        let started = match &domain {
            Ok(domain) => domain.call(release).and_then(|call| {
                if let Some(other) = call.not_pygrub() {
                    return Err(other);
                }
                let disk = open_disk(&call)?;
                Ok((call, disk))
            }),
            Err(error) => Err(NotInvoked {
                verdict: Verdict::Fails,
                reason: format!("libvirt rejects the domain: {error}"),
                span: None,
                help: None,
            }),
        };
        Self { domain, access, started, limits }
    }

    /// The type of the guest.
    pub(super) fn guest(&self) -> Option<GuestKind> {
        self.domain.as_ref().ok()?.guest
    }

    /// The disk that the bootloader gets.
    pub(super) fn disk(&self) -> Option<&Arc<dyn Source>> {
        self.started.as_ref().ok().map(|(_, disk)| disk)
    }

    pub(super) fn run(
        &self,
        volumes: Option<&MountedOnce<'_>>,
        options: Options,
        console: &mut dyn Console,
    ) -> io::Result<Run> {
        let call = self.started.as_ref().map(|(call, _)| call);
        let mut run = run_call(call, Toolstack::Libvirt, (volumes, console), options, &self.access)?;
        let several = self.domain.as_ref().is_ok_and(LibvirtDomain::has_unsplit_options);
        if let Some(FailureKind::NotStarted { help, .. }) = run.failure.as_mut().map(|failure| &mut failure.kind)
            && several
        {
            *help = Some(SEVERAL_OPTIONS.to_owned());
        }
        Ok(run)
    }
}
