//! Which file is in force for a target.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{NAME, Settings, SettingsArgs};

/// Finds the settings of targets; each file is read once.
pub(in crate::cli) struct Finder {
    given: Option<Rc<Settings>>,
    none: bool,
    known: HashMap<PathBuf, Rc<Settings>>,
    /// The directories among the targets, by their real paths: what lies in them may be a guest's.
    trees: Vec<PathBuf>,
}

impl Finder {
    /// As the command line wants it. A file that is named there is read at once. In a directory among `targets`, and below it,
    /// no other file is read.
    pub(in crate::cli) fn new(args: &SettingsArgs, targets: &[impl AsRef<str>]) -> Result<Self, String> {
        let given = args.config.as_deref().map(Settings::named).transpose()?.map(Rc::new);
        let trees = targets.iter().filter_map(|target| Path::new(target.as_ref()).canonicalize().ok());
        let trees = trees.filter(|target| target.is_dir()).collect();
        Ok(Self { given, none: args.no_config, known: HashMap::new(), trees })
    }

    /// The file in a directory among the targets that is passed over, although nobody said that none is to be read.
    pub(in crate::cli) fn passed_over(&self, directory: &Path) -> Option<PathBuf> {
        let path = directory.join(NAME);
        (!self.none && self.given.is_none() && path.is_file()).then_some(path)
    }

    /// The settings for a target: those of the first `pregrub.toml` in its directory or above. Of a directory it is the one
    /// that it lies in, since what is in it may be a guest's; of standard input the working directory.
    pub(in crate::cli) fn of(&mut self, target: &str) -> Result<Rc<Settings>, String> {
        let target = if target == "-" { Path::new("./-") } else { Path::new(target) };
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
    pub(in crate::cli) fn in_force_in(&mut self, directory: &Path) -> Result<Rc<Settings>, String> {
        if self.none {
            return Ok(Rc::default());
        }
        if let Some(given) = &self.given {
            return Ok(Rc::clone(given));
        }
        // A directory that is not there has no settings; its target will be complained about.
        let Ok(directory) = directory.canonicalize() else { return Ok(Rc::default()) };
        if let Some(known) = self.known.get(&directory) {
            return Ok(Rc::clone(known));
        }
        let outside = |directory: &&Path| !self.trees.iter().any(|tree| directory.starts_with(tree));
        let found = directory
            .ancestors()
            .filter(outside)
            .map(|directory| directory.join(NAME))
            .find(|path| path.is_file() || path.is_dir() || path.is_symlink());
        let settings = match found {
            Some(path) if path.is_dir() && !path.is_symlink() => {
                return Err(format!(
                    "`{}` is a directory, and settings are in a file: rename it, or call with --no-config",
                    path.display()
                ));
            }
            Some(path) => Rc::new(Settings::of_directory(path.parent().unwrap_or(&path))?),
            None => Rc::default(),
        };
        self.known.insert(directory, Rc::clone(&settings));
        Ok(settings)
    }
}
