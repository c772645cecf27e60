//! pregrub tells what Xen's pygrub will boot from a guest's disk.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod boot;
pub mod config;
pub mod python;
pub mod release;
pub mod storage;
