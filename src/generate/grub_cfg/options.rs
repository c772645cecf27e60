//! What a configuration is made from: the guest's system, the boot directory, the host.

use std::path::PathBuf;
use std::time::Duration;

use super::boot_disk::Search;
use super::root::RootDirectory;
use crate::flavour::Build;
use crate::kernel::GuestType;

/// What a configuration is made from.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The guest's view of its files.
    pub root: RootDirectory,
    /// The boot directory, on this machine. No part of its path may be a symbolic link, below `root` or, where it does not lie
    /// there, from `/` on.
    pub boot: PathBuf,
    /// Where the boot directory lies on its filesystem (`/boot`, or empty); by the table of mounts if it is not said.
    pub prefix: Option<String>,
    /// How GRUB finds its filesystem.
    pub search: Search,
    /// The directory of profiles, as the guest names it.
    pub profiles: PathBuf,
    /// How many generations of each profile get entries.
    pub limit: usize,
    /// How many seconds the menu waits.
    pub timeout: u32,
    /// Whether the guest's programs that append secrets to an initrd are run, with the caller's rights.
    pub run_secrets: bool,
    /// How long such a program may take. After that it is killed, with all that it has started.
    pub secrets_timeout: Duration,
    /// The host's Xen, where it is known: entries that it cannot load are refused or warned of. Otherwise the newest is asked.
    pub host: Option<Build>,
    /// The type of the guest, where it is known. Otherwise an entry needs to start as PV or as PVH.
    pub guest: Option<GuestType>,
}

impl Default for PlanOptions {
    /// For the guest that this machine is.
    fn default() -> Self {
        Self {
            root: RootDirectory::default(),
            boot: "/boot".into(),
            prefix: None,
            search: Search::Device,
            profiles: "/nix/var/nix/profiles".into(),
            limit: 20,
            timeout: 5,
            run_secrets: true,
            secrets_timeout: Duration::from_secs(300),
            host: None,
            guest: None,
        }
    }
}
