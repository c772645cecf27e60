//! What is said of a run: one file a report, as data that serialises, and as text.
//!
//! The JSON forms are contracts: each names its `schema` with a version, and `docs/schema/` describes it.

pub mod builder;
pub mod check;
pub mod checkstyle;
pub mod compare;
#[cfg(feature = "cli")]
pub mod compare_text;
pub mod concise;
#[cfg(feature = "cli")]
mod diagnostic;
pub mod entries;
#[cfg(feature = "cli")]
mod excerpt;
#[cfg(feature = "cli")]
pub mod explain;
pub mod finding;
mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod grub;
#[cfg(feature = "cli")]
pub(crate) mod guest_text;
#[cfg(feature = "cli")]
pub mod host;
#[cfg(feature = "cli")]
pub(crate) mod html;
pub mod initrd;
pub mod issue;
pub mod junit;
pub mod kernel;
pub mod lint;
pub mod location;
pub(crate) mod notes;
mod one_line;
#[cfg(feature = "cli")]
pub mod openmetrics;
#[cfg(feature = "cli")]
pub(crate) mod picture;
mod raised;
pub mod rdjson;
#[cfg(feature = "cli")]
pub mod recorded;
pub mod region;
pub mod rules;
pub mod sarif;
pub mod schema;
pub mod target_report;
#[cfg(feature = "cli")]
pub mod template;
#[cfg(feature = "cli")]
pub mod text;
pub mod trace;
