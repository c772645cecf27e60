//! Signals to the supervisor. libxl ends a bootloader by a signal to the one process that it started: the worker gets it too, and
//! the supervisor stays to remove the files.

use std::io;
use std::process::Child;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// From now on SIGTERM and SIGHUP go to the worker. SIGINT, which a terminal sends to both, is the worker's alone: pygrub goes on to
/// the next partition then.
pub(super) fn pass_on(worker: &Child) -> io::Result<()> {
    let Some(worker) = i32::try_from(worker.id()).ok().and_then(Pid::from_raw) else { return Ok(()) };
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT])?;
    thread::spawn(move || {
        for signal in signals.forever().filter(|&signal| signal != SIGINT) {
            let signal = if signal == SIGHUP { Signal::HUP } else { Signal::TERM };
            // A worker that has ended needs no signal.
            let _ = kill_process(worker, signal);
        }
    });
    Ok(())
}
