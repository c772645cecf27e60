//! How a value is written in the Nix language.

use super::refusal::Refusal;

/// A string literal in double quotes that evaluates to exactly `text`.
///
/// Every `$` is escaped, which is more than `${` needs and leaves no question about `$${`. So is the carriage return: Nix
/// turns a raw one in a string into a line feed (nix 2.8, measured).
///
/// # Errors
///
/// Nix has no string with a NUL in it.
///
/// ```
/// use pregrub::generate::nix_text::string;
///
/// assert_eq!(string("a\"b ${c}\n").unwrap(), r#""a\"b \${c}\n""#);
/// ```
pub fn string(text: &str) -> Result<String, Refusal> {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' | '$' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => return Err(Refusal::new("the text has a NUL, which no string of Nix can hold", "remove it")),
            _ => out.push(c),
        }
    }
    out.push('"');
    Ok(out)
}

/// A list of strings on one line.
///
/// # Errors
///
/// As [`string`].
pub fn list<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Result<String, Refusal> {
    let mut out = String::from("[ ");
    for text in texts {
        out.push_str(&string(text.as_ref())?);
        out.push(' ');
    }
    out.push(']');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        assert_eq!(list(["a", "${b}"]).unwrap(), r#"[ "a" "\${b}" ]"#);
        assert_eq!(list::<&str>([]).unwrap(), "[ ]");
        assert!(list(["a\0"]).is_err());
    }
}
