//! From bytes to filesystems, as pygrub's libraries see them.

// Numbers from a disk must neither overflow nor be cut. Tests know theirs.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

pub(crate) mod added_file;
#[doc(hidden)]
pub mod beneath;
mod budget;
mod c_string;
pub mod cached_source;
mod concatenated;
pub mod container;
pub mod directory;
pub(crate) mod directory_lock;
mod driver_error;
#[doc(hidden)]
pub mod ext;
#[doc(hidden)]
pub mod fat;
pub mod filesystem;
pub(crate) mod guest_file;
pub mod identify;
mod in_block;
#[doc(hidden)]
pub mod iso9660;
pub mod lvm;
pub mod mount;
pub(crate) mod mount_table;
pub(crate) mod opened;
pub(crate) mod opening;
pub mod partitions;
mod path_whitespace;
pub(crate) mod permissions;
#[doc(hidden)]
pub mod reiserfs;
mod sector_reader;
pub mod source;
pub(crate) mod temporary_file;
#[doc(hidden)]
pub mod ufs;
pub(crate) mod volume_id;
#[doc(hidden)]
pub mod xfs;
