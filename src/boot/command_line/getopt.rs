//! Python's `getopt.gnu_getopt`, which pygrub reads its command line with: unique prefixes of long options, options after
//! the image, `--` ends them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// An option that the command line may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownOption<T> {
    /// What it stands for.
    pub option: T,
    /// Its letter, if it has one.
    pub short: Option<u8>,
    /// Its name.
    pub long: &'static str,
    /// Whether the letter takes a value.
    pub short_value: bool,
    /// Whether the name takes a value.
    pub long_value: bool,
}

/// A command line that was taken apart: options in their order, each with its value, and the other words.
pub(crate) type Parsed<T> = (Vec<(T, OsString)>, Vec<OsString>);

/// Takes a command line apart. `posixly_correct` makes the first word that is not an option end them, as the variable
/// `POSIXLY_CORRECT` does. Nothing is returned where Python raises `GetoptError`: an option that is not known or not unique,
/// a value that is missing or too many.
pub(crate) fn parse<T: Copy>(args: &[OsString], known: &[KnownOption<T>], posixly_correct: bool) -> Option<Parsed<T>> {
    let (mut options, mut words) = (Vec::new(), Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let bytes = arg.as_bytes();
        if bytes == b"--" {
            words.extend(args.cloned());
            break;
        } else if let Some(long) = bytes.strip_prefix(b"--") {
            let (name, given) = match memchr::memchr(b'=', long) {
                Some(at) => (&long[..at], Some(owned(&long[at + 1..]))),
                None => (long, None),
            };
            let found = find_long(name, known)?;
            let value = match (found.long_value, given) {
                (true, Some(value)) => value,
                (true, None) => args.next()?.clone(),
                (false, Some(_)) => return None,
                (false, None) => OsString::new(),
            };
            options.push((found.option, value));
        } else if let Some(letters) = bytes.strip_prefix(b"-").filter(|letters| !letters.is_empty()) {
            let mut letters = letters;
            while let Some((&letter, rest)) = letters.split_first() {
                letters = rest;
                let found = known.iter().find(|known| known.short == Some(letter))?;
                let mut value = OsString::new();
                if found.short_value {
                    value = if rest.is_empty() { args.next()?.clone() } else { owned(rest) };
                    letters = b"";
                }
                options.push((found.option, value));
            }
        } else {
            words.push(arg.clone());
            if posixly_correct {
                words.extend(args.cloned());
                break;
            }
        }
    }
    Some((options, words))
}

fn owned(bytes: &[u8]) -> OsString {
    OsStr::from_bytes(bytes).to_owned()
}

/// The option of that name, or the only one that begins so.
pub(crate) fn find_long<'a, T>(name: &[u8], known: &'a [KnownOption<T>]) -> Option<&'a KnownOption<T>> {
    if let Some(exact) = known.iter().find(|known| known.long.as_bytes() == name) {
        return Some(exact);
    }
    let mut possible = known.iter().filter(|known| known.long.as_bytes().starts_with(name));
    match (possible.next(), possible.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// The words of a command line.
#[cfg(test)]
pub(crate) fn words(line: &[&str]) -> Vec<OsString> {
    line.iter().map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [KnownOption<char>; 5] = [
        KnownOption { option: 'q', short: Some(b'q'), long: "quiet", short_value: false, long_value: false },
        KnownOption { option: 'h', short: Some(b'h'), long: "help", short_value: true, long_value: false },
        KnownOption { option: 'o', short: None, long: "output", short_value: false, long_value: true },
        KnownOption { option: 'f', short: None, long: "output-format", short_value: false, long_value: true },
        KnownOption { option: 'e', short: None, long: "entry", short_value: false, long_value: true },
    ];

    fn parsed(line: &[&str]) -> Option<String> {
        let (options, rest) = parse(&words(line), &KNOWN, false)?;
        let options = options.iter().map(|(option, value)| format!("{option}:{}", value.display()));
        let rest = rest.iter().map(|word| word.display().to_string());
        Some(options.chain(rest).collect::<Vec<_>>().join(" "))
    }

    // Expected values: getopt.gnu_getopt of Python 3.11 with these options.
    #[test]
    fn as_python_does() {
        for (line, want) in [
            (&["-q", "d"][..], Some("q: d")),
            (&["d", "--qui", "e"], Some("q: d e")),
            (&["--output=a=b", "d"], Some("o:a=b d")),
            (&["--output", "-q", "d"], Some("o:-q d")),
            (&["--out=a", "d"], None),
            (&["--output-=a", "d"], Some("f:a d")),
            (&["--e", "1"], Some("e:1")),
            (&["--entry"], None),
            (&["--quiet=1"], None),
            (&["--=x"], None),
            (&["-qhx", "d"], Some("q: h:x d")),
            (&["-h", "d"], Some("h:d")),
            (&["-qh"], None),
            (&["-z"], None),
            (&["-", "--", "-q"], Some("- -q")),
        ] {
            assert_eq!(parsed(line).as_deref(), want, "{line:?}");
        }
    }

    #[test]
    fn the_first_word_ends_the_options_where_posix_says_so() {
        let (options, rest) = parse(&words(&["-q", "d", "-q"]), &KNOWN, true).unwrap();
        assert_eq!((options.len(), rest), (1, words(&["d", "-q"])));
    }
}
