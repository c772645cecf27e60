//! What is drawn: windows as curses has them, what they come to on the screen, and the VT100 sequences that show it.
//!
//! A window remembers what it was written since it was last copied to the screen, and only that is copied. The screens of
//! pygrub rest on it: what is cleared, and what stays.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::boot::menu::{cannot_draw, lay, null_character};
use crate::config::Raised;
use crate::escape::is_unsafe_char;

/// What stands for a character that is not shown.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// What one cell of the screen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cell {
    /// The character; NUL in the second cell of a wide one.
    base: char,
    /// Those that combine with it.
    marks: String,
    /// In reverse video.
    reverse: bool,
    /// From the set with the lines.
    line: bool,
}

impl Cell {
    fn new(base: char, reverse: bool) -> Self {
        Self { base, marks: String::new(), reverse, line: false }
    }

    fn blank() -> Self {
        Self::new(' ', false)
    }
}

/// How characters outside ASCII are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Charset {
    /// UTF-8; otherwise a byte each, as far as they have one.
    pub utf8: bool,
    /// Lines of the frame as Unicode characters; otherwise from the terminal's own set.
    pub unicode_lines: bool,
    /// Characters that nobody sees, or that turn what stands around them, are replaced: who looks at a guest's menu on a terminal of the
    /// host is not to be misled by it. pygrub itself writes them.
    pub replaces_unsafe: bool,
}

impl Charset {
    /// What stands for an arrow.
    pub(super) fn arrow(self, unicode: char) -> char {
        match (self.utf8, unicode) {
            (true, unicode) => unicode,
            (false, '\u{2191}') => '^',
            (false, '\u{2190}') => '<',
            (false, _) => 'v',
        }
    }

    /// How many cells it takes.
    fn width(self, c: char) -> usize {
        if self.utf8 { c.width().unwrap_or(1) } else { 1 }
    }
}

/// A window.
pub(super) struct Window {
    origin: (usize, usize),
    size: (usize, usize),
    cells: Vec<Cell>,
    /// The columns that were written in each row.
    touched: Vec<Range<usize>>,
    cursor: (usize, usize),
    charset: Charset,
}

impl Window {
    /// An empty window of `size` whose first cell is at `origin`.
    pub(super) fn new(size: (usize, usize), origin: (usize, usize), charset: Charset) -> Self {
        let (rows, columns) = size;
        Self {
            origin,
            size,
            cells: vec![Cell::blank(); rows * columns],
            touched: vec![0..columns; rows],
            cursor: (0, 0),
            charset,
        }
    }

    /// Empties it.
    pub(super) fn erase(&mut self) {
        self.cells.fill(Cell::blank());
        self.touched.fill(0..self.size.1);
        self.cursor = (0, 0);
    }

    /// Writes a text, wrapping at the edge.
    ///
    /// Fails where it comes to the last cell: what could be written is written then. And where there is a NUL in it.
    pub(super) fn add(&mut self, at: (usize, usize), text: &str, reverse: bool) -> Result<(), Raised> {
        if text.contains('\0') {
            return Err(null_character());
        }
        let (size, charset) = (self.size, self.charset);
        if at.0 >= size.0 || at.1 >= size.1 {
            return Err(cannot_draw());
        }
        let end = lay(text, at, size, |c| charset.width(c), |y, x, c, cells| self.put(y, x, c, cells, reverse));
        self.cursor = end.ok_or_else(cannot_draw)?;
        Ok(())
    }

    fn put(&mut self, y: usize, x: usize, c: char, cells: usize, reverse: bool) {
        if cells == 0 {
            // It joins the character in front of it.
            let before = (y * self.size.1 + x).checked_sub(1);
            if let Some(mut before) = before.filter(|&index| index < self.cells.len()) {
                if self.cells[before].base == '\0' {
                    before = before.saturating_sub(1);
                }
                self.cells[before].marks.push(c);
            }
            return;
        }
        // Control characters of Latin-1 are shown as a space.
        let c = if c.is_control() { ' ' } else { c };
        self.set(y, x, Cell::new(c, reverse));
        for behind in 1..cells {
            self.set(y, x + behind, Cell::new('\0', reverse));
        }
    }

    fn set(&mut self, y: usize, x: usize, cell: Cell) {
        let (rows, columns) = self.size;
        if y < rows && x < columns {
            self.cells[y * columns + x] = cell;
            let touched = &mut self.touched[y];
            *touched = if Range::is_empty(touched) { x..x + 1 } else { touched.start.min(x)..touched.end.max(x + 1) };
        }
    }

    /// Writes one character.
    pub(super) fn put_char(&mut self, (y, x): (usize, usize), c: char) {
        self.set(y, x, Cell::new(c, false));
        self.cursor = (y, x + 1);
    }

    /// Draws the frame. The cursor stays.
    pub(super) fn frame(&mut self) {
        let (last_row, last_column) = (self.size.0.saturating_sub(1), self.size.1.saturating_sub(1));
        let line = |base| Cell { line: true, ..Cell::new(base, false) };
        for x in 1..last_column {
            self.set(0, x, line('q'));
            self.set(last_row, x, line('q'));
        }
        for y in 1..last_row {
            self.set(y, 0, line('x'));
            self.set(y, last_column, line('x'));
        }
        for (y, x, corner) in [(0, 0, 'l'), (0, last_column, 'k'), (last_row, 0, 'm'), (last_row, last_column, 'j')] {
            self.set(y, x, line(corner));
        }
    }

