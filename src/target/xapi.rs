//! A VM's record as a target: the disk that xapi gives pygrub, and the options that it gets with it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::Target;
use super::disk_access::{DiskAccess, NotOpened};
use super::xl::{merged, open_attached};
use crate::boot::{self, Console, GivenDisk, Handover, Options, Run, Toolstack, Verdict};
use crate::release::Change;
use crate::storage::container::ContainerLimits;
use crate::storage::mount::MountedOnce;
use crate::storage::source::Source;
use crate::toolstack::xapi::{NotCalled, RecordError, VmRecord};
use crate::xl::domain::GuestKind;

/// A VM's record, and the disk that pygrub gets.
pub struct XapiTarget {
    /// The record, or why it cannot be read.
    pub record: Result<VmRecord, RecordError>,
    /// The disk, or why there is none.
    disk: Result<Arc<dyn Source>, NotCalled>,
}

impl Target {
    /// The VM of a record that is known already, as opening a target has that of a file. Its disk is opened where `access` allows it.
    pub fn of_record(record: VmRecord, limits: ContainerLimits, access: &DiskAccess) -> Self {
        Self::Xapi(Box::new(XapiTarget::of_record(Ok(record), limits, access)))
    }
}

impl XapiTarget {
    pub(super) fn new(text: &[u8], limits: ContainerLimits, access: &DiskAccess) -> Self {
        Self::of_record(VmRecord::parse(text), limits, access)
    }

    fn of_record(record: Result<VmRecord, RecordError>, limits: ContainerLimits, access: &DiskAccess) -> Self {
        let disk = match &record {
            Ok(record) => record.disk().and_then(|path| {
                let unknown =
                    |NotOpened { reason, help }| NotCalled { verdict: Verdict::Unknown, reason, help, error: None };
                open_attached(Path::new(path), limits, access).map_err(unknown)
            }),
            Err(error) => {
                Err(NotCalled { verdict: Verdict::Unknown, reason: error.to_string(), help: None, error: None })
            }
        };
        Self { record, disk }
    }

    /// The type of the guest.
    pub(super) fn guest(&self) -> Option<GuestKind> {
        self.record.as_ref().ok().map(VmRecord::guest)
    }

    /// The disk that pygrub gets.
    pub(super) fn disk(&self) -> Option<&Arc<dyn Source>> {
        self.disk.as_ref().ok()
    }

    pub(super) fn run(
        &self,
        volumes: Option<&MountedOnce<'_>>,
        mut options: Options,
        console: &mut dyn Console,
    ) -> io::Result<Run> {
        let toolstack = options.caller.toolstack.filter(|toolstack| *toolstack == Toolstack::XapiUnrestricted);
        let toolstack = toolstack.unwrap_or(Toolstack::Xapi);
        options.caller.toolstack = Some(toolstack);
        options.caller.restricted = toolstack == Toolstack::Xapi && options.build().has(Change::Runas);
        // xapi empties pygrub's environment.
        options.caller.max_file_size = None;
        let mut handover = Handover { name: toolstack.name(), arguments: Vec::new(), error: None, notes: Vec::new() };
        let called = self.record.as_ref().map_err(|error| NotCalled {
            verdict: Verdict::Unknown,
            reason: error.to_string(),
            help: None,
            error: None,
        });
        let called = called.and_then(|record| {
            let path = record.disk()?;
            handover.arguments = record.arguments(options.caller.restricted);
            handover.arguments.push(path.into());
            let of_vm = record.options(options.build(), &options.caller)?;
            self.disk.as_ref().map_err(Clone::clone)?;
            Ok((record, of_vm))
        });
        match called {
            Ok((record, of_vm)) => {
                let volumes = volumes.ok_or_else(|| io::Error::other("it has no volumes"))?;
                let mut run = boot::run_volumes_with(volumes, merged(&options, of_vm), console)?;
                run.disk =
                    record.disk().ok().map(|path| GivenDisk { path: path.into(), line: None, specification: None });
                run.handover = Some(handover);
                crate::toolstack::complete(&mut run);
                record.complete(&mut run);
                Ok(run)
            }
            Err(NotCalled { verdict, reason, help, error }) => {
                let mut run = Run::not_started(options, verdict, reason, help);
                handover.error = error;
                run.handover = Some(handover);
                Ok(run)
            }
        }
    }
}
