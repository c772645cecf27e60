//! A domain as a target: the disk that its bootloader gets, and the options that it gets with it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::disk_access::NotOpened;
use super::{DiskAccess, TargetError};
use crate::boot::{self, Caller, Console, GivenDisk, Handover, Options, Run, Toolstack, Verdict};
use crate::escape::shown_path;
use crate::explain::{OtherDisk, OtherDisks, declared_format};
use crate::host;
use crate::python::PyStr;
use crate::release::Release;
use crate::storage::container::{self, ContainerError, ContainerLimits};
use crate::storage::identify::Format;
use crate::storage::mount::MountedOnce;
use crate::storage::source::Source;
use crate::xl::call::{Call, NotInvoked, RESTRICTED_USER};
use crate::xl::disk::DiskFormat;
use crate::xl::domain::Domain;
use crate::xl::{Settings, SyntaxError, shown, syntax};

/// A domain's configuration, and the disk that its bootloader gets.
pub struct XlTarget {
    /// The text.
    pub text: Vec<u8>,
    /// The release whose xl reads it.
    release: Release,
    /// What the releases make of it that do not read it as this one does.
    otherwise: OnceLock<Result<Settings, SyntaxError>>,
    /// The domain, or why xl cannot parse its configuration.
    pub domain: Result<Domain, SyntaxError>,
    /// Which files it may have opened.
    access: DiskAccess,
    /// How libxl calls pygrub, with the disk; or why it does not, or why the disk cannot be opened.
    started: Started,
    /// What opening an image may do.
    limits: ContainerLimits,
}

impl XlTarget {
    pub(super) fn new(
        path: &Path,
        text: Vec<u8>,
        parsed: Option<Result<Settings, SyntaxError>>,
        release: Release,
        limits: ContainerLimits,
        access: &DiskAccess,
    ) -> Result<Self, TargetError> {
        if text.len() > syntax::LIMIT {
            return Err(TargetError::TooLarge { path: path.to_owned(), limit: syntax::LIMIT });
        }
        let parsed = parsed.unwrap_or_else(|| syntax::parse(&text, release));
        Ok(Self::of(text, parsed, release, limits, access.clone(), |call| open_disk(call, limits, access)))
    }

    /// The same domain as xl of another release reads it.
    pub(super) fn for_release(&self, release: Release) -> Self {
        let parsed = match &self.domain {
            // Those that read it otherwise read it alike.
            _ if !syntax::is_read_alike(self.release, release) => {
                self.otherwise.get_or_init(|| syntax::parse(&self.text, release)).clone()
            }
            Ok(domain) => Ok(domain.settings.clone()),
            Err(error) => Err(*error),
        };
        Self::of(self.text.clone(), parsed, release, self.limits, self.access.clone(), |call| {
            open_again(&self.started, call, self.limits, &self.access)
        })
    }

    fn of(
        text: Vec<u8>,
        parsed: Result<Settings, SyntaxError>,
        release: Release,
        limits: ContainerLimits,
        access: DiskAccess,
        open_disk: impl FnOnce(&Call) -> Result<Arc<dyn Source>, NotInvoked>,
    ) -> Self {
        let domain = parsed.map(|settings| Domain::new(settings, release));
        let started = match &domain {
            Ok(domain) => domain.call(release).and_then(|call| {
                if let Some(other) = call.not_pygrub() {
                    return Err(other);
                }
                let disk = open_disk(&call)?;
                Ok((call, disk))
            }),
            Err(error) => {
                let (line, column) = (error.span.line, error.span.column);
                let reason = format!("xl cannot parse the configuration: {error} (line {line}, column {column})");
                Err(NotInvoked { verdict: Verdict::Fails, reason, span: None, help: Some(error.help(&text)) })
            }
        };
        Self { text, release, otherwise: OnceLock::new(), domain, access, started, limits }
    }

    /// Which files it may have opened.
    pub fn access(&self) -> &DiskAccess {
        &self.access
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
        let without_firmware = call.err().and_then(|why| self.without_firmware(why, &options));
        let call = without_firmware.as_ref().map_or(call, Err);
        run_call(call, Toolstack::Xl, (volumes, console), options, &self.access)
    }

