//! The kernels that lie on a filesystem, whatever names them.

use super::files::Files;
use super::similar_names::Neighbours;
use crate::boot::Purpose;

/// A kernel, and the initrd of the same version.
pub(super) struct KernelThere {
    /// The kernel's path.
    pub kernel: String,
    /// The initrd's. `None` if there is none that belongs to it.
    pub initrd: Option<String>,
}

impl KernelThere {
    /// The newest one in /boot or in the root directory.
    pub(super) fn newest(files: &Files) -> Option<Self> {
        ["/boot", ""].into_iter().find_map(|directory| {
            let names = files.names(if directory.is_empty() { b"/" } else { directory.as_bytes() });
            let is_file = |name: &&str| files.is_file(format!("{directory}/{name}").as_bytes());
            let kernels = Neighbours::of(Purpose::Kernel, "vmlinuz").among(&names);
            let newest = kernels.into_iter().find(is_file).or_else(|| Some("vmlinuz").filter(is_file))?;
            let version = newest.trim_start_matches(|c: char| !c.is_ascii_digit());
            let initrds = Neighbours::of(Purpose::Ramdisk, "initrd").among(&names);
            let mut initrds = initrds.into_iter().filter(is_file);
            let initrd = initrds.find(|name| version.is_empty() || name.contains(version));
            let initrd = initrd.map(|name| format!("{directory}/{name}"));
            Some(Self { kernel: format!("{directory}/{newest}"), initrd })
        })
    }
}
