//! The drop-in.

mod better;
mod command_line;
mod recorded;
mod sandbox;
mod worker;
