//! GRUB's menu, and which of its entries a value of `default` means.

use std::rc::Rc;

use super::number::{self, NotANumber};
use super::text::ScriptText;

/// An item of the menu.
#[derive(Clone, Debug)]
pub struct MenuEntry {
    /// What is shown.
    pub title: Vec<u8>,
    /// `--id`; without it the title.
    pub id: Vec<u8>,
    /// `--class`, in order.
    pub classes: Vec<Vec<u8>>,
    /// `--users`: who may boot it. `None` without the option and with `--unrestricted`.
    pub users: Option<Vec<u8>>,
    /// Whether a user must log in where `superusers` is set.
    pub restricted: bool,
    /// `--hotkey`.
    pub hotkey: Option<Vec<u8>>,
    /// Whether it opens another menu.
    pub submenu: bool,
    /// The title and the words after it: `$1` and so on in its body.
    pub(super) arguments: Vec<Vec<u8>>,
    /// What it does.
    pub(super) source: Rc<ScriptText>,
    /// Where it is defined.
    pub file: Rc<str>,
    /// The line of its definition.
    pub line: u32,
}

/// Which entry a value means: its index, and whether the value names it. Otherwise GRUB boots the first one.
pub(super) fn resolve(menu: &[Rc<MenuEntry>], value: Option<&[u8]>) -> Option<usize> {
    index(menu, value?).filter(|index| *index < menu.len())
}

/// The index that a value means, which may lie beyond the end of the menu.
fn index(menu: &[Rc<MenuEntry>], value: &[u8]) -> Option<usize> {
    match number::read(value) {
        // GRUB keeps 32 bits of it.
        Ok((number, _)) => usize::try_from(number as u32 as i32).ok(),
        Err(NotANumber::TooLarge) => None,
        Err(NotANumber::Unrecognized) => {
            menu.iter().position(|entry| is_called(&entry.title, value) || is_called(&entry.id, value))
        }
    }
}

/// Whether a name is the first step of a path: `>` ends a step, `>>` stands for the character.
fn is_called(name: &[u8], path: &[u8]) -> bool {
    let mut path = path.iter().peekable();
    let mut name = name.iter();
    loop {
        let wanted = match path.next() {
            Some(b'>') if path.next_if(|next| **next == b'>').is_none() => None,
            other => other,
        };
        match (name.next(), wanted) {
            (None, None) => return true,
            (Some(have), Some(want)) if have == want => {}
            _ => return false,
        }
    }
}

/// What follows the first step of a path, which is the default of the submenu that the step names. `None` where nothing does.
pub(super) fn behind_first_step(path: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    while at < path.len() {
        if path[at] == b'>' {
            if path.get(at + 1) != Some(&b'>') {
                return Some(&path[at + 1..]).filter(|rest| !rest.is_empty());
            }
            at += 1;
        }
        at += 1;
    }
    None
}

/// Whether a value of `default` is a path through submenus.
pub fn is_path(value: &[u8]) -> bool {
    behind_first_step(value).is_some() || value.ends_with(b">") && !value.ends_with(b">>")
}

/// A name as a step of a path.
pub(super) fn as_step(name: &[u8]) -> Vec<u8> {
    let mut step = Vec::with_capacity(name.len());
    for &byte in name {
        step.push(byte);
        if byte == b'>' {
            step.push(byte);
        }
    }
    step
}

/// Takes the first number from a list of fallbacks: the number, and what is left of the list.
pub(super) fn first_fallback(list: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = number::read(list).ok()?;
    let rest = &rest[rest.iter().position(|byte| !number::is_space(*byte)).unwrap_or(rest.len())..];
    usize::try_from(number as u32 as i32).ok().map(|index| (index, rest))
}
