//! One command as GRUB's shell takes it apart: what pygrub never does.

/// A word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::lint) struct Word {
    /// The word without its quotes; a variable stands in it as it is written.
    pub text: Vec<u8>,
    /// Whether GRUB expands a variable in it.
    pub variable: bool,
    /// Whether it has a `>` outside quotes, which GRUB refuses as a syntax error.
    pub refused: bool,
}

/// The words of the first command of `line`: up to a `;`, a comment, a brace of its own, or the end.
pub(in crate::lint) fn words(line: &[u8]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'"' | b'\'') => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (None | Some(b'"'), b'\\') => {
                let escapes = |next: &u8| quote.is_none() || matches!(next, b'"' | b'$' | b'\\');
                let escaped = bytes.next_if(escapes).unwrap_or(byte);
                word.get_or_insert_default().text.push(escaped);
            }
            (None, b' ' | b'\t') => words.extend(word.take()),
            (None, b';') => break,
            (None, b'#' | b'{') if word.is_none() => break,
            (_, _) => {
                let word = word.get_or_insert_default();
                word.variable |= byte == b'$' && quote != Some(b'\'');
                word.refused |= byte == b'>' && quote.is_none();
                word.text.push(byte);
            }
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<String> {
        words(line.as_bytes()).into_iter().map(|word| String::from_utf8(word.text).unwrap()).collect()
    }

    // Expected values: grub-emu 2.06 (`echo "@arg=$a"` of each argument).
    #[test]
    fn takes_a_line_apart() {
        assert_eq!(read("set default=\"a b\" # c"), ["set", "default=a b"]);
        assert_eq!(read("set default=1; set x"), ["set", "default=1"]);
        assert_eq!(read("menuentry 'It'\\''s' --id \"a\\\"b\" {"), ["menuentry", "It's", "--id", "a\"b"]);
        assert_eq!(read("a '$x' b#c {d}"), ["a", "$x", "b#c"]);
        assert_eq!(read(""), Vec::<String>::new());
    }

    #[test]
    fn variables_and_refusals_are_known() {
        let of = |line: &str| words(line.as_bytes()).pop().map(|word| (word.variable, word.refused));
        assert_eq!(of("\"$x\""), Some((true, false)));
        assert_eq!(of("'$x'"), Some((false, false)));
        assert_eq!(of("\\$x"), Some((false, false)));
        assert_eq!(of("1>2"), Some((false, true)));
        assert_eq!(of("\"1>2\""), Some((false, false)));
    }
}
