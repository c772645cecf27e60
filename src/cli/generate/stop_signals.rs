//! The signals that ask a program to end, while it has files that it must not leave.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::emulate_default_handler;

/// Signals that are noted from now on instead of ending the process.
pub(super) struct StopSignals {
    stop: Arc<AtomicBool>,
    /// The number of the last one; 0 before there is one.
    which: Arc<AtomicUsize>,
}

impl StopSignals {
    /// Notes SIGTERM, SIGINT, SIGHUP and SIGQUIT. One that the caller has this program ignore (`nohup`) stays ignored.
    pub(super) fn catch() -> io::Result<Self> {
        let signals = Self { stop: Arc::default(), which: Arc::default() };
        let ignored = ignored();
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT] {
            if ignored & (1 << (signal - 1)) == 0 {
                // The number first: the reader of the flag asks for it.
                flag::register_usize(signal, Arc::clone(&signals.which), usize::try_from(signal).unwrap_or_default())?;
                flag::register(signal, Arc::clone(&signals.stop))?;
            }
        }
        Ok(signals)
    }

    /// Becomes true with the first of them.
    pub(super) fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Ends the process by the signal that has come. Comes back where none has.
    pub(super) fn die(&self) {
        if let Ok(signal @ 1..) = i32::try_from(self.which.load(Ordering::SeqCst)) {
            // What fails here ends with an exit status instead.
            let _ = emulate_default_handler(signal);
        }
    }
}

/// The signals that are ignored, a bit each, the lowest for number 1.
pub(in crate::cli) fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}
