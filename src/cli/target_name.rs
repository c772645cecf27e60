//! What a target is called on the command line. A path is bytes, and need not be UTF-8.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::escape::shown_path;
use crate::shell_text;

/// The name of a target: the path that is opened, and the text that stands for it in messages and reports.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct TargetName {
    path: PathBuf,
    /// As [`shown_path`] makes it.
    shown: String,
}

impl TargetName {
    /// A name of any bytes, as a list holds it.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        OsString::from_vec(bytes.to_vec()).into()
    }

    /// The path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The name in reports: bytes that are not UTF-8 are written as `\xff`.
    pub(super) fn as_str(&self) -> &str {
        &self.shown
    }

    /// The name as a word of a shell's command line, which no program reads as an option: quoted, and with `./` in front, where that
    /// must be.
    pub(super) fn shell_word(&self) -> String {
        let bytes = self.path.as_os_str().as_encoded_bytes();
        let front: &[u8] = if bytes.starts_with(b"-") && !self.is_stdin() { b"./" } else { b"" };
        shell_text::word_of_bytes(&[front, bytes].concat())
    }

    /// Whether it stands for standard input.
    pub(super) fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }
}

impl From<OsString> for TargetName {
    fn from(name: OsString) -> Self {
        Self { shown: shown_path(Path::new(&name)), path: name.into() }
    }
}

impl From<&Path> for TargetName {
    fn from(path: &Path) -> Self {
        path.as_os_str().to_owned().into()
    }
}

impl From<&str> for TargetName {
    fn from(name: &str) -> Self {
        OsStr::new(name).to_owned().into()
    }
}

impl AsRef<Path> for TargetName {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_of_a_shell() {
        let word = |bytes: &[u8]| TargetName::of_bytes(bytes).shell_word();
        assert_eq!(word(b"/boot/grub/grub.cfg"), "/boot/grub/grub.cfg");
        assert_eq!(word("it's für.cfg".as_bytes()), r#"'it'"'"'s für.cfg'"#);
        assert_eq!(word(b"caf\xe91 'x'.cfg"), "$'caf\\3511 \\047x\\047.cfg'");
        assert_eq!(word(b"a\nb"), "$'a\\012b'");
        assert_eq!(word("g\u{200b}.cfg".as_bytes()), "$'g\\342\\200\\213.cfg'");
        assert_eq!(word(b"--config=x/grub.cfg"), "./--config=x/grub.cfg");
        assert_eq!(word(b"-o a"), "'./-o a'");
        assert_eq!(word(b"-o\n"), "$'./-o\\012'");
        assert_eq!((word(b"=ls"), word(b"~root"), word(b"a=b")), ("'=ls'".into(), "'~root'".into(), "a=b".into()));
        assert_eq!(word(b"-"), "-");
    }

    /// Whatever a file is called, every shell reads one word, and those that know `$'` the name itself.
    #[test]
    fn shells_read_one_word() {
        let names = (1..=255).flat_map(|byte| {
            [
                vec![byte],
                [b"a'; exit 9; #", &[byte][..], b"'\\"].concat(),
                [&[byte][..], b"\\' && exit 9 || '", b"\x01"].concat(),
                [b"y\\'; exit 9; #", &[byte][..], b"it'\\"].concat(),
            ]
        });
        let names: Vec<Vec<u8>> = names.collect();
        let words: Vec<String> = names.iter().map(|name| TargetName::of_bytes(name).shell_word()).collect();
        for (shell, is_ours) in [("sh", false), ("dash", false), ("bash", true), ("zsh", true)] {
            let script = words.iter().map(|word| format!("set -- {word}; printf '%s %s\\0' $# \"$1\"\n"));
            let mut command = std::process::Command::new(shell);
            let Ok(output) = command.arg("-c").arg(script.collect::<String>()).output() else { continue };
            let read: Vec<&[u8]> = output.stdout.split(|&byte| byte == 0).collect();
            assert!(output.status.success() && read.len() == names.len() + 1, "{shell}: {output:?}");
            for ((name, word), read) in names.iter().zip(&words).zip(read) {
                assert!(read.starts_with(b"1 "), "{shell}: {word}");
                // Not an option: the same file by another name.
                let is_option = name.starts_with(b"-") && name != b"-";
                let name = [if is_option { &b"./"[..] } else { b"" }, name].concat();
                assert!(!is_ours || read[2..] == name, "{shell}: {word}");
            }
        }
        // They have no `$'`, and refuse the whole line.
        let of_others = || names.iter().zip(&words).filter(|(_, word)| !word.starts_with("$'"));
        let fish = |word: &str| format!("printf '%s %s\\0' (count {word}) {word}\n");
        let elvish = |word: &str| format!("print (count [{word}]) {word}; print \"\\x00\"\n");
        for (shell, option, line) in
            [("fish", "--no-config", &fish as &dyn Fn(&str) -> String), ("elvish", "-norc", &elvish)]
        {
            let script: String = of_others().map(|(_, word)| line(word)).collect();
            let mut command = std::process::Command::new(shell);
            let Ok(output) = command.args([option, "-c", &script]).output() else { continue };
            let read: Vec<&[u8]> = output.stdout.split(|&byte| byte == 0).collect();
            assert!(output.status.success() && read.len() == of_others().count() + 1, "{shell}: {output:?}");
            for ((name, word), read) in of_others().zip(read) {
                let is_option = name.starts_with(b"-") && name != b"-";
                let expected = [if is_option { &b"1 ./"[..] } else { b"1 " }, name].concat();
                assert_eq!(read, expected, "{shell}: {word}");
            }
        }
    }
}
