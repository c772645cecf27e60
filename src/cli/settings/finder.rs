//! Which file is in force for a target.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{NAME, Settings, SettingsArgs};
use crate::escape::shown_path;

/// Finds the settings of targets; each file is read once, whichever thread asks.
pub(in crate::cli) struct Finder {
    given: Option<Arc<Settings>>,
    none: bool,
    /// What is in force where there is no file.
    nothing: Arc<Settings>,
    /// By the directory as it is named, and by its real path.
    known: Mutex<HashMap<PathBuf, Arc<Settings>>>,
    /// The directories among the targets, by their real paths: what lies in them may be a guest's.
    trees: Vec<PathBuf>,
}

impl Finder {
    /// As the command line says. A file that is named there is read at once. In a directory among `targets`, and below it,
    /// no other file is read.
    pub(in crate::cli) fn new(args: &SettingsArgs, targets: &[impl AsRef<Path>]) -> Result<Self, String> {
        let given = args.config.as_deref().map(Settings::named).transpose()?.map(Arc::new);
        let trees = targets.iter().map(AsRef::as_ref).filter(|target| target.is_dir());
        let trees = trees.filter_map(|target| target.canonicalize().ok()).collect();
        Ok(Self { given, none: args.no_config, nothing: Arc::default(), known: Mutex::default(), trees })
    }

    /// What is to be said of a file in a directory among the targets that is passed over, although nobody said that none is to be
    /// read.
    pub(in crate::cli) fn passed_over(&self, directory: &Path) -> Option<String> {
        let path = directory.join(NAME);
        let path = (!self.none && self.given.is_none() && path.is_file()).then(|| shown_path(&path))?;
        Some(format!(
            "`{path}` is not read, because what lies in a target may be a guest's: if it is yours, add --config {path}"
        ))
    }

    /// The settings for a target: those of the first `pregrub.toml` in its directory or above. Of a directory it is the one
    /// that it lies in, since what is in it may be a guest's; of standard input the working directory.
    pub(in crate::cli) fn of(&self, target: impl AsRef<Path>) -> Result<Arc<Settings>, String> {
        let target = target.as_ref();
        let target = if target == Path::new("-") { Path::new("./-") } else { target };
        let parent = match target.parent() {
            Some(parent) if parent != Path::new("") => parent,
            Some(_) => Path::new("."),
            None => target,
        };
        // `..` and `.` have their directory's name for a parent, and that of their target is meant.
        let parent = if target.file_name().is_none() { target.join("..") } else { parent.to_owned() };
        self.in_force_in(&parent)
    }

    /// The settings that are in force in a directory.
    pub(in crate::cli) fn in_force_in(&self, directory: &Path) -> Result<Arc<Settings>, String> {
        if self.none {
            return Ok(Arc::clone(&self.nothing));
        }
        if let Some(given) = &self.given {
            return Ok(Arc::clone(given));
        }
        if let Some(known) = self.known(directory) {
            return Ok(known);
        }
        // A directory that is not there has no settings; its target will be complained about.
        let Ok(real) = directory.canonicalize() else { return Ok(Arc::clone(&self.nothing)) };
        let settings = match self.known(&real) {
            Some(known) => known,
            None => self.read(&real)?,
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(directory.to_owned(), Arc::clone(&settings));
        known.insert(real, Arc::clone(&settings));
        Ok(settings)
    }

    fn known(&self, directory: &Path) -> Option<Arc<Settings>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(directory).cloned()
    }

    /// The first file in a directory, by its real path, or above.
    fn read(&self, directory: &Path) -> Result<Arc<Settings>, String> {
        let outside = |directory: &&Path| !self.trees.iter().any(|tree| directory.starts_with(tree));
        let found =
            directory.ancestors().filter(outside).map(|directory| directory.join(NAME)).find(|path| is_settings(path));
        match found {
            Some(path) if path.is_dir() && !path.is_symlink() => Err(format!(
                "`{}` is a directory, and settings are in a file: rename it, or call with --no-config",
                path.display()
            )),
            Some(path) => Ok(Arc::new(Settings::of_directory(path.parent().unwrap_or(&path))?)),
            None => Ok(Arc::clone(&self.nothing)),
        }
    }
}

/// Whether something is there that a user may take for settings: no socket or device is.
fn is_settings(path: &Path) -> bool {
    let Ok(there) = path.symlink_metadata().map(|metadata| metadata.file_type()) else { return false };
    there.is_file() || there.is_dir() || there.is_symlink()
}
