//! What is said of a run: one file a report, as data that serialises, and as text.
//!
//! The JSON forms are contracts: each names its `schema` with a version, and `docs/schema/` describes it.

pub mod check;
#[cfg(feature = "cli")]
mod diagnostic;
pub mod entries;
#[cfg(feature = "cli")]
mod excerpt;
pub mod finding;
pub mod lint;
pub mod notes;
pub mod origin;
#[cfg(feature = "cli")]
pub mod text;
pub mod trace;
