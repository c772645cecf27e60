//! Where a report goes: a file that is there in full or not at all, or standard output. Never to what is looked at.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::cli::Error;
use crate::cli::interrupt::while_writing;
use crate::cli::output_args::Color;
use crate::cli::stdout::Out;
use crate::cli::target_name::TargetName;
use crate::escape::shown_path;
use crate::generate::output::{OutputError, Staged};
use crate::report::html::Page;
use crate::report::picture::svg;
use crate::storage::beneath::directory_of;
use crate::storage::opened;
use crate::storage::opening::open_without_waiting;

/// Where a report goes.
pub(super) enum Destination {
    Stdout,
    File(PathBuf),
}

impl Destination {
    /// As the command line says. What is wrong is one sentence. From now on what is opened is remembered, so that it is not replaced.
    pub(super) fn new(output: Option<&Path>, targets: &[TargetName]) -> Result<Self, String> {
        let path = match output {
            Some(path) if path != Path::new("-") => path,
            Some(_) => return Ok(Self::Stdout),
            None if io::stdout().is_terminal() => {
                return Err("a report is not for a terminal: name a file (-o report.html)".to_owned());
            }
            None => return Ok(Self::Stdout),
        };
        let shown = shown_path(path);
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
            return Err(format!(
                "cannot write `{shown}`: a report is a page or a picture, and `pregrub check --format json` writes JSON"
            ));
        }
        let parent = directory_of(path);
        let parent = parent.canonicalize().map_err(|error| OutputError::of("write", path, &error).to_string())?;
        opened::remember();
        let there = fs::metadata(path).ok();
        for target in targets.iter().filter(|target| !target.is_stdin()) {
            let Ok(metadata) = fs::metadata(target.path()) else { continue };
            let is_same =
                there.as_ref().is_some_and(|there| (there.dev(), there.ino()) == (metadata.dev(), metadata.ino()));
            let is_inside =
                metadata.is_dir() && target.path().canonicalize().is_ok_and(|target| parent.starts_with(target));
            if is_same || is_inside {
                return Err(format!(
                    "`{shown}` is what is looked at (`{target}`), where nothing is written: name another place"
                ));
            }
        }
        if there.is_some_and(|there| there.is_file()) && !is_report(path).unwrap_or(false) {
            return Err(not_a_report(path));
        }
        Ok(Self::File(path.to_owned()))
    }

    /// Writes the report in full, or leaves what is there as it is.
    pub(super) fn write(self, report: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
        match self {
            Self::Stdout => {
                let mut out = Out::new(Color::Never);
                report(out.xml_document())?;
                Ok(out.finish()?)
            }
            Self::File(path) => {
                // It may be another file by now.
                if fs::symlink_metadata(&path).is_ok_and(|there| there.is_file()) && !is_report(&path).unwrap_or(false)
                {
                    return Err(Error::Usage(not_a_report(&path)));
                }
                while_writing(|| {
                    let staged = Staged::new(&path, true).map_err(|error| Error::Usage(error.to_string()))?;
                    let mut out = BufWriter::new(staged.file());
                    report(&mut out).and_then(|()| out.flush()).map_err(Error::Output)?;
                    drop(out);
                    staged.publish_over(&begins_a_report).map_err(|error| Error::Usage(error.to_string()))
                })
            }
        }
    }
}

/// Whether a file is a page or a picture of this program, or empty.
fn is_report(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    open_without_waiting(path)?.take(1024).read_to_end(&mut start)?;
    Ok(begins_a_report(&start))
}

fn begins_a_report(start: &[u8]) -> bool {
    start.is_empty() || Page::begins(start) || svg::begins(start)
}

fn not_a_report(path: &Path) -> String {
    format!("`{}` is there and is not a report: name another file, or remove it", shown_path(path))
}
