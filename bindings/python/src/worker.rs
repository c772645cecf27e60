//! The work, on a thread of its own: the interpreter goes on meanwhile, and Ctrl-C ends the wait.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use pregrub::check::CheckError;
use pyo3::prelude::*;

use crate::fault::Fault;

/// The stack of the thread: what the first one usually has.
const STACK: usize = 8 << 20;
/// How long it may take until a signal is noticed.
const PATIENCE: Duration = Duration::from_millis(50);

/// Does the work without the GIL. While it lasts, handlers of signals run; where one raises, as that of SIGINT does, the exception leaves at
/// once, and the thread ends by itself, without a result.
pub(crate) fn run(
    py: Python<'_>,
    target: PathBuf,
    work: impl FnOnce() -> Result<String, CheckError> + Send + 'static,
) -> PyResult<String> {
    let (send, mut receive) = mpsc::sync_channel(1);
    // A panic is a fault of pregrub. It must not take the program down, nor pass for an answer.
    let work = move || catch_unwind(AssertUnwindSafe(work)).map_err(|panic| Fault::Panicked(message(&*panic)));
    let guarded = move || {
        // Nobody waits any more where a signal has ended the wait.
        let _ = send.send(work().and_then(|done| done.map_err(Fault::from)));
    };
    let thread = thread::Builder::new().name("pregrub".to_owned()).stack_size(STACK).spawn(guarded);
    thread.map_err(|error| Fault::NoThread(error.to_string()).raise(py, &target))?;
    loop {
        let (back, received) = py.detach(move || {
            let received = receive.recv_timeout(PATIENCE);
            (receive, received)
        });
        receive = back;
        match received {
            Ok(done) => return done.map_err(|fault| fault.raise(py, &target)),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Fault::Panicked("the thread ended without a result".to_owned()).raise(py, &target));
            }
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}
