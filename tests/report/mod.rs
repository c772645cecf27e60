//! Formats for other programs, held against what those programs take.

mod browser;
mod console;
mod excerpts;
mod issues;
mod junit;
mod page;
mod picture;
mod places;
mod sarif;
