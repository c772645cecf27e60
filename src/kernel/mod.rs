//! A guest's kernel as Xen's domain builder sees it: whether libxenguest of a release and build loads it for a type of guest.
//!
//! That pygrub hands over a file is not a boot. libxenguest must know the file's format, unpack it, and find the entry for this
//! type of guest in its Xen notes. [`look`] does the same from the file's bytes, in a stream and in bounded memory; [`Look`] has
//! what was found, and [`LoadOutcome`] what libxenguest says.
//!
//! ```
//! use pregrub::kernel::{GuestType, KernelDepth, LoadOutcome, Question, look};
//!
//! let text: &[u8] = b"#!/bin/sh\necho not a kernel\n";
//! let look = look(&text, text.len() as u64, &Question::default(), KernelDepth::All)?;
//! let LoadOutcome::Refused { words, .. } = look.outcome(GuestType::Pv).unwrap() else { panic!() };
//! assert_eq!(words, "xc_dom_find_loader: no loader found");
//! # Ok::<(), std::io::Error>(())
//! ```

// Numbers from a guest must neither overflow nor be cut. Tests know theirs.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

pub mod argument_limits;
mod arm;
mod builder;
mod built_in_config;
mod bzimage;
mod bzimage_loader;
mod cache;
mod domain_refusal;
mod elf;
mod elf_loader;
mod explanation;
mod features;
mod foreign;
mod grub_loads;
mod guest_section;
mod guest_type;
mod image;
mod loader;
#[cfg(feature = "report")]
mod memory;
mod multiboot_binary;
mod notes;
mod outcome;
mod payload;
mod question;
mod stage;
mod xen_parameters;

pub use self::builder::{Builder, Unpacking};
pub use self::cache::Looks;
pub use self::explanation::{RefusalExplanation, explain};
pub use self::features::names as feature_names;
pub use self::foreign::Foreign;
pub(crate) use self::grub_loads::look_for_pvgrub2;
pub use self::grub_loads::{GrubBinary, GrubOutcome};
pub use self::guest_type::GuestType;
pub use self::loader::look;
pub use self::outcome::{Architecture, KernelFormat, LoadOutcome, Look, RefusalReason};
pub use self::question::{KernelDepth, Question};
pub use self::stage::{Built, build};
