//! Ways out are tried before they are given: the same run with the change made must boot.

use std::io;

use super::explain;
use super::files::Files;
use crate::boot::{self, Options, Run, Verdict};
use crate::storage::added_file::AddedFile;
use crate::storage::mount::Volumes;
use crate::system_error::why;

/// Whether pygrub boots with `--offset`.
pub(super) fn boots_at(run: &Run, volumes: &dyn Volumes, offset: u64) -> bool {
    let options = Options { offset: Some(offset.into()), ..run.options.clone() };
    boot::run_on(volumes, None, options).is_ok_and(|run| run.verdict == Verdict::Boots)
}

/// What keeps pygrub from booting with one more file on the filesystem. `None` if it boots.
pub(super) fn with_file(run: &Run, files: &Files, path: &str, bytes: Vec<u8>) -> Option<String> {
    let volumes = AddedFile::new(files.filesystem_itself(), path, bytes);
    let options = Options { offset: Some(0), ..run.options.clone() };
    booted(boot::run_on(&volumes, None, options)).err()
}

/// The run, or why pygrub does not boot, as a clause.
pub(super) fn booted(ran: io::Result<Run>) -> Result<Run, String> {
    match ran {
        Ok(run) if run.verdict == Verdict::Boots => Ok(run),
        Ok(run) => Err(explain(&run).map_or_else(|| "pygrub does not boot it".to_owned(), |why| why.reason)),
        Err(error) => Err(format!("the disk cannot be read: {}", why(&error))),
    }
}

/// Whether pygrub boots with `--kernel` and `--ramdisk`.
pub(super) fn boots_files(run: &Run, files: &Files, kernel: &str, ramdisk: Option<&str>) -> bool {
    let volumes = AddedFile::none(files.filesystem_itself());
    let options = Options {
        offset: Some(0),
        kernel: Some(kernel.into()),
        ramdisk: ramdisk.map(Into::into),
        ..run.options.clone()
    };
    boot::run_on(&volumes, None, options).is_ok_and(|run| run.verdict == Verdict::Boots)
}
