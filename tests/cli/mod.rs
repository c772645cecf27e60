//! The command line, run as a program.

mod bad_input;
mod baseline;
mod cat;
mod check;
mod ci;
mod colors;
mod completions;
mod contract;
#[cfg(target_os = "linux")]
mod contrib;
mod entries;
mod error_style;
mod exit_status;
mod explain;
mod fix;
mod flavours;
mod fleet;
mod folder;
mod formats;
mod generate;
mod host;
mod images;
mod init;
mod lint;
#[cfg(target_os = "linux")]
mod menu;
mod merge;
mod names;
mod next_steps;
#[cfg(target_os = "linux")]
pub mod pygrub;
mod recursive;
mod report;
mod schema;
mod settings;
mod stdin_filename;
mod trace;
mod xl;
