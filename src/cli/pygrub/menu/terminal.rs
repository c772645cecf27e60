//! The terminal: its modes, its size, its bytes, and the signals that come while the menu is shown.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};
use signal_hook::consts::{SIGCONT, SIGINT, SIGTSTP};
use signal_hook::flag;
use signal_hook::low_level::emulate_default_handler;

use crate::cli::ending_signals::{ending, is_a_job, is_emulated, status};
use crate::config::{Cause, Raised, Stage};

/// What ends the menu other than a choice.
pub(super) enum MenuStop {
    /// An exception.
    Raised(Raised),
    /// Ctrl-C, or SIGINT.
    Interrupted,
    /// Another signal that ends a process.
    Died(i32),
    /// Nobody can press a key any more.
    Gone,
}

impl From<Raised> for MenuStop {
    fn from(raised: Raised) -> Self {
        Self::Raised(raised)
    }
}

/// How often the flags of the signals are looked at while nothing is typed: one that comes just before a wait begins does not
/// end it.
const GLANCE: Duration = Duration::from_millis(200);

/// How long a terminal that takes nothing is waited for when it is handed back.
const LAST_WORDS: Duration = Duration::from_millis(400);

/// The size of a vt100, in rows and columns, where the window has none: as it is under libxl.
const VT100: (u16, u16) = (24, 80);

/// Terminals that are known where the host has no terminfo.
const USUAL: [&str; 9] = ["vt100", "vt102", "vt220", "xterm", "linux", "ansi", "screen", "tmux", "rxvt"];

/// Standard input and output as a terminal.
pub(super) struct Tty {
    /// Whether TERM names a terminal.
    known: bool,
    /// Rows and columns.
    pub size: (usize, usize),
    /// Whether keys may come as terminals other than a vt100 send them, too.
    pub ansi_keys: bool,
    /// Standard output or standard error, whichever is a terminal, and the modes that it had.
    before: Option<(BorrowedFd<'static>, Termios)>,
    pressed: VecDeque<u8>,
    ended: bool,
    /// What draws the screen again, and what leaves it: for Ctrl-Z.
    redrawing: Vec<u8>,
    leaving: Vec<u8>,
    signals: Signals,
}

/// What came while the menu is shown.
struct Signals {
    interrupted: Arc<AtomicBool>,
    /// The number of one that ends the process; 0 before there is one.
    fatal: Arc<AtomicUsize>,
    /// Ctrl-Z.
    suspended: Arc<AtomicBool>,
    /// The process goes on after it was stopped.
    resumed: Arc<AtomicBool>,
    /// Whether the menu is not shown: the signals do then what they always do.
    outside: Arc<AtomicBool>,
}

impl Signals {
    fn new() -> Self {
        let new = |value| Arc::new(AtomicBool::new(value));
        let signals = Self {
            interrupted: new(false),
            fatal: Arc::default(),
            suspended: new(false),
            resumed: new(false),
            outside: new(true),
        };
        for signal in ending() {
            let outside = Arc::clone(&signals.outside);
            let is_default = match is_emulated(signal) {
                true => flag::register_conditional_default(signal, outside),
                false => flag::register_conditional_shutdown(signal, status(signal), outside),
            };
            // Where it cannot be caught, the default remains: it ends the program, without tidying up the terminal.
            if is_default.is_ok() {
                let _ = match (signal, usize::try_from(signal)) {
                    (SIGINT, _) => flag::register(signal, Arc::clone(&signals.interrupted)),
                    (_, Ok(number)) => flag::register_usize(signal, Arc::clone(&signals.fatal), number),
                    (_, Err(_)) => continue,
                };
            }
        }
        // The system ignores Ctrl-Z where no shell could have the program go on, as under a toolstack: so it has to stay there.
        if is_a_job() && flag::register_conditional_default(SIGTSTP, Arc::clone(&signals.outside)).is_ok() {
            let _ = flag::register(SIGTSTP, Arc::clone(&signals.suspended));
        }
        let _ = flag::register(SIGCONT, Arc::clone(&signals.resumed));
        signals
    }

    fn check(&self) -> Result<(), MenuStop> {
        if let Some(signal) = self.fatal() {
            return Err(MenuStop::Died(signal));
        }
        if self.interrupted.swap(false, Ordering::Relaxed) { Err(MenuStop::Interrupted) } else { Ok(()) }
    }

