//! Menu entries that GRUB has and pygrub does not see: in functions, after another command, with a title that it does not
//! recognise.

use std::collections::BTreeSet;

use crate::config::{Dialect, Span, narrow};
use crate::lint::analysis::configuration::Configuration;
use crate::lint::analysis::grub_words::words;

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
    /// How far from the start of its line a command is looked for.
    const FARTHEST: usize = 1024;
    if configuration.dialect != Dialect::Grub2 {
        return Vec::new();
    }
    let text = configuration.text;
    let seen: BTreeSet<u32> = configuration.entries().iter().map(|entry| entry.header.start).collect();
    let starts = memchr::memmem::find_iter(text, b"entry").filter_map(|at| {
        let word = [&b"menuentry"[..], b"hiddenentry"]
            .into_iter()
            .find(|word| at.checked_add(b"entry".len()).is_some_and(|end| text[..end].ends_with(word)))?;
        let start = at + b"entry".len() - word.len();
        matches!(text.get(at + b"entry".len()), Some(b' ' | b'\t' | b'"' | b'\'')).then_some(start)
    });
    let entries = starts.filter_map(|start| {
        let window = start.saturating_sub(FARTHEST);
        let line_start = match memchr::memrchr(b'\n', &text[window..start]) {
            Some(newline) => window + newline + 1,
            None if window == 0 => 0,
            None => return None,
        };
        let before = text[line_start..start].trim_ascii();
        if seen.contains(&narrow(start)) || !begins_command(before) {
            return None;
        }
        let line_end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
        let end = line_start + text[line_start..line_end].trim_ascii_end().len();
        let line_number = memchr::memchr_iter(b'\n', &text[..line_start]).count() + 1;
        let line =
            Span { start: narrow(line_start), end: narrow(end), line: narrow(line_number), column: 1, length: 0 };
        let (title, id) = names(&text[start..end]);
        let span = configuration.part(line, start - line_start..end - line_start);
        Some(UnseenEntry { span, title, id })
    });
    entries.take(MOST).collect()
}

/// Whether a command begins after this.
fn begins_command(before: &[u8]) -> bool {
    let comment = before.starts_with(b"#");
    let quotes = before.iter().filter(|byte| **byte == b'"').count() % 2 == 1
        || before.iter().filter(|byte| **byte == b'\'').count() % 2 == 1;
    let word = before.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
    !comment
        && !quotes
        && (before.is_empty()
            || before.ends_with(b";")
            || before.ends_with(b"{")
            || matches!(word, b"then" | b"else" | b"do"))
}

/// Title and id, as GRUB reads the line.
fn names(line: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let (mut title, mut id) = (None, None);
    let mut words = words(line).into_iter().map(|word| word.text).skip(1);
    while let Some(word) = words.next() {
        match word.as_slice() {
            b"--id" | b"$menuentry_id_option" | b"${menuentry_id_option}" => id = words.next(),
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
        let text = "menuentry \"A\" {\n linux /menuentry x\n}\nmenuentry B {\n linux /b\n}\nfunction f {\n menuentry 'C' {\n }\n}\n\
                    # menuentry D {\nsubmenu \"S\" { menuentry 'E' --id e { linux /e; } }\nif x; then menuentry F {\n}\nfi\n\
                    echo \"; menuentry G {\"\nhiddenentry H {\n}\n";
        let want = [(4, 1, "B"), (8, 2, "C"), (12, 15, "E"), (13, 12, "F"), (17, 1, "H")];
        assert_eq!(untried(text), want.map(|(line, column, title)| (line, column, title.to_owned())));
    }
}
