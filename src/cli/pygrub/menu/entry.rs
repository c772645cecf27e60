//! The lines of an entry, to be edited and booted; and lines that are typed from nothing.

use super::Session;
use super::keys::{self, ESCAPE, Key};
use super::terminal::MenuStop;
use crate::boot::menu::{PADDING, ROWS, TITLE_COLUMN, no_entry, pad};
use crate::config::{Dialect, Entry, Raised};
use crate::python::PyStr;
use crate::release::Change;

const HELP: [&str; 4] = [
    "Press 'b' to boot, 'e' to edit the selected command in the",
    "boot sequence, 'c' for a command-line, 'o' to open a new line",
    "after ('O' for before) the selected line, 'd' to remove the",
    "selected line, or escape to go back to the main menu.",
];

const EDITING: [&str; 2] = [
    "[ Minimal BASH-like line editing is supported.  ",
    "  ESC at any time cancels.  ENTER at any time accepts your changes. ]",
];

const TYPING: [&str; 2] = [
    "[ Minimal BASH-like line editing is supported.  ESC at any time ",
    "  exits.  Typing 'boot' will boot with your entered commands. ] ",
];

/// The row of the first prompt.
const PROMPT_ROW: usize = 5;

impl Session<'_> {
    fn entry(&self, index: usize) -> Result<&Entry, Raised> {
        // A default just after the last entry boots the first one.
        let entries = &self.config.entries;
        entries.get(index).or_else(|| entries.first()).ok_or_else(no_entry)
    }

    fn lines_of(&self, entry: &Entry) -> Vec<Vec<u8>> {
        let lines = entry.directives.iter();
        lines.map(|directive| self.text.get(directive.line.range()).unwrap_or_default().to_vec()).collect()
    }

    fn read(&self, title: PyStr, lines: &[Vec<u8>]) -> Result<Entry, Raised> {
        Entry::from_lines(title, self.config.dialect, &lines.join(&b'\n'), self.release)
    }

    /// `e`: shows the lines of the entry until it is booted or left. Left, it is as it was.
    pub(super) fn edit_entry(&mut self, index: usize) -> Result<Option<Entry>, MenuStop> {
        let mut entry = self.entry(index)?.clone();
        let mut lines = self.lines_of(&entry);
        let (mut start, mut selected) = (0_usize, 0_usize);
        loop {
            self.draw_lines(&lines, start, selected)?;
            let key = keys::next(self.tty, None)?;
            let mut changed = false;
            match key {
                None => return Err(MenuStop::Gone),
                Some(Key::Char(b'q' | ESCAPE)) => return Ok(None),
                Some(Key::Char(b'b')) => return Ok(Some(entry)),
                Some(Key::Char(b'c')) => {
                    if let Some(typed) = self.command_line()? {
                        return Ok(Some(typed));
                    }
                }
                Some(Key::Char(b'e')) if selected < lines.len() => {
                    let edited = self.edit_line(&EDITING, &String::from_utf8_lossy(&lines[selected]))?;
                    if let Some(line) = edited.filter(|line| !line.is_empty()) {
                        lines[selected] = line.into_bytes();
                        changed = true;
                    }
                }
                Some(Key::Char(b'd')) if selected < lines.len() => {
                    lines.remove(selected);
                    changed = true;
                }
                Some(Key::Char(b'o')) => {
                    let at = if lines.is_empty() { 0 } else { selected + 1 };
                    lines.insert(at, Vec::new());
                    selected = at;
                    // A full box moves on with it.
                    start += usize::from(lines.len() > ROWS);
                }
                Some(Key::Char(b'O')) => lines.insert(selected, Vec::new()),
                Some(Key::Up) => selected = selected.saturating_sub(1),
                Some(Key::Down) => selected += 1,
                Some(_) => {}
            }
            if changed {
                entry = self.read(entry.title.clone(), &lines)?;
            }
            selected = selected.min(lines.len().saturating_sub(1));
            start = start.min(lines.len().saturating_sub(ROWS)).min(selected).max((selected + 1).saturating_sub(ROWS));
        }
    }

    fn draw_lines(&mut self, lines: &[Vec<u8>], start: usize, selected: usize) -> Result<(), Raised> {
        self.draw_around(&HELP)?;
        self.list.erase();
        for (row, line) in lines.iter().enumerate().skip(start).take(ROWS) {
            let line = String::from_utf8_lossy(line);
            let text = pad(&line);
            let text = match text.char_indices().nth(PADDING) {
                // A sign that there is more.
                Some(_) => text.chars().take(PADDING - 1).chain(['>']).collect(),
                None => text,
            };
            self.list.add((row - start + 1, TITLE_COLUMN), &text, row == selected)?;
        }
        self.list.frame();
        self.screen.copy(&mut self.list);
        self.update();
        Ok(())
    }

    /// `a`: edits the line with the kernel, and boots.
    pub(super) fn edit_arguments(&mut self, index: usize) -> Result<Option<Entry>, MenuStop> {
        let entry = self.entry(index)?.clone();
        let mut lines = self.lines_of(&entry);
        let names_kernel = |line: &[u8]| {
            line.starts_with(b"kernel") || line.starts_with(b"linux") && self.release.has(Change::EditsLinux)
        };
        let Some(at) = lines.iter().position(|line| names_kernel(line)) else { return Ok(None) };
        let edited = self.edit_line(&EDITING, &String::from_utf8_lossy(&lines[at]))?;
        let Some(line) = edited.filter(|line| !line.is_empty()) else { return Ok(None) };
        let dialect = self.config.dialect;
        if dialect == Dialect::Extlinux {
            // The arguments stand in another line, which the kernel's would undo.
            lines[at] = line.into_bytes();
            return Ok(Some(self.read(entry.title, &lines)?));
        }
        Ok(Some(entry.with_line(dialect, line.as_bytes(), self.release)?))
    }

    /// `c`: takes lines until one says `boot`, or until an empty one.
    pub(super) fn command_line(&mut self) -> Result<Option<Entry>, MenuStop> {
        self.draw_prompt_screen(&TYPING)?;
        let mut lines = Vec::new();
        let mut row = PROMPT_ROW;
        loop {
            if row >= self.tty.size.0 {
                // pygrub ends here; this begins a new screen.
                self.draw_prompt_screen(&TYPING)?;
                row = PROMPT_ROW;
            }
            match self.edit_at(row, "")? {
                None => return Ok(None),
                Some(line) if line.is_empty() => return Ok(None),
                Some(line) if line == "boot" => return Ok(Some(self.read(PyStr::default(), &lines)?)),
                Some(line) => lines.push(line.into_bytes()),
            }
            row += 1;
        }
    }

    fn edit_line(&mut self, help: &[&str], line: &str) -> Result<Option<String>, MenuStop> {
        self.draw_prompt_screen(help)?;
        self.edit_at(PROMPT_ROW, line)
    }

    fn draw_prompt_screen(&mut self, help: &[&str]) -> Result<(), Raised> {
        self.whole.erase();
        for (row, text) in help.iter().enumerate() {
            self.whole.add((row + 1, 2), text, false)?;
        }
        self.screen.copy(&mut self.whole);
        Ok(())
    }
}
