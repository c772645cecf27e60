//! A word of GRUB's language, as it stands in the text.

use smallvec::SmallVec;

/// A word, and how its characters are protected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// Its pieces, in order. None where it is nothing but a line continuation.
    pub parts: Vec<WordPart>,
}

/// The text of a piece: short ones, of which a mebibyte has half a million, take no memory of their own.
pub(crate) type PartText = SmallVec<[u8; 16]>;

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WordPart {
    /// Characters outside quotes: `*` and `?` in them are patterns.
    Bare(PartText),
    /// Characters in quotes or after a backslash, which stand for themselves; possibly none.
    Quoted(PartText),
    /// A variable outside quotes, by its name: its value is split at white space.
    Variable(PartText),
    /// A variable in double quotes.
    QuotedVariable(PartText),
}

impl Word {
    /// The word where no variable stands in it, without its quotes.
    pub(crate) fn literal(&self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        for part in &self.parts {
            match part {
                WordPart::Bare(piece) | WordPart::Quoted(piece) => text.extend_from_slice(piece),
                WordPart::Variable(_) | WordPart::QuotedVariable(_) => return None,
            }
        }
        Some(text)
    }

    /// The word without its quotes; a variable stands in it as `$name`.
    pub(crate) fn as_written(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for part in &self.parts {
            match part {
                WordPart::Bare(piece) | WordPart::Quoted(piece) => text.extend_from_slice(piece),
                WordPart::Variable(name) | WordPart::QuotedVariable(name) => {
                    text.push(b'$');
                    text.extend_from_slice(name);
                }
            }
        }
        text
    }

    /// Whether GRUB expands a variable in it.
    pub(crate) fn has_variable(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, WordPart::Variable(_) | WordPart::QuotedVariable(_)))
    }

    pub(super) fn push_bare(&mut self, text: &[u8]) {
        match self.parts.last_mut() {
            Some(WordPart::Bare(last)) => last.extend_from_slice(text),
            _ => self.parts.push(WordPart::Bare(text.into())),
        }
    }

    pub(super) fn push_quoted(&mut self, text: &[u8]) {
        match self.parts.last_mut() {
            Some(WordPart::Quoted(last)) => last.extend_from_slice(text),
            _ => self.parts.push(WordPart::Quoted(text.into())),
        }
    }
}
