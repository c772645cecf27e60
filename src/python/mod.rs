//! The few semantics of Python text that pygrub's behaviour rests on: white space, integers, `repr`, UTF-8.
//!
//! Releases up to 4.12 ran under Python 2.7, where text is bytes; later ones run under Python 3, where it is Unicode.
//! Both are served by the same code: what Python 2 would see as bytes is put into a `&str` character by byte (see [`bytes`]).
//!
//! Source of all of it: CPython 2.7.18 and 3.11, compared by the tests with the installed Python.

#[doc(hidden)]
pub mod bytes;
#[doc(hidden)]
pub mod int;
#[doc(hidden)]
pub mod py_str;
#[doc(hidden)]
pub mod regex;
#[doc(hidden)]
pub mod repr;
mod tables;
#[doc(hidden)]
pub mod utf8;

/// The major version of Python that runs pygrub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Python {
    /// Python 2.7: text is bytes.
    Two,
    /// Python 3.11: text is Unicode.
    Three,
}

pub use int::Int;
pub use py_str::PyStr;
