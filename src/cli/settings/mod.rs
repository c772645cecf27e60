//! `pregrub.toml`: what is said once for all targets below a directory. Command-line options override it.

mod args;
mod file;
mod finder;

use std::path::{Path, PathBuf};

pub(super) use args::SettingsArgs;
pub(super) use finder::Finder;

use super::levels::Threshold;
use super::release_args::FlavourArg;
use crate::cli::bounded_read;
use crate::lint::Levels;
use crate::storage::beneath::HeldDirectory;

/// What a file says. Nothing of it has to be said.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
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

impl Settings {
    /// Reads the file that the caller names; what is wrong with it is one sentence that names it.
    fn named(path: &Path) -> Result<Self, String> {
        Self::parse(path, bounded_read::read(path, LARGEST))
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
        let shown = path.display().to_string();
        let text = text.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("cannot open `{shown}`: there is no such file"),
            _ => format!("cannot read `{shown}`: {}", super::why(&error)),
        })?;
        let text = String::from_utf8(text).map_err(|_| format!("`{shown}` is not UTF-8, which TOML is"))?;
        let directory = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        file::parse(&text, directory).map_err(|fault| fault.in_file(&shown))
    }
}
