//! `--trust-domains` and `--no-trust-domains`: which disks are opened that domains name.

use clap::Args;

use super::recursive::Targets;

#[derive(Debug, Args)]
pub(super) struct TrustArgs {
    /// Open the disks that domains name wherever they are: with --recursive not only files of the tree, and with --targets-from at all. For domains that only this host's administrator can write, such as those in /etc/xen
    #[arg(long, overrides_with = "no_trust_domains", help_heading = "Directories")]
    trust_domains: bool,
    /// Open for domains that the command line names only disks below the working directory, and otherwise answer unknown: for the names of a commit, which may be a stranger's. Of --trust-domains and this one, the last counts
    #[arg(long, overrides_with = "trust_domains", help_heading = "Directories")]
    no_trust_domains: bool,
}

impl TrustArgs {
    /// Has all domains trusted, or none, if that is asked for.
    ///
    /// # Errors
    ///
    /// The working directory cannot be opened.
    pub(super) fn apply(&self, targets: &mut Targets) -> Result<(), String> {
        if self.trust_domains {
            targets.trust();
        } else if self.no_trust_domains {
            targets.distrust().map_err(|error| super::cannot_read(".", &error))?;
        }
        Ok(())
    }
}
