//! The command line, run as a program.

mod bad_input;
mod check;
mod contract;
mod entries;
mod pygrub;
mod trace;
