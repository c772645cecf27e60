//! A value as pygrub stores it.

use serde::Serialize;

use crate::python::{Int, PyStr};

/// A number or text, as Python's attribute holds it. Serialises as a JSON number or string.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Setting {
    /// A Python `int`.
    Number(Int),
    /// A Python `str`.
    Text(PyStr),
}

impl Setting {
    /// The number, where it is one and fits.
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.to_i64(),
            Self::Text(_) => None,
        }
    }
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}
