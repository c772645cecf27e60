//! pregrub tells what Xen's pygrub will boot from a guest's disk.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

// The parsers that pest derives without its feature `std` name it.
extern crate alloc;

pub mod boot;
#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod host;
pub mod python;
pub mod release;
pub mod report;
pub mod storage;
pub mod target;
