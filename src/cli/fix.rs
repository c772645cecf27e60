//! `--fix` and `--diff`.

use std::io::Write;
use std::time::{Duration, Instant};

use clap::Args;

use super::Error;
use super::target_name::TargetName;
use crate::cli::atomic_replace::replace;
use crate::cli::bounded_read;
use crate::cli::effective_settings::EffectiveSettings;
use crate::cli::stdout::{Out, complain};
use crate::cli::unified_diff::unified_diff;
use crate::config::{Dialect, Writer};
use crate::explain::instead_of_editing;
use crate::lint::{FixResult, Fixer};
use crate::simulation::Simulation;
use crate::target::{DiskAccess, Kind, OpenOptions, Target};

#[derive(Debug, Args)]
pub(super) struct FixArgs {
    /// Fix what can be fixed without a doubt: GRUB chooses the same files as before, and pygrub boots (tried in a simulation)
    #[arg(long, conflicts_with = "diff", help_heading = "Fixes")]
    pub fix: bool,
    /// Show what --fix would change without writing; exit status 1 if there is a change
    #[arg(long, help_heading = "Fixes")]
    pub diff: bool,
    /// Also make changes that need a review
    #[arg(long = "unsafe", help_heading = "Fixes")]
    unsafe_too: bool,
    /// Also edit files that NixOS or grub-mkconfig generates, and will regenerate
    #[arg(long, help_heading = "Fixes")]
    force: bool,
}

/// What has been fixed.
#[derive(Debug, Default)]
pub(super) struct FixTally {
    pub fixes: usize,
    pub files: usize,
}

impl FixTally {
    /// `fixed 2 findings in 1 file`; nothing where nothing was fixed.
    pub(super) fn line(&self) -> Option<String> {
        let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        (self.fixes > 0).then(|| format!("fixed {} in {}", plural(self.fixes, "finding"), plural(self.files, "file")))
    }
}

/// At most this many fixes of a file are reported one by one: a guest's file can need half a million.
const TOLD: usize = 100;

/// How long a shorter form of the differences is looked for.
const LONGEST_COMPARISON: Duration = Duration::from_secs(5);

/// Larger files are not configurations.
const LARGEST: u64 = 64 << 20;

