//! `pregrub generate`: one file a kind of configuration.

pub(in crate::cli) mod choices;
#[cfg(target_os = "linux")]
mod grub_cfg;
mod nixos;
mod output;
mod recipe;
#[cfg(target_os = "linux")]
mod stop_signals;
mod xl;

use clap::{Args, Subcommand};

use super::{Error, Status};

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, arg_required_else_help = true)]
pub(super) struct Generate {
    #[command(subcommand)]
    what: What,
}

const AFTER_HELP: &str = "\
Nothing is written that pregrub's own simulation does not boot: the grub.cfg that NixOS will make of the module (or grub-cfg \
writes) is run as pygrub would run it. Choices that cannot boot are refused with the reason. Without options nixos, xl and recipe give the public recipe: ext4 on \
two whole disks, /boot on /dev/xvda and / on /dev/xvdb. Give the same options to all kinds, and the files fit together; `recipe` \
writes them all. grub-cfg writes titles in ASCII: a letter of a label that not every menu can draw, or that means something to GRUB, \
becomes `?`.

Exit status: 0 written; 2 refused, usage error, or it could not be written (grub-cfg: 1 where it refuses).";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum What {
    /// The module that the guest's NixOS configuration imports
    Nixos(nixos::Nixos),
    /// The domain configuration for xl, to install the guest or to run it
    Xl(xl::Xl),
    /// Module, both domain configurations and the steps of the installation, as files in a directory
    Recipe(recipe::Recipe),
    /// grub.cfg itself, from the generations of a NixOS guest; with --install its boot loader installer
    #[cfg(target_os = "linux")]
    GrubCfg(grub_cfg::GrubCfg),
}

pub(super) fn run(args: &Generate) -> Result<Status, Error> {
    match &args.what {
        What::Nixos(args) => nixos::run(args),
        What::Xl(args) => xl::run(args),
        What::Recipe(args) => recipe::run(args),
        #[cfg(target_os = "linux")]
        What::GrubCfg(args) => grub_cfg::run(args),
    }
}
