//! On which logical volume the files are that pygrub does not find: it reads no LVM.

use std::sync::Arc;

use super::files::Files;
use crate::boot::candidates;
use crate::release::Release;
use crate::storage::lvm::VolumeGroup;
use crate::storage::mount::{DiskVolumes, Volumes};
use crate::storage::source::Volume;

/// More volumes than a guest has.
const MOST: usize = 16;

/// What the physical volume at the byte `offset` holds, as a clause. `None` if that is not known.
pub(super) fn describe(volumes: &dyn Volumes, offset: u64, release: Release) -> Option<String> {
    let disk = volumes.shared_disk()?;
    let group = VolumeGroup::read(&Volume::new(Arc::clone(&disk), offset)).ok()??;
    let full = |name: &str| format!("`{}/{name}`", group.name);
    for volume in group.volumes.iter().take(MOST) {
        let Some(source) = volume.open(&disk, offset) else { continue };
        let Some(files) = Files::mount(&DiskVolumes::new(source), 0) else { continue };
        let found = candidates(release).find(|(path, _)| files.exists(path.as_bytes()));
        if let Some((path, _)) = found {
            let (name, filesystem) = (full(&volume.name), files.filesystem());
            return Some(format!("`{path}` is on the logical volume {name} ({filesystem})"));
        }
    }
    let names: Vec<String> = group.volumes.iter().take(4).map(|volume| full(&volume.name)).collect();
    let more = if group.volumes.len() > names.len() { ", ..." } else { "" };
    (!names.is_empty()).then(|| format!("its logical volumes are {}{more}", names.join(", ")))
}
