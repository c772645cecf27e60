//! A grub.cfg from the generations of a NixOS guest, and its installation.

mod both_readers;
mod domain_builder;
mod failures;
mod features;
mod generations;
mod guest_check;
mod hook;
mod mounted;
mod nix;
mod power_cut;
mod unreplayed;
