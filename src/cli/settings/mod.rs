//! `pregrub.toml`: what is said once for every run in a directory or below. Command-line options override it.

mod args;
mod file;
mod finder;

use std::path::{Path, PathBuf};

pub(super) use args::SettingsArgs;
pub(super) use finder::Finder;

use super::levels::Threshold;
use super::release_args::FlavourArg;
use super::{cannot_read, path_from_here};
use crate::cli::bounded_read;
use crate::cli::caller_file::TargetTrees;
use crate::lint::Levels;
use crate::storage::beneath::{HeldDirectory, directory_of};

/// What a file says. Nothing of it has to be said.
#[derive(Clone, Debug, Default)]
pub(super) struct FileSettings {
    /// The directory of the file: patterns and paths in it are relative to that.
    pub directory: PathBuf,
    /// The release, or `host`; known to be one.
    pub release: Option<String>,
    pub flavour: Option<FlavourArg>,
    /// Whether pygrub is called with `-q`.
    pub quiet: Option<bool>,
    pub levels: Levels,
    pub threshold: Option<Threshold>,
    /// Whether comments in a guest's boot configuration make the linter silent.
    pub suppressions: Option<bool>,
    /// The baseline, as it can be opened.
    pub baseline: Option<PathBuf>,
    /// What `--recursive` leaves out: patterns relative to `directory`.
    pub exclude: Vec<String>,
}

/// A file of settings is never larger.
const LARGEST: u64 = 1 << 20;

/// The name of the file.
const NAME: &str = "pregrub.toml";

impl FileSettings {
    /// Reads the file that the caller names; what is wrong with it is one sentence that names it.
    fn named(path: &Path, trees: &TargetTrees) -> Result<Self, String> {
        Self::parse(path, trees.read(path, LARGEST))
    }

    /// Reads the file of a directory, which may be a guest's: through no symbolic link, which might lead anywhere.
    fn of_directory(directory: &Path) -> Result<Self, String> {
        let path = directory.join(NAME);
        let text = HeldDirectory::open_without_links(directory)
            .and_then(|held| bounded_read::read_beneath(&held, Path::new(NAME), LARGEST));
        Self::parse(&path, text).map_err(|error| {
            if path.is_symlink() {
                format!("{error}: name the file with --config, or call with --no-config")
            } else {
                error
            }
        })
    }

    fn parse(path: &Path, text: std::io::Result<Vec<u8>>) -> Result<Self, String> {
        let shown = path_from_here(path);
        let text = text.map_err(|error| cannot_read(&shown, &error))?;
        let text =
            String::from_utf8(text).map_err(|_| format!("cannot read `{shown}`: it is not UTF-8, which TOML is"))?;
        file::parse(&text, directory_of(path)).map_err(|fault| fault.in_file(&shown))
    }
}
