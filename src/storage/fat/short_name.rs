//! Short names: eight characters and three, in a code page that nobody names.

use crate::storage::path_whitespace::is_blank;

/// The name as the plugin shows it: lower case, with a dot before the extension where there is one. Each half ends at the
/// first space or NUL. Bytes above 0x7f stay as they are.
pub(crate) fn shown(short: &[u8; 11]) -> Vec<u8> {
    let half = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().take_while(|byte| **byte != 0 && !is_blank(**byte)).map(u8::to_ascii_lowercase).collect()
    };
    let mut name = half(&short[..8]);
    let extension = half(&short[8..]);
    if !extension.is_empty() {
        name.push(b'.');
        name.extend(extension);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_the_plugin_shows_them() {
        assert_eq!(shown(b"VMLINU~1IMG"), b"vmlinu~1.img");
        assert_eq!(shown(b"NOEXT      "), b"noext");
        assert_eq!(shown(b"A B     T T"), b"a.t");
        assert_eq!(shown(b"..         "), b"..");
        assert_eq!(shown(b"           "), b"");
        assert_eq!(shown(b"\xc9\t      TXT"), b"\xc9.txt");
    }
}
