//! What several tests need: the real pygrub, the tools that make images, and inputs to show them.

#[macro_use]
pub mod case_tests;
pub mod drop_in;
pub mod ext_images;
pub mod fat_images;
pub mod faulty_disk;
pub mod generator;
pub mod grub;
pub mod images;
pub mod kernels;
pub mod memory;
pub mod nix;
pub mod nixos;
pub mod nixos_store;
pub mod openmetrics;
#[macro_use]
pub mod oracle;
pub mod processor;
pub mod program;
pub mod random;
pub mod reiserfs_images;
pub mod setting;
pub mod shape;
pub mod side_by_side;
pub mod stub;
pub mod terminal;
pub mod tools;
pub mod volumes;
pub mod walked_paths;
pub mod xfs_images;
pub mod xl;
