//! The menu itself: the entries, the clock, and the keys.

use std::time::Duration;

use super::keys::{self, Key};
use super::terminal::MenuStop;
use super::{Choice, Session};
use crate::boot::menu::{Opening, ROWS, TITLE_COLUMN, first_row, no_entry, pad, place};
use crate::boot::menu_screen::{CLOCK, HELP_LOCKED, HELP_UNLOCKED, clock};
use crate::config::Raised;
use crate::python::Int;

/// What wipes it out.
const NO_CLOCK: &str = "                                                                                ";

impl Session<'_> {
    /// Shows the menu until something is to be booted.
    pub(super) fn choose(&mut self, opening: &Opening) -> Result<Choice, MenuStop> {
        let mut seconds = opening.timeout.clone();
        let mut wait = Some(Duration::from_secs(1));
        let mut wanted = opening.wanted.clone();
        let mut start = first_row(place(&wanted));
        loop {
            self.draw_list(&seconds, start, place(&wanted))?;
            match keys::next(self.tty, wait)? {
                // pygrub waits for ever where the user who stopped the clock has gone.
                None if wait.is_none() => return Err(MenuStop::Gone),
                None => match seconds.to_i64() {
                    // The second pass treats its first second as the last; so does a clock that does not run.
                    Some(..=1) => return Ok(Choice { selected: wanted, edited: None }),
                    Some(left) => seconds = Int::Small(left - 1),
                    // Longer than anybody waits.
                    None => {}
                },
                Some(key) => {
                    seconds = Int::Small(-1);
                    wait = None;
                    let edited = match key {
                        Key::Char(b'\r' | b'\n') | Key::Enter => return Ok(Choice { selected: wanted, edited: None }),
                        Key::Char(b'p') if self.config.has_password => {
                            self.ask_password()?;
                            None
                        }
                        Key::Char(b'c') if !self.locked => {
                            let edited = self.command_line()?;
                            start = first_row(place(&wanted));
                            edited
                        }
                        Key::Char(b'e') if !self.locked => {
                            let edited = self.edit_entry(place(&wanted))?;
                            start = first_row(place(&wanted));
                            edited
                        }
                        Key::Char(b'a') if !self.locked => {
                            let edited = self.edit_arguments(place(&wanted))?;
                            start = first_row(place(&wanted));
                            edited
                        }
                        Key::Up => {
                            wanted = to_int(place(&wanted).saturating_sub(1));
                            None
                        }
                        Key::Down => {
                            wanted = to_int(place(&wanted).saturating_add(1));
                            None
                        }
                        _ => None,
                    };
                    if edited.is_some() {
                        return Ok(Choice { selected: wanted, edited });
                    }
                }
            }
            // Back into the list, and the list to it.
            let last = self.config.entries.len().checked_sub(1).ok_or_else(no_entry)?;
            let selected = place(&wanted);
            if selected > last {
                wanted = to_int(last);
            }
            let selected = selected.min(last);
            if selected < start || selected > start + ROWS - 1 {
                start = selected;
            }
        }
    }

    fn draw_list(&mut self, seconds: &Int, start: usize, selected: usize) -> Result<(), Raised> {
        let help: &[&str] = if self.locked { &HELP_LOCKED } else { &HELP_UNLOCKED };
        self.draw_around(help)?;
        let clock = clock(seconds).unwrap_or_else(|| NO_CLOCK.to_owned());
        self.whole.add(CLOCK, &clock, false)?;
        self.list.erase();
        self.list.frame();
        for (row, entry) in self.config.entries.iter().enumerate().skip(start).take(ROWS) {
            let title = entry.title.to_string_lossy();
            self.list
                .add((row - start + 1, TITLE_COLUMN), &pad(&title), row == selected)
                .map_err(|raised| raised.at(entry.title_span))?;
        }
        self.screen.copy(&mut self.list);
        self.screen.copy(&mut self.whole);
        self.update();
        Ok(())
    }
}

fn to_int(index: usize) -> Int {
    Int::Small(i64::try_from(index).unwrap_or(i64::MAX))
}
