//! The command line, run as a program.

mod bad_input;
mod check;
mod contract;
mod entries;
mod generate;
mod init;
#[cfg(target_os = "linux")]
mod pygrub;
mod trace;
mod xl;
