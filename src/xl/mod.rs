//! Domain configurations of `xl`: the files that name a guest's disks, and `pygrub` as its bootloader.
//!
//! [`syntax`] is the text as libxlutil parses it, [`Settings`] what the names stand for in the end, [`disk`] one disk
//! specification, [`domain`] what decides about the boot, and [`call`] the command line that libxl gives the bootloader.
//!
//! ```
//! use pregrub::release::Release;
//! use pregrub::xl::domain::Domain;
//! use pregrub::xl::syntax;
//!
//! let text = b"name = 'guest'\nbootloader = 'pygrub'\ndisk = [ 'phy:/dev/vg/boot,xvda,w', '/dev/vg/root,,xvdb' ]\n";
//! let settings = syntax::parse(text, Release::NEWEST).unwrap();
//! let domain = Domain::new(settings, Release::NEWEST);
//! assert_eq!(domain.disks[0].disk.target.as_ref().unwrap().as_bytes(), b"/dev/vg/boot");
//! ```
//!
//! Measured with libxlutil and xl of Xen 4.17.7 (Debian's), which the tests ask again (`tests/xl`); what differs in other
//! releases is said where it does.

pub mod call;
pub mod disk;
pub mod domain;
mod quoted;
mod settings;
pub mod syntax;
mod syntax_help;
mod token;
mod unknown_option;

pub(crate) use settings::shown;
pub use settings::{Assignment, Item, Settings, Value};
pub use syntax::SyntaxError;