    /// Why pygrub is not run for a domain with `firmware` beside a bootloader, with the way out of the two that boots.
    fn without_firmware(&self, why: &NotInvoked, options: &Options) -> Option<NotInvoked> {
        let domain = self.domain.as_ref().ok()?;
        let firmware = domain.firmware.as_ref().filter(|firmware| why.span == Some(firmware.span))?;
        let domain = Domain { firmware: None, ..domain.clone() };
        let boots = || -> Option<bool> {
            let call = domain.call(options.release).ok().filter(|call| call.not_pygrub().is_none())?;
            let of_domain = call.options(options.release, options.flavour).ok()?;
            let disk = open_disk(&call, self.limits, &self.access).ok()?;
            Some(boot::run(disk, merged(options, of_domain)).ok()?.verdict == Verdict::Boots)
        };
        let firmware = shown(&firmware.text);
        let help = match boots() {
            Some(true) => format!(
                "remove `firmware`: pygrub alone boots this disk, and `{firmware}` is for a domain without a bootloader"
            ),
            Some(false) => {
                format!("remove `bootloader`, so that Xen starts `{firmware}`: pygrub boots nothing from this disk")
            }
            None => return None,
        };
        Some(NotInvoked { help: Some(help), ..why.clone() })
    }
}

/// Performs the run on the disk of a call by libxl.
pub(super) fn run_call(
    call: Result<&Call, &NotInvoked>,
    toolstack: Toolstack,
    (volumes, console): (Option<&MountedOnce<'_>>, &mut dyn Console),
    mut options: Options,
    access: &DiskAccess,
) -> io::Result<Run> {
    options.caller.toolstack = Some(toolstack);
    let restricted = options.caller.restricted;
    let arguments = |call: &Call| {
        let mut arguments = call.arguments.clone();
        if restricted && !arguments.iter().any(|argument| argument.as_bytes().starts_with(b"--runas=")) {
            let place = arguments.iter().position(|argument| argument.as_bytes().starts_with(b"--output="));
            let place = place.unwrap_or_default();
            let runas = format!("--runas={RESTRICTED_USER}");
            arguments.splice(place..place, [PyStr::from(runas.as_str()), PyStr::from("--quiet")]);
        }
        arguments.push(call.argument());
        arguments
    };
    let handover = |arguments| Handover { name: toolstack.name(), arguments, error: None, notes: Vec::new() };
    let called = call.map_err(Clone::clone).and_then(|call| {
        let of_domain = call.options(options.release, options.flavour)?;
        is_there(call, access)?;
        Ok((call, merged(&options, of_domain)))
    });
    match called {
        Ok((call, options)) => {
            let specification = call.specification.clone();
            let given = GivenDisk { path: call.disk.clone(), line: Some(call.disk_span.line), specification };
            let volumes = volumes.ok_or_else(|| io::Error::other("it has no volumes"))?;
            let mut run = boot::run_volumes_with(volumes, options, console)?;
            run.disk = Some(given);
            run.image_format = format_of(call);
            run.handover = Some(handover(arguments(call)));
            Ok(run)
        }
        Err(NotInvoked { verdict, reason, span, help }) => {
            let place = span.map(|span| format!(" (line {})", span.line)).unwrap_or_default();
            let mut run = Run::not_started(options, verdict, format!("{reason}{place}"), help);
            run.handover = Some(handover(call.map(arguments).unwrap_or_default()));
            Ok(run)
        }
    }
}

impl OtherDisks for XlTarget {
    fn tried(&self, run: &Run) -> Vec<OtherDisk> {
        /// More than a domain has that somebody mixed up.
        const MOST: usize = 8;
        let disks = self.domain.iter().flat_map(|domain| domain.disks.iter().skip(1));
        let tried = disks.filter(|disk| !disk.disk.cdrom).take(MOST).filter_map(|disk| {
            let path = disk.disk.target.clone()?;
            let raw = disk.disk.format == DiskFormat::Raw;
            let source = raw.then(|| self.access.disk(Path::new(OsStr::from_bytes(path.as_bytes())))).flatten();
            let tried = source.and_then(|source| boot::run(source, run.options.clone()).ok());
            Some(OtherDisk { path, line: disk.specification.span.line, verdict: tried.map(|run| run.verdict) })
        });
        tried.collect()
    }
}

/// Whether the pygrub that is called is there. Where no pygrub is installed this machine is not a dom0, and says nothing of one.
fn is_there(call: &Call, access: &DiskAccess) -> Result<(), NotInvoked> {
    let path = Path::new(OsStr::from_bytes(call.bootloader.text.as_bytes()));
    if !path.is_absolute() || host::installed().is_err() || !access.is_missing(path) {
        return Ok(());
    }
    Err(NotInvoked {
        verdict: Verdict::Fails,
        reason: format!("there is no bootloader `{}` here", shown(&call.bootloader.text)),
        span: Some(call.bootloader.span),
        help: Some("write `bootloader = \"pygrub\"`: xl finds the one that belongs to it".to_owned()),
    })
}

/// What is asked for, and otherwise what the domain's configuration makes of the call.
pub(super) fn merged(wanted: &Options, of_domain: Options) -> Options {
    let wanted = wanted.clone();
    // An entry that is asked for takes the menu away, as it does after the domain's own options.
    let interactive =
        if wanted.entry.is_some() { wanted.interactive } else { wanted.interactive.or(of_domain.interactive) };
    Options {
        interactive,
        entry: wanted.entry.or(of_domain.entry),
        kernel: wanted.kernel.or(of_domain.kernel),
        ramdisk: wanted.ramdisk.or(of_domain.ramdisk),
        args: if wanted.args.is_empty() { of_domain.args } else { wanted.args },
        offset: wanted.offset.or(of_domain.offset),
        caller: Caller { restricted: wanted.caller.restricted || of_domain.caller.restricted, ..wanted.caller },
        ..wanted
    }
}

/// Opens the disk that a domain's bootloader gets. That it is not here does not say that it is not there where the domain is
/// to be created.
pub(super) fn open_disk(
    call: &Call,
    limits: ContainerLimits,
    access: &DiskAccess,
) -> Result<Arc<dyn Source>, NotInvoked> {
    let path = Path::new(OsStr::from_bytes(call.disk.as_bytes()));
    let unknown = |NotOpened { reason, help }| NotInvoked {
        verdict: Verdict::Unknown,
        reason: format!("{reason}; it is the first disk of the domain"),
        span: Some(call.disk_span),
        help: help.or_else(|| {
            path.is_relative().then(|| "xl looks for it from the directory that it is started in".to_owned())
        }),
    };
    let file = access.open_disk(path).map_err(unknown)?;
    let Some(format) = format_of(call) else { return Ok(file) };
    let named = access.has_images_by_name().then_some(path);
    container::open(Arc::clone(&file), format, named, limits).map_err(|error| {
        let help = is_raw(&*file).then(|| declared_raw(call)).flatten();
        unknown(NotOpened { help, ..not_inside(path, &error) })
    })
}

/// Whether a file begins as no image in a format does.
fn is_raw(file: &dyn Source) -> bool {
    container::format_of(file).is_ok_and(|format| format.is_none())
}

/// What to write for the disk of a call to be a raw one.
fn declared_raw(call: &Call) -> Option<String> {
    let (line, raw) = (call.disk_span.line, DiskFormat::Raw);
    let (toolstack, specification) = match &call.specification {
        Some(specification) => (Toolstack::Xl, Some(specification)),
        None => (Toolstack::Libvirt, None),
    };
    declared_format::edit(toolstack, specification, line, raw, Release::NEWEST)
}

/// The format of the image that libxl attaches before it calls the bootloader.
fn format_of(call: &Call) -> Option<Format> {
    match call.attached? {
        DiskFormat::Qcow => Some(Format::Qcow),
        DiskFormat::Qcow2 => Some(Format::Qcow2),
        DiskFormat::Vhd => Some(Format::Vhd),
        DiskFormat::Raw | DiskFormat::Qed | DiskFormat::Empty => None,
    }
}

/// Opens the disk that xapi attaches to the host. What a storage manager calls a file or a volume says its format: the bytes are the
/// guest's, which could choose another one.
pub(super) fn open_attached(
    path: &Path,
    limits: ContainerLimits,
    access: &DiskAccess,
) -> Result<Arc<dyn Source>, NotOpened> {
    let file = access.open_disk(path)?;
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let format = if name.ends_with(b".vhd") || name.starts_with(b"VHD-") {
        Format::Vhd
    } else if name.ends_with(b".qcow2") || name.starts_with(b"QCOW2-") {
        Format::Qcow2
    } else {
        return Ok(file);
    };
    let named = access.has_images_by_name().then_some(path);
    container::open(file, format, named, limits).map_err(|error| not_inside(path, &error))
}

/// What a domain's bootloader is called with, and the disk that it gets; or why it is not called.
pub(super) type Started = Result<(Call, Arc<dyn Source>), NotInvoked>;

/// The disk of a call: the one that is open already, where it is the same.
pub(super) fn open_again(
    started: &Started,
    call: &Call,
    limits: ContainerLimits,
    access: &DiskAccess,
) -> Result<Arc<dyn Source>, NotInvoked> {
    match started {
        Ok((known, disk)) if known.disk == call.disk && known.attached == call.attached => Ok(Arc::clone(disk)),
        _ => open_disk(call, limits, access),
    }
}

fn not_inside(path: &Path, error: &ContainerError) -> NotOpened {
    NotOpened { reason: format!("the disk in the image `{}` cannot be read: {error}", shown_path(path)), help: None }
}
