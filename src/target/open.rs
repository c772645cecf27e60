//! Opening a target: what it is, and how much of it is read.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "libvirt")]
use super::LibvirtTarget;
use super::detect::{detect_kind, guess_dialect, parsed_as_xl, seen_instead};
use super::disk_access::Examined;
use super::domain_name::may_be_domain;
use super::error::{StandardInput, TargetError};
use super::{DiskAccess, Kind, OpenOptions, Target, XapiTarget, XlTarget, prose};
use crate::config::{Dialect, READ_LIMIT};
use crate::release::{Change, Release};
use crate::storage::container::{self, ImageFormat, ImagePlace};
use crate::storage::source::{FileSource, Source};
use crate::toolstack;
use crate::xl::{Settings, SyntaxError};

/// How much of a configuration is read for releases that read all of it.
const CONFIG_BOUND: usize = 16 << 20;

impl Target {
    /// Opens a target for the pygrub of a release, which says how much of a configuration matters, and how xl reads a domain's.
    /// Neither it nor the disk of a domain is anything but what `access` has opened.
    pub(crate) fn open(
        path: &Path,
        wanted: OpenOptions,
        release: Release,
        access: &DiskAccess,
    ) -> Result<Self, TargetError> {
        if path == Path::new("-") {
            if matches!(wanted.kind, Some(Kind::Image | Kind::Directory)) {
                return Err(TargetError::StandardInput(StandardInput::NotSeekable));
            }
            let text = read_limited(&mut io::stdin().lock(), release).map_err(|error| TargetError::of(path, error))?;
            return Self::config(path, text, wanted, release, access);
        }
        let examined = access.examine(path).map_err(|error| TargetError::of(path, error))?;
        if examined == Examined::Directory {
            return match wanted.kind {
                None | Some(Kind::Directory) => Ok(Self::Directory(path.to_owned())),
                Some(expected) => Err(TargetError::Directory { path: path.to_owned(), expected }),
            };
        }
        if wanted.kind == Some(Kind::Directory) {
            return Err(TargetError::NotADirectory { path: path.to_owned() });
        }
        let device = examined == Examined::Device;
        if examined == Examined::Special {
            // Opening a FIFO would wait for a writer.
            return Err(TargetError::Special { path: path.to_owned() });
        }
        let mut file = access.open_file(path).map_err(|error| TargetError::of(path, error))?;
        let kind = match wanted.kind {
            Some(kind) => kind,
            None if device => Kind::Image,
            // Who names a dialect has a configuration, whatever bytes it has.
            None if wanted.dialect.is_some() => Kind::Config,
            None => detect_kind(path, &mut file).map_err(|error| TargetError::of(path, error))?,
        };
        if kind == Kind::Config || kind.is_domain() {
            let text = read_limited(&mut file, release).map_err(|error| TargetError::of(path, error))?;
            return Self::config(path, text, wanted, release, access);
        }
        let source = FileSource::new(file).map_err(|error| TargetError::of(path, error))?;
        let source: Arc<dyn Source> = Arc::new(source);
        // A device is what somebody attached: raw.
        let how = if device && wanted.image == ImageFormat::Detect { ImageFormat::Raw } else { wanted.image };
        let place = match access.directory_of(path) {
            None => ImagePlace::of(path),
            Some(held) => ImagePlace::beneath(path, held.ok()),
        };
        match container::open_as_at(&source, how, place, wanted.limits) {
            Ok(None) => Ok(Self::Image(source)),
            Ok(Some((disk, format))) => Ok(Self::Inside { disk, format }),
            Err(source) => Err(TargetError::Image { path: path.to_owned(), source }),
        }
    }

    /// What is read from `file` as a configuration or a domain: nothing is opened by the name `path`.
    pub(crate) fn read(
        path: &Path,
        file: &mut dyn Read,
        wanted: OpenOptions,
        release: Release,
        access: &DiskAccess,
    ) -> Result<Self, TargetError> {
        let text = read_limited(file, release).map_err(|error| TargetError::of(path, error))?;
        Self::config(path, text, wanted, release, access)
    }

