//! The interactive menu without anyone at the keyboard: what it does to the outcome, and how long it takes.
//!
//! The toolstack calls pygrub with TERM=vt100 and a window whose size is not set, which curses takes for 24 rows of 80 columns.
//! Measured on pseudo-terminals with pygrub 4.17 and, for the drawing, with curses itself (`tests/boot/menu.rs`).

use crate::config::{Cause, Config, Entry, Raised, Setting, Stage};
use crate::python::{Int, PyStr, Python, int};
use crate::release::{Change, Release};

use super::select::default_index;

/// Who sits in front of the menu.
pub trait Console {
    /// Takes a line that pygrub writes to standard error at this moment.
    fn say(&mut self, _line: &PyStr) {}

    /// Shows the menu of `config`, which was parsed from `text`, and says what came of it.
    fn show(&mut self, config: &Config, text: &[u8], release: Release) -> Menu;
}

/// Nobody does: what the menu comes to is worked out, and nothing is shown and nothing waited for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unattended;

impl Console for Unattended {
    fn show(&mut self, config: &Config, _text: &[u8], release: Release) -> Menu {
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
pub(crate) const ROWS: usize = 8;
/// The window around them, frame included, in cells.
pub(crate) const WINDOW: (usize, usize) = (ROWS + 2, 74);
/// Tabs stop at every eighth column.
const TAB: usize = 8;
/// Titles are padded to this many characters.
pub(crate) const PADDING: usize = 70;
/// Where a title begins in its row.
pub(crate) const TITLE_COLUMN: usize = 2;
/// Digits of a timeout that fit between "Will boot selected entry in" and the end of the terminal, from column 5 of the
/// fourth row from below on.
const CLOCK_DIGITS: usize = 4 * 80 - 5 - 1 - "Will boot selected entry in  seconds".len();

/// How the menu opens.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    /// The number of seconds that the clock counts down from; it does not run where that is not above 0.
    pub timeout: Int,
    /// What is selected, which need not be in the list.
    pub wanted: Int,
    /// What pygrub logs as a warning.
    pub warning: Option<&'static str>,
}

impl Opening {
    /// Reads timeout and default of the configuration.
    pub(crate) fn new(config: &Config, release: Release) -> Result<Self, Raised> {
        let timeout = timeout(config, release)?;
        let (wanted, warning) = first_selection(config, release)?;
        Ok(Self { timeout, wanted, warning })
    }

    /// Seconds until it boots where no key is pressed. 0 and negative numbers never enter the loop with the clock on; the
    /// second pass treats its first second as the last.
    pub(crate) fn seconds(&self) -> u64 {
        self.timeout.to_i64().map_or(u64::MAX, |seconds| u64::try_from(seconds).unwrap_or(0).max(1))
    }
}

/// The timeout as the menu reads it.
pub(crate) fn timeout(config: &Config, release: Release) -> Result<Int, Raised> {
    match &config.timeout {
        Setting::Number(number) => Ok(number.clone()),
        Setting::Text(value) => int::parse(&as_line(value.as_bytes(), release), release.python()).map_err(|message| {
            Raised::new(Stage::Menu, "ValueError", message, Cause::Timeout).at_known(config.timeout_span)
        }),
    }
}

impl Menu {
    /// A menu that nothing was done to.
    pub(crate) fn new(seconds: Option<u64>, selected: Int, warning: Option<&'static str>) -> Self {
        Self { seconds, selected, edited: None, warning, raised: None, unknown: None }
    }

