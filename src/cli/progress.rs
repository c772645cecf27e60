//! A bar for the user who waits at a terminal.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Status;

/// How far the work has come, on standard error: targets done, those that fail so far, and the time that is left. Where standard error
/// is not a terminal, or the work is done at once, nothing is shown.
pub(super) struct Progress {
    bar: ProgressBar,
    targets: usize,
    began: Instant,
    is_shown: bool,
    failing: usize,
    unknown: usize,
}

/// Work that is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_millis(300);

impl Progress {
    /// Of this many targets.
    pub(super) fn new(targets: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(targets as u64), ProgressDrawTarget::hidden());
        // The template is a constant; the default is as good if it were wrong.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len}{msg}, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, targets, began: Instant::now(), is_shown: false, failing: 0, unknown: 0 }
    }

    /// One target is done; what is written about it is written while the bar is away.
    pub(super) fn done(&mut self, status: Status, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        match status {
            Status::Fine | Status::NotApplicable => {}
            Status::Fails => self.failing += 1,
            Status::Unknown | Status::Usage | Status::Stopped(_) => self.unknown += 1,
        }
        self.bar.inc(1);
        if !self.is_shown && self.targets > 1 && self.began.elapsed() >= PATIENCE && io::stderr().is_terminal() {
            self.is_shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if !self.is_shown {
            return write();
        }
        self.bar.set_message(self.message());
        self.bar.suspend(write)
    }

    /// `, 2 failing, 1 unknown`.
    fn message(&self) -> String {
        let counts = [(self.failing, "failing"), (self.unknown, "unknown")];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        counts.map(|(count, what)| format!(", {count} {what}")).collect()
    }

    /// The bar goes away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
