//! Signals to the supervisor, from before the first file is made until the result is written.
//!
//! libxl ends a bootloader by a signal to the one process that it started, and any signal may come at any instant. What the
//! toolstack finds afterwards is one of two: neither file, or a result that is written in full with the files that it names. So the
//! handlers stand before anything is made, and a thread of their own answers each signal by how far the work is: see [`Phase`].

use std::io;
use std::path::PathBuf;
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGCHLD, SIGINT, SIGTSTP};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::cli::ending_signals::{Stat, die_of, ending, is_a_job};

/// How long a worker has for tidying up the terminal before it is killed.
const TO_TIDY_UP: Duration = Duration::from_secs(2);

/// How far the work is, and what a signal does then.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// There are files, perhaps, and nothing else: they are removed, and the process ends as the signal ends it.
    Alone,
    /// The worker works: it gets the signal, and its end is this one's; if it does not end in time, it is killed.
    Working(Option<Pid>),
    /// The result is whole: the signal comes too late.
    Done,
}

struct State {
    phase: Phase,
    /// To be removed.
    files: Vec<PathBuf>,
    /// The first signal that came while the worker worked.
    came: Option<i32>,
}

/// The watch over signals. There is one in a process.
pub(super) struct Watch {
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Watch {
    /// Catches signals from now on. Those that the caller had ignored stay ignored. `at_a_menu` leaves SIGINT, which a terminal
    /// sends to both processes, to a worker that shows a menu: pygrub goes on to the next partition then.
    pub(super) fn begin(at_a_menu: bool) -> io::Result<Self> {
        // A caller that ignores SIGCHLD passes that on, and Linux then keeps no exit status of the worker. A handler that does
        // nothing ends it.
        flag::register(SIGCHLD, Arc::default())?;
        // Where no shell is that could have the program go on, the system ignores Ctrl-Z.
        let stopping = (at_a_menu && is_a_job()).then_some(SIGTSTP);
        let mut signals = Signals::new(ending().into_iter().chain(stopping))?;
        let state =
            Arc::new((Mutex::new(State { phase: Phase::Alone, files: Vec::new(), came: None }), Condvar::new()));
        let watch = Self { state: Arc::clone(&state) };
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                answer(&state, signal, at_a_menu);
            }
        })?;
        Ok(watch)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state.0)
    }

    /// Makes a file, whose path `path` gives, so that no signal comes between its making and the note to remove it.
    pub(super) fn make<T, E>(
        &self,
        make: impl FnOnce() -> Result<T, E>,
        path: impl FnOnce(&T) -> PathBuf,
    ) -> Result<T, E> {
        let mut state = self.state();
        let made = make()?;
        state.files.push(path(&made));
        Ok(made)
    }

    /// Starts the worker and hands it the signals.
    pub(super) fn start<T>(
        &self,
        start: impl FnOnce() -> io::Result<T>,
        child: impl FnOnce(&T) -> &Child,
    ) -> io::Result<T> {
        let mut state = self.state();
        let started = start()?;
        state.phase = Phase::Working(i32::try_from(child(&started).id()).ok().and_then(Pid::from_raw));
        Ok(started)
    }

    /// The worker has ended. Returns the signal that came meanwhile: then nothing may be handed over.
    pub(super) fn ended(&self) -> Option<i32> {
        let mut state = self.state();
        state.phase = Phase::Alone;
        self.state.1.notify_all();
        state.came
    }

    /// Does `last`, which makes the result whole. From then on signals come too late; while it is done they wait.
    pub(super) fn finish<E>(&self, last: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let mut state = self.state();
        last()?;
        state.phase = Phase::Done;
        Ok(())
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stops this process, after the worker has stopped, which has a terminal to tidy up.
fn stop(phase: Phase) {
    let worker = match phase {
        Phase::Working(worker) => worker,
        Phase::Alone | Phase::Done => None,
    };
    if let Some(worker) = worker {
        let _ = kill_process(worker, Signal::TSTP);
        let began = Instant::now();
        let listed = || Stat::of(u32::try_from(worker.as_raw_nonzero().get()).ok()?);
        while began.elapsed() < TO_TIDY_UP && listed().is_some_and(|stat| stat.state != 'T') {
            thread::sleep(Duration::from_millis(5));
        }
    }
    // It returns when the process goes on.
    let _ = emulate_default_handler(SIGTSTP);
    let _ = worker.map(|worker| kill_process(worker, Signal::CONT));
}

fn answer((state, changed): &(Mutex<State>, Condvar), signal: i32, at_a_menu: bool) {
    let mut state = lock(state);
    if signal == SIGTSTP {
        return stop(state.phase);
    }
    match state.phase {
        Phase::Done => return,
        Phase::Working(_) if at_a_menu && signal == SIGINT => return,
        Phase::Working(Some(worker)) => {
            state.came.get_or_insert(signal);
            // A worker that has ended needs no signal, and of one without a name it tidies up as of SIGTERM.
            let _ = kill_process(worker, Signal::from_named_raw(signal).unwrap_or(Signal::TERM));
            let working = |state: &State| matches!(state.phase, Phase::Working(_));
            let waited = changed.wait_timeout_while(state, TO_TIDY_UP, |state| working(state));
            let (now, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = now;
            if !timeout.timed_out() {
                // The caller that waited for the worker goes on from here.
                return;
            }
            let _ = kill_process(worker, Signal::KILL);
        }
        Phase::Working(None) | Phase::Alone => {}
    }
    for file in &state.files {
        let _ = std::fs::remove_file(file);
    }
    // With the lock held, so that nothing is made or written any more.
    die_of(signal);
}
