//! The integration tests: one program, so that it is linked once. Its modules mirror `src/`.

#[macro_use]
mod common;

mod attacks;
mod boot;
mod cli;
mod config;
mod conformance;
mod dependencies;
mod generate;
mod grub;
mod initrd;
mod lint;
mod oracle_itself;
mod python;
mod report;
mod storage;
mod toolstack;
mod xl;
