//! `--config` and `--no-config`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::{FileSettings, Finder};

#[derive(Debug, Args)]
pub(in crate::cli) struct SettingsArgs {
    /// Take the settings from this file, not from the pregrub.toml in the working directory or above. None where a target lies is read by itself: it may be a guest's
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Settings")]
    pub config: Option<PathBuf>,
    /// Look at no pregrub.toml
    #[arg(long, help_heading = "Settings")]
    pub no_config: bool,
}

impl SettingsArgs {
    /// The settings of the only target.
    pub(in crate::cli) fn of(&self, target: impl AsRef<Path>) -> Result<Arc<FileSettings>, String> {
        Ok(Finder::new(self, &[target.as_ref()])?.in_force())
    }
}
