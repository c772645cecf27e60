//! The drop-in.

mod sandbox;
mod worker;
