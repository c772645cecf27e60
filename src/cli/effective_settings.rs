//! What is asked of one target: the command line, with the settings that are in force where the target lies.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::boot::Options;
use crate::cli::levels::{LevelArgs, Threshold};
use crate::cli::settings::{Finder, Settings};
use crate::lint::Levels;

/// What is asked of one target.
pub(super) struct EffectiveSettings {
    pub settings: Arc<Settings>,
    /// How pygrub is called.
    pub options: Options,
    pub levels: Levels,
    pub threshold: Threshold,
    /// Whether comments in a guest's boot configuration make the linter silent.
    pub suppressions: bool,
}

impl EffectiveSettings {
    /// Command-line options override the settings.
    pub(super) fn new(settings: Arc<Settings>, options: Options, args: &LevelArgs) -> Self {
        let levels = settings.levels.clone().then(&args.levels);
        let threshold = args.threshold.or(settings.threshold).unwrap_or_default();
        let suppressions = !args.no_suppressions && settings.suppressions.unwrap_or(true);
        Self { settings, options, levels, threshold, suppressions }
    }
}

/// What is asked of every target, found once for all that have the same settings. Threads share it.
pub(super) struct AllAsked<'a, O> {
    finder: &'a Finder,
    options: O,
    levels: &'a LevelArgs,
    /// By the place of the settings, which stay where they are as long as what is known of them.
    known: Mutex<HashMap<usize, Arc<[EffectiveSettings]>>>,
}

impl<'a, O: Fn(&Settings) -> Result<Vec<Options>, String>> AllAsked<'a, O> {
    /// `options` says how pygrub is called where settings are in force: one call, or one for each pygrub that is asked about.
    pub(super) fn new(finder: &'a Finder, options: O, levels: &'a LevelArgs) -> Self {
        Self { finder, options, levels, known: Mutex::default() }
    }

    /// What is asked of a target.
    pub(super) fn of(&self, target: impl AsRef<Path>) -> Result<Arc<[EffectiveSettings]>, String> {
        let settings = self.finder.of(target)?;
        let key = Arc::as_ptr(&settings).addr();
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let all = (self.options)(&settings)?.into_iter();
        let all: Arc<[EffectiveSettings]> =
            all.map(|options| EffectiveSettings::new(Arc::clone(&settings), options, self.levels)).collect();
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&all));
        Ok(all)
    }
}
