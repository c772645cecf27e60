//! A guest's kernel as Xen's domain builder sees it: whether libxenguest of a release and build loads it for a type of guest.
//!
//! That pygrub hands over a file is not a boot. libxenguest must know the file's format, unpack it, and find the entry for this
//! type of guest in its Xen notes. [`look`] does the same from the file's bytes, in a stream and in bounded memory; [`Look`] has
//! what was found, and [`Outcome`] what libxenguest says.
//!
//! ```
//! use pregrub::kernel::{Depth, GuestType, Outcome, Question, look};
//!
//! let text: &[u8] = b"#!/bin/sh\necho not a kernel\n";
//! let look = look(&text, text.len() as u64, &Question::default(), Depth::All)?;
//! let Outcome::Refused { words, .. } = look.outcome(GuestType::Pv).unwrap() else { panic!() };
//! assert_eq!(words, "xc_dom_find_loader: no loader found");
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod argument_limits;
mod arm;
mod builder;
mod bzimage;
mod cache;
mod domain_refusal;
mod elf;
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
mod stage;
mod xen_parameters;

pub use self::builder::{Builder, Unpacking};
pub use self::cache::Looks;
pub use self::explanation::{Explanation, explain};
pub use self::features::names as feature_names;
pub use self::foreign::Foreign;
pub use self::grub_loads::{GrubBinary, GrubOutcome};
pub use self::guest_type::GuestType;
pub use self::loader::{Depth, Question, look};
pub use self::outcome::{Cause, Format, Look, Machine, Outcome};
pub use self::stage::{Built, build};
