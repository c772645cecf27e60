//! What pregrub generates, read by the programs that it is for: Nix, xl, pygrub, GRUB, mkfs.

mod grub_cfg;
mod init;
mod nixos;
mod nixpkgs;
mod random_choices;
mod recipe;
mod refusals;
mod xl;
