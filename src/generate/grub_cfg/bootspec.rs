//! `boot.json`, by NixOS's RFC 125.
//!
//! The crate `bootspec` has these types as well. It reads plain closures of this machine only, not those below another root,
//! answers whatever does not fit with "data did not match any variant", and brings a second thiserror; the tests hold the
//! two against each other.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::GrubCfgError;
use super::root::RootDirectory;
use super::system::{MOST_ENTRIES, System, dom0, too_many_specialisations};

/// More than that is not a description of a system.
const MOST_BYTES: u64 = 2 << 20;
const BOOTSPEC: &str = "org.nixos.bootspec.v1";
const SPECIALISATIONS: &str = "org.nixos.specialisation.v1";
/// What NixOS's dom0 module adds, whatever its version.
const XEN: &str = "org.xenproject.bootspec.";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BootspecV1 {
    label: String,
    kernel: PathBuf,
    kernel_params: Vec<String>,
    init: PathBuf,
    initrd: Option<PathBuf>,
    initrd_secrets: Option<PathBuf>,
    toplevel: PathBuf,
}

/// The system that `toplevel/boot.json` describes; nothing where there is none of version 1.
pub(super) fn read(root: &RootDirectory, toplevel: &Path) -> Result<Option<System>, GrubCfgError> {
    let path = toplevel.join("boot.json");
    let mut text = Vec::new();
    match root.open(&path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut text)) {
        Ok(_) if text.len() as u64 > MOST_BYTES => {
            return Err(GrubCfgError::new(format!("`{}` is larger than {} MiB", path.display(), MOST_BYTES >> 20)));
        }
        Ok(_) => {}
        Err(_) if root.is_missing(&path) => return Ok(None),
        Err(error) => return Err(GrubCfgError::of_what_is_there("read", &path, &error)),
    }
    let document: Map<String, Value> = serde_json::from_slice(&text).map_err(|error| {
        GrubCfgError::new(format!("cannot read `{}`: it is not a bootspec (line {})", path.display(), error.line()))
    })?;
    if !document.contains_key(BOOTSPEC) {
        return Ok(None);
    }
    system(root, &path, document).map(Some)
}

fn system(root: &RootDirectory, path: &Path, mut document: Map<String, Value>) -> Result<System, GrubCfgError> {
    let wrong = |what: &str, error: serde_json::Error| {
        let why = match error.to_string().strip_prefix("missing field ") {
            Some(field) => format!("has no {field}"),
            None => "has another form than that of version 1".to_owned(),
        };
        GrubCfgError::new(format!("cannot read `{}`: `{what}` {why}", path.display()))
    };
    let bootspec = document.remove(BOOTSPEC).unwrap_or_default();
    let bootspec: BootspecV1 = serde_json::from_value(bootspec).map_err(|error| wrong(BOOTSPEC, error))?;
    if document.keys().any(|key| key.starts_with(XEN)) {
        return Err(dom0(&bootspec.toplevel));
    }
    let specialisations = document.remove(SPECIALISATIONS).unwrap_or_else(|| Value::Object(Map::new()));
    let specialisations: BTreeMap<String, Map<String, Value>> =
        serde_json::from_value(specialisations).map_err(|error| wrong(SPECIALISATIONS, error))?;
    if specialisations.len() > MOST_ENTRIES {
        return Err(too_many_specialisations(&bootspec.toplevel));
    }
    let resolved = |file: PathBuf| root.resolve(&file).map_err(|error| GrubCfgError::io("find", &file, &error));
    Ok(System {
        kernel: resolved(bootspec.kernel)?,
        initrd: bootspec.initrd.map(resolved).transpose()?,
        initrd_secrets: bootspec.initrd_secrets,
        label: bootspec.label,
        init: bootspec.init,
        kernel_params: bootspec.kernel_params,
        specialisations: specialisations
            .into_iter()
            .map(|(name, document)| Ok((name, system(root, path, document)?)))
            .collect::<Result<_, GrubCfgError>>()?,
        toplevel: bootspec.toplevel,
    })
}
