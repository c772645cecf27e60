//! What is asked of one target: the command line, with the settings that are in force where the target lies.

use std::rc::Rc;

use crate::boot::Options;
use crate::cli::levels::{LevelArgs, Threshold};
use crate::cli::settings::Settings;
use crate::lint::Levels;
use crate::target::DiskAccess;

/// What is asked of one target.
pub(super) struct EffectiveSettings {
    pub settings: Rc<Settings>,
    /// How pygrub is called.
    pub options: Options,
    pub levels: Levels,
    pub threshold: Threshold,
    /// Whether comments in a guest's boot configuration make the linter silent.
    pub suppressions: bool,
    /// Which files a domain may have opened.
    pub access: DiskAccess,
}

impl EffectiveSettings {
    /// The command line comes behind the settings and wins.
    pub(super) fn new(settings: Rc<Settings>, options: Options, args: &LevelArgs) -> Self {
        Self::of(settings, options, args, DiskAccess::anywhere())
    }

    /// The same for a target that may have been found in a tree.
    pub(super) fn of(settings: Rc<Settings>, options: Options, args: &LevelArgs, access: DiskAccess) -> Self {
        let levels = settings.levels.clone().then(&args.levels);
        let threshold = args.threshold.or(settings.threshold).unwrap_or_default();
        let suppressions = !args.no_suppressions && settings.suppressions.unwrap_or(true);
        Self { settings, options, levels, threshold, suppressions, access }
    }
}
