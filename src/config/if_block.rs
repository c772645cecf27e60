//! `if` blocks of a grub.cfg, which some flavours of pygrub leave out.

use super::grammar::grub2::Grub2Line;
use super::span::{LineText, Span};
use crate::python::py_str;

/// An `if` block that pygrub leaves out: from a line that begins with `if` to the next line that begins with `fi`. Blocks do not
/// nest: what follows the first `fi` is read, though an outer `if` may still be open for GRUB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfBlock {
    /// The line that begins it.
    pub header: Span,
    /// The number of its last line, counted from 1; `None` if it is open at the end of the file.
    pub last_line: Option<u32>,
    /// How many menu entries and submenus begin in it.
    pub entries: u32,
    /// The first of them.
    pub first_entry: Option<Span>,
    /// The first line in it that names a kernel.
    pub first_kernel: Option<Span>,
    /// The first line in it that sets the default entry.
    pub first_default: Option<Span>,
    /// How many lines it has that begin with a closing brace. pygrub counts none of them.
    pub braces: u32,
}

impl IfBlock {
    pub(super) fn new(header: Span) -> Self {
        Self {
            header,
            last_line: None,
            entries: 0,
            first_entry: None,
            first_kernel: None,
            first_default: None,
            braces: 0,
        }
    }

    pub(super) fn to(self, last_line: u32) -> Self {
        Self { last_line: Some(last_line), ..self }
    }

    /// Notes a line that is left out.
    pub(super) fn see(&mut self, class: Grub2Line<'_>, line: LineText<'_>) {
        match class {
            Grub2Line::Header { .. } | Grub2Line::Submenu => {
                self.entries = self.entries.saturating_add(1);
                self.first_entry.get_or_insert_with(|| line.span());
            }
            Grub2Line::Brace => self.braces = self.braces.saturating_add(1),
            Grub2Line::Directive(parts) if matches!(parts.command, "linux" | "linux16") => {
                self.first_kernel.get_or_insert_with(|| line.span());
            }
            Grub2Line::Directive(parts) if parts.command == "set" && parts.argument.starts_with("default") => {
                self.first_default.get_or_insert_with(|| line.span());
            }
            _ => {}
        }
    }
}

/// Whether an `if` ends on the line that it begins on: one of the pieces between semicolons is `fi` and nothing else.
pub(super) fn ends_on_its_line(line: &str) -> bool {
    line.split(';').any(|piece| py_str::strip(piece) == "fi")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: XCP-ng's pygrub (corpus/conformance/flavours-config.jsonl).
    #[test]
    fn fi_counts_when_it_stands_alone() {
        for line in ["if x; then y; fi", "if x;fi", "if x; fi ; echo", "if; fi\t"] {
            assert!(ends_on_its_line(line), "{line}");
        }
        for line in ["if x; then", "if fi", "if x; then y; fi # z", "if x; true && fi", "if x; FI", "if x; fi done"] {
            assert!(!ends_on_its_line(line), "{line}");
        }
    }
}
