//! The command line, run as a program.

mod bad_input;
mod check;
mod contract;
mod entries;
mod explain;
mod formats;
mod generate;
mod init;
mod lint;
#[cfg(target_os = "linux")]
mod pygrub;
mod trace;
mod xl;
