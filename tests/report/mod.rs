//! Formats for other programs, held against what those programs take.

mod excerpts;
mod issues;
mod junit;
mod places;
mod sarif;
