//! Ctrl-C while many targets are looked at: what is known is printed. A second one ends the program at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Whether the user has asked the program to end.
#[derive(Default)]
pub(super) struct Interrupt {
    came: Arc<AtomicBool>,
    /// The number of the signal; 0 before there is one.
    which: Arc<AtomicUsize>,
}

impl Interrupt {
    /// Notes SIGINT and SIGTERM from now on, each once. Where that fails they end the program as ever.
    #[cfg(target_os = "linux")]
    pub(super) fn noted() -> Self {
        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::flag;

        use super::generate::ignored;

        let this = Self::default();
        // One that the caller has this program ignore, as a shell does for what runs in the background, stays ignored.
        let ignored = ignored();
        for signal in [SIGINT, SIGTERM].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0) {
            // In this order: the first one is noted, the second one finds the note.
            let _ = flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&this.came));
            let _ = flag::register_usize(signal, Arc::clone(&this.which), usize::try_from(signal).unwrap_or_default());
            let _ = flag::register(signal, Arc::clone(&this.came));
        }
        this
    }

    /// Signals end the program as ever.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn noted() -> Self {
        Self::default()
    }

    /// Whether one came.
    pub(super) fn came(&self) -> bool {
        self.came.load(Ordering::Relaxed)
    }

    /// The number of the one that came.
    pub(super) fn signal(&self) -> Option<u8> {
        if !self.came() {
            return None;
        }
        u8::try_from(self.which.load(Ordering::SeqCst)).ok().filter(|number| *number > 0)
    }
}
