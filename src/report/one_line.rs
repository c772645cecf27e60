//! Text of a guest on one line.

/// `text` with every control character escaped, as `\x1b`: a line stays one line, and no terminal and no log obeys it.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => line.push(' '),
            c if c.is_control() => line.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => line.push(c),
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
