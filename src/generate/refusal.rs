//! A choice that cannot work, with the reason and the way out.

use std::fmt;

/// Why a plan is not carried out. As text it is one sentence without a full stop: what is wrong, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, as a clause.
    pub reason: String,
    /// The way out, as an imperative.
    pub instead: String,
}

impl Refusal {
    pub(crate) fn new(reason: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { reason: reason.into(), instead: instead.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.reason, self.instead)
    }
}

impl std::error::Error for Refusal {}
