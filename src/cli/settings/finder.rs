//! Which file is in force.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{FileSettings, NAME, SettingsArgs};
use crate::cli::caller_file::{TargetTrees, refuse_links_of_commits};
use crate::cli::path_from_here;
use crate::cli::stdout::complain;
use crate::cli::target_name::TargetName;

/// The settings that are in force, for all targets: where a target lies, they may be a guest's.
pub(in crate::cli) struct Finder {
    settings: Arc<FileSettings>,
    /// The directories among the targets.
    trees: TargetTrees,
    /// Whether the command line says which file it is, or that there is none.
    is_said: bool,
}

impl Finder {
    /// As the command line says. A file that is named there is read, in a directory among `targets` or below it through no link;
    /// otherwise the first `pregrub.toml` in the working directory or above, but none in a directory among `targets` or below it.
    pub(in crate::cli) fn new(args: &SettingsArgs, targets: &[impl AsRef<Path>]) -> Result<Self, String> {
        refuse_links_of_commits(targets)?;
        let trees = TargetTrees::of(targets);
        if let Some(path) = &args.config {
            return Ok(Self { settings: Arc::new(FileSettings::named(path, &trees)?), trees, is_said: true });
        }
        // Without a working directory there are no settings of it.
        let here = Path::new(".").canonicalize().ok().filter(|_| !args.no_config);
        let Some(here) = here else {
            return Ok(Self { settings: Arc::default(), trees, is_said: args.no_config });
        };
        let found = found(&here, &trees);
        let settings = match &found {
            Some(path) => Arc::new(read(path)?),
            None => Arc::default(),
        };
        let finder = Self { settings, trees, is_said: false };
        if let Some(path) = found.as_deref().filter(|path| path.parent() != Some(&here)) {
            complain(&format!("the settings are those of `{}`", path_from_here(path)));
        }
        finder.complain_of_others(targets, found.as_deref());
        Ok(finder)
    }

    /// Names a file beside a target that is not in force: somebody may have meant it to be.
    fn complain_of_others(&self, targets: &[impl AsRef<Path>], in_force: Option<&Path>) {
        let files = targets.iter().map(AsRef::as_ref).filter(|target| *target != Path::new("-") && !target.is_dir());
        let directories: BTreeSet<&Path> = files.filter_map(Path::parent).collect();
        let mut others = directories.into_iter().filter(|directory| {
            let path = directory.join(NAME);
            is_regular(&path) && path.canonicalize().ok().as_deref() != in_force
        });
        if let Some(sentence) = others.next().and_then(|directory| self.passed_over(directory)) {
            complain(&sentence);
        }
    }

    /// What is to be said of a file in a directory that is passed over, although nobody said that none is to be read.
    pub(in crate::cli) fn passed_over(&self, directory: &Path) -> Option<String> {
        let path = directory.join(NAME);
        let name: TargetName = (!self.is_said && is_regular(&path)).then(|| path.as_path().into())?;
        Some(format!(
            "`{}` is not read, because what lies in a target or beside it may be a guest's: if it is yours, add --config {}",
            name.as_str(),
            name.shell_word()
        ))
    }

    /// The directories among the targets.
    pub(in crate::cli) fn trees(&self) -> &TargetTrees {
        &self.trees
    }

    /// The settings that are in force.
    pub(in crate::cli) fn in_force(&self) -> Arc<FileSettings> {
        Arc::clone(&self.settings)
    }
}

/// The first file in a directory, by its real path, or above, and in none of these trees.
fn found(directory: &Path, trees: &TargetTrees) -> Option<PathBuf> {
    let outside = |directory: &&Path| !trees.have(directory);
    directory.ancestors().filter(outside).map(|directory| directory.join(NAME)).find(|path| is_settings(path))
}

fn read(path: &Path) -> Result<FileSettings, String> {
    if path.is_dir() && !path.is_symlink() {
        return Err(format!(
            "`{}` is a directory, and settings are in a file: rename it, or call with --no-config",
            path_from_here(path)
        ));
    }
    FileSettings::of_directory(path.parent().unwrap_or(path))
}

/// Whether a file is there. A link is left alone: it may be a guest's, and what it leads to is not said.
fn is_regular(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}

/// Whether something is there that a user may take for settings: no socket or device is.
fn is_settings(path: &Path) -> bool {
    let Ok(there) = path.symlink_metadata().map(|metadata| metadata.file_type()) else { return false };
    there.is_file() || there.is_dir() || there.is_symlink()
}
