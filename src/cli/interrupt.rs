//! The signals that end a process, while many targets are looked at and while files are written.
//!
//! Ctrl-C while many targets are looked at: what is known is printed, and a second one ends the program. While a file is written a
//! signal waits: the file is there in full or not at all, and nothing else stays.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Held while files are written.
static WRITING: Mutex<()> = Mutex::new(());

/// Where SIGINT and SIGTERM are noted at first. `None` if they end the program.
static NOTE: Mutex<Option<Arc<AtomicUsize>>> = Mutex::new(None);

/// Writes files. A signal that ends the process does so afterwards.
pub(super) fn while_writing<T>(write: impl FnOnce() -> T) -> T {
    answer();
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    write()
}

/// Whether the user has asked the program to end.
#[derive(Default)]
pub(super) struct Interrupt {
    /// The number of the signal; 0 before there is one.
    which: Arc<AtomicUsize>,
}

impl Interrupt {
    /// Notes the first SIGINT or SIGTERM from now on. The next one ends the program.
    pub(super) fn noted() -> Self {
        let this = Self::default();
        *NOTE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&this.which));
        answer();
        this
    }

    /// Whether one came.
    pub(super) fn came(&self) -> bool {
        self.which.load(Ordering::Relaxed) != 0
    }

    /// The number of the one that came.
    pub(super) fn signal(&self) -> Option<u8> {
        u8::try_from(self.which.load(Ordering::Relaxed)).ok().filter(|number| *number > 0)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        let mut note = NOTE.lock().unwrap_or_else(PoisonError::into_inner);
        note.take_if(|note| Arc::ptr_eq(note, &self.which));
    }
}

/// From the first call on a thread answers all signals that end a process, but those that the caller has it ignore. Where that fails
/// they end it as ever.
#[cfg(target_os = "linux")]
fn answer() {
    use std::sync::Once;
    use std::thread;

    use signal_hook::iterator::Signals;

    use super::ending_signals::{die_of, ending};

    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let Ok(mut signals) = Signals::new(ending()) else { return };
        let answered = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                if !is_noted(signal) {
                    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
                    die_of(signal);
                }
            }
        });
        // Without a thread nobody would answer them.
        if answered.is_err() {
            ending().into_iter().for_each(as_ever);
        }
    });
}

/// Has a signal end the process at once.
#[cfg(target_os = "linux")]
fn as_ever(signal: i32) {
    use std::sync::atomic::AtomicBool;

    use signal_hook::flag;

    use super::ending_signals::status;

    let _ = flag::register_conditional_shutdown(signal, status(signal), Arc::new(AtomicBool::new(true)));
}

/// Whether a signal is the first of those that are noted.
#[cfg(target_os = "linux")]
fn is_noted(signal: i32) -> bool {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let note = NOTE.lock().unwrap_or_else(PoisonError::into_inner);
    let number = usize::try_from(signal).unwrap_or_default();
    [SIGINT, SIGTERM].contains(&signal)
        && note
            .as_ref()
            .is_some_and(|note| note.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed).is_ok())
}

/// Signals end the program as ever.
#[cfg(not(target_os = "linux"))]
fn answer() {}
