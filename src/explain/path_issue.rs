//! What is odd about a path that a configuration names: why pygrub, which takes it literally, does not open what GRUB opens.

use crate::config::Dialect;

use crate::boot::Purpose;

/// Something that pygrub takes for a part of a file's name, and that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathIssue {
    /// A backslash at the end of the line: the path goes on in the next one, for GRUB.
    Continuation,
    /// Several files on one line.
    Several,
    /// A variable.
    Variable,
    /// Quotes, or a backslash in front of a character.
    Quoted,
    /// A comment, a `;` or words after the path.
    TrailingText,
    /// A tab between the kernel and its arguments.
    Tab,
    /// An option of GRUB Legacy's `kernel`, in front of the path.
    Option,
    /// An argument of the kernel, where its path belongs.
    Argument,
    /// An empty component: `//`.
    DoubleSlash,
}

/// A path without what is odd about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plain {
    /// The path.
    pub path: Vec<u8>,
    /// Whether GRUB opens the same file for both.
    pub same_for_grub: bool,
}

/// How many oddities one path may have before it is given up.
const MOST: usize = 4;

impl PathIssue {
    /// What is odd about `path`; the worst where there are several things. An empty path is not odd.
    pub(crate) fn of(path: &[u8], purpose: Purpose, dialect: Dialect) -> Option<Self> {
        if is_ordinary(path) {
            return None;
        }
        if purpose == Purpose::Kernel && dialect == Dialect::Legacy && path.starts_with(b"--") {
            return Some(Self::Option);
        }
        if purpose == Purpose::Kernel && is_argument(path, dialect) {
            return Some(Self::Argument);
        }
        if path.ends_with(b"\\") && dialect != Dialect::Extlinux {
            return Some(Self::Continuation);
        }
        if let Some(inner) = in_quotes(path) {
            return Some(if path[0] == b'"' && inner.contains(&b'$') { Self::Variable } else { Self::Quoted });
        }
        let mut words = words(path);
        let first = words.next()?;
        if let Some(second) = words.next() {
            return Some(if purpose == Purpose::Kernel {
                if first.contains(&b'$') { Self::Variable } else { Self::Tab }
            } else if first.ends_with(b"\\") {
                Self::Quoted
            } else if second.starts_with(b"#") || second.starts_with(b";") || first.contains(&b';') {
                Self::TrailingText
            } else if first.contains(&b'$') || second.starts_with(b"$") {
                Self::Variable
            } else if second.contains(&b'/') {
                Self::Several
            } else {
                Self::TrailingText
            });
        }
        let has = |byte: u8| path.contains(&byte);
        if has(b',') && dialect == Dialect::Extlinux && purpose == Purpose::Ramdisk {
            Some(Self::Several)
        } else if has(b'$') {
            Some(Self::Variable)
        } else if has(b'"') || has(b'\'') || has(b'\\') {
            Some(Self::Quoted)
        } else if has(b';') {
            Some(Self::TrailingText)
        } else {
            memchr::memmem::find(path, b"//").map(|_| Self::DoubleSlash)
        }
    }
}

impl Plain {
    /// What `path` is without what is odd about it. Nothing where that takes more than the path: variables, several files.
    pub(crate) fn of(path: &[u8], purpose: Purpose, dialect: Dialect) -> Option<Self> {
        let mut plain = Self { path: path.to_vec(), same_for_grub: true };
        for _ in 0..MOST {
            let Some(issue) = PathIssue::of(&plain.path, purpose, dialect) else {
                return (!plain.path.is_empty()).then_some(plain);
            };
            let first = words(&plain.path).next().unwrap_or_default().to_vec();
            plain.path = match issue {
                PathIssue::Continuation | PathIssue::Several | PathIssue::Option | PathIssue::Argument => return None,
                PathIssue::Variable if first.contains(&b'$') || first == plain.path => return None,
                PathIssue::Variable => {
                    plain.same_for_grub = false;
                    first
                }
                PathIssue::Quoted => unquoted(&plain.path).filter(|path| words(path).count() == 1)?,
                PathIssue::TrailingText => {
                    let end = memchr::memchr(b';', &first).unwrap_or(first.len());
                    let dropped = plain.path[end..].trim_ascii();
                    plain.same_for_grub &= dropped.starts_with(b"#") || dropped.iter().all(|byte| *byte == b';');
                    first[..end].to_vec()
                }
                PathIssue::Tab => first,
                PathIssue::DoubleSlash => single_slashes(&plain.path),
            };
        }
        None
    }
}

/// Whether a path is as most are: from the root, of letters and what else is not odd anywhere.
fn is_ordinary(path: &[u8]) -> bool {
    const ORDINARY: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = (byte as u8).is_ascii_alphanumeric()
                || matches!(byte as u8, b'/' | b'.' | b'_' | b'-' | b'+' | b'@' | b'=' | b':');
            byte += 1;
        }
        table
    };
    path.first() == Some(&b'/')
        && path.iter().all(|byte| ORDINARY[usize::from(*byte)])
        && !memchr::memchr_iter(b'/', path).any(|at| path.get(at + 1) == Some(&b'/'))
}

/// The words of a path: what stands between spaces of any kind.
pub(crate) fn words(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| byte.is_ascii_whitespace() || *byte == 0x0b).filter(|word| !word.is_empty())
}

