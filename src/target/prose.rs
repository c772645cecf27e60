//! Texts that people read: a document with examples in it is not a configuration.

use std::path::Path;

use crate::config::Dialect;

/// The endings of documents.
const ENDINGS: [&str; 9] = ["md", "markdown", "rst", "adoc", "asciidoc", "org", "html", "htm", "tex"];

/// How many lines are looked at.
const MOST_LINES: usize = 1000;

/// Whether a file is a document, by its name or by marks that no configuration has at the start of a line.
pub(super) fn is_document(path: &Path, text: &[u8]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    if name.and_then(Dialect::from_file_name).is_some() {
        return false;
    }
    let ending = path.extension().and_then(|ending| ending.to_str());
    let by_name = ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)));
    let lines = || text.split(|&byte| byte == b'\n').take(MOST_LINES).map(<[u8]>::trim_ascii_start);
    by_name || lines().any(|line| line.starts_with(b"```") || line.to_ascii_lowercase().starts_with(b"<!doctype html"))
}

/// Whether a text that xl cannot parse has more sentences than assignments: lines from the first column on that begin with a word,
/// and neither assign nor are Python's, in which old configurations were written.
pub(super) fn outweighs_assignments(text: &[u8]) -> bool {
    const PYTHON: [&[u8]; 14] = [
        b"import", b"from", b"def", b"if", b"elif", b"else:", b"for", b"while", b"try:", b"except", b"except:",
        b"print", b"return", b"with",
    ];
    let (mut assignments, mut sentences) = (0_usize, 0_usize);
    for line in text.split(|&byte| byte == b'\n').take(MOST_LINES) {
        if !line.first().is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let name = line.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let rest = line[name..].trim_ascii_start();
        let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        if rest.starts_with(b"=") || rest.starts_with(b"+=") {
            assignments += 1;
        } else if !PYTHON.contains(&word) && !rest.starts_with(b"(") {
            sentences += 1;
        }
    }
    sentences > assignments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_and_configurations() {
        let document = |name: &str, text: &str| is_document(Path::new(name), text.as_bytes());
        assert!(document("README.md", "memory = 1\n") && document("notes", "so:\n```\nset default=0\n```\n"));
        assert!(!document("guest.cfg", "# memory\nmemory = 1\n") && !document("grub.cfg", "```\n"));
    }

    #[test]
    fn sentences_are_weighed() {
        assert!(outweighs_assignments(b"Copy this\nand change it:\n\nmemory = 512\n"));
        assert!(!outweighs_assignments(b"import os\nmemory = 512\nif x:\n  disk = 1\n"));
        assert!(!outweighs_assignments(b"memory = 512\nname 'x'\n"));
    }
}
