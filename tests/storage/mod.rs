//! Partition offsets, drivers and identification.

mod bounded;
mod container;
mod damage;
mod directory;
mod ext;
mod fat;
mod identify;
mod iso9660;
pub mod lvm;
mod partitions;
mod reiserfs;
mod ufs;
mod xfs;
