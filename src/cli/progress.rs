//! A bar for who waits at a terminal.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far the work has come, on standard error. Where that is no terminal nothing is shown.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Of so many targets.
    pub(super) fn new(targets: usize, wanted: bool) -> Self {
        let target = match wanted && io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(targets as u64), target);
        // The template is a constant; the default is as good if it were wrong.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// One target is done; what is said of it is written while the bar is away.
    pub(super) fn done(&self, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.0.inc(1);
        self.0.suspend(write)
    }

    /// The bar goes away.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
