//! Menu entries that GRUB's parser finds and pygrub does not see: in functions, after another command, with a title that pygrub does not
//! recognise.

use std::collections::BTreeSet;

use crate::config::{Dialect, Entry, Span, narrow};
use crate::grub::words::words;
use crate::lint::analysis::configuration::Configuration;

/// An entry that pygrub does not see.
pub(in crate::lint) struct UnseenEntry {
    /// Where it begins: the word `menuentry` and what follows on the line.
    pub span: Span,
    /// Its title, as GRUB reads it.
    pub title: Vec<u8>,
    /// Its id.
    pub id: Option<Vec<u8>>,
}

impl UnseenEntry {
    /// Whether GRUB finds it by this name.
    pub(in crate::lint) fn is_called(&self, name: &[u8]) -> bool {
        self.title == name || self.id.as_deref() == Some(name)
    }
}

/// The first of them, as many as matter to anybody.
pub(in crate::lint) fn unseen_entries(configuration: &Configuration<'_>) -> Vec<UnseenEntry> {
    const MOST: usize = 100;
    if configuration.dialect != Dialect::Grub2 {
        return Vec::new();
    }
    let text = configuration.text;
    let seen: BTreeSet<u32> = configuration.entries().iter().map(|entry| entry.header.start).collect();
    let outline = configuration.outline(u32::MAX);
    // The line that was counted to last, and where it begins.
    let (mut number, mut line_start) = (1, 0);
    let unseen = outline.entries.iter().filter(|start| !seen.contains(start)).take(MOST);
    let entries = unseen.filter_map(|start| {
        let start = *start as usize;
        let passed = text.get(line_start..start)?;
        number += memchr::memchr_iter(b'\n', passed).count();
        line_start += memchr::memrchr(b'\n', passed).map_or(0, |newline| newline + 1);
        let line_end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
        let end = line_start + text[line_start..line_end].trim_ascii_end().len();
        let line = Span { start: narrow(line_start), end: narrow(end), line: narrow(number), column: 1, length: 0 };
        let (title, id) = names(&text[start..]);
        Some(UnseenEntry { span: configuration.part(line, start - line_start..end - line_start), title, id })
    });
    entries.collect()
}

/// The entry that pygrub sees and that GRUB, where it has it, finds by this title or id.
pub(in crate::lint) fn seen_entry_called(configuration: &Configuration<'_>, name: &[u8]) -> Option<usize> {
    let is_called = |entry: &Entry| {
        let (title, id) = names(&configuration.text[entry.header.range()]);
        title == name || id.as_deref() == Some(name)
    };
    configuration.entries().iter().position(is_called)
}

/// Title and id of the entry that begins here. A variable in them is not expanded.
fn names(entry: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let (mut title, mut id) = (None, None);
    let mut words = words(entry).into_iter().skip(1).map(|word| word.as_written());
    while let Some(word) = words.next() {
        match word.as_slice() {
            b"--id" | b"$menuentry_id_option" => id = words.next(),
            b"--class" | b"--users" | b"--hotkey" | b"--source" => drop(words.next()),
            option if option.starts_with(b"--id=") => id = Some(option[5..].to_vec()),
            option if option.starts_with(b"--") => {}
            _ => title = title.or(Some(word)),
        }
    }
    (title.unwrap_or_default(), id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::{self, Options};
    use crate::lint::analysis::context::LintContext;
    use crate::target::Kind;

    fn untried(text: &str) -> Vec<(u32, u32, String)> {
        let run = boot::run_config("grub.cfg", Dialect::Grub2, text.as_bytes().to_vec(), Options::default());
        let context = LintContext::new(&run, Kind::Config);
        let configuration = context.configuration().unwrap();
        let shown = |entry: &UnseenEntry| {
            (entry.span.line, entry.span.column, String::from_utf8_lossy(&entry.title).into_owned())
        };
        unseen_entries(&configuration).iter().map(shown).collect()
    }

    #[test]
    fn entries_that_pygrub_does_not_see() {
        let text = "menuentry \"A\" {\n linux /menuentry x\n}\nmenuentry B {\n linux /b\n}\nfunction f {\n menuentry 'C' {\n a\n}\n}\n\
                    # menuentry D {\nsubmenu \"S\" { menuentry 'E' --id e { linux /e; }; }\nif x; then menuentry F {\n a\n}\nfi\n\
                    echo \"; menuentry G {\"\nhiddenentry H {\n a\n}\nmenuentry I {\n}\n";
        let want = [(4, 1, "B"), (8, 2, "C"), (13, 15, "E"), (14, 12, "F"), (19, 1, "H")];
        assert_eq!(untried(text), want.map(|(line, column, title)| (line, column, title.to_owned())));
    }
}
