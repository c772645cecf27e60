//! What is at an offset: the filesystem, or why pygrub opens none there.

use std::io;
use std::rc::Rc;

use super::attempt::{Attempt, Mounted};
use super::os_error::os_error;
use crate::config::{Cause, Raised, Stage};
use crate::flavour::Build;
use crate::release::{Change, Release};
use crate::storage::filesystem::{Filesystem, Note, Topic};
use crate::storage::mount::{Mounting, Volumes};
use crate::storage::partitions::Candidate;

/// Opens the filesystem at an offset. Where it does not open, the attempt says why.
pub(super) fn open(
    volumes: &dyn Volumes,
    candidate: Option<Candidate>,
    offset: i128,
    Build { release, flavour }: Build,
) -> io::Result<(Attempt, Option<Rc<dyn Filesystem>>)> {
    let failed = |mounted, raised| {
        let mut attempt = Attempt::new(candidate, offset, mounted);
        attempt.raised = Some(raised);
        Ok((attempt, None))
    };
    let refused = |why: String| Mounted::No { identified: None, why, instead: None };
    let unsupported = || {
        let message = "[Errno 95] Operation not supported";
        Raised::new(Stage::Open, os_error(release), message, Cause::NoFilesystem)
    };
    let place = match u64::try_from(offset) {
        Ok(place) if i64::try_from(place).is_ok() => place,
        Ok(_) | Err(_) if offset > 0 => {
            let message = candidate
                .and_then(|candidate| candidate.open_offset(release.python()).err())
                .map_or("int too big to convert", |(_, message)| message);
            let raised = Raised::new(Stage::Open, "OverflowError", message, Cause::NoFilesystem);
            return failed(refused("no disk has an offset that large".to_owned()), raised);
        }
        _ => return failed(refused("the offset is negative".to_owned()), unsupported()),
    };
    let filesystem = match volumes.mount(place)? {
        Mounting::Mounted(filesystem) => filesystem,
        Mounting::Refused { identified: Some(found), .. } if flavour.drivers().contains(&found.format.name()) => {
            let why = format!(
                "this is {}, which {}'s pygrub has a driver for, and pregrub has none",
                found.format.title(),
                flavour.label()
            );
            let mounted = Mounted::Unknown { identified: Some(found), why: why.clone(), plugins: Vec::new() };
            let mut attempt = Attempt::new(candidate, offset, mounted);
            attempt.unknown = Some(why);
            return Ok((attempt, None));
        }
        Mounting::Refused { identified, why, instead } => {
            return failed(Mounted::No { identified, why, instead }, unsupported());
        }
        Mounting::Unknown { identified, why, plugins } => {
            let mut attempt =
                Attempt::new(candidate, offset, Mounted::Unknown { identified, why: why.clone(), plugins });
            attempt.unknown = Some(why);
            return Ok((attempt, None));
        }
    };
    let mut attempt = Attempt::new(candidate, offset, Mounted::Yes(filesystem.name().to_owned()));
    let size = filesystem.size();
    let incomplete = size.incomplete().map(|text| Note::new(Topic::Incomplete, text));
    attempt.notes = incomplete.into_iter().chain(filesystem.notes()).collect();
    attempt.size = Some(size);
    Ok((attempt, Some(filesystem)))
}

/// Why it is not known what a release reads that lacks a bound.
pub(super) fn unbounded(filesystem: &dyn Filesystem, release: Release) -> Option<String> {
    let why = "an entry with a Rock Ridge name claims to be longer than it is, and pygrub's plugin reads on after it in this release \
               (XSA-497)";
    (filesystem.rests_on_bounds() && !release.has(Change::RockRidgeBounded)).then(|| why.to_owned())
}
