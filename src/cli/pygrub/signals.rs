//! Signals to the supervisor. libxl ends a bootloader by a signal to the one process that it started: the worker gets it too, and
//! the supervisor stays to remove the files.

use std::io;
use std::process::Child;
use std::sync::Arc;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// A caller that ignores SIGCHLD passes that on, and Linux then keeps no exit status of the worker. A handler that does nothing
/// ends it.
pub(super) fn want_exit_status() -> io::Result<()> {
    flag::register(SIGCHLD, Arc::default()).map(drop)
}

/// From now on SIGTERM, SIGHUP and SIGQUIT go to the worker. SIGINT, which a terminal sends to both, is the worker's alone: pygrub goes on to
/// the next partition then.
pub(super) fn pass_on(worker: &Child) -> io::Result<()> {
    let Some(worker) = i32::try_from(worker.id()).ok().and_then(Pid::from_raw) else { return Ok(()) };
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGQUIT, SIGINT])?;
    thread::spawn(move || {
        for signal in signals.forever().filter(|&signal| signal != SIGINT) {
            let signal = match signal {
                SIGHUP => Signal::HUP,
                SIGQUIT => Signal::QUIT,
                _ => Signal::TERM,
            };
            // A worker that has ended needs no signal.
            let _ = kill_process(worker, signal);
        }
    });
    Ok(())
}

/// Ends this process as the worker was ended, by a signal that was meant for both. Comes back where it was another one.
pub(super) fn die_of(signal: i32) {
    if [SIGTERM, SIGHUP, SIGQUIT, SIGINT].contains(&signal) {
        // What fails here ends with the exit status 1 instead.
        let _ = emulate_default_handler(signal);
    }
}
