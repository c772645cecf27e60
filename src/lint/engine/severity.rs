//! How bad a finding is.

use serde::Serialize;

/// How bad a finding is, whether or not it stops the boot. Ordered: an error is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, and often meant.
    Note,
    /// Something else boots than it seems, or what works today may not tomorrow.
    Warning,
    /// Nothing boots, or not what is meant to.
    Error,
}

impl Severity {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
