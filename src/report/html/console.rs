//! The guest's console with pygrub's menu, cell by cell as pygrub draws it when it opens.

use unicode_width::UnicodeWidthChar;

use crate::boot::menu::{Opening, ROWS, TITLE_COLUMN, WINDOW, first_row, lay, pad, place};
use crate::boot::menu_screen::{
    CLOCK, HEADLINE, HELP_ARROWS, HELP_LOCKED, HELP_UNLOCKED, HELP_WINDOW, WINDOW_AT, clock,
};
use crate::config::Config;
use crate::release::Release;

/// A console: rows of 80 cells.
pub(super) struct ConsoleScreen {
    /// The rows, each with whether it is in reverse video from the first column of its title on.
    rows: Vec<Vec<Cell>>,
}

#[derive(Clone)]
struct Cell {
    text: String,
    is_reverse: bool,
}

/// Rows and columns of a vt100.
const SIZE: (usize, usize) = (24, 80);

impl ConsoleScreen {
    /// The menu of a configuration when it opens. `None` if pygrub raises before it draws one.
    pub(super) fn opening(config: &Config, release: Release) -> Option<Self> {
        let opening = Opening::new(config, release).ok()?;
        let empty = Cell { text: " ".to_owned(), is_reverse: false };
        let mut screen = Self { rows: vec![vec![empty; SIZE.1]; SIZE.0] };
        screen.add((HEADLINE.0, SIZE), (0, 0), HEADLINE.1, false);
        let (help_size, help_at) = HELP_WINDOW;
        screen.add(((0, 0), help_size), help_at, HELP_ARROWS, false);
        let help: &[&str] = if config.has_password { &HELP_LOCKED } else { &HELP_UNLOCKED };
        for (row, text) in help.iter().enumerate() {
            screen.add(((row + 1, 0), help_size), help_at, text, false);
        }
        screen.set(help_at.0, help_at.1 + 8, '\u{2191}');
        screen.set(help_at.0, help_at.1 + 14, '\u{2193}');
        if let Some(clock) = clock(&opening.timeout) {
            screen.add((CLOCK, SIZE), (0, 0), &clock, false);
        }
        screen.frame();
        let selected = place(&opening.wanted);
        let start = first_row(selected);
        for (row, entry) in config.entries.iter().enumerate().skip(start).take(ROWS) {
            let title = pad(&entry.title.to_string_lossy());
            screen.add(((row - start + 1, TITLE_COLUMN), WINDOW), WINDOW_AT, &title, row == selected);
        }
        Some(screen)
    }

    /// The rows as pieces of text, each with whether it is in reverse video.
    pub(super) fn lines(&self) -> impl Iterator<Item = Vec<(bool, String)>> {
        self.rows.iter().map(|row| {
            let mut pieces: Vec<(bool, String)> = Vec::new();
            for cell in row {
                match pieces.last_mut() {
                    Some((is_reverse, text)) if *is_reverse == cell.is_reverse => text.push_str(&cell.text),
                    _ => pieces.push((cell.is_reverse, cell.text.clone())),
                }
            }
            if let Some((false, last)) = pieces.last_mut() {
                last.truncate(last.trim_end().len());
            }
            pieces
        })
    }

    /// Writes a text into a window, wrapping at its edge.
    fn add(
        &mut self,
        (at, window): ((usize, usize), (usize, usize)),
        origin: (usize, usize),
        text: &str,
        is_reverse: bool,
    ) {
        let width = |c: char| c.width().unwrap_or(1);
        lay(text, at, window, width, |y, x, c, cells| {
            let Some(row) = self.rows.get_mut(origin.0 + y) else { return };
            if cells == 0 {
                // It joins the character in front of it.
                let before = (origin.1 + x).checked_sub(1).and_then(|before| row.get_mut(before));
                return before.map_or((), |cell| cell.text.push(c));
            }
            let c = if c.is_control() { ' ' } else { c };
            for behind in 0..cells {
                if let Some(cell) = row.get_mut(origin.1 + x + behind) {
                    *cell = Cell { text: if behind == 0 { c.to_string() } else { String::new() }, is_reverse };
                }
            }
        });
    }

    fn set(&mut self, y: usize, x: usize, c: char) {
        if let Some(cell) = self.rows.get_mut(y).and_then(|row| row.get_mut(x)) {
            cell.text = c.to_string();
        }
    }

    fn frame(&mut self) {
        let ((top, left), (bottom, right)) = (WINDOW_AT, (WINDOW_AT.0 + WINDOW.0 - 1, WINDOW_AT.1 + WINDOW.1 - 1));
        for x in left + 1..right {
            self.set(top, x, '\u{2500}');
            self.set(bottom, x, '\u{2500}');
        }
        for y in top + 1..bottom {
            self.set(y, left, '\u{2502}');
            self.set(y, right, '\u{2502}');
        }
        for (y, x, corner) in
            [(top, left, '\u{250c}'), (top, right, '\u{2510}'), (bottom, left, '\u{2514}'), (bottom, right, '\u{2518}')]
        {
            self.set(y, x, corner);
        }
    }
}
