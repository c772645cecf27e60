//! From bytes to keys, as curses does it for a vt100.

use std::time::Duration;

use super::terminal::{MenuStop, Tty};

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// One that sends a character, or a byte of one.
    Char(u8),
    /// An arrow.
    Up,
    /// An arrow.
    Down,
    /// An arrow.
    Left,
    /// An arrow.
    Right,
    /// Enter on the keypad.
    Enter,
    /// One that is known and means nothing here.
    Other,
}

/// How long a sequence may stop after a byte: ESCDELAY of curses.
const PATIENCE: Duration = Duration::from_millis(1000);

/// What bytes that begin with ESC are.
enum Sequence {
    Key(Key),
    Begun,
    Unknown,
}

/// The next key; nothing where none comes in time, or none ever again.
pub(super) fn next(tty: &mut Tty, wait: Option<Duration>) -> Result<Option<Key>, MenuStop> {
    match tty.byte(wait)? {
        None => Ok(None),
        Some(ESCAPE) => Ok(Some(escape(tty)?)),
        Some(byte) => Ok(Some(Key::Char(byte))),
    }
}

/// The key for Esc.
pub(super) const ESCAPE: u8 = 0x1b;

/// Waits for the rest of a sequence. What turns out to be none is the key Esc and whatever follows it.
fn escape(tty: &mut Tty) -> Result<Key, MenuStop> {
    let mut rest = Vec::new();
    loop {
        match sequence(&rest, tty.ansi_keys) {
            Sequence::Key(key) => return Ok(key),
            Sequence::Begun => {
                if let Some(byte) = tty.byte(Some(PATIENCE))? {
                    rest.push(byte);
                    continue;
                }
            }
            Sequence::Unknown => {}
        }
        tty.put_back(&rest);
        return Ok(Key::Char(ESCAPE));
    }
}

/// What stands after an ESC.
fn sequence(rest: &[u8], ansi: bool) -> Sequence {
    match rest {
        [] | [b'O'] => Sequence::Begun,
        [b'O', last] => match last {
            b'A'..=b'D' => Sequence::Key(arrow(*last)),
            b'M' => Sequence::Key(Key::Enter),
            // Function keys and the keypad.
            b'P'..=b'S' | b'l' | b'n' | b'p'..=b'y' => Sequence::Key(Key::Other),
            b'F' | b'H' if ansi => Sequence::Key(Key::Other),
            _ => Sequence::Unknown,
        },
        [b'['] if ansi => Sequence::Begun,
        [b'[', b'A'..=b'D'] if ansi => Sequence::Key(arrow(rest[1])),
        [b'[', parameters @ .., last] if ansi => match last {
            b'0'..=b'9' | b';' if parameters.len() < 8 => Sequence::Begun,
            b'F' | b'H' | b'Z' | b'~' => Sequence::Key(Key::Other),
            _ => Sequence::Unknown,
        },
        _ => Sequence::Unknown,
    }
}

fn arrow(last: u8) -> Key {
    match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        _ => Key::Left,
    }
}