impl FixArgs {
    /// What is wrong with the options together.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let idle = !self.fix && !self.diff;
        match (idle, self.unsafe_too, self.force) {
            (true, true, _) => Some("--unsafe needs --fix or --diff"),
            (true, _, true) => Some("--force needs --fix or --diff"),
            _ => None,
        }
    }

    /// Fixes the file `name`, as far as it can be. What goes wrong is one sentence.
    pub(super) fn fix(
        &self,
        (name, access): (&TargetName, &DiskAccess),
        dialect: Option<Dialect>,
        asked: &EffectiveSettings,
        tally: &mut FixTally,
    ) -> Result<Vec<String>, String> {
        if name.is_stdin() {
            return Err("standard input cannot be fixed: --diff shows what would change".to_owned());
        }
        let Some((old, mended)) = self.mended((name, access), dialect, asked)? else { return Ok(Vec::new()) };
        if mended.text == old {
            return Ok(Vec::new());
        }
        replace(name.path(), &old, &mended.text).map_err(|why| format!("cannot fix `{name}`: {why}"))?;
        tally.fixes += mended.made.len();
        tally.files += 1;
        let made = mended.made.iter().take(TOLD);
        let mut lines: Vec<String> =
            made.map(|mend| format!("fixed {name}:{}: {} {}", mend.line, mend.code, mend.description)).collect();
        if let Some(more) = mended.made.len().checked_sub(TOLD).filter(|more| *more > 0) {
            lines.push(format!("fixed {name}: and so {more} more"));
        }
        Ok(lines)
    }

    /// Writes what would change as `diff -u` does, and says whether that is something.
    pub(super) fn diff(
        &self,
        (name, access): (&TargetName, &DiskAccess),
        (shown, dialect): (&TargetName, Option<Dialect>),
        asked: &EffectiveSettings,
        out: &mut Out,
    ) -> Result<bool, Error> {
        let Some((old, FixResult { text: new, .. })) =
            self.mended((name, access), dialect, asked).map_err(Error::Target)?
        else {
            return Ok(false);
        };
        if new == old {
            return Ok(false);
        }
        let text = unified_diff(shown.as_str(), &old, &new, Instant::now() + LONGEST_COMPARISON);
        // What goes into a file or to `patch` goes as it is.
        if out.is_seen() {
            out.text().write_all(&text)?
        } else {
            let before = out.has_disarmed();
            out.data().write_all(&text)?;
            if out.has_disarmed() && !before {
                complain(
                    "the differences hold commands of a runner of continuous integration, which are escaped: write them to a file to apply them",
                );
            }
        }
        Ok(true)
    }

    /// The text of a file, and what comes of it; nothing where it is left alone.
    fn mended(
        &self,
        (name, access): (&TargetName, &DiskAccess),
        dialect: Option<Dialect>,
        asked: &EffectiveSettings,
    ) -> Result<Option<(Vec<u8>, FixResult)>, String> {
        let wanted = OpenOptions { kind: Some(Kind::Config), dialect, ..OpenOptions::default() };
        let opened = Simulation::from(asked.options.clone()).open_with(name, wanted, access);
        let opened = opened.map_err(|error| error.to_string())?;
        let Target::Config { dialect, text } = opened.target() else { return Ok(None) };
        let (dialect, piped) = (*dialect, name.is_stdin().then(|| text.clone()));
        drop(opened);
        let text = match piped {
            Some(text) => text,
            // The target has no more than pygrub reads.
            None => access
                .open_file(name.path())
                .and_then(|file| bounded_read::read_file(file, LARGEST))
                .map_err(|error| super::cannot_read(name.as_str(), &error))?,
        };
        let fixer = Fixer {
            name: name.as_str(),
            dialect,
            options: asked.options.clone(),
            levels: &asked.levels,
            unsafe_too: self.unsafe_too,
        };
        let mended = fixer.fix(text.clone());
        let is_something_left = self.diff && mended.left > 0;
        let instead = instead_of_editing(Writer::of(&text));
        if !self.force
            && let Some(how) = &instead
        {
            // Where there is nothing to write, --force would not help.
            let is_forcible = mended.text != text || self.diff && mended.left_unsafe > 0;
            if is_forcible || is_something_left {
                let force = if is_forcible { " (use --force to edit it anyway)" } else { "" };
                complain(&format!("`{name}` was not fixed: {how}{force}"));
                return Ok(None);
            }
        }
        for refused in mended.refused.iter().take(TOLD) {
            let (line, code, why) = (refused.line, refused.code, &refused.why);
            complain(&format!("{name}:{line}: {code} was not fixed ({}): {why}", refused.description));
        }
        let have = |count: usize| if count == 1 { "finding has a fix" } else { "findings have a fix" };
        if let Some(more) = mended.refused.len().checked_sub(TOLD).filter(|more| *more > 0) {
            complain(&format!("{name}: {more} more {} that is not made either", have(more)));
        }
        if mended.untried > 0 {
            complain(&format!(
                "{name}: {} more {} that was not tried, since that many simulations of a file of this size would take too long",
                mended.untried,
                have(mended.untried)
            ));
        }
        if mended.left_unsafe > 0 {
            complain(&format!(
                "{name}: {} {} that must be reviewed: pregrub lint --diff --unsafe{} {}",
                mended.left_unsafe,
                have(mended.left_unsafe),
                if instead.is_some() { " --force" } else { "" },
                name.shell_word()
            ));
        } else if is_something_left && mended.text == text && mended.refused.is_empty() && mended.untried == 0 {
            let findings = if mended.left == 1 { "the finding has no fix" } else { "no finding has a fix" };
            complain(&format!("{name}: {findings} that pregrub can make (pregrub lint shows what to do)"));
        }
        Ok(Some((text, mended)))
    }
}
