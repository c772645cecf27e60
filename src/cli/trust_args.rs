//! `--trust-domains`: which disks are opened of domains that nobody named.

use clap::Args;

use super::recursive::Targets;

#[derive(Debug, Args)]
pub(super) struct TrustArgs {
    /// Open the disks that domains name wherever they are: with --recursive not only files of the tree, and with --targets-from at all. For domains that only this host's administrator can write, such as those in /etc/xen
    #[arg(long, help_heading = "Directories")]
    trust_domains: bool,
}

impl TrustArgs {
    /// Has the targets trusted that were found or listed, if that is asked for.
    ///
    /// # Errors
    ///
    /// It is asked for, and none was found or listed.
    pub(super) fn apply(&self, targets: &mut Targets, found_or_listed: bool) -> Result<(), String> {
        if !self.trust_domains {
            return Ok(());
        }
        if !found_or_listed {
            return Err("--trust-domains is for domains that --recursive or --targets-from finds: those that are named are trusted".to_owned());
        }
        targets.trust();
        Ok(())
    }
}
