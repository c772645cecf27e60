//! How many bytes of arguments reach a guest's kernel.
//!
//! Measured with Xen 4.17 and Linux 6.1 and 6.12: a PV guest finds the first 1023 bytes in /proc/cmdline; a PVH guest gets 2047, and
//! with one more it ends at once while xl reports success; libxl drops a longer item of its bootloader's than it reads, with a
//! warning in its log.

/// Bytes that a PV guest keeps.
pub const PV_KEEPS: usize = 1023;
/// The most bytes with which a PVH guest starts.
pub const PVH_STARTS_WITH: usize = 2047;
/// The most bytes that libxl takes from its bootloader: an item of 8192 with `args ` and its end. It drops longer arguments altogether.
pub const LIBXL_TAKES: usize = 8192 - "args ".len() - 1;
