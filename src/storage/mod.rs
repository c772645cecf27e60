//! From bytes to filesystems, as pygrub's libraries see them.

pub(crate) mod added_file;
pub mod beneath;
mod budget;
mod c_string;
pub mod cached_source;
pub mod directory;
mod driver_error;
pub mod ext;
pub mod fat;
pub mod filesystem;
pub mod identify;
pub mod iso9660;
pub mod mount;
pub(crate) mod mount_table;
pub mod partitions;
mod path_whitespace;
pub mod reiserfs;
mod sector_reader;
pub mod source;
pub mod ufs;
pub mod volume_id;
pub mod xfs;
