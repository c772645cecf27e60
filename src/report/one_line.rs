//! Text of a guest on one line.

use crate::escape::push_escaped;

/// `text` with every control character escaped, as `\x1b`, and invisible ones, as `\u202e`: a line stays one line, and no
/// terminal and no log obeys it.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => line.push(' '),
            c => push_escaped(&mut line, c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(one_line("a\n::error::b\x1b[2J\tc\u{9b}é"), "a\\x0a::error::b\\x1b[2J c\\x9bé");
    }
}
