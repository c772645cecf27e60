//! Formats for other programs, held against what those programs take.

mod junit;
mod places;
mod sarif;