/// Whether what stands where the path belongs is one of the kernel's arguments: `root=/dev/xvda1`, `ro`. extlinux takes a path from
/// its own directory on, so that a word may be a file there.
fn is_argument(path: &[u8], dialect: Dialect) -> bool {
    const WORDS: [&[u8]; 8] = [b"ro", b"rw", b"quiet", b"splash", b"single", b"nomodeset", b"debug", b"rhgb"];
    let name =
        path.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')).count();
    let assigns = name > 0 && path.get(name) == Some(&b'=') && !path[..name].contains(&b'/');
    assigns || dialect != Dialect::Extlinux && WORDS.contains(&path)
}

/// What is in quotes, where all of the path is.
fn in_quotes(path: &[u8]) -> Option<&[u8]> {
    let (quote, rest) = path.split_first()?;
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let (last, inner) = rest.split_last()?;
    (last == quote && !inner.contains(quote)).then_some(inner)
}

/// The path as GRUB reads it: without quotes, and without the backslashes that take the meaning from a character.
fn unquoted(path: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(path.len());
    let mut quote = None;
    let mut bytes = path.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            (b'\\', None) => plain.push(bytes.next()?),
            (b'\\', Some(b'"')) => {
                let next = bytes.next()?;
                if !matches!(next, b'"' | b'\\' | b'$') {
                    plain.push(b'\\');
                }
                plain.push(next);
            }
            _ => plain.push(byte),
        }
    }
    quote.is_none().then_some(plain)
}

/// The path with one slash where several follow each other.
fn single_slashes(path: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(path.len());
    for &byte in path {
        if byte != b'/' || plain.last() != Some(&b'/') {
            plain.push(byte);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel(path: &str) -> Option<PathIssue> {
        PathIssue::of(path.as_bytes(), Purpose::Kernel, Dialect::Grub2)
    }

    fn initrd(path: &str) -> Option<PathIssue> {
        PathIssue::of(path.as_bytes(), Purpose::Ramdisk, Dialect::Grub2)
    }

    #[test]
    fn odd_paths() {
        for (path, want) in [
            ("", None),
            ("/boot/vmlinuz-6.1.0", None),
            ("/k#1", None),
            ("/k\ta=0", Some(PathIssue::Tab)),
            ("systemConfig=x", Some(PathIssue::Argument)),
            ("root=/dev/xvda1", Some(PathIssue::Argument)),
            ("ro", Some(PathIssue::Argument)),
            ("/a=b", None),
            ("vmlinuz", None),
            ("$p/k", Some(PathIssue::Variable)),
            ("\"$p/k\"", Some(PathIssue::Variable)),
            ("'$p/k'", Some(PathIssue::Quoted)),
            ("\"/k\"", Some(PathIssue::Quoted)),
            ("/k;", Some(PathIssue::TrailingText)),
            ("//k", Some(PathIssue::DoubleSlash)),
            ("\\", Some(PathIssue::Continuation)),
        ] {
            assert_eq!(kernel(path), want, "{path:?}");
        }
        for (path, want) in [
            ("/i0", None),
            ("/ucode /i0", Some(PathIssue::Several)),
            ("/ucode\t/i0", Some(PathIssue::Several)),
            ("/i0 newc:x:/y", Some(PathIssue::Several)),
            ("/i0 # /old", Some(PathIssue::TrailingText)),
            ("/i0; boot", Some(PathIssue::TrailingText)),
            ("/i0 $tuned_initrd", Some(PathIssue::Variable)),
            ("/i0 \\", Some(PathIssue::Continuation)),
            ("\"/my initrd\"", Some(PathIssue::Quoted)),
            ("/my\\ initrd", Some(PathIssue::Quoted)),
            ("/a,/b", None),
        ] {
            assert_eq!(initrd(path), want, "{path:?}");
        }
        assert_eq!(PathIssue::of(b"/a,/b", Purpose::Ramdisk, Dialect::Extlinux), Some(PathIssue::Several));
        assert_eq!(PathIssue::of(b"--type=linux", Purpose::Kernel, Dialect::Legacy), Some(PathIssue::Option));
        assert_eq!(PathIssue::of(b"--type=linux", Purpose::Kernel, Dialect::Extlinux), Some(PathIssue::Argument));
        assert_eq!(PathIssue::of(b"\\", Purpose::Kernel, Dialect::Legacy), Some(PathIssue::Continuation));
    }

    #[test]
    fn plain_paths() {
        let plain = |path: &str, purpose| {
            let plain = Plain::of(path.as_bytes(), purpose, Dialect::Grub2)?;
            Some((String::from_utf8(plain.path).unwrap(), plain.same_for_grub))
        };
        let want = |path: &str, same: bool| Some((path.to_owned(), same));
        for (path, expected) in [
            ("\"/k\"", want("/k", true)),
            ("/k\"1\"", want("/k1", true)),
            ("'//k'", want("/k", true)),
            ("/a//b///c", want("/a/b/c", true)),
            ("/k\ta=0", want("/k", true)),
            ("/k;", want("/k", true)),
            ("$p/k", None),
            ("\"/k", None),
            ("\"/a b\"", None),
        ] {
            assert_eq!(plain(path, Purpose::Kernel), expected, "{path:?}");
        }
        for (path, expected) in [
            ("/i0 # c", want("/i0", true)),
            ("/i0;", want("/i0", true)),
            ("/i0; boot", want("/i0", false)),
            ("/i0 quiet", want("/i0", false)),
            ("/i0 $tuned_initrd", want("/i0", false)),
            ("/a /b", None),
        ] {
            assert_eq!(plain(path, Purpose::Ramdisk), expected, "{path:?}");
        }
    }
}
