//! A system closure by its plain files, as NixOS has laid them out since before there was a bootspec.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::GrubCfgError;
use super::root::RootDirectory;
use super::system::{MOST_ENTRIES, System, too_many_specialisations};

/// More than that is not a list of parameters.
const MOST_BYTES: u64 = 1 << 20;

/// The system of the closure `toplevel`.
pub(super) fn read(root: &RootDirectory, toplevel: &Path) -> Result<System, GrubCfgError> {
    read_variant(root, toplevel, true)
}

fn read_variant(root: &RootDirectory, toplevel: &Path, with_specialisations: bool) -> Result<System, GrubCfgError> {
    let kernel = toplevel.join("kernel");
    let params = text(root, &toplevel.join("kernel-params"))?.unwrap_or_default();
    Ok(System {
        label: label(root, toplevel)?,
        kernel: root.resolve(&kernel).map_err(|error| GrubCfgError::io("find", &kernel, &error))?,
        initrd: there(root, &toplevel.join("initrd"))?,
        initrd_secrets: there(root, &toplevel.join("append-initrd-secrets"))?,
        init: toplevel.join("init"),
        kernel_params: params.trim_end_matches('\n').split(' ').map(str::to_owned).collect(),
        // A variant has no variants of its own.
        specialisations: if with_specialisations { specialisations(root, toplevel)? } else { BTreeMap::new() },
        toplevel: toplevel.to_owned(),
    })
}

/// The name that the administrator gave it, else its version.
fn label(root: &RootDirectory, toplevel: &Path) -> Result<String, GrubCfgError> {
    let named = text(root, &toplevel.join("configuration-name"))?.unwrap_or_default();
    if !named.trim().is_empty() {
        return Ok(named.trim().to_owned());
    }
    let version = text(root, &toplevel.join("nixos-version"))?.unwrap_or_default();
    Ok(format!("NixOS {}", version.trim()).trim_end().to_owned())
}

fn specialisations(root: &RootDirectory, toplevel: &Path) -> Result<BTreeMap<String, System>, GrubCfgError> {
    let directory = toplevel.join("specialisation");
    let failed = |error: io::Error| GrubCfgError::io("read", &directory, &error);
    let names = match root.names(&directory) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
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
        systems.insert(name.to_string_lossy().into_owned(), read_variant(root, &variant, false)?);
    }
    Ok(systems)
}

/// What a path leads to; nothing where there is no such file. A link that leads nowhere is an error.
fn there(root: &RootDirectory, path: &Path) -> Result<Option<PathBuf>, GrubCfgError> {
    if root.last_node(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(None);
    }
    root.resolve(path).map(Some).map_err(|error| GrubCfgError::io("find", path, &error))
}

fn text(root: &RootDirectory, path: &Path) -> Result<Option<String>, GrubCfgError> {
    let Some(found) = there(root, path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    root.open(&found)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| GrubCfgError::io("read", path, &error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(GrubCfgError::new(format!("`{}` is larger than {} MiB", path.display(), MOST_BYTES >> 20)));
    }
    String::from_utf8(bytes).map(Some).map_err(|_| GrubCfgError::new(format!("`{}` is not UTF-8", path.display())))
}
