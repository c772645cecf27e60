//! The interactive menu without anyone at the keyboard: what it does to the outcome, and how long it takes.
//!
//! The toolstack calls pygrub with TERM=vt100 and a window whose size is not set, which curses takes for 24 rows of 80 columns.
//! Measured on pseudo-terminals with pygrub 4.17 and, for the drawing, with curses itself (`tests/boot/menu.rs`).

use crate::config::{Cause, Config, Entry, Raised, Setting, Stage};
use crate::python::{Int, Python, Text, int};
use crate::release::{Change, Release};

use super::select::default_index;

/// Who sits in front of the menu.
pub trait Console {
    /// Takes a line that pygrub writes to standard error at this moment.
    fn say(&mut self, _line: &Text) {}

    /// Shows the menu of `config` and says what came of it.
    fn show(&mut self, config: &Config, release: Release) -> Menu;
}

/// Nobody does: what the menu comes to is worked out, and nothing is shown and nothing waited for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unattended;

impl Console for Unattended {
    fn show(&mut self, config: &Config, release: Release) -> Menu {
        show(config, release)
    }
}

/// What the menu came to.
#[derive(Clone, Debug)]
pub struct Menu {
    /// Seconds until it boots or raises; nothing where it raised before the clock began to run.
    pub seconds: Option<u64>,
    /// The number that is selected in the end.
    pub selected: Int,
    /// The entry as it was edited, which is booted in place of the selected one.
    pub edited: Option<Box<Entry>>,
    /// What pygrub logs as a warning.
    pub warning: Option<&'static str>,
    /// The exception that ended it.
    pub raised: Option<Raised>,
    /// Why pregrub cannot tell whether it can be drawn.
    pub unknown: Option<String>,
}

/// Rows of the box that entries are drawn into.
const ROWS: usize = 8;
/// The window around them, frame included, in cells.
const WINDOW: (usize, usize) = (ROWS + 2, 74);
/// Titles are padded to this many characters.
const PADDING: usize = 70;
/// Where a title begins in its row.
const TITLE_COLUMN: usize = 2;
/// Digits of a timeout that fit between "Will boot selected entry in" and the end of the terminal, from column 5 of the
/// fourth row from below on.
const CLOCK_DIGITS: usize = 4 * 80 - 5 - 1 - "Will boot selected entry in  seconds".len();

/// Shows the menu.
pub(super) fn show(config: &Config, release: Release) -> Menu {
    let raised = |raised| Menu {
        seconds: None,
        selected: Int::Small(0),
        edited: None,
        warning: None,
        raised: Some(raised),
        unknown: None,
    };
    let timeout = match &config.timeout {
        Setting::Number(number) => number.clone(),
        Setting::Text(value) => match int::parse(&as_line(value.as_bytes(), release), release.python()) {
            Ok(number) => number,
            Err(message) => {
                let error = Raised::new(Stage::Menu, "ValueError", message, Cause::Timeout);
                return raised(match config.timeout_span {
                    Some(span) => error.at(span),
                    None => error,
                });
            }
        },
    };
    let (wanted, warning) = match first_selection(config, release) {
        Ok(found) => found,
        Err(error) => return raised(error),
    };
    let digits = timeout.to_string();
    if !digits.starts_with('-') && digits.len() > CLOCK_DIGITS {
        return Menu { warning, ..raised(cannot_draw()) };
    }
    // 0 and negative numbers never enter the loop with the clock on; the second pass takes its first second for the last.
    let seconds = timeout.to_i64().map_or(u64::MAX, |seconds| u64::try_from(seconds).unwrap_or(0).max(1));
    let mut menu =
        Menu { seconds: Some(seconds), selected: wanted, edited: None, warning, raised: None, unknown: None };
    let count = config.entries.len();
    let position = |index: &Int| index.to_i64().map_or(usize::MAX, |i| usize::try_from(i).unwrap_or(0));
    let selected = position(&menu.selected);
    let mut start = if selected > ROWS - 1 { selected } else { 0 };
    draw(config, start, &mut menu);
    if menu.raised.is_some() || menu.unknown.is_some() || seconds < 2 {
        return menu;
    }
    // After every second but the last the selection is brought back into the list.
    if count == 0 {
        let error = Raised::new(Stage::Menu, "IndexError", "list index out of range", Cause::NoEntry);
        menu.seconds = Some(1);
        menu.raised = Some(error);
    } else if selected >= count {
        menu.selected = Int::Small(i64::try_from(count - 1).unwrap_or(i64::MAX));
        if count - 1 < start {
            start = count - 1;
        }
        draw(config, start, &mut menu);
        if menu.raised.is_some() {
            menu.seconds = Some(1);
        }
    }
    menu
}

