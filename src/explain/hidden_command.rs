//! A `linux` that is not the first command of its line: GRUB runs it, and pygrub does not see it.

use crate::config::{Dialect, Directive, Entry, Span};

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