    /// A menu that an exception ended.
    pub(crate) fn failed(raised: Raised, warning: Option<&'static str>) -> Self {
        Self { raised: Some(raised), ..Self::new(None, Int::Small(0), warning) }
    }
}

/// A number as the place of an entry, as far as it can be one.
pub(crate) fn place(index: &Int) -> usize {
    index.to_i64().map_or(usize::MAX, |index| usize::try_from(index).unwrap_or(0))
}

/// The first entry that is shown when the menu opens.
pub(crate) fn first_row(selected: usize) -> usize {
    if selected > ROWS - 1 { selected } else { 0 }
}

/// The exception for a menu without entries, where one is wanted.
pub(crate) fn no_entry() -> Raised {
    Raised::new(Stage::Menu, "IndexError", "list index out of range", Cause::NoEntry)
}

/// Shows the menu.
pub(crate) fn show(config: &Config, release: Release) -> Menu {
    let opening = match Opening::new(config, release) {
        Ok(opening) => opening,
        Err(raised) => return Menu::failed(raised, None),
    };
    let seconds = opening.seconds();
    let Opening { timeout, wanted, warning } = opening;
    let digits = timeout.to_string();
    if !digits.starts_with('-') && digits.len() > CLOCK_DIGITS {
        return Menu::failed(cannot_draw(), warning);
    }
    let mut menu = Menu::new(Some(seconds), wanted, warning);
    let count = config.entries.len();
    let selected = place(&menu.selected);
    let mut start = first_row(selected);
    draw(config, start, &mut menu);
    if menu.raised.is_some() || menu.unknown.is_some() || seconds < 2 {
        return menu;
    }
    // After every second but the last the selection is brought back into the list.
    if count == 0 {
        menu.seconds = Some(1);
        menu.raised = Some(no_entry());
    } else if selected >= count {
        menu.selected = Int::Small(i64::try_from(count - 1).unwrap_or(i64::MAX));
        start = start.min(count - 1);
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
        return Drawn::Fails(null_character());
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

/// The exception for a text with a NUL, which Python cannot hand to curses.
pub(crate) fn null_character() -> Raised {
    Raised::new(Stage::Menu, "ValueError", "embedded null character", Cause::Drawing)
}

/// The exception for a text that comes to the last cell of its window.
pub(crate) fn cannot_draw() -> Raised {
    Raised::new(Stage::Menu, "_curses.error", "addwstr() returned ERR", Cause::Drawing)
}

/// `title.expandtabs().ljust(70)`.
pub(crate) fn pad(title: &str) -> String {
    let mut out = String::with_capacity(PADDING);
    let mut column = 0;
    let mut length = 0;
    for c in title.chars() {
        match c {
            '\t' => {
                let blanks = TAB - column % TAB;
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

/// Whether the title can be written from `row` on: not if it comes to the last cell of the window.
fn fits(text: &str, row: usize, wide: usize) -> bool {
    lay(text, (row, TITLE_COLUMN), WINDOW, |_| wide, |_, _, _, _| ()).is_some()
}

/// Writes a text into a window as curses does, wrapping at its edge: `put` gets row, column, character and how many cells it
/// takes, for each character in turn. `width` says how many cells a character outside ASCII takes.
///
/// Returns where the next character would stand, or nothing where the text came to the last cell.
pub(crate) fn lay(
    text: &str,
    at: (usize, usize),
    window: (usize, usize),
    width: impl Fn(char) -> usize,
    mut put: impl FnMut(usize, usize, char, usize),
) -> Option<(usize, usize)> {
    let (rows, columns) = window;
    let (mut y, mut x) = at;
    for c in text.chars() {
        let controls: [char; 2];
        let alone = [c];
        let (glyphs, cells): (&[char], usize) = match c {
            '\t' => (&[' '; TAB][..TAB - x % TAB], 1),
            '\r' => {
                x = 0;
                continue;
            }
            '\u{8}' => {
                x = x.saturating_sub(1);
                continue;
            }
            c if c.is_ascii_control() => {
                // `^A`, and `^?` for 0x7f.
                controls = ['^', char::from(u8::try_from(u32::from(c)).unwrap_or(0) ^ 0x40)];
                (&controls, 1)
            }
            c if c.is_ascii() => (&alone, 1),
            c => (&alone, width(c)),
        };
        // A wide character that does not fit goes to the next row whole; a control character is written cell by cell.
        if !c.is_ascii() && x + cells > columns {
            y += 1;
            x = 0;
        }
        for &glyph in glyphs {
            if y < rows {
                put(y, x, glyph, cells);
            }
            x += cells;
            if x >= columns {
                y += 1;
                x -= columns;
            }
        }
        if y >= rows {
            return None;
        }
    }
    Some((y, x))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: pygrub 4.17 on a pseudo-terminal and curses.
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
