//! From the words of a script to the arguments of a command.

use super::interpreter::Interpreter;
use super::memory::MOST_WORDS;
use super::number::is_space;
use super::word::{Word, WordPart};

/// An argument in the making: each byte, and whether it is protected from being a pattern. `None` as long as nothing was put in.
type Draft = Option<Vec<(u8, bool)>>;

/// All that a word or several words become.
#[derive(Default)]
struct Arguments {
    done: Vec<Vec<(u8, bool)>>,
    current: Draft,
}

impl Arguments {
    fn append(&mut self, text: &[u8], protected: bool) {
        self.current.get_or_insert_default().extend(text.iter().map(|byte| (*byte, protected)));
    }

    fn next(&mut self) {
        self.done.extend(self.current.take());
    }

    /// Appends a value outside quotes: white space in it parts arguments.
    fn split(&mut self, value: &[u8]) {
        let mut rest = value;
        loop {
            let length = rest.iter().position(|byte| is_space(*byte)).unwrap_or(rest.len());
            if length > 0 {
                self.append(&rest[..length], false);
            }
            let after = &rest[length..];
            let spaces = after.iter().position(|byte| !is_space(*byte)).unwrap_or(after.len());
            rest = &after[spaces..];
            if rest.is_empty() {
                return;
            }
            self.next();
        }
    }
}

/// How many bytes the variables of one command may have. The longest command line that a kernel takes has some thousand.
const LARGEST_GROWTH: usize = 256 << 10;

/// The arguments where the words are these already, as in most commands.
fn plain(words: &[Word]) -> Option<Vec<Vec<u8>>> {
    /// Of more words each costs steps.
    const MOST: usize = 64;
    if words.len() > MOST {
        return None;
    }
    let plain = words.iter().map(|word| match word.parts.as_slice() {
        [WordPart::Bare(text)] if memchr::memchr2(b'*', b'?', text).is_none() => Some(text.to_vec()),
        [WordPart::Quoted(text)] => Some(text.to_vec()),
        _ => None,
    });
    plain.collect()
}

impl Interpreter<'_> {
    /// What `words` become: variables expanded, values split, patterns replaced by the files that match.
    pub(super) fn expand(&mut self, words: &[Word]) -> Vec<Vec<u8>> {
        if let Some(plain) = plain(words) {
            self.spend(plain.iter().map(|word| word.len() as u64 / 16).sum());
            return plain;
        }
        let mut arguments = Arguments::default();
        let mut grown = 0;
        for word in words {
            for part in &word.parts {
                self.note_if_unknown(part);
                match part {
                    WordPart::Bare(text) => arguments.append(text, false),
                    WordPart::Quoted(text) => arguments.append(text, true),
                    WordPart::Variable(name) => {
                        if !self.may_grow(name, &mut grown) {
                            return Vec::new();
                        }
                        for (index, value) in self.values(name, false).iter().enumerate() {
                            if index > 0 {
                                arguments.next();
                            }
                            let most = value.iter().filter(|byte| is_space(**byte)).count();
                            if arguments.done.len() + most >= MOST_WORDS {
                                return self.too_many_words();
                            }
                            arguments.split(value);
                        }
                    }
                    WordPart::QuotedVariable(name) => {
                        if !self.may_grow(name, &mut grown) {
                            return Vec::new();
                        }
                        for (index, value) in self.values(name, true).iter().enumerate() {
                            if index > 0 {
                                arguments.next();
                            }
                            arguments.append(value, true);
                        }
                    }
                }
            }
            arguments.next();
            if arguments.done.len() > MOST_WORDS {
                return self.too_many_words();
            }
        }
        // A command of many words is so much more work.
        self.spend((arguments.done.len().saturating_sub(64) / 4) as u64);
        let mut expanded = Vec::with_capacity(arguments.done.len());
        for draft in arguments.done {
            self.spend(draft.len() as u64 / 16);
            let is_pattern = draft.iter().any(|(byte, protected)| !protected && matches!(byte, b'*' | b'?'));
            let files = if is_pattern { self.matching_files(&draft) } else { Vec::new() };
            if files.is_empty() {
                expanded.push(draft.into_iter().map(|(byte, _)| byte).collect());
            } else {
                expanded.extend(files);
            }
            if expanded.len() > MOST_WORDS {
                return self.too_many_words();
            }
        }
        expanded
    }

    /// Nothing becomes of a command with that many words.
    fn too_many_words(&mut self) -> Vec<Vec<u8>> {
        self.cannot_tell(format!("pregrub stops at a command of more than {MOST_WORDS} words (line {})", self.line));
        self.give_up();
        Vec::new()
    }

    /// Whether the words of a command, which have `grown` bytes from variables, may take the value of one more. Looked at before
    /// anything is copied: a few lines that repeat a variable make words of gigabytes.
    fn may_grow(&mut self, name: &[u8], grown: &mut usize) -> bool {
        let length = match name {
            b"@" | b"*" => {
                self.parameters().unwrap_or_default().iter().map(|value| value.len().saturating_add(1)).sum()
            }
            _ => self.values(name, true).iter().map(Vec::len).sum(),
        };
        *grown = grown.saturating_add(length);
        if *grown > LARGEST_GROWTH {
            self.cannot_tell(format!(
                "variables grow to more than {} KiB in one command, which pregrub does not follow",
                LARGEST_GROWTH >> 10
            ));
            self.give_up();
            return false;
        }
        true
    }

    /// GRUB knows where it was loaded from, and pregrub does not.
    fn note_if_unknown(&mut self, part: &WordPart) {
        let (WordPart::Variable(name) | WordPart::QuotedVariable(name)) = part else { return };
        if name.as_slice() == b"cmdpath" && self.get(b"cmdpath").is_none() {
            let why = "`$cmdpath` is the directory that GRUB was loaded from, which pregrub does not know (set it with --env)";
            self.cannot_tell(why.to_owned());
        }
    }

    /// The values of a variable: several for `$@`, none where it is not set.
    fn values(&self, name: &[u8], quoted: bool) -> Vec<Vec<u8>> {
        let parameters = self.parameters();
        match name {
            b"@" => parameters.map(<[_]>::to_vec).unwrap_or_default(),
            b"*" if quoted => parameters.map(|all| vec![all.join(&b' ')]).unwrap_or_default(),
            b"*" => parameters.map(<[_]>::to_vec).unwrap_or_default(),
            b"#" => parameters.map(|all| vec![all.len().to_string().into_bytes()]).unwrap_or_default(),
            [b'0'..=b'9', ..] => {
                let number = std::str::from_utf8(name).ok().and_then(|name| name.parse::<usize>().ok());
                let value = number.and_then(|number| parameters?.get(number.checked_sub(1)?));
                value.map(|value| vec![value.clone()]).unwrap_or_default()
            }
            _ => self.get(name).map(|value| vec![value.to_vec()]).unwrap_or_default(),
        }
    }
}
