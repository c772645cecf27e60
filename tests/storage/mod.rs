//! Partition offsets, drivers and identification.

mod directory;
mod ext;
mod identify;
mod partitions;
