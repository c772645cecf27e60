//! The integration tests: one program, so that it is linked once. Its modules mirror `src/`.

#![allow(unreachable_pub, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

#[macro_use]
mod common;

mod architecture;
mod attacks;
mod book;
mod boot;
mod check;
mod cli;
mod compare;
mod config;
mod conformance;
mod decompress;
mod dependencies;
mod explain;
mod generate;
mod grub;
mod host;
mod initrd;
mod kernel;
mod lint;
mod oracle_itself;
mod public_api;
mod python;
mod report;
mod simulation;
mod storage;
mod style;
mod toolstack;
mod xl;
