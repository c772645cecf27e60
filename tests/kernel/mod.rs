//! Kernels as Xen's domain builder sees them, held against the real libxenguest.

mod builder;
mod command;
mod configuration;
mod debian;
mod fleet;
mod foreign;
mod grub_file;
mod judge;
mod mutated;
mod repacked;
mod stage;
