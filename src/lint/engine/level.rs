//! How loud a rule speaks.

/// How loud a rule speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// At the severity of its findings.
    Default,
    /// Everything is a warning.
    Warn,
    /// Everything is an error.
    Deny,
}
