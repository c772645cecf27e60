//! How a word is written for a POSIX shell, fish and elvish: in every command that is shown to be pasted.

use std::path::Path;

use crate::escape::is_unsafe_char;

/// `word` as one word: as it is where nothing in it means anything to a shell, else in single quotes.
pub(crate) fn word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    // zsh looks for a command after a `=`.
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(plain) {
        return word.to_owned();
    }
    quoted(word)
}

/// `word` in single quotes, out of which none of its own leads. Single quotes and backslashes stand in double quotes, where POSIX shells,
/// fish and elvish read them alike: in single quotes a backslash means something to fish, and outside of quotes nothing to elvish.
pub(crate) fn quoted(word: &str) -> String {
    let mut quoted = String::from("'");
    for c in word.chars() {
        match c {
            '\'' => quoted.push_str(r#"'"'"'"#),
            '\\' => quoted.push_str(r#"'"\\"'"#),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// Bytes as one word: escaped where they are not text that is shown as it is. Bash, zsh and POSIX of 2024 read the bytes themselves.
pub(crate) fn word_of_bytes(bytes: &[u8]) -> String {
    if let Some(text) = str::from_utf8(bytes).ok().filter(|text| !text.chars().any(is_unsafe_char)) {
        return word(text);
    }
    let escaped = bytes.iter().map(|&byte| match byte {
        b' '..=b'~' if byte != b'\\' && byte != b'\'' => char::from(byte).to_string(),
        // In octal, which takes three digits whatever comes after it. To a shell that does not know `$'`, such as dash, it is a string
        // all the same: no quote ends it early.
        byte => format!("\\{byte:03o}"),
    });
    format!("$'{}'", escaped.collect::<String>())
}

/// A command on a path from `/` on, to be pasted; without the path where that is not text that is shown as it is.
pub(crate) fn command_on(command: &str, path: &Path) -> String {
    match path.to_str().filter(|path| !path.chars().any(is_unsafe_char)) {
        Some(path) => format!("{command} {}", word(path)),
        None => command.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert_eq!(word("/dev/xvda1"), "/dev/xvda1");
        assert_eq!(word("it's $x"), r#"'it'"'"'s $x'"#);
        assert_eq!(word(r"a\b"), r#"'a'"\\"'b'"#);
        assert_eq!(word("=ls"), "'=ls'");
        assert_eq!(word(""), "''");
    }

    #[test]
    fn commands_on_paths() {
        assert_eq!(command_on("umount", Path::new("/mnt/boot")), "umount /mnt/boot");
        assert_eq!(command_on("umount", Path::new("/mnt/my guest")), "umount '/mnt/my guest'");
        assert_eq!(command_on("umount", Path::new("/mnt/\u{1b}")), "umount");
    }
}
