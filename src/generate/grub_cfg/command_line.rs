//! The kernel's command line, in words that pygrub and GRUB read alike.
//!
//! pygrub hands over what stands behind the kernel as it is. GRUB splits it into words, and gives some characters a meaning of
//! their own: quotes and backslash are taken away, `$` is expanded, `#` begins a comment, `;`, `{`, `}`, `|`, `&`, `<` and `>` end
//! the command, and a word with `*`, `?` or `[` that may match the name of a file or a device (`*` does) becomes those names
//! (GRUB 2.06, by grub-emu). A word with any of them is refused:
//! no way of quoting it is the same to both.

use crate::steering::harmless;
use std::path::Path;

/// GRUB's lexer ends on words of about 8 KiB.
const LONGEST_WORD: usize = 8000;

/// The arguments of a system: `init=` and its parameters, one blank between them.
///
/// # Errors
///
/// A parameter would be read in two ways; the sentence names it.
pub(super) fn command_line(init: &Path, params: &[String]) -> Result<String, String> {
    let init = init.to_str().ok_or_else(|| format!("the path `{}` is no UTF-8", init.display()))?;
    let words: Vec<String> = std::iter::once(format!("init={init}")).chain(params.iter().cloned()).collect();
    if init.contains(' ') {
        return Err(format!("the path `{init}` has a blank, which ends a kernel parameter"));
    }
    // A parameter may itself be a list of words: NixOS joins them with blanks in any case.
    let words: Vec<&str> = words.iter().flat_map(|param| param.split(' ')).filter(|word| !word.is_empty()).collect();
    for word in &words {
        if let Some(why) = fault(word) {
            return Err(format!("the kernel parameter `{}` has {why}", shown(word)));
        }
    }
    Ok(words.join(" "))
}

/// A word for a message: its beginning, control characters escaped.
fn shown(word: &str) -> String {
    let mut characters = word.chars();
    let start: String = characters.by_ref().take(60).collect();
    // Within backquotes quotes need no escape.
    let start = harmless(&start);
    if characters.next().is_some() { format!("{start}...") } else { start }
}

/// What in a word the two readers would not read alike.
fn fault(word: &str) -> Option<String> {
    if word.starts_with('#') {
        return Some("a `#` at its start, where GRUB begins a comment and pygrub does not".to_owned());
    }
    if matches!(word, "[[" | "]]") {
        return Some("two brackets alone, which GRUB reserves for itself".to_owned());
    }
    // Names of devices begin with a parenthesis, those of files with a slash; a pattern that begins with neither matches nothing.
    let pattern = word.starts_with(['/', '(', '*', '?', '[']);
    let wrong = word.chars().find(|&c| match c {
        '"' | '\'' | '\\' | '$' | ';' | '{' | '}' | '|' | '&' | '<' | '>' => true,
        '*' | '?' | '[' => pattern,
        c => c.is_control() || c.is_whitespace(),
    });
    match wrong {
        Some(c) if c.is_control() || c.is_whitespace() => Some(format!(
            "the character `{}`, which ends a word or a line for one of pygrub and GRUB",
            harmless(&c.to_string())
        )),
        Some(c) => Some(format!("a `{c}`, which means something to GRUB and nothing to pygrub")),
        None if word.len() > LONGEST_WORD => Some(format!("more than {LONGEST_WORD} bytes, at which GRUB gives up")),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(params: &[&str]) -> Result<String, String> {
        let params: Vec<String> = params.iter().map(|&param| param.to_owned()).collect();
        command_line(Path::new("/nix/store/x/init"), &params)
    }

    #[test]
    fn words_are_joined() {
        let params = ["loglevel=4", "a=b  c", "", "x=y,z:#1", "cmd=[ok]*", "--", "\u{e9}"];
        assert_eq!(line(&params).unwrap(), "init=/nix/store/x/init loglevel=4 a=b c x=y,z:#1 cmd=[ok]* -- \u{e9}");
    }

    #[test]
    fn what_is_read_in_two_ways_is_refused() {
        for param in
            ["a;b", "#a", "a #b", "a$b", "a\"b", "a'b", "a\\b", "a\tb", "a\nb", "a{", "}", "a|b", "a&b", "<", ">"]
        {
            assert!(line(&[param]).unwrap_err().contains("the kernel parameter `"), "{param}");
        }
        for param in
            ["/dev/*", "(hd0)/?", "*", "?hd0)", "[(]hd0)", "]]", "a\u{a0}b", "\u{2003}", "\u{85}", "a\0b", "a\u{1b}[2J"]
        {
            assert!(line(&[param]).is_err(), "{param:?}");
        }
        assert!(line(&[&"x".repeat(9000)]).is_err());
        assert!(command_line(Path::new("/a b/init"), &[]).is_err());
    }
}
