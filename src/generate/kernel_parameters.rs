//! The kernel's parameters: one line that pygrub hands over as it stands and GRUB reads as a script.
//!
//! GRUB splits it into words, and gives some characters a meaning of their own: quotes and backslash are taken away, `$` is
//! expanded, `#` begins a comment, `;`, `{`, `}`, `|`, `&`, `<` and `>` end the command, and a word with `*`, `?` or `[` that may
//! match the name of a file or a device (`*`, `/ker*`, `(h*)`, `(hd?)`; not `k*`) becomes those names (GRUB 2.06, by grub-emu). A
//! word with any of them is refused: no way of quoting it is the same to both.

use super::refusal::Refusal;
use crate::escape::beginning;

/// GRUB's lexer ends on words of about 8 KiB.
const LONGEST_WORD: usize = 8000;

/// What in a word the two readers would not read alike, as what the word "has".
pub(super) fn fault(word: &str) -> Option<String> {
    if word.starts_with('#') {
        return Some("a `#` at its start, where GRUB begins a comment and pygrub does not".to_owned());
    }
    if matches!(word, "[[" | "]]") {
        return Some("two brackets alone, which GRUB reserves for itself".to_owned());
    }
    // Names of devices begin with a parenthesis, those of files with a slash; a pattern that begins with neither matches nothing.
    let pattern = word.starts_with(['/', '(', '*', '?', '[']);
    for c in word.chars() {
        match c {
            '"' | '\'' | '\\' | '$' | ';' | '{' | '}' | '|' | '&' | '<' | '>' => {
                return Some(format!("a `{c}`, which means something to GRUB and nothing to pygrub"));
            }
            '*' | '?' | '[' if pattern => {
                return Some(format!(
                    "a `{c}`, by which GRUB treats it as a pattern: it may put names of files or devices in its place, and pygrub does not"
                ));
            }
            c if c.is_control() || c.is_whitespace() => {
                let code = u32::from(c);
                return Some(format!(
                    "the character U+{code:04X}, which ends a word or a line for one of pygrub and GRUB"
                ));
            }
            _ => {}
        }
    }
    (word.len() > LONGEST_WORD).then(|| format!("more than {LONGEST_WORD} bytes, at which GRUB gives up"))
}

/// A word for a message: its beginning, without what steers a terminal.
pub(super) fn shown(word: &str) -> String {
    beginning(word, 60)
}

/// Checks one parameter: both readers must treat it as the same.
///
/// # Errors
///
/// They would not (measured with pygrub 4.17.7 and GRUB 2.06), or NixOS sets it itself.
pub(crate) fn check(parameter: &str) -> Result<(), Refusal> {
    let shown = shown(parameter);
    let refused =
        |why: &str, instead: &str| Err(Refusal::new(format!("the kernel parameter `{shown}` {why}"), instead));
    if parameter.is_empty() {
        return refused("is empty", "leave it out");
    }
    if parameter.contains(' ') {
        return refused("has a space in it", "give each parameter by itself");
    }
    if let Some(fault) = fault(parameter) {
        let why = format!("has {fault}, so that one disk would start with two command lines");
        return refused(&why, "find a way to say it without");
    }
    if parameter.starts_with("init=") {
        return refused("would replace the init= of every generation by one", "leave it out: NixOS sets it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn parameters() {
        for fine in [
            "quiet",
            "console=hvc0",
            "x=1,2",
            "a#b",
            "é=1",
            "root=fstab",
            "a=b=c",
            "k*",
            "a=/kernels/*",
            "(",
            "/",
            "list=[a,b]*?",
            "a`b",
        ] {
            check(fine).unwrap();
        }
        for refused in ["", "a b", "a\tb", "a\n", "#a", "a;b", "$x", "\"a\"", "a\\b", "init=/bin/sh", "a\u{1}", "it's"]
        {
            assert!(check(refused).is_err(), "{refused:?}");
        }
    }

    /// What each of these becomes in GRUB 2.06 (grub-emu): names of files or devices.
    #[test]
    fn patterns() {
        for refused in ["*", "/*", "(*)", "/kernels/*", "/ker*", "//*", "(hd0)/*", "(h*)", "(hd?)"] {
            let why = check(refused).unwrap_err().reason;
            assert!(why.contains("pattern"), "{refused}: {why}");
        }
        let why = check(&format!("a\u{202e}{}\u{a0}", "x".repeat(100))).unwrap_err().reason;
        assert!(why.contains("`a\\u202exxx") && why.contains("...` has the character U+00A0"), "{why}");
    }
}
