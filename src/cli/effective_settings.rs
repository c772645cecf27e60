//! What is asked of a target: the command line, with the settings that are in force.

use std::sync::Arc;

use crate::boot::Options;
use crate::cli::levels::{LevelArgs, Threshold};
use crate::cli::settings::{FileSettings, Finder};
use crate::lint::Levels;

/// What is asked of one target.
pub(super) struct EffectiveSettings {
    pub settings: Arc<FileSettings>,
    /// How pygrub is called.
    pub options: Options,
    pub levels: Levels,
    pub threshold: Threshold,
    /// Whether comments in a guest's boot configuration make the linter silent.
    pub suppressions: bool,
}

impl EffectiveSettings {
    /// Command-line options override the settings.
    pub(super) fn new(settings: Arc<FileSettings>, options: Options, args: &LevelArgs) -> Self {
        let levels = settings.levels.clone().then(&args.levels);
        let threshold = args.threshold.or(settings.threshold).unwrap_or_default();
        let suppressions = !args.no_suppressions && settings.suppressions.unwrap_or(true);
        Self { settings, options, levels, threshold, suppressions }
    }
}

/// What is asked of every target, found once. Threads share it.
pub(super) struct AllAsked(Result<Arc<[EffectiveSettings]>, String>);

impl AllAsked {
    /// `options` says how pygrub is called where settings are in force: one call, or one for each pygrub that is asked about.
    pub(super) fn new(
        finder: &Finder,
        options: impl FnOnce(&FileSettings) -> Result<Vec<Options>, String>,
        levels: &LevelArgs,
    ) -> Self {
        let settings = finder.in_force();
        Self(options(&settings).map(|all| {
            all.into_iter().map(|options| EffectiveSettings::new(Arc::clone(&settings), options, levels)).collect()
        }))
    }

    /// What is asked, or how pregrub was called wrongly.
    pub(super) fn get(&self) -> Result<&[EffectiveSettings], String> {
        self.0.as_deref().map_err(String::clone)
    }
}
