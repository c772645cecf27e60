//! The whole recipe: the guest's module, both domain configurations, and the steps, for exactly these disks.

mod readme;

use super::nixos;
use super::plan::Plan;
use super::refusal::Refusal;
use super::xl::{self, Phase};

/// The module's file name.
pub const MODULE: &str = "xen-guest.nix";
/// The file name of the domain configuration that installs.
pub const INSTALL: &str = "install.cfg";
/// The file name of the domain configuration that runs the guest.
pub const RUN: &str = "run.cfg";
/// The file name of the steps.
pub const README: &str = "README.md";

/// A file of the recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipeFile {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// All files of the recipe. `directory` is what the steps call the place where they are on the host.
///
/// # Errors
///
/// A disk or the ISO image is not named in the choices.
pub fn files(plan: &Plan, directory: &str) -> Result<Vec<RecipeFile>, Refusal> {
    let file = |name, text| RecipeFile { name, text };
    let (install, run) = (xl::domain(plan, Phase::Install)?, xl::domain(plan, Phase::Run)?);
    Ok(vec![
        file(MODULE, nixos::module(plan)?),
        file(INSTALL, install),
        file(RUN, run),
        file(README, readme::text(plan, directory)),
    ])
}
