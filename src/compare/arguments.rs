//! Arguments as the kernel takes them apart: what pygrub hands over as it stands and what GRUB quotes again mean the same then.

/// The words of a command line. Spaces outside of double quotes end a word, and the quotes are not part of it (`lib/cmdline.c` of
/// Linux; a word is compared whole here, so that `a="b c"` and `"a=b c"` are equal).
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            c if c.is_ascii_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The first words in which two command lines differ; `None` for a line that ends there.
pub(super) fn first_difference(one: &str, other: &str) -> Option<(Option<String>, Option<String>)> {
    let (mut one, mut other) = (words(one).into_iter(), words(other).into_iter());
    loop {
        match (one.next(), other.next()) {
            (None, None) => return None,
            (one, other) if one != other => return Some((one, other)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_spaces_do_not_count() {
        assert_eq!(words(r#"a  b="c d"	e"#), words(r#"a "b=c d" e "#));
        assert_eq!(words(r#"a """#), ["a", ""]);
        assert_eq!(first_difference("a b", "a  b"), None);
        assert_eq!(first_difference("a $b", "a"), Some((Some("$b".to_owned()), None)));
    }
}
