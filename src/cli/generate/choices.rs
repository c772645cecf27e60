//! The options that say what guest it is to be, the same for every kind of file.

use clap::{Args, ValueEnum};

use crate::cli::number::number_u32;
use crate::cli::release_args;
use crate::generate::{Choices, PartitionScheme};
use crate::kernel::GuestType;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TableArg {
    None,
    Mbr,
    Gpt,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypeArg {
    Pv,
    Pvh,
}

// What the guest itself has to know.
#[derive(Debug, Args)]
pub(in crate::cli) struct GuestChoices {
    /// The guest's name: of the domain, and of the host in it
    #[arg(long, default_value = "nixos", help_heading = "Guest")]
    name: String,
    /// A parameter for its kernel, beside console=hvc0; may be given several times
    #[arg(long = "kernel-param", value_name = "PARAMETER", allow_hyphen_values = true, help_heading = "Guest")]
    kernel_params: Vec<String>,
    /// The release of NixOS that it is installed with, such as 24.05, for system.stateVersion
    #[arg(long, value_name = "RELEASE", help_heading = "Guest")]
    state_version: Option<String>,
    /// The host's release of Xen, 4.15 to 4.22, or `host` for the one installed here [default: 4.22]
    #[arg(long, value_name = "RELEASE", help_heading = "Guest")]
    release: Option<String>,

    /// One disk for all: /boot is a directory of /, or with --table a partition of its own
    #[arg(long, help_heading = "Disks of the guest")]
    one_disk: bool,
    /// How the disks are divided of which a partition is named; none is a filesystem on the whole disk
    #[arg(long, value_enum, default_value_t = TableArg::None, help_heading = "Disks of the guest")]
    table: TableArg,
    /// The device of /boot [default: /dev/xvda, with --table /dev/xvda1]
    #[arg(long, value_name = "DEVICE", help_heading = "Disks of the guest")]
    boot_device: Option<String>,
    /// The device of /; that of /boot means that /boot is a directory of it [default: /dev/xvdb, with --one-disk and --table /dev/xvda2]
    #[arg(long, value_name = "DEVICE", help_heading = "Disks of the guest")]
    root_device: Option<String>,
    /// The filesystem of /boot: ext4, ext3, ext2 or vfat [default: ext4, or that of / where /boot is a directory of it]
    #[arg(long, value_name = "TYPE", help_heading = "Disks of the guest")]
    boot_filesystem: Option<String>,
    /// A feature for the filesystem of /boot, as mkfs.ext4 -O takes it; may be given several times
    #[arg(
        long = "boot-feature",
        value_name = "FEATURE",
        allow_hyphen_values = true,
        help_heading = "Disks of the guest"
    )]
    boot_features: Vec<String>,
    /// The filesystem of /: ext4, ext3, ext2, or where /boot is apart also xfs, btrfs or f2fs [default: ext4]
    #[arg(long, value_name = "TYPE", help_heading = "Disks of the guest")]
    root_filesystem: Option<String>,
    /// The label of the filesystem of /boot [default: NIXBOOT, or that of / where /boot is a directory of it]
    #[arg(long, value_name = "LABEL", help_heading = "Disks of the guest")]
    boot_label: Option<String>,
    /// The label of the filesystem of / [default: NIXROOT]
    #[arg(long, value_name = "LABEL", help_heading = "Disks of the guest")]
    root_label: Option<String>,
    /// The UUID of the filesystem of /boot, by which a real GRUB finds it on a partition (pygrub needs none)
    #[arg(long, value_name = "UUID", help_heading = "Disks of the guest")]
    boot_uuid: Option<String>,

    /// How long the menu waits
    #[arg(long, value_name = "SECONDS", default_value_t = 5, allow_negative_numbers = true, value_parser = number_u32, help_heading = "Menu")]
    timeout: u32,
    /// How many generations the menu lists; about 2000 fit into the 1 MiB that pygrub reads
    #[arg(long, value_name = "N", default_value_t = 10, allow_negative_numbers = true, value_parser = number_u32, help_heading = "Menu")]
    limit: u32,
    /// The default entry: 0, the newest generation; no other is the same to pygrub and GRUB
    #[arg(long, value_name = "N", default_value = "0", help_heading = "Menu")]
    default: String,
    /// Further lines for GRUB (boot.loader.grub.extraConfig)
    #[arg(long, value_name = "LINES", default_value = "", hide_default_value = true, help_heading = "Menu")]
    grub_config: String,
}

