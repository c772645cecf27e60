//! `--trust-domains` and `--no-trust-domains`: which disks are opened that domains name.

use clap::Args;

use super::checkouts;
use super::recursive::Targets;
use super::target_name::TargetName;
use crate::target::DiskAccess;

#[derive(Debug, Args)]
pub(super) struct TrustArgs {
    /// Open the disks that domains name wherever they are, also for those that are found in a tree or stand in a list, and in continuous integration for those of the checkout. For domains that only this host's administrator can write, such as those in /etc/xen
    #[arg(long, overrides_with = "no_trust_domains", help_heading = "Domains")]
    trust_domains: bool,
    /// Open for domains that the command line names only disks below the working directory, and otherwise answer unknown: for the names of a commit, which may be a stranger's. Of --trust-domains and this one, the last counts. In continuous integration a domain of the checkout has only disks there opened, with or without this option
    #[arg(long, overrides_with = "trust_domains", help_heading = "Domains")]
    no_trust_domains: bool,
}

impl TrustArgs {
    /// Which disks are opened for one target that the command line names.
    ///
    /// # Errors
    ///
    /// The working directory cannot be opened.
    pub(super) fn access(&self, target: &TargetName) -> Result<DiskAccess, String> {
        match (self.trust_domains, self.no_trust_domains) {
            (true, _) => Ok(DiskAccess::anywhere()),
            (false, true) => Self::beneath_here(),
            (false, false) => Ok(checkouts::access_by_place(target.path())),
        }
    }

    fn beneath_here() -> Result<DiskAccess, String> {
        let access = std::env::current_dir().and_then(|here| match here.parent() {
            Some(_) => DiskAccess::with_disks_beneath(&here),
            // Everything is below the root directory.
            None => Ok(DiskAccess::without_disks()),
        });
        access.map_err(|error| super::cannot_read(".", &error))
    }

    /// Has all domains trusted, or none, if that is asked for.
    ///
    /// # Errors
    ///
    /// The working directory cannot be opened.
    pub(super) fn apply(&self, targets: &mut Targets) -> Result<(), String> {
        if self.trust_domains {
            targets.trust();
        } else if self.no_trust_domains {
            targets.distrust(Self::beneath_here()?);
        }
        Ok(())
    }
}
