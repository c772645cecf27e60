//! What several test programs need: the real pygrub, and inputs to show it.
#![allow(dead_code, unused_imports, unused_macros)] // every test program uses a part of this

pub mod generator;
pub mod images;
pub mod nixos;
pub mod oracle;
