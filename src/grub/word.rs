//! A word of GRUB's language, as it stands in the text.

/// A word, and how its characters are protected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// Its pieces, in order. None where it is nothing but a line continuation.
    pub parts: Vec<Part>,
}

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Characters outside quotes: `*` and `?` in them are patterns.
    Bare(Vec<u8>),
    /// Characters in quotes or after a backslash, which stand for themselves; possibly none.
    Quoted(Vec<u8>),
    /// A variable outside quotes, by its name: its value is split at white space.
    Variable(Vec<u8>),
    /// A variable in double quotes.
    QuotedVariable(Vec<u8>),
}

impl Word {
    /// The word where no variable stands in it, without its quotes.
    pub(crate) fn literal(&self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        for part in &self.parts {
            match part {
                Part::Bare(piece) | Part::Quoted(piece) => text.extend_from_slice(piece),
                Part::Variable(_) | Part::QuotedVariable(_) => return None,
            }
        }
        Some(text)
    }

    pub(super) fn push_bare(&mut self, text: &[u8]) {
        match self.parts.last_mut() {
            Some(Part::Bare(last)) => last.extend_from_slice(text),
            _ => self.parts.push(Part::Bare(text.to_vec())),
        }
    }

    pub(super) fn push_quoted(&mut self, text: &[u8]) {
        match self.parts.last_mut() {
            Some(Part::Quoted(last)) => last.extend_from_slice(text),
            _ => self.parts.push(Part::Quoted(text.to_vec())),
        }
    }
}