    /// Where the cursor stands after a text that begins at `at`, whether or not it fits.
    pub(super) fn end_of(&self, at: (usize, usize), text: &str) -> (usize, usize) {
        let charset = self.charset;
        let last = (self.size.0.saturating_sub(1), self.size.1.saturating_sub(1));
        lay(text, at, self.size, |c| charset.width(c), |_, _, _, _| ()).unwrap_or(last)
    }

    /// Puts the cursor somewhere.
    pub(super) fn move_to(&mut self, at: (usize, usize)) {
        self.cursor = at;
    }
}

/// The screen as it is to be, and as the terminal shows it.
pub(super) struct Screen {
    size: (usize, usize),
    wanted: Vec<Cell>,
    shown: Vec<Cell>,
    cursor: (usize, usize),
    charset: Charset,
}

impl Screen {
    /// An empty screen.
    pub(super) fn new(size: (usize, usize), charset: Charset) -> Self {
        let cells = vec![Cell::blank(); size.0 * size.1];
        Self { size, wanted: cells.clone(), shown: cells, cursor: (0, 0), charset }
    }

    /// What sets the terminal up and empties it.
    pub(super) fn opening(&self) -> Vec<u8> {
        format!("\x1b(B\x1b)0\x1b[1;{}r\x1b[m\x0f\x1b[?7h\x1b[?1h\x1b=\x1b[H\x1b[J", self.size.0).into_bytes()
    }

    /// What leaves it: the cursor at the beginning of the last line.
    pub(super) fn closing(&self) -> Vec<u8> {
        format!("\x1b[?1l\x1b>\x1b[m\x0f\x1b[{};1H\r", self.size.0).into_bytes()
    }

    /// Copies what was written to the window since it was copied last. The cursor goes along.
    pub(super) fn copy(&mut self, window: &mut Window) {
        let (rows, columns) = self.size;
        for (y, touched) in window.touched.iter_mut().enumerate() {
            let row = window.origin.0 + y;
            for x in std::mem::replace(touched, 0..0) {
                let column = window.origin.1 + x;
                if row < rows && column < columns {
                    self.wanted[row * columns + column] = window.cells[y * window.size.1 + x].clone();
                }
            }
        }
        let (y, x) = (window.origin.0 + window.cursor.0, window.origin.1 + window.cursor.1);
        // One beyond the edge stands in the next row.
        self.cursor = ((y + x / columns.max(1)).min(rows.saturating_sub(1)), x % columns.max(1));
    }

    /// The sequences that bring the terminal to show it.
    pub(super) fn changes(&mut self) -> Vec<u8> {
        let columns = self.size.1;
        let mut out = Vec::new();
        for (row, (wanted, shown)) in self.wanted.chunks(columns).zip(self.shown.chunks(columns)).enumerate() {
            let differs = |&x: &usize| wanted[x] != shown[x];
            let (Some(mut first), Some(last)) = ((0..columns).find(differs), (0..columns).rfind(differs)) else {
                continue;
            };
            // A wide character is written whole.
            while first > 0 && (wanted[first].base == '\0' || shown[first].base == '\0') {
                first -= 1;
            }
            out.extend(format!("\x1b[{};{}H", row + 1, first + 1).into_bytes());
            write_cells(&wanted[first..=last], self.charset, &mut out);
        }
        self.shown.clone_from(&self.wanted);
        out.extend(self.cursor_placed());
        out
    }

    /// The sequences that bring any terminal to show what this one shows.
    pub(super) fn redrawing(&self) -> Vec<u8> {
        let blank = vec![Cell::blank(); self.shown.len()];
        let again = Self { wanted: self.shown.clone(), shown: blank, ..*self }.changes();
        [self.opening(), again].concat()
    }

    fn cursor_placed(&self) -> Vec<u8> {
        format!("\x1b[{};{}H", self.cursor.0 + 1, self.cursor.1 + 1).into_bytes()
    }
}

fn write_cells(cells: &[Cell], charset: Charset, out: &mut Vec<u8>) {
    let (mut reverse, mut line) = (false, false);
    for (index, cell) in cells.iter().enumerate() {
        if cell.base == '\0' {
            continue;
        }
        if cell.reverse != reverse {
            reverse = cell.reverse;
            out.extend(if reverse { &b"\x1b[0;7m"[..] } else { b"\x1b[m" });
        }
        let wants_line = cell.line && !charset.unicode_lines;
        if wants_line != line {
            line = wants_line;
            out.push(if line { 0x0e } else { 0x0f });
        }
        let base = if cell.line && charset.unicode_lines { unicode_line(cell.base) } else { cell.base };
        let is_replaced = |c: char| charset.replaces_unsafe && is_unsafe_char(c);
        let shown = if is_replaced(base) { REPLACEMENT } else { base };
        // The second cell of a wide one.
        let filling = (shown != base && cells.get(index + 1).is_some_and(|next| next.base == '\0')).then_some(' ');
        let marks = cell.marks.chars().filter(|&c| !is_replaced(c));
        for c in std::iter::once(shown).chain(filling).chain(marks) {
            match u8::try_from(c) {
                Ok(byte) if !charset.utf8 => out.push(byte),
                Err(_) if !charset.utf8 => out.push(if c == REPLACEMENT && shown != base { b'?' } else { b' ' }),
                _ => out.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }
    if line {
        out.push(0x0f);
    }
    if reverse {
        out.extend(b"\x1b[m");
    }
}

/// The Unicode character for one of the set with the lines.
fn unicode_line(c: char) -> char {
    match c {
        'l' => '\u{250c}',
        'k' => '\u{2510}',
        'm' => '\u{2514}',
        'j' => '\u{2518}',
        'q' => '\u{2500}',
        _ => '\u{2502}',
    }
}