    /// The one that ends the process, if one has come.
    fn fatal(&self) -> Option<i32> {
        i32::try_from(self.fatal.load(Ordering::Relaxed)).ok().filter(|&signal| signal > 0)
    }
}

impl Tty {
    /// Asks everything that takes more than the two file descriptors.
    pub(super) fn new() -> Self {
        let term = std::env::var("TERM").unwrap_or_default();
        let modes = |fd: BorrowedFd<'static>| tcgetattr(fd).ok().map(|modes| (fd, modes));
        // curses sets the modes of its output, whatever its input is.
        let before = modes(rustix::stdio::stdout()).or_else(|| modes(rustix::stdio::stderr()));
        let window = before.as_ref().and_then(|(fd, _)| tcgetwinsize(fd).ok());
        let side = |variable: &str, window: Option<u16>, vt100: u16| {
            let named = std::env::var(variable).ok().and_then(|text| text.parse().ok());
            usize::from(named.or(window).filter(|&side| side > 0).unwrap_or(vt100))
        };
        let rows = side("LINES", window.map(|window| window.ws_row).filter(|&rows| rows > 0), VT100.0);
        let columns = side("COLUMNS", window.map(|window| window.ws_col).filter(|&columns| columns > 0), VT100.1);
        Self {
            known: is_known(&term),
            // More than that no terminal has; it bounds what is drawn.
            size: (rows.min(500), columns.min(1000)),
            ansi_keys: term != "vt100",
            before,
            pressed: VecDeque::new(),
            ended: false,
            redrawing: Vec::new(),
            leaving: Vec::new(),
            signals: Signals::new(),
        }
    }

    /// The exception with which curses refuses the terminal, where it does.
    pub(super) fn refuses(&self) -> Option<Raised> {
        match (self.known, &self.before) {
            (false, _) => Some(unknown_terminal()),
            (true, None) => Some(no_terminal()),
            (true, Some(_)) => None,
        }
    }

    /// Takes the terminal over: key by key, without echo, Ctrl-C and its like as signals. `leaving` is what is written when it is
    /// handed back.
    pub(super) fn enter(&mut self, leaving: Vec<u8>) {
        self.leaving = leaving;
        self.signals.resumed.store(false, Ordering::Relaxed);
        self.signals.outside.store(false, Ordering::Relaxed);
        self.set_modes();
    }

    fn set_modes(&self) {
        let Some((fd, before)) = &self.before else { return };
        let mut modes = before.clone();
        modes.input_modes -= InputModes::ICRNL;
        modes.output_modes -= OutputModes::ONLCR;
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        modes.local_modes |= LocalModes::ISIG;
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        // A terminal that refuses is used as it is.
        let _ = tcsetattr(fd, OptionalActions::Drain, &modes);
    }

    /// Hands it back as it was. Returns the signal that has ended the process, if one has come: then nothing else is to be done.
    pub(super) fn leave(&mut self) -> Option<i32> {
        self.restore();
        self.signals.outside.store(true, Ordering::Relaxed);
        self.signals.fatal()
    }

    fn restore(&self) {
        let is_written = self.write_in(&self.leaving, Some(LAST_WORDS));
        if let Some((fd, before)) = &self.before {
            // A terminal that takes nothing (Ctrl-S) would be waited for until it does.
            let when = if is_written { OptionalActions::Drain } else { OptionalActions::Now };
            let _ = tcsetattr(fd, when, before);
        }
    }

    /// What draws the screen as it is now, after the process was stopped.
    pub(super) fn shows(&mut self, redrawing: Vec<u8>) {
        self.redrawing = redrawing;
    }

    /// Writes to it. What cannot be written is lost, as with curses.
    pub(super) fn write(&self, bytes: &[u8]) {
        self.write_in(bytes, None);
    }

