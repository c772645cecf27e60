//! The drop-in.

mod command_line;
mod recorded;
mod sandbox;
mod worker;
