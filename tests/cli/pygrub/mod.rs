//! The drop-in.

mod better;
mod command_line;
mod menu;
mod recorded;
mod sandbox;
mod worker;
