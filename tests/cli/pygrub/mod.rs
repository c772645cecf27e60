//! The drop-in.

mod better;
mod command_line;
pub mod menu;
mod recorded;
mod recorded_flavours;
mod recorded_menus;
mod sandbox;
mod worker;
