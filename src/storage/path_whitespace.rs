//! Where pygrub's plugins other than the one for ext end a path: at its first space. A name with a space in it is not found.

use crate::storage::filesystem::OpenError;

/// What C's `isspace` accepts as a space.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// How much of the path counts.
pub(super) fn length(path: &[u8]) -> usize {
    path.iter().position(|&byte| is_blank(byte)).unwrap_or(path.len())
}

/// The error, with a word on the space where the path has one.
pub(super) fn explained(path: &[u8], error: OpenError) -> OpenError {
    match error {
        OpenError::NotFound(reason) if length(path) < path.len() => {
            OpenError::NotFound(format!("{reason}; pygrub's driver ends the path at its first space"))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_ends_it() {
        assert_eq!(length(b"/a\x0bb"), 2);
        assert_eq!(length("/a\u{a0}b".as_bytes()), 5);
        let reason = |path: &[u8]| explained(path, OpenError::NotFound("no".to_owned())).to_string();
        assert_eq!(reason(b"/a"), "no");
        assert_eq!(reason(b"/a b"), "no; pygrub's driver ends the path at its first space");
    }
}
