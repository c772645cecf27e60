//! Commands that are not the first of their line, which pygrub does not see: a `linux` that GRUB runs, and what somebody wrote on
//! one line altogether.

use crate::config::{Dialect, Directive, Entry, Span};

/// What names the files of an entry.
const COMMANDS: [&[u8]; 5] = [b"kernel", b"linux", b"linux16", b"initrd", b"initrd16"];

/// Where the words of a line that name files begin, apart from its first word: `kernel` in `root (hd0) kernel /vmlinuz`.
pub(crate) fn on_one_line(line: &[u8]) -> Vec<usize> {
    /// More than an entry has.
    const MOST: usize = 8;
    let mut words = Vec::new();
    let mut start = 0;
    for word in line.split(|byte| matches!(byte, b' ' | b'\t' | b';')) {
        let is_first = line[..start].trim_ascii().is_empty();
        if !is_first && COMMANDS.contains(&word) && words.len() < MOST {
            words.push(start);
        }
        start += word.len() + 1;
    }
    words
}

/// A line whose commands stand on lines of their own, each with `indent` in front of it but the first. `None` if there is one alone,
/// or quotes and such hide what is a command.
pub(crate) fn on_lines_of_their_own(line: &str, indent: &str) -> Option<Vec<String>> {
    let starts = on_one_line(line.as_bytes());
    if starts.is_empty() || line.contains(['"', '\'', '\\', '#', '{', '}', '&', '|']) {
        return None;
    }
    let ends = starts.iter().copied().skip(1).chain([line.len()]);
    let clean = |text: &str| text.trim().trim_end_matches(';').trim_end().to_owned();
    let mut lines = vec![clean(line.get(..starts[0])?)];
    for (start, end) in starts.iter().zip(ends) {
        lines.push(format!("{indent}{}", clean(line.get(*start..end)?)));
    }
    Some(lines)
}

/// The first line of `entry` with one.
pub(crate) fn hidden_kernel<'a>(entry: &'a Entry, dialect: Dialect, text: &[u8]) -> Option<&'a Directive> {
    if dialect != Dialect::Grub2 {
        return None;
    }
    let at = |span: Span| text.get(span.range()).unwrap_or_default();
    entry.directives.iter().find(|directive| follows(at(directive.line)))
}

/// Whether a `linux` comes after another command of the line.
fn follows(line: &[u8]) -> bool {
    /// A hostile line has any number of them.
    const MOST: usize = 64;
    memchr::memmem::find_iter(line, b"linux").take(MOST).any(|start| {
        let rest = &line[start + b"linux".len()..];
        let rest = rest.strip_prefix(b"16").unwrap_or(rest);
        let before = line[..start].trim_ascii_end();
        let word = before.rsplit(|byte| matches!(byte, b' ' | b'\t' | b';')).next().unwrap_or_default();
        let begins = before.ends_with(b";") || before.ends_with(b"{") || matches!(word, b"then" | b"else" | b"do");
        // Not in quotes, and not in a comment.
        let quotes = |quote: u8| before.iter().filter(|byte| **byte == quote).count();
        begins
            && matches!(rest.first(), Some(b' ' | b'\t'))
            && quotes(b'"') % 2 == 0
            && quotes(b'\'') % 2 == 0
            && !before.contains(&b'#')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_becomes_several() {
        for (line, want) in [
            ("root (hd0) kernel /k a=b ro", Some("root (hd0)|kernel /k a=b ro")),
            ("root (hd0,0)\tkernel\t/k a initrd /i", Some("root (hd0,0)|kernel\t/k a|initrd /i")),
            ("set root=(hd0); linux /k a", Some("set root=(hd0)|linux /k a")),
            ("kernel /k a=kernel", None),
            ("root (hd0)", None),
            ("root (hd0) kernel \"/k\"", None),
        ] {
            let lines = on_lines_of_their_own(line, "").map(|lines| lines.join("|"));
            assert_eq!(lines.as_deref(), want, "{line}");
        }
    }

    #[test]
    fn where_it_comes_behind_another_command() {
        for line in
            ["search --set=root -l b; linux /k0", "if true; then linux /k0; fi", "if x; then a; else linux16 /k; fi"]
        {
            assert!(follows(line.as_bytes()), "{line}");
        }
        for line in ["linux /k0; boot", "echo linux /k", "echo \"a; linux /k\"", "a; linuxefi /k", "a # b; linux /k"] {
            assert!(!follows(line.as_bytes()), "{line}");
        }
    }
}
