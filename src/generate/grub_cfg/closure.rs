//! A system closure by its plain files, as NixOS has laid them out since before there was a bootspec.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::GrubCfgError;
use super::root::RootDirectory;
use super::system::{MOST_ENTRIES, System, too_many_specialisations};

/// More than that is not a system with its variants: no grub.cfg has room for their parameters.
const MOST_BYTES: u64 = 1 << 20;

/// The system of the closure `toplevel`.
pub(super) fn read(root: &RootDirectory, toplevel: &Path) -> Result<System, GrubCfgError> {
    let mut texts = Texts { root, toplevel, left: MOST_BYTES };
    let mut system = read_alone(&mut texts, toplevel)?;
    system.specialisations = specialisations(&mut texts, toplevel)?;
    Ok(system)
}

/// A system without its variants. A variant has no variants of its own.
fn read_alone(texts: &mut Texts<'_>, toplevel: &Path) -> Result<System, GrubCfgError> {
    let root = texts.root;
    let kernel = toplevel.join("kernel");
    let params = texts.read(&toplevel.join("kernel-params"))?.unwrap_or_default();
    let params = params.trim_end_matches('\n').split(' ').filter(|param| !param.is_empty());
    Ok(System {
        label: label(texts, toplevel)?,
        kernel: root.resolve(&kernel).map_err(|error| GrubCfgError::io("find", &kernel, &error))?,
        initrd: there(root, &toplevel.join("initrd"))?,
        initrd_secrets: there(root, &toplevel.join("append-initrd-secrets"))?,
        init: toplevel.join("init"),
        kernel_params: params.map(str::to_owned).collect(),
        specialisations: BTreeMap::new(),
        toplevel: toplevel.to_owned(),
    })
}

/// The name that the administrator gave it, else its version.
fn label(texts: &mut Texts<'_>, toplevel: &Path) -> Result<String, GrubCfgError> {
    let named = texts.read(&toplevel.join("configuration-name"))?.unwrap_or_default();
    if !named.trim().is_empty() {
        return Ok(named.trim().to_owned());
    }
    let version = texts.read(&toplevel.join("nixos-version"))?.unwrap_or_default();
    Ok(format!("NixOS {}", version.trim()).trim_end().to_owned())
}

fn specialisations(texts: &mut Texts<'_>, toplevel: &Path) -> Result<BTreeMap<String, System>, GrubCfgError> {
    let root = texts.root;
    let directory = toplevel.join("specialisation");
    let failed = |error: io::Error| GrubCfgError::of_what_is_there("read", &directory, &error);
    let names = match root.names(&directory) {
        Ok(names) => names,
        Err(_) if root.is_missing(&directory) => return Ok(BTreeMap::new()),
        Err(error) => return Err(failed(error)),
    };
    if names.len() > MOST_ENTRIES {
        return Err(too_many_specialisations(toplevel));
    }
    let mut systems = BTreeMap::new();
    for name in names {
        let path = directory.join(&name);
        let variant =
            root.resolve(&path).map_err(|error| GrubCfgError::io("find the specialisation", &path, &error))?;
        systems.insert(name.to_string_lossy().into_owned(), read_alone(texts, &variant)?);
    }
    Ok(systems)
}

/// What a path leads to; nothing where there is no such file. A link that leads nowhere is an error.
fn there(root: &RootDirectory, path: &Path) -> Result<Option<PathBuf>, GrubCfgError> {
    if root.is_missing(path) {
        return Ok(None);
    }
    root.resolve(path).map(Some).map_err(|error| GrubCfgError::io("find", path, &error))
}

/// What a system and its variants say in texts. Links to one text would be small on the disk, and large in memory.
struct Texts<'a> {
    root: &'a RootDirectory,
    toplevel: &'a Path,
    /// How many bytes may still come.
    left: u64,
}

impl Texts<'_> {
    /// A text; `None` where there is no such file.
    fn read(&mut self, path: &Path) -> Result<Option<String>, GrubCfgError> {
        let Some(found) = there(self.root, path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        self.root
            .open(&found)
            .and_then(|file| file.take(self.left.saturating_add(1)).read_to_end(&mut bytes))
            .map_err(|error| GrubCfgError::io("read", path, &error))?;
        let left = self.left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            GrubCfgError::new(format!(
                "the kernel parameters and names of `{}` and its specialisations have more than {} MiB: build fewer",
                self.toplevel.display(),
                MOST_BYTES >> 20
            ))
        })?;
        self.left = left;
        String::from_utf8(bytes).map(Some).map_err(|_| GrubCfgError::new(format!("`{}` is not UTF-8", path.display())))
    }
}