// What the host has to know of the guest.
#[derive(Debug, Args)]
pub(in crate::cli) struct HostChoices {
    /// The disk with /boot on the host: phy:/dev/vg/x, file:/srv/x.img (a raw image), or the path alone
    #[arg(long, value_name = "DISK", help_heading = "Domain")]
    boot_disk: Option<String>,
    /// The disk with / on the host, where it is another
    #[arg(long, value_name = "DISK", help_heading = "Domain")]
    root_disk: Option<String>,
    /// The ISO image of the NixOS installer on the host
    #[arg(long, value_name = "PATH", help_heading = "Domain")]
    iso: Option<String>,
    /// Memory in MiB, from 64 on
    #[arg(long, value_name = "MIB", default_value_t = 2048, allow_negative_numbers = true, value_parser = number_u32, help_heading = "Domain")]
    memory: u32,
    /// Virtual processors, up to 128
    #[arg(long, value_name = "N", default_value_t = 2, allow_negative_numbers = true, value_parser = number_u32, help_heading = "Domain")]
    vcpus: u32,
    /// How the installed guest runs
    #[arg(long = "type", value_enum, default_value_t = TypeArg::Pv, help_heading = "Domain")]
    guest_type: TypeArg,
    /// The bridge of its network interface; given several times, it has an interface on each
    #[arg(long = "bridge", value_name = "NAME", default_value = "xenbr0", help_heading = "Domain")]
    bridges: Vec<String>,
    /// The address of its network interface, or with several of the first, the second, ... [default: made of the guest's name: guests
    /// of one name on two hosts of one network need a --mac or another name]
    #[arg(long = "mac", value_name = "ADDRESS", help_heading = "Domain")]
    macs: Vec<String>,
    /// No network
    #[arg(long, conflicts_with_all = ["bridges", "macs"], help_heading = "Domain")]
    no_network: bool,
    /// pygrub shows no menu (bootloader_args = ["-q"]): for where nobody watches the console
    #[arg(long, help_heading = "Domain")]
    quiet: bool,
    /// pygrub runs without privileges (bootloader_restrict; Xen 4.18 and later), and shows no menu
    #[arg(long, help_heading = "Domain")]
    restrict: bool,
    /// The bootloader: Xen's own pygrub, or the path of another, such as pregrub's drop-in
    #[arg(long, value_name = "PROGRAM", default_value = "pygrub", help_heading = "Domain")]
    bootloader: String,
}

impl GuestChoices {
    /// The choices, with those about the host as they are by default.
    pub(in crate::cli) fn choices(&self) -> Result<Choices, String> {
        let release = release_args::named(self.release.as_deref().unwrap_or("newest"), None)?.release;
        Ok(Choices {
            name: self.name.clone(),
            boot_device: self.boot_device.clone(),
            root_device: self.root_device.clone(),
            one_disk: self.one_disk,
            table: match self.table {
                TableArg::None => PartitionScheme::None,
                TableArg::Mbr => PartitionScheme::Mbr,
                TableArg::Gpt => PartitionScheme::Gpt,
            },
            boot_filesystem: self.boot_filesystem.clone(),
            boot_features: self.boot_features.clone(),
            root_filesystem: self.root_filesystem.clone(),
            boot_label: self.boot_label.clone(),
            root_label: self.root_label.clone(),
            boot_uuid: self.boot_uuid.clone(),
            kernel_parameters: self.kernel_params.clone(),
            timeout: self.timeout,
            configuration_limit: self.limit,
            default: self.default.clone(),
            grub_config: self.grub_config.clone(),
            state_version: self.state_version.clone(),
            release,
            ..Choices::default()
        })
    }
}

impl HostChoices {
    /// The same with those about the host.
    pub(super) fn complete(&self, choices: Choices) -> Choices {
        Choices {
            boot_disk: self.boot_disk.clone(),
            root_disk: self.root_disk.clone(),
            iso: self.iso.clone(),
            memory: self.memory,
            vcpus: self.vcpus,
            guest_type: match self.guest_type {
                TypeArg::Pv => GuestType::Pv,
                TypeArg::Pvh => GuestType::Pvh,
            },
            bridges: if self.no_network { Vec::new() } else { self.bridges.clone() },
            macs: self.macs.clone(),
            quiet: self.quiet,
            restrict: self.restrict,
            bootloader: self.bootloader.clone(),
            ..choices
        }
    }
}