    /// Writes to it, until that takes longer than `most`, or a signal ends the process. Whether all is written.
    fn write_in(&self, mut bytes: &[u8], most: Option<Duration>) -> bool {
        let began = Instant::now();
        let output = rustix::stdio::stdout();
        while !bytes.is_empty() {
            let is_late = most.map_or(self.signals.fatal().is_some(), |most| began.elapsed() > most);
            match ready(&output, PollFlags::OUT, GLANCE) {
                Ok(false) | Err(Errno::INTR) if is_late => return false,
                Ok(false) | Err(Errno::INTR) => continue,
                Ok(true) | Err(_) => {}
            }
            // Little at a time, which does not wait.
            match rustix::io::write(output, &bytes[..bytes.len().min(512)]) {
                Ok(written) => bytes = &bytes[written.min(bytes.len())..],
                Err(Errno::INTR | Errno::AGAIN) if !is_late => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// Does what Ctrl-Z asks for, and draws the screen again when the process goes on.
    fn pause(&mut self) {
        if self.signals.suspended.swap(false, Ordering::Relaxed) {
            self.restore();
            // It returns when the process goes on.
            let _ = emulate_default_handler(SIGTSTP);
            self.signals.resumed.store(true, Ordering::Relaxed);
        }
        if self.signals.resumed.swap(false, Ordering::Relaxed) {
            self.set_modes();
            self.write(&self.redrawing);
        }
    }

    /// The next byte; nothing where none comes in time, or none ever again.
    pub(super) fn byte(&mut self, wait: Option<Duration>) -> Result<Option<u8>, MenuStop> {
        let until = wait.map(|wait| Instant::now() + wait);
        loop {
            self.signals.check()?;
            self.pause();
            if let Some(byte) = self.pressed.pop_front() {
                return Ok(Some(byte));
            }
            if self.ended {
                return Ok(None);
            }
            let left = until.map_or(GLANCE, |until| until.saturating_duration_since(Instant::now()));
            match ready(&rustix::stdio::stdin(), PollFlags::IN, left.min(GLANCE)) {
                Ok(true) => self.fill(),
                Ok(false) if until.is_some_and(|until| Instant::now() >= until) => return Ok(None),
                Ok(false) | Err(Errno::INTR) => {}
                Err(_) => self.ended = true,
            }
        }
    }

    /// Puts bytes back, to be read next.
    pub(super) fn put_back(&mut self, bytes: &[u8]) {
        for &byte in bytes.iter().rev() {
            self.pressed.push_front(byte);
        }
    }

    /// Whether no byte will ever come.
    pub(super) fn has_ended(&self) -> bool {
        self.ended && self.pressed.is_empty()
    }

    fn fill(&mut self) {
        let mut buffer = [0_u8; 256];
        match rustix::io::read(rustix::stdio::stdin(), &mut buffer) {
            Ok(0) => self.ended = true,
            Ok(count) => self.pressed.extend(&buffer[..count]),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => self.ended = true,
        }
    }
}

/// Whether a descriptor is ready within this time, of less than a second.
fn ready(descriptor: &BorrowedFd<'_>, how: PollFlags, wait: Duration) -> Result<bool, Errno> {
    let mut watched = [PollFd::new(descriptor, how)];
    let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(wait.subsec_nanos()) };
    poll(&mut watched, Some(&wait)).map(|ready| ready > 0)
}

/// The exception of curses for a TERM that it does not know.
fn unknown_terminal() -> Raised {
    Raised::new(Stage::Menu, "_curses.error", "setupterm: could not find terminal", Cause::Terminal)
}

/// The exception of curses where neither standard output nor standard error is a terminal.
fn no_terminal() -> Raised {
    Raised::new(Stage::Menu, "_curses.error", "nocbreak() returned ERR", Cause::Terminal)
}

/// Whether terminfo has an entry of that name. Nothing but the name matters: all output is plain VT100.
fn is_known(term: &str) -> bool {
    // `unknown` has an entry, but one that curses refuses: it is generic.
    if term.is_empty() || term == "unknown" || term.contains('/') || term.starts_with('.') {
        return false;
    }
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".terminfo"));
    let named = std::env::var_os("TERMINFO").map(PathBuf::from);
    let list = std::env::var_os("TERMINFO_DIRS").unwrap_or_default();
    let usual = ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"];
    let directories: Vec<PathBuf> = named
        .into_iter()
        .chain(home)
        .chain(std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()))
        .chain(usual.map(PathBuf::from))
        .filter(|path| path.is_dir())
        .collect();
    if directories.is_empty() {
        return USUAL
            .iter()
            .any(|usual| term == *usual || term.strip_prefix(usual).is_some_and(|rest| rest.starts_with('-')));
    }
    let first = term.as_bytes()[0];
    directories.iter().any(|directory| {
        directory.join(char::from(first).to_string()).join(term).is_file()
            || directory.join(format!("{first:02x}")).join(term).is_file()
    })
}
