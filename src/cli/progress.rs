//! A bar for the user who waits at a terminal.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Status;

/// How far the work has come, on standard error: targets done, those that fail so far, and the time that is left. Where standard error
/// is not a terminal, or the work is done at once, nothing is shown.
pub(super) struct Progress {
    /// As soon as it is shown.
    bar: Option<ProgressBar>,
    targets: usize,
    /// Whether somebody would see it.
    is_wanted: bool,
    began: Instant,
    done: u64,
    failing: usize,
    unknown: usize,
}

/// Work that is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_millis(300);

impl Progress {
    /// How many targets there are.
    pub(super) fn new(targets: usize) -> Self {
        let is_wanted = targets > 1 && io::stderr().is_terminal();
        Self { bar: None, targets, is_wanted, began: Instant::now(), done: 0, failing: 0, unknown: 0 }
    }

    /// One target is done; what is written about it is written while the bar is away.
    pub(super) fn done(&mut self, status: Status, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        match status {
            Status::Fine | Status::NotApplicable => {}
            Status::Fails => self.failing += 1,
            Status::Unknown | Status::Usage | Status::Stopped(_) => self.unknown += 1,
        }
        self.done += 1;
        if self.bar.is_none() && self.is_wanted && self.began.elapsed() >= PATIENCE {
            self.bar = Some(self.made());
        }
        let Some(bar) = &self.bar else { return write() };
        // The position draws the bar.
        bar.set_message(self.message());
        bar.set_position(self.done);
        bar.suspend(write)
    }

    fn made(&self) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(self.targets as u64), ProgressDrawTarget::stderr());
        // The template is a constant; the default is as good if it were wrong.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len}{msg}, {eta} left") {
            bar.set_style(style);
        }
        bar.with_elapsed(self.began.elapsed())
    }

    /// `, 2 failing, 1 unknown`.
    fn message(&self) -> String {
        let counts = [(self.failing, "failing"), (self.unknown, "unknown")];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        counts.map(|(count, what)| format!(", {count} {what}")).collect()
    }

    /// The bar goes away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
