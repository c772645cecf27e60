//! From bytes to filesystems, as pygrub's libraries see them.

pub mod beneath;
mod budget;
pub mod directory;
pub mod ext;
pub mod fat;
mod fault;
pub mod filesystem;
pub mod identify;
pub mod iso9660;
pub mod mount;
pub(crate) mod mount_table;
mod names;
pub mod partitions;
mod path_end;
pub mod reiserfs;
mod sectors;
pub mod source;
pub mod ufs;
pub mod xfs;
