//! pregrub shows what Xen's `pygrub` will boot from a guest's disk before you start the guest: which kernel, which initrd, which
//! arguments, or exactly why nothing boots and what to change.
//!
//! A *run* is what pygrub does with a disk, from the first byte read to the line that it hands to the toolstack. This crate
//! performs the same run for a chosen Xen release and keeps every step:
//!
//! ```
//! use pregrub::release::Release;
//! use pregrub::simulation::{Outcome, Simulation};
//!
//! let simulation = Simulation::new(Release::NEWEST);
//! let simulated = simulation.run(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/images/recipe.img"))?;
//! let Outcome::Boots(files) = simulated.outcome() else { panic!("it boots") };
//! assert!(files.kernel.path.to_string().starts_with("/kernels/"));
//!
//! // The same disk as NixOS makes it by default: what pygrub raises is data.
//! let simulated = simulation.run(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/images/nixos-default.img"))?;
//! let Outcome::Fails { failure, explanation, .. } = simulated.outcome() else { panic!("it fails") };
//! assert_eq!(failure.raised().unwrap().message, "invalid literal for int() with base 10: 'rive1'");
//! assert!(explanation.help.as_ref().unwrap().contains("fsIdentifier"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A tour
//!
//! - [`simulation`]: a pygrub of a release and flavour, run on targets. Start here.
//! - [`target`]: what a user points at, detected by what it is.
//! - [`boot`]: the run, and the [`Run`](boot::Run) with its steps.
//! - [`explain`]: why a run does not boot, and what to change, in words.
//! - [`config`]: the text of a configuration to its menu entries, line by line as pygrub reads it.
//! - [`storage`]: partition offsets, filesystem drivers and identification, as pygrub's libraries see a disk.
//! - [`grub`]: GRUB 2's language and menu: what GRUB would boot from the same disk.
//! - [`decompress`]: kernels and initrds unpacked as a stream.
//! - [`kernel`]: the kernel as Xen's domain builder sees it.
//! - [`xl`]: domain configurations of xl, and how libxl calls pygrub; [`toolstack`]: libvirt and xapi.
//! - [`release`]: what differs between Xen 4.0 and 4.22, [`flavour`]: what distributors patch, both as data; [`host`]: which one is installed here.
//! - [`python`]: the semantics of Python text that pygrub's behaviour rests on.
//! - [`initrd`]: the initrd as the domain builder and the guest's kernel see it.
//! - [`lint`]: what is wrong, by rules with codes.
//! - [`compare`]: releases, flavours and GRUB side by side, and what becomes of a guest on another host.
//! - `report` (feature): JSON and text.
//! - `check` (feature `report`): all of it for one target, in one call, as `pregrub check` does it.
//! - `generate` (feature): configurations that boot, judged by [`boot`] before they are handed out.
//!
//! Arrows go one way: `python`, `release`, `flavour` ← `config`, `storage` ← `boot`, `grub`, `initrd` ← `kernel`, `explain` ← `target` ←
//! `simulation`, `compare` ← `lint`, `generate` ← `report` ← `check` ← `cli`. A test holds the order.
//!
//! With `default-features = false` the crate has the run, the linter and GRUB, and needs neither an argument parser nor a terminal.
//! Features add the rest: `report`, `generate`, `install` (of a generated grub.cfg), `libvirt` (domains in XML) and `cli`.
//!
//! Nothing is ever written to a disk under inspection, nothing is mounted, and no code here is `unsafe`.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
// What only reports, generators and the command line use is not dead.
#![cfg_attr(not(feature = "cli"), allow(dead_code))]

// The parsers that pest derives without its feature `std` name it.
extern crate alloc;

pub mod boot;
#[cfg(feature = "report")]
pub mod check;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod compare;
pub mod config;
pub mod decompress;
mod escape;
pub mod explain;
pub mod flavour;
#[cfg(feature = "generate")]
pub mod generate;
pub mod grub;
pub mod host;
pub mod initrd;
mod json;
pub mod kernel;
pub mod lint;
pub mod python;
pub mod release;
#[cfg(feature = "report")]
pub mod report;
mod shell_text;
pub mod simulation;
mod size;
pub mod storage;
mod system_error;
pub mod target;
pub mod toolstack;
pub mod xl;
