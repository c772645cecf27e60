//! Configurations that boot, proven before they are handed out.
//!
//! [`Choices`] are checked and simulated once and become a [`Plan`]; every file is written from that: the guest's NixOS module
//! ([`nixos`]), the host's domain configurations ([`xl`]), and both with the steps of the installation ([`recipe`]); [`init`]
//! makes an image of its boot disk.
//!
//! What NixOS does with the module's options was learnt from its installer script and measured by re-created texts; what pygrub
//! and GRUB make of those, with pygrub 4.17.7 and GRUB 2.06.

mod boot_filesystem;
mod boot_uuid;
mod choices;
mod devices;
mod filesystems;
pub mod grub_cfg;
mod host_disk;
pub mod init;
mod kernel_parameters;
mod mac;
mod markdown_text;
mod network;
#[doc(hidden)]
pub mod nix_text;
pub mod nixos;
mod nixos_grub_cfg;
pub mod output;
mod plan;
pub mod recipe;
mod refusal;
mod simulation;
mod size;
pub mod xl;
#[doc(hidden)]
pub mod xl_text;

pub use choices::Choices;
pub use devices::PartitionScheme;
pub use plan::Plan;
pub use refusal::Refusal;
