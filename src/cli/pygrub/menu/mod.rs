//! The interactive menu: what pygrub shows on the guest's console, and what can be done with it.
//!
//! The screens are pygrub's, cell by cell, and so are the keys; `tests/cli/pygrub/menu.rs` holds both programs against each other on
//! pseudo-terminals. Editing, which pygrub has lost under Python 3, works as it did under Python 2.
//!
//! libxl gives TERM=vt100 and a window without a size. What a menu needs of that is a dozen sequences, so there is no crate for
//! terminals here: crossterm and ratatui write colours and the sequences of xterm, and open files as they go, which the
//! sandbox around this forbids. [`Terminal::new`] does all that touches more than the two file descriptors; after it there are
//! only read, write, poll and the ioctl for the modes. rustix has them without unsafe code.

mod entry;
mod keys;
mod line;
mod list;
mod password;
mod screen;
mod terminal;

use signal_hook::consts::SIGTERM;

use crate::boot::menu::{Opening, WINDOW};
use crate::boot::menu_screen::{HEADLINE, HELP_ARROWS, HELP_WINDOW, WINDOW_AT};
use crate::boot::{Console, Menu};
use crate::cli::ending_signals::die_of;
use crate::config::{Cause, Config, Entry, Raised, Stage};
use crate::python::{Int, Python};
use crate::release::Release;

use self::screen::{Charset, Screen, Window};
use self::terminal::{MenuStop, Tty};

/// Somebody at standard input and output.
pub(in crate::cli) struct Terminal {
    tty: Tty,
    utf8: bool,
    unicode_lines: bool,
    replaces_unsafe: bool,
}

impl Terminal {
    /// Looks at the terminal and at the environment, and catches the signals that end or stop a process for as long as a menu is
    /// shown. Nothing is written yet.
    pub(in crate::cli) fn new() -> Self {
        let term = std::env::var("TERM").unwrap_or_default();
        // The same two as in terminfo: what draws no lines from a set of its own while it shows UTF-8.
        let unicode_lines = term.starts_with("linux") || term.starts_with("screen");
        Self { tty: Tty::new(), utf8: is_utf8(), unicode_lines, replaces_unsafe: false }
    }

    /// The same for somebody who looks at a guest's menu, with characters replaced that would mislead.
    pub(in crate::cli) fn of_the_host() -> Self {
        Self { replaces_unsafe: true, ..Self::new() }
    }

    /// The exception with which curses refuses it, where it does.
    pub(in crate::cli) fn refuses(&self) -> Option<Raised> {
        self.tty.refuses()
    }
}

/// The exception with which curses refuses this process' terminal, where it does.
pub(in crate::cli) fn refuses() -> Option<Raised> {
    Tty::new().refuses()
}

/// Whether Python's curses writes UTF-8: with any locale but one that LC_ALL says is another. Where the locale is C by LANG or
/// by default, Python takes C.UTF-8 in its place.
fn is_utf8() -> bool {
    match std::env::var("LC_ALL") {
        Ok(name) if !name.is_empty() => {
            let name = name.to_ascii_lowercase();
            name.contains("utf-8") || name.contains("utf8")
        }
        _ => true,
    }
}

impl Console for Terminal {
    /// Where SIGTERM comes, the terminal is tidied up and the program ends with status 1, as curses does it. Of every other signal
    /// that ends a process, it dies after that.
    fn show(&mut self, config: &Config, text: &[u8], release: Release) -> Menu {
        // curses comes first.
        if let Some(raised) = self.tty.refuses() {
            return Menu::failed(raised, None);
        }
        let opening = match Opening::new(config, release) {
            Ok(opening) => opening,
            Err(raised) => return Menu::failed(raised, None),
        };
        // Under Python 2 curses has no locale.
        let utf8 = self.utf8 && release.python() == Python::Three;
        let charset =
            Charset { utf8, unicode_lines: utf8 && self.unicode_lines, replaces_unsafe: self.replaces_unsafe };
        let screen = Screen::new(self.tty.size, charset);
        let warning = opening.warning;
        self.tty.enter(screen.closing());
        self.tty.write(&screen.opening());
        let mut session = Session {
            screen,
            whole: Window::new(self.tty.size, (0, 0), charset),
            list: Window::new(WINDOW, WINDOW_AT, charset),
            help: Window::new(HELP_WINDOW.0, HELP_WINDOW.1, charset),
            tty: &mut self.tty,
            config,
            text,
            release,
            charset,
            locked: config.has_password,
        };
        let began = std::time::Instant::now();
        let result = session.choose(&opening);
        let died = self.tty.leave();
        let failed = |raised| Menu::failed(raised, warning);
        match died.map_or(result, |signal| Err(MenuStop::Died(signal))) {
            Ok(Choice { selected, edited }) => {
                let seconds = began.elapsed().as_secs();
                Menu { edited: edited.map(Box::new), ..Menu::new(Some(seconds), selected, warning) }
            }
            Err(MenuStop::Raised(raised)) => failed(raised),
            Err(MenuStop::Interrupted) => failed(Raised::new(Stage::Menu, "KeyboardInterrupt", "", Cause::Interrupted)),
            Err(MenuStop::Gone) => failed(Raised::new(Stage::Menu, "EOFError", "", Cause::Terminal)),
            Err(MenuStop::Died(SIGTERM)) => std::process::exit(1),
            Err(MenuStop::Died(signal)) => {
                die_of(signal);
                std::process::exit(1)
            }
        }
    }
}

/// What was chosen.
struct Choice {
    selected: Int,
    edited: Option<Entry>,
}

/// A menu that is shown.
struct Session<'a> {
    tty: &'a mut Tty,
    screen: Screen,
    /// Title and clock, and what the line editor shows.
    whole: Window,
    /// The box with the entries or with the lines of one.
    list: Window,
    /// What the keys do, and the password.
    help: Window,
    config: &'a Config,
    /// What the configuration was parsed from.
    text: &'a [u8],
    release: Release,
    charset: Charset,
    /// Whether the password has not been given.
    locked: bool,
}

impl Session<'_> {
    /// Draws what is around the box.
    fn draw_around(&mut self, help: &[&str]) -> Result<(), Raised> {
        self.whole.erase();
        self.whole.add(HEADLINE.0, HEADLINE.1, false)?;
        self.screen.copy(&mut self.whole);
        self.help.add((0, 0), HELP_ARROWS, false)?;
        for (row, text) in help.iter().enumerate() {
            self.help.add((row + 1, 0), text, false)?;
        }
        self.help.put_char((0, 8), self.charset.arrow('\u{2191}'));
        self.help.put_char((0, 14), self.charset.arrow('\u{2193}'));
        self.help.move_to((9, 69));
        self.screen.copy(&mut self.help);
        Ok(())
    }

    /// Shows what was drawn.
    fn update(&mut self) {
        let changes = self.screen.changes();
        self.tty.shows(self.screen.redrawing());
        self.tty.write(&changes);
    }
}
