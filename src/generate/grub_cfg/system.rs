//! A NixOS system as a boot loader sees it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::GrubCfgError;
use super::root::RootDirectory;
use super::{bootspec, closure};
use crate::storage::beneath::NodeKind;

/// How many variants a system may have, and how many entries a menu: more than anybody chooses from, and few enough that all of
/// them are soon read and judged.
pub(super) const MOST_ENTRIES: usize = 1000;

/// What a system closure says of how it is booted. All paths are the guest's, without symbolic links where they are files to
/// copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// The closure, such as `/nix/store/...-nixos-system-domu-24.05`.
    pub toplevel: PathBuf,
    /// What it calls itself, such as `NixOS Uakari 24.05 (Linux 6.6.1)`.
    pub label: String,
    /// The kernel.
    pub kernel: PathBuf,
    /// The initrd; a system may do without.
    pub initrd: Option<PathBuf>,
    /// The program that appends secrets to a copy of the initrd.
    pub initrd_secrets: Option<PathBuf>,
    /// What the kernel starts, as it is named on the command line.
    pub init: PathBuf,
    /// The kernel's parameters, without `init=`.
    pub kernel_params: Vec<String>,
    /// Its variants, by name.
    pub specialisations: BTreeMap<String, System>,
}

impl System {
    /// Reads a system closure: by its bootspec (`boot.json`), or by its plain files where it has none of version 1.
    ///
    /// # Errors
    ///
    /// Something that it is booted with is not there or cannot be read, or it is the system of a Xen dom0.
    pub fn read(root: &RootDirectory, toplevel: &Path) -> Result<Self, GrubCfgError> {
        let toplevel = root.resolve(toplevel).map_err(|error| GrubCfgError::io("find the system", toplevel, &error))?;
        let system = match bootspec::read(root, &toplevel)? {
            Some(system) => system,
            None => closure::read(root, &toplevel)?,
        };
        system.check(root)?;
        Ok(system)
    }

    fn check(&self, root: &RootDirectory) -> Result<(), GrubCfgError> {
        if root.last_node(&self.toplevel.join("xen.gz")).is_ok() {
            return Err(dom0(&self.toplevel));
        }
        for file in [Some(&self.kernel), self.initrd.as_ref(), Some(&self.init)].into_iter().flatten() {
            let found = root.node(file).map_err(|error| GrubCfgError::io("find", file, &error))?;
            if found.kind != NodeKind::Regular {
                return Err(GrubCfgError::new(format!("`{}` is not a file", file.display())));
            }
            // A power cut leaves such files in a store.
            if found.size == 0 {
                return Err(GrubCfgError::new(format!("`{}` is empty", file.display())));
            }
        }
        self.specialisations.values().try_for_each(|system| system.check(root))
    }
}

/// Why a system has more variants than that.
pub(super) fn too_many_specialisations(toplevel: &Path) -> GrubCfgError {
    GrubCfgError::new(format!("`{}` has more than {MOST_ENTRIES} specialisations: build fewer", toplevel.display()))
}

/// Such a system boots by `multiboot`, which a guest cannot.
pub(super) fn dom0(toplevel: &Path) -> GrubCfgError {
    GrubCfgError::new(format!(
        "`{}` is the system of a Xen dom0, which begins with the hypervisor: pygrub boots guests only",
        toplevel.display()
    ))
}
