//! Landlock: every right that the kernel can refuse is refused, for there is no rule that grants one.

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope,
};

use super::Missing;

/// How much of it the kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Covered {
    Nothing,
    /// Landlock knows the network since its fourth version (Linux 6.7).
    FilesOnly,
    FilesAndNetwork,
}

/// The newest version that the crate knows; the crate leaves out what the kernel does not know.
const NEWEST: ABI = ABI::V9;

pub(super) fn refuse_everything(missing: &mut Missing) -> Covered {
    let status = (|| -> Result<_, RulesetError> {
        Ruleset::default()
            .handle_access(AccessFs::from_all(NEWEST))?
            .handle_access(AccessNet::from_all(NEWEST))?
            .scope(Scope::from_all(NEWEST))?
            .create()?
            .restrict_self()
    })();
    let (ruleset, landlock) = match status {
        Ok(status) => (status.ruleset, status.landlock),
        Err(error) => {
            missing.note("Landlock", error);
            return Covered::Nothing;
        }
    };
    match (ruleset, landlock) {
        (RulesetStatus::NotEnforced, LandlockStatus::NotEnabled) => {
            missing.note("Landlock", "it is built in, but not enabled");
            Covered::Nothing
        }
        (RulesetStatus::NotEnforced, _) => {
            missing.note("Landlock", "it is not built in");
            Covered::Nothing
        }
        (_, LandlockStatus::Available { effective_abi, .. }) if effective_abi < ABI::V4 => Covered::FilesOnly,
        _ => Covered::FilesAndNetwork,
    }
}
