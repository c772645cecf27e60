//! Partition offsets, drivers and identification.

mod ext;
mod identify;
mod partitions;
