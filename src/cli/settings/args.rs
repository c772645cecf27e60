//! `--config` and `--no-config`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::{Finder, Settings};

#[derive(Debug, Args)]
pub(in crate::cli) struct SettingsArgs {
    /// Take the settings from this file, not from the pregrub.toml that is nearest to the target. Of the files in a directory that is a target none is read by itself: they may be a guest's
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Settings")]
    pub config: Option<PathBuf>,
    /// Look at no pregrub.toml
    #[arg(long, help_heading = "Settings")]
    pub no_config: bool,
}

impl SettingsArgs {
    /// The settings of the only target.
    pub(in crate::cli) fn of(&self, target: impl AsRef<Path>) -> Result<Arc<Settings>, String> {
        Finder::new(self, &[target.as_ref()])?.of(target)
    }
}
