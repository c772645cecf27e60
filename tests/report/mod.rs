//! Formats for other programs, held against what those programs take.

mod excerpts;
mod junit;
mod places;
mod sarif;
