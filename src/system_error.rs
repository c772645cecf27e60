//! Errors of the operating system in words: one wording for one situation, wherever it is met.

use std::io;

use rustix::io::Errno;

/// Why something failed, as a clause: what the operating system says, without its number and in the words of every other sentence.
pub(crate) fn why(error: &io::Error) -> String {
    // What was made with a text of its own says more than its kind.
    if error.raw_os_error().is_none() && error.get_ref().is_some() {
        return error.to_string();
    }
    let words = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file",
        io::ErrorKind::PermissionDenied if error.raw_os_error() != Some(Errno::PERM.raw_os_error()) => {
            "permission denied"
        }
        io::ErrorKind::IsADirectory => "it is a directory",
        io::ErrorKind::NotADirectory => "a part of its path is a file, not a directory",
        io::ErrorKind::StorageFull => "the filesystem is full",
        io::ErrorKind::ReadOnlyFilesystem => "the filesystem is mounted read-only",
        io::ErrorKind::WouldBlock => "it has nothing to read now",
        io::ErrorKind::UnexpectedEof => "it ends too early",
        _ => return in_a_sentence(&error.to_string()),
    };
    words.to_owned()
}

/// The sentence about a file that cannot be read. `name` is the name that the user gave.
pub(crate) fn cannot_read(name: &str, error: &io::Error) -> String {
    let help = match error.kind() {
        io::ErrorKind::PermissionDenied => "; run pregrub as a user who can read it",
        _ => "",
    };
    format!("cannot read `{name}`: {}{help}", why(error))
}

/// `Too many levels of symbolic links (os error 40)` in the middle of a sentence.
pub(crate) fn in_a_sentence(text: &str) -> String {
    let mut rest = text.split(" (os error").next().unwrap_or_default().chars();
    let first = rest.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_clauses() {
        let of = |number| why(&io::Error::from_raw_os_error(number));
        assert_eq!(of(2), "there is no such file");
        assert_eq!(of(13), "permission denied");
        assert_eq!(of(1), "operation not permitted");
        assert_eq!(of(21), "it is a directory");
        assert_eq!(of(28), "the filesystem is full");
        assert_eq!(of(40), "too many levels of symbolic links");
        assert_eq!(why(&io::Error::new(io::ErrorKind::NotFound, "its `x` is gone")), "its `x` is gone");
        assert_eq!(why(&io::ErrorKind::UnexpectedEof.into()), "it ends too early");
        let denied = cannot_read("a", &io::Error::from_raw_os_error(13));
        assert_eq!(denied, "cannot read `a`: permission denied; run pregrub as a user who can read it");
    }
}
