//! The line editor.

use super::Session;
use super::keys::{self, ESCAPE, Key};
use super::screen::Window;
use super::terminal::MenuStop;

/// The window of the line, in rows and columns.
const SIZE: (usize, usize) = (1, 74);
/// How many characters are shown of a line whose beginning is shown.
const FIRST_PAGE: usize = 70;
/// Where the second page begins, and by how much each page after it begins later.
const SECOND_PAGE: usize = 56;
const PAGE: usize = 55;

impl Session<'_> {
    /// Edits a line after a prompt in that row. Returns it, or nothing where that was cancelled.
    pub(super) fn edit_at(&mut self, row: usize, line: &str) -> Result<Option<String>, MenuStop> {
        self.whole.add((row, 2), "> ", false)?;
        self.screen.copy(&mut self.whole);
        let mut window = Window::new(SIZE, (row, 4), self.charset);
        let mut line: Vec<char> = line.chars().collect();
        let mut at = line.len();
        loop {
            self.draw_line(&mut window, &line, at);
            match keys::next(self.tty, None)? {
                None if self.tty.has_ended() => return Err(MenuStop::Gone),
                Some(Key::Char(ESCAPE)) => return Ok(None),
                Some(Key::Char(b'\r' | b'\n' | CTRL_G)) => return Ok(Some(line.into_iter().collect())),
                Some(Key::Char(CTRL_A)) => at = 0,
                Some(Key::Char(CTRL_E)) => at = line.len(),
                Some(Key::Left | Key::Char(CTRL_B)) => at = at.saturating_sub(1),
                Some(Key::Right | Key::Char(CTRL_F)) => at = line.len().min(at + 1),
                // What terminals of today send for the key is Delete, which pygrub knows nothing of.
                Some(Key::Char(BACKSPACE | DELETE)) if at > 0 => {
                    at -= 1;
                    line.remove(at);
                }
                Some(Key::Char(CTRL_D)) if at < line.len() => {
                    line.remove(at);
                }
                Some(Key::Char(CTRL_K)) => line.truncate(at),
                Some(Key::Char(byte @ b' '..=b'~')) if line.len() < LONGEST => {
                    line.insert(at, char::from(byte));
                    at += 1;
                }
                _ => {}
            }
        }
    }

    fn draw_line(&mut self, window: &mut Window, line: &[char], at: usize) {
        let (first, shown) = match at.checked_sub(FIRST_PAGE + 1) {
            None => (0, FIRST_PAGE),
            Some(behind) => (SECOND_PAGE + behind / PAGE * PAGE, FIRST_PAGE - 1),
        };
        let text: String = line.iter().skip(first).take(shown).collect();
        let before: String = line.iter().take(at).skip(first).collect();
        window.erase();
        let column = usize::from(first > 0);
        if first > 0 {
            window.put_char((0, 0), self.charset.arrow('\u{2190}'));
        }
        // Wide characters and tabs may not all fit: what does is shown.
        let _ = window.add((0, column), &text, false);
        let end = window.end_of((0, column), &before);
        window.move_to(end);
        self.screen.copy(window);
        self.update();
    }
}

const CTRL_A: u8 = 0x01;
const CTRL_B: u8 = 0x02;
const CTRL_D: u8 = 0x04;
const CTRL_E: u8 = 0x05;
const CTRL_F: u8 = 0x06;
const CTRL_G: u8 = 0x07;
const BACKSPACE: u8 = 0x08;
const CTRL_K: u8 = 0x0b;
const DELETE: u8 = 0x7f;

/// More than any kernel takes; it bounds what can be typed.
const LONGEST: usize = 1 << 16;
