//! The initrd as Xen's domain builder and the guest's kernel see it.
//!
//! pygrub copies whatever file is named. What becomes of it is decided twice: libxenguest up to 4.19 unpacks one that begins as gzip,
//! and the kernel unpacks archives of cpio one after another, compressed or not, with rules of its own. Both are followed here byte by
//! byte; what was measured with real kernels is in `corpus/initrd`.

// Numbers from a guest must neither overflow nor be cut. Tests know theirs.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

pub(crate) mod beside;
mod compression;
mod cpio;
mod decoder;
mod driver;
mod guest_kernel;
mod inventory;
pub(crate) mod kernel_file;
mod libxenguest;
mod looks_like;
mod message;
mod problem;
mod report;
mod walk;

pub use compression::{option, since};
pub use cpio::End;
pub use driver::BlockDriver;
pub use guest_kernel::{GuestKernel, KernelConfig, LinuxVersion, OptionState};
pub use inventory::Inventory;
pub use libxenguest::Handed;
pub use message::KernelMessage;
pub(crate) use problem::BUILD_AGAIN;
pub use problem::{Problem, Weight};
pub use report::{InitrdDepth, InitrdLook, InitrdVerdict, judge};
pub use walk::{FirstGzip, InitrdWalk, Member, Unfinished};
