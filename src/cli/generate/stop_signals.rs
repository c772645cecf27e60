//! The signals that ask a program to end, while it has files that it must not leave.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::flag;

use crate::cli::ending_signals::{die_of, ending};

/// Signals that are noted from now on instead of ending the process.
pub(super) struct StopSignals {
    stop: Arc<AtomicBool>,
    /// The number of the last one; 0 before there is one.
    which: Arc<AtomicUsize>,
}

impl StopSignals {
    /// Notes every signal that ends a process and can be caught. One that the caller has this program ignore (`nohup`) stays ignored.
    pub(super) fn catch() -> io::Result<Self> {
        let signals = Self { stop: Arc::default(), which: Arc::default() };
        for signal in ending() {
            // The number first: the reader of the flag asks for it.
            flag::register_usize(signal, Arc::clone(&signals.which), usize::try_from(signal).unwrap_or_default())?;
            flag::register(signal, Arc::clone(&signals.stop))?;
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
            die_of(signal);
        }
    }
}
