//! Which systems get an entry, in which order and under which title.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::command_line::command_line;
use super::error::{GrubCfgError, is_of_the_disk};
use super::profiles::Generation;
use super::root::RootDirectory;
use super::system::{MOST_ENTRIES, System};
use super::text::expect_room;
use super::title::title;

/// An entry, before its files have names on the boot disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedEntry {
    /// Its title, cleaned.
    pub title: String,
    /// The kernel, as the guest names it.
    pub kernel: PathBuf,
    /// The initrd.
    pub initrd: Option<PathBuf>,
    /// The program that appends secrets to a copy of the initrd.
    pub initrd_secrets: Option<PathBuf>,
    /// The kernel's arguments, from `init=` on.
    pub args: String,
    /// Whether the guest must have it: the system that is installed now, and its variants.
    pub wanted: bool,
}

/// The entries, the default first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedMenu {
    /// The entries; the first is the default.
    pub entries: Vec<PlannedEntry>,
    /// Why a generation was left out, or what else is to be known: one sentence each.
    pub warnings: Vec<String>,
}

impl PlannedMenu {
    /// The system `toplevel` and its specialisations, then the newest `limit` generations of each profile. What is no longer
    /// there, or what no entry can be made of, is left out with a warning; for `toplevel` itself that is an error.
    ///
    /// # Errors
    ///
    /// `toplevel` cannot be booted, or the disk does not say what a generation is: without an entry its kernel would soon be removed.
    pub fn new(
        root: &RootDirectory,
        toplevel: &Path,
        generations: &[Generation],
        limit: usize,
    ) -> Result<Self, GrubCfgError> {
        Self::planned(root, toplevel, generations, limit, &|| Ok(()))
    }

    /// Does what [`new`](Self::new) does. `go_on` is asked before each generation: an error ends it.
    pub(super) fn planned(
        root: &RootDirectory,
        toplevel: &Path,
        generations: &[Generation],
        limit: usize,
        go_on: &dyn Fn() -> io::Result<()>,
    ) -> Result<Self, GrubCfgError> {
        let mut menu = Self { entries: Vec::new(), warnings: Vec::new() };
        let default = System::read(root, toplevel)?;
        // The profile is switched before the boot loader is installed, so the newest link to it is the one in force.
        let mut in_force = None;
        for generation in generations.iter().filter(|generation| generation.profile.is_none()) {
            match root.resolve(&generation.link) {
                Ok(path) if path == default.toplevel => {
                    in_force = Some(generation);
                    break;
                }
                Err(error) if is_of_the_disk(&error) => {
                    return Err(GrubCfgError::io("find the generation", &generation.link, &error));
                }
                Ok(_) | Err(_) => {}
            }
        }
        let name = match in_force {
            Some(generation) => format!("Default, generation {} ({})", generation.number, generation.day),
            None => "Default".to_owned(),
        };
        menu.add(&name, &default, true)?;
        let mut counted: BTreeMap<&Option<String>, usize> = BTreeMap::new();
        for generation in generations {
            let of_profile = counted.entry(&generation.profile).or_default();
            *of_profile += 1;
            if *of_profile > limit || in_force == Some(generation) {
                continue;
            }
            let name = match &generation.profile {
                None => format!("Generation {} ({})", generation.number, generation.day),
                Some(profile) => format!("Profile {profile}, generation {} ({})", generation.number, generation.day),
            };
            go_on().map_err(|error| GrubCfgError::io("read", &generation.link, &error))?;
            // What no grub.cfg has room for is refused before it fills the memory.
            menu.expect_room()?;
            let length = menu.entries.len();
            let added = System::read(root, &generation.link).and_then(|system| menu.add(&name, &system, false));
            if let Err(error) = added {
                if error.is_of_the_disk() {
                    return Err(error);
                }
                menu.entries.truncate(length);
                menu.warnings.push(format!("`{}` gets no entry: {error}", generation.link.display()));
            }
        }
        Ok(menu)
    }

    /// Refuses what is more than a grub.cfg.
    fn expect_room(&self) -> Result<(), GrubCfgError> {
        let lengths = self.entries.iter().map(|entry| entry.title.len().saturating_add(entry.args.len()));
        expect_room(lengths.sum())
    }

    /// Adds the entry of a system, and those of its specialisations.
    fn add(&mut self, name: &str, system: &System, wanted: bool) -> Result<(), GrubCfgError> {
        if self.entries.len().saturating_add(system.specialisations.len()) >= MOST_ENTRIES {
            return Err(GrubCfgError::new(format!(
                "the menu would have more than {MOST_ENTRIES} entries: choose a lower --limit, or build fewer specialisations"
            )));
        }
        self.add_one(name, system, wanted)?;
        for (variant, system) in &system.specialisations {
            self.add_one(&format!("{name}, {variant}"), system, wanted)?;
        }
        Ok(())
    }

    fn add_one(&mut self, name: &str, system: &System, wanted: bool) -> Result<(), GrubCfgError> {
        let toplevel = system.toplevel.display();
        let args = command_line(&system.init, &system.kernel_params)
            .map_err(|why| GrubCfgError::new(format!("{name} (`{toplevel}`): {why}")))?;
        self.entries.push(PlannedEntry {
            title: title(&format!("{name}: {}", system.label)),
            kernel: system.kernel.clone(),
            initrd: system.initrd.clone(),
            initrd_secrets: system.initrd_secrets.clone().filter(|_| system.initrd.is_some()),
            args,
            wanted,
        });
        Ok(())
    }
}
