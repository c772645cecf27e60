//! Partition offsets, drivers and identification.

mod directory;
mod ext;
mod fat;
mod identify;
mod partitions;