/// The text as the semantics of Python want it.
fn as_line(value: &[u8], release: Release) -> String {
    match release.python() {
        Python::Two => crate::python::bytes::wrap(value).into_owned(),
        Python::Three => String::from_utf8_lossy(value).into_owned(),
    }
}

/// What is selected when the menu opens.
fn first_selection(config: &Config, release: Release) -> Result<(Int, Option<&'static str>), Raised> {
    let (wanted, warning) = default_index(config, release)?;
    if release.has(Change::InteractiveDefaultClamped) && wanted.cmp_len(config.entries.len()).is_gt() {
        return Ok((Int::Small(0), warning));
    }
    Ok((wanted, warning))
}

/// Draws the entries from `start` on, as many as fit.
fn draw(config: &Config, start: usize, menu: &mut Menu) {
    for (row, entry) in config.entries.iter().skip(start).take(ROWS).enumerate() {
        let title = entry.title.to_string_lossy();
        match draw_title(&title, row + 1) {
            Drawn::Whole => {}
            Drawn::Fails(error) => {
                menu.seconds = None;
                menu.raised = Some(error.at(entry.title_span));
                return;
            }
            Drawn::Unknown => {
                menu.unknown = Some(format!(
                    "whether curses can draw the title of entry {} depends on the width of its characters",
                    start + row
                ));
                return;
            }
        }
    }
}

enum Drawn {
    Whole,
    Fails(Raised),
    Unknown,
}

fn draw_title(title: &str, row: usize) -> Drawn {
    if title.contains('\0') {
        return Drawn::Fails(Raised::new(Stage::Menu, "ValueError", "embedded null character", Cause::Drawing));
    }
    let padded = pad(title);
    // Characters outside ASCII take no cell, one or two, depending on the C library and the locale of the host.
    let fits: Vec<bool> = [0, 1, 2].map(|wide| fits(&padded, row, wide)).into();
    match fits.as_slice() {
        [true, true, true] => Drawn::Whole,
        [false, false, false] => Drawn::Fails(cannot_draw()),
        _ => Drawn::Unknown,
    }
}

/// The exception for a text that comes to the last cell of its window.
fn cannot_draw() -> Raised {
    Raised::new(Stage::Menu, "error", "addwstr() returned ERR", Cause::Drawing)
}

/// `title.expandtabs().ljust(70)`.
fn pad(title: &str) -> String {
    let mut out = String::with_capacity(PADDING);
    let mut column = 0;
    let mut length = 0;
    for c in title.chars() {
        match c {
            '\t' => {
                let blanks = 8 - column % 8;
                out.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
                length += blanks;
            }
            _ => {
                out.push(c);
                column = if matches!(c, '\r' | '\n') { 0 } else { column + 1 };
                length += 1;
            }
        }
    }
    out.extend(std::iter::repeat_n(' ', PADDING.saturating_sub(length)));
    out
}

/// Whether the text can be written from `row` on, wrapping at the edge of the window: not if it comes to the last cell.
fn fits(text: &str, row: usize, wide: usize) -> bool {
    let (rows, columns) = WINDOW;
    let (mut y, mut x) = (row, TITLE_COLUMN);
    for c in text.chars() {
        let cells = match c {
            '\r' => {
                x = 0;
                continue;
            }
            '\u{8}' => {
                x = x.saturating_sub(1);
                continue;
            }
            c if c.is_ascii_control() => 2,
            c if c.is_ascii() => 1,
            _ => wide,
        };
        // A wide character that does not fit goes to the next row whole; a control character is written cell by cell.
        if !c.is_ascii() && x + cells > columns {
            y += 1;
            x = 0;
        }
        x += cells;
        if x >= columns {
            y += 1;
            x -= columns;
        }
        if y >= rows {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: pygrub 4.17 on a pseudo-terminal (shared facts, section 10) and curses.
    #[test]
    fn long_titles_run_off_the_window() {
        for (row, longest) in [(8, 145), (7, 219), (1, 663)] {
            assert!(fits(&"x".repeat(longest), row, 1), "{row}");
            assert!(!fits(&"x".repeat(longest + 1), row, 1), "{row}");
        }
    }

    #[test]
    fn tabs_are_expanded() {
        assert_eq!(pad("a\tb").trim_end(), "a       b");
        assert_eq!(pad("a\tb").len(), 70);
    }
}