    fn config(
        path: &Path,
        text: Vec<u8>,
        wanted: OpenOptions,
        release: Release,
        access: &DiskAccess,
    ) -> Result<Self, TargetError> {
        if let Some(expected) = wanted.kind
            && let Some(seen) = seen_instead(&text, expected, release)
        {
            return Err(TargetError::OtherKind { path: path.to_owned(), expected, seen });
        }
        if wanted.kind == Some(Kind::Xl) {
            return Ok(Self::Xl(Box::new(XlTarget::new(path, text, None, release, wanted.limits, access)?)));
        }
        let may_be_domain = wanted.kind.is_none() && wanted.dialect.is_none() && may_be_domain(path, &text);
        #[cfg(not(feature = "libvirt"))]
        if wanted.kind == Some(Kind::Libvirt) {
            return Err(TargetError::Unsupported { path: path.to_owned(), feature: "libvirt" });
        }
        let is_stdin = path == Path::new("-");
        // What is piped in has no name, and a guest may have written it.
        if is_stdin
            && may_be_domain
            && let Some(kind) = domain_kind(&text, release)
        {
            return Err(TargetError::StandardInput(StandardInput::Domain(kind)));
        }
        // Nothing of it is a domain then.
        let may_be_domain = may_be_domain && !is_stdin;
        #[cfg(feature = "libvirt")]
        if wanted.kind == Some(Kind::Libvirt) || may_be_domain && toolstack::libvirt::is_domain(&text) {
            return Ok(Self::Libvirt(Box::new(LibvirtTarget::new(path, text, release, wanted.limits, access)?)));
        }
        if wanted.kind == Some(Kind::Xapi) || may_be_domain && toolstack::xapi::is_record(&text) {
            return Ok(Self::Xapi(Box::new(XapiTarget::new(&text, wanted.limits, access))));
        }
        if is_stdin && wanted.dialect.is_none() {
            if text.is_empty() {
                return Err(TargetError::StandardInput(StandardInput::Empty));
            }
            if memchr::memchr(0, &text).is_some() {
                return Err(TargetError::StandardInput(StandardInput::NotText));
            }
        }
        if wanted.kind.is_none() && wanted.dialect.is_none() && prose::is_document(path, &text) {
            return Err(TargetError::Document { path: path.to_owned() });
        }
        let by_name = || path.file_name().and_then(|name| Dialect::from_file_name(name.to_str()?));
        let dialect = wanted.dialect.or_else(by_name);
        if dialect.is_none()
            && may_be_domain
            && let Some(parsed) = as_xl(&text, release)
        {
            return Ok(Self::Xl(Box::new(XlTarget::new(path, text, Some(parsed), release, wanted.limits, access)?)));
        }
        // A disk has lines of configurations as well: where nobody says that it is one, a text has no NUL.
        let is_disk = || wanted.kind == Some(Kind::Config) && memchr::memchr(0, &text).is_some();
        match dialect.or_else(|| if is_disk() { None } else { guess_dialect(&text) }) {
            Some(dialect) => Ok(Self::Config { dialect, text }),
            None => Err(TargetError::Unrecognised {
                path: path.to_owned(),
                configuration: wanted.kind == Some(Kind::Config),
            }),
        }
    }
}

/// Which toolstack's domain a text is wholly.
fn domain_kind(text: &[u8], release: Release) -> Option<Kind> {
    #[cfg(feature = "libvirt")]
    if toolstack::libvirt::is_domain(text) {
        return Some(Kind::Libvirt);
    }
    if toolstack::xapi::resembles_record(text) {
        return Some(Kind::Xapi);
    }
    as_xl(text, release).map(|_| Kind::Xl)
}

/// What xl makes of a text that is wholly its own, and not what is left of a record of xapi.
fn as_xl(text: &[u8], release: Release) -> Option<Result<Settings, SyntaxError>> {
    if toolstack::xapi::resembles_record(text) { None } else { parsed_as_xl(text, release) }
}

fn read_limited(reader: &mut dyn Read, release: Release) -> io::Result<Vec<u8>> {
    // One byte more than pygrub reads shows that there is more.
    let limit = if release.has(Change::ReadLimit) { READ_LIMIT } else { CONFIG_BOUND } + 1;
    let mut text = Vec::new();
    reader.take(limit as u64).read_to_end(&mut text)?;
    Ok(text)
}
