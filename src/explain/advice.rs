//! What explanations are made of: a reason, a label, a way out; and the configuration that they are about.

use super::Explanation;
use super::remedy::Remedy;
use crate::boot::{Attempt, Found};
use crate::config::{Config, Dialect, Writer, is_part_of_image};
use crate::python::PyStr;

/// An explanation. Sentences have no full stop at their end.
pub(crate) struct Advice {
    /// What is wrong.
    pub reason: String,
    /// What stands under the caret, beside the source line.
    pub label: &'static str,
    /// What to change.
    pub help: Option<String>,
    /// The same as data.
    pub remedy: Option<Remedy>,
}

impl From<&Explanation> for Advice {
    fn from(explanation: &Explanation) -> Self {
        let Explanation { reason, label, help, remedy, .. } = explanation;
        Self { reason: reason.clone(), label, help: help.clone(), remedy: remedy.clone() }
    }
}

/// A configuration that an exception comes from.
#[derive(Clone, Copy)]
pub(crate) struct RaisingConfig<'a> {
    pub path: &'a PyStr,
    pub dialect: Dialect,
    pub text: &'a [u8],
    pub directory: bool,
    pub config: &'a Config,
    /// Who wrote it. The whole text may have to be looked through for that.
    pub writer: Writer,
    /// Whether the guest is updated as a whole. The same holds for that.
    pub is_of_image: bool,
}

impl<'a> RaisingConfig<'a> {
    /// The one that an attempt found.
    pub(crate) fn of(attempt: &'a Attempt) -> Option<Self> {
        let Found { path, dialect, text, directory, config, .. } = attempt.found.as_ref()?;
        let (writer, is_of_image) = (Writer::of(text), is_part_of_image(text));
        Some(Self { path, dialect: *dialect, text, directory: *directory, config, writer, is_of_image })
    }
}

pub(super) fn advice(reason: impl Into<String>, label: &'static str, help: impl Into<Remedy>) -> Advice {
    let help = help.into();
    let is_known = help != Remedy::Other(String::new());
    Advice { reason: reason.into(), label, help: is_known.then(|| help.to_string()), remedy: is_known.then_some(help) }
}
