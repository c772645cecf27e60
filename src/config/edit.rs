//! An entry whose lines were edited in the menu, read by the same code as the lines of a file.

use super::lines::{BodyLine, Buffer, lines};
use super::span::Span;
use super::{Config, Dialect, Entry, Raised, extlinux, grub2, legacy};
use crate::python::PyStr;
use crate::release::Release;

impl Entry {
    /// The entry that these lines make, as the file would have them between its header and its end (extlinux: with its `label`,
    /// if any). They are separated by U+000A. Nothing in them ends the entry or begins another.
    ///
    /// Spans count in `lines`, not in the file.
    ///
    /// # Errors
    ///
    /// What pygrub raises on a line, without a span.
    pub fn from_lines(title: PyStr, dialect: Dialect, lines: &[u8], release: Release) -> Result<Self, Raised> {
        let nowhere = Span { start: 0, end: 0, line: 1, column: 1, length: 0 };
        let mut entry = match dialect {
            Dialect::Extlinux => extlinux::blank(title, nowhere),
            Dialect::Grub2 | Dialect::Legacy => Self::new(title, nowhere, nowhere),
        };
        entry.read(dialect, lines, release)?;
        Ok(entry)
    }

    /// This entry after one more line: what it sets replaces what was set before.
    ///
    /// # Errors
    ///
    /// As [`from_lines`](Self::from_lines).
    pub fn with_line(&self, dialect: Dialect, line: &[u8], release: Release) -> Result<Self, Raised> {
        let mut entry = self.clone();
        entry.read(dialect, line, release)?;
        Ok(entry)
    }

    fn read(&mut self, dialect: Dialect, text: &[u8], release: Release) -> Result<(), Raised> {
        let buffer = match std::str::from_utf8(text) {
            Ok(text) if release.python() == crate::python::Python::Three => Buffer::Decoded(text),
            _ => Buffer::Bytes(text),
        };
        // Takes the warnings, which nobody reads.
        let mut scratch = Config::new(dialect);
        for line in lines(buffer) {
            let line = BodyLine::new(line);
            match dialect {
                Dialect::Grub2 => grub2::entry_line(&mut scratch, self, &line, release),
                Dialect::Legacy => legacy::entry_line(&mut scratch, self, &line, release),
                Dialect::Extlinux => extlinux::entry_line(&mut scratch, self, &line, release),
            }
            .map_err(|raised| Raised { span: None, ..raised })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dialect: Dialect, lines: &str) -> Entry {
        Entry::from_lines("T".into(), dialect, lines.as_bytes(), Release::NEWEST).unwrap()
    }

    fn parts(entry: &Entry) -> [String; 4] {
        let path = |file: &Option<super::super::FilePath>| file.as_ref().map(|file| file.path.to_string());
        let args = entry.args.as_ref().map(ToString::to_string);
        let parts = [Some(entry.title.to_string()), path(&entry.kernel), args, path(&entry.initrd)];
        parts.map(|part| part.unwrap_or_else(|| "-".to_owned()))
    }

    // Expected values: pygrub 4.17 on a pseudo-terminal, with `string.join` put back.
    #[test]
    fn lines_are_read_as_in_a_file() {
        let entry = read(Dialect::Legacy, "root (hd0,0)\n\nkernel /k a b\n#initrd /i\ntitle U");
        assert_eq!(parts(&entry), ["T", "/k", "a b", "-"]);
        let entry = read(Dialect::Grub2, "insmod x\nlinux\t/k a  b\n}\nmenuentry 'x' {\ninitrd /i");
        assert_eq!(parts(&entry), ["T", "/k", "a  b", "/i"]);
        let entry = read(Dialect::Extlinux, "label L\nkernel /k\nappend initrd=/i y");
        assert_eq!(parts(&entry), ["L", "/k", "y", "/i"]);
    }

    #[test]
    fn one_line_more() {
        let entry = read(Dialect::Legacy, "kernel /k a\ninitrd /i");
        let entry = entry.with_line(Dialect::Legacy, b"kernel /l", Release::NEWEST).unwrap();
        assert_eq!(parts(&entry), ["T", "/l", "-", "/i"]);
    }

    #[test]
    fn a_bad_line_raises() {
        let raised = Entry::from_lines("T".into(), Dialect::Legacy, b"kernel (hd0", Release::NEWEST).unwrap_err();
        assert_eq!((raised.exception, raised.span), ("ValueError", None));
    }
}
