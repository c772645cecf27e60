//! What a grub.cfg has besides entries and directives: functions and submenus.

use crate::config::span::Span;

/// A function of a grub.cfg: from a line that begins with `function` to the next line that begins with `}`. pygrub leaves all of
/// it out, whatever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// The line that begins it.
    pub header: Span,
    /// The number of its last line, counted from 1; nothing where it is open at the end of the file.
    pub last_line: Option<u32>,
    /// How many menu entries and submenus begin in it.
    pub entries: u32,
    /// The first of them.
    pub first_entry: Option<Span>,
    /// The first line in it that ends in a brace which opens something. What closes that ends the function for pygrub.
    pub nested: Option<Span>,
}

impl Function {
    pub(super) fn new(header: Span) -> Self {
        Self { header, last_line: None, entries: 0, first_entry: None, nested: None }
    }

    pub(super) fn to(self, last_line: u32) -> Self {
        Self { last_line: Some(last_line), ..self }
    }

    pub(super) fn with_nested(self, line: Span) -> Self {
        Self { nested: self.nested.or(Some(line)), ..self }
    }

    pub(super) fn with_entry(self, header: Span) -> Self {
        Self { entries: self.entries + 1, first_entry: self.first_entry.or(Some(header)), ..self }
    }
}

/// A submenu of a grub.cfg. pygrub from 4.1.2 on treats its entries as entries of the one menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submenu {
    /// The line that begins it.
    pub header: Span,
    /// How many entries come before it.
    pub before: usize,
    /// How many submenus it is in.
    pub depth: usize,
}
