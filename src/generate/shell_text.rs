//! How a word is written for a POSIX shell.

/// `word` as one word: as it is where nothing in it means anything to a shell, else in single quotes.
pub(crate) fn word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    // zsh puts the path of the command `ls` in the place of `=ls`.
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert_eq!(word("/dev/xvda1"), "/dev/xvda1");
        assert_eq!(word("it's $x"), "'it'\\''s $x'");
        assert_eq!(word(""), "''");
        assert_eq!((word("=ls"), word("~")), ("'=ls'".to_owned(), "'~'".to_owned()));
    }
}
