//! Arguments of the kernel, as it reads them: words between white space, the last of several counts, and what follows `--` is for
//! init.

use std::ops::Range;

/// Where the value of the last `key` stands in `args`. `key` has the `=` at its end.
pub(in crate::lint) fn last_value(args: &[u8], key: &[u8]) -> Option<Range<usize>> {
    let mut found = None;
    let mut start = 0;
    for word in args.split(u8::is_ascii_whitespace) {
        if word == b"--" {
            break;
        }
        if word.starts_with(key) {
            found = Some(start + key.len()..start + word.len());
        }
        start += word.len() + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_counts() {
        assert_eq!(last_value(b"a rdinit=/x b", b"init="), None);
        assert_eq!(last_value(b"init=/a  init=/b c", b"init="), Some(14..16));
        assert_eq!(last_value(b"init=/a -- init=/b", b"init="), Some(5..7));
        assert_eq!(last_value(b"ro root=", b"root="), Some(8..8));
    }
}
