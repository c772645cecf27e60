//! What stands between quotation marks.

/// A string whose escapes libxlutil does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadString {
    /// A backslash before a character that it says nothing of.
    Escape,
    /// A numeric escape that libxlutil cannot read: `\x` always, `\1` without two digits more.
    Number,
    /// A NUL, at which xl stops with a failed assertion.
    Nul,
}

/// The bytes of a string, without its quotation marks and with its escapes replaced. `\101` and its like are taken, and stand
/// for nothing at all: libxlutil forgets to store the byte.
pub(super) fn bytes(quoted: &[u8]) -> Result<Vec<u8>, BadString> {
    if quoted.contains(&0) {
        return Err(BadString::Nul);
    }
    let inside = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    let mut out = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some((&escaped, behind)) = rest.split_first() else { break };
        rest = behind;
        match escaped {
            b'"' | b'\'' | b'\\' => out.push(escaped),
            b'a' => out.push(0x07),
            b'b' => out.push(0x08),
            b'f' => out.push(0x0c),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(0x0b),
            b'0'..=b'7' => {
                // Two or three characters more, as strtoul takes them: white space and a sign may come first.
                let length = decimal_length(&rest[..rest.len().min(3)]);
                if length < 2 {
                    return Err(BadString::Number);
                }
                rest = &rest[length..];
            }
            // Three digits are asked for where two are looked at.
            b'x' => return Err(BadString::Number),
            _ => return Err(BadString::Escape),
        }
    }
    Ok(out)
}

/// How much of a text `strtoul` takes in base 10.
fn decimal_length(text: &[u8]) -> usize {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
    let sign = usize::from(matches!(text.get(blanks), Some(b'+' | b'-')));
    let digits = text[blanks + sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { 0 } else { blanks + sign + digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: libxlutil 4.17.7.
    #[test]
    fn as_libxlutil_reads_them() {
        for (quoted, want) in [
            (&b"''"[..], Ok(&b""[..])),
            (b"'x\\'y'", Ok(b"x'y")),
            (b"\"x'y\\n\\\\\"", Ok(b"x'y\n\\")),
            (b"'\\101'", Ok(b"")),
            (b"'\\1234'", Ok(b"")),
            (b"'\\1 23z'", Ok(b"z")),
            (b"'\\1-23'", Ok(b"")),
            (b"'\\018'", Ok(b"")),
            (b"'\\1'", Err(BadString::Number)),
            (b"'\\12x'", Err(BadString::Number)),
            (b"'\\x41'", Err(BadString::Number)),
            (b"'\\x041'", Err(BadString::Number)),
            (b"'\\9'", Err(BadString::Escape)),
            (b"'\\\xe9'", Err(BadString::Escape)),
            (b"'a\0'", Err(BadString::Nul)),
        ] {
            assert_eq!(bytes(quoted), want.map(<[u8]>::to_vec), "{}", quoted.escape_ascii());
        }
    }
}
