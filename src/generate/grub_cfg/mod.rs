//! A grub.cfg that pygrub and GRUB read alike, from the generations of a NixOS guest, and its installation.
//!
//! NixOS's own installer writes scripts for GRUB: variables, `search`, submenus, two initrds on a line. pygrub understands none
//! of it. This one writes the few lines on which both agree, whether the disk is partitioned or not:
//!
//! ```text
//! set default=0
//! set timeout=5
//! search --no-floppy --fs-uuid --set=root 3f1c9a5e-77aa-4d0e-9c59-0f3a5d2e6b11
//! menuentry "Default, generation 12 (2024-06-01): NixOS 24.05" --class nixos --unrestricted {
//!   linux /kernels/5f70bf18a086007016e948b04aed3b82-linux-6.6.33-bzImage init=/nix/store/...-nixos-system-domu-24.05/init console=hvc0
//!   initrd /kernels/8d969eef6ecad3c29a3a629280e686cf-initrd-linux-6.6.33-initrd
//! }
//! ```
//!
//! The `search` line is GRUB's alone: it finds the disk where GRUB does not start with it; pygrub passes it by.
//!
//! [`plan`] reads the generations and gives the text; `install` copies kernels and initrds to the boot disk and replaces
//! grub.cfg. Neither hands out a text that [`boot`](crate::boot) does not judge as booting, every entry of it.

mod boot_disk;
mod bootspec;
mod closure;
mod command_line;
mod date;
mod domain_builder;
mod error;
mod files;
mod initrd_front;
#[cfg(all(target_os = "linux", feature = "install"))]
mod install;
mod judge;
mod menu;
mod options;
mod plan;
mod profiles;
mod root;
mod system;
mod text;
mod title;

pub use boot_disk::{BootDisk, Search};
pub use error::GrubCfgError;
#[cfg(all(target_os = "linux", feature = "install"))]
pub use install::{InstallDisk, InstallReport, LocalDisk, install};
pub use menu::{PlannedEntry, PlannedMenu};
pub use options::PlanOptions;
pub use plan::{InstallPlan, plan};
pub use profiles::{Generation, generations};
pub use root::RootDirectory;
pub use system::System;
