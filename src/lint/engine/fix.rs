//! Changes that fix a finding.

use crate::config::Span;

/// Whether a change can be made without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// GRUB chooses the same files as before, and pygrub now boots, or boots what GRUB boots.
    Safe,
    /// It may change what boots: somebody must look.
    Unsafe,
}

impl Safety {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// One replacement in the text that the finding is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced: the bytes of `span.range()`. A span without length inserts.
    pub span: Span,
    /// What it is replaced with.
    pub replacement: String,
}

/// A change that fixes a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an imperative without a full stop.
    pub description: String,
    /// Whether it can be made without asking. `--fix` checks by a simulation of the result all the same.
    pub safety: Safety,
    /// The replacements. They do not overlap.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A change that can be made without asking.
    pub fn safe(description: impl Into<String>) -> Self {
        Self { description: description.into(), safety: Safety::Safe, edits: Vec::new() }
    }

    /// A change that somebody must look at.
    pub fn uncertain(description: impl Into<String>) -> Self {
        Self { description: description.into(), safety: Safety::Unsafe, edits: Vec::new() }
    }

    /// Replaces the text at `span`.
    #[must_use]
    pub fn replace(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.edits.push(Edit { span, replacement: replacement.into() });
        self
    }
}
