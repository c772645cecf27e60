//! What a user chooses: the two disks, the guest, the domain. Nothing is checked here.

use super::devices::PartitionScheme;
use crate::kernel::GuestType;
use crate::release::Release;

/// The choices. The default is the public recipe: ext4 on two whole disks, `/boot` on the first.
#[derive(Clone, Debug)]
pub struct Choices {
    /// The domain's name; the host name in the guest too, where it can be one.
    pub name: String,
    /// Memory in MiB, from 64 on.
    pub memory: u32,
    /// Virtual processors, up to 128.
    pub vcpus: u32,
    /// The device of `/boot` in the guest; by default /dev/xvda, or its first partition.
    pub boot_device: Option<String>,
    /// The device of `/` in the guest; by default /dev/xvdb. That of `/boot` says that `/boot` is a directory of `/`.
    pub root_device: Option<String>,
    /// All on one disk: without a table `/boot` is a directory, with one `/` is the second partition.
    pub one_disk: bool,
    /// How disks are divided of which a partition is named.
    pub table: PartitionScheme,
    /// The filesystem of `/boot`; by default ext4, or that of `/` where it is the same.
    pub boot_filesystem: Option<String>,
    /// Features of ext for `/boot`, as `mkfs.ext4 -O` takes them.
    pub boot_features: Vec<String>,
    /// The filesystem of `/`; by default ext4, or that of `/boot` where it is the same.
    pub root_filesystem: Option<String>,
    /// The label of the filesystem of `/boot`; by default NIXBOOT, or that of `/` where it is the same.
    pub boot_label: Option<String>,
    /// The label of the filesystem of `/`; by default that of `/boot` where it is the same, else NIXROOT.
    pub root_label: Option<String>,
    /// The UUID of the filesystem of `/boot`, by which GRUB finds it on a partitioned disk.
    pub boot_uuid: Option<String>,
    /// Parameters of the kernel, after `console=hvc0`.
    pub kernel_parameters: Vec<String>,
    /// How many seconds the menu waits.
    pub timeout: u32,
    /// How many generations the menu lists; about 2000 fit into what pygrub reads.
    pub configuration_limit: u32,
    /// The default menu entry, as `boot.loader.grub.default` takes it. Only 0, the newest generation, is one to pygrub and GRUB.
    pub default: String,
    /// Further lines for `boot.loader.grub.extraConfig`.
    pub grub_config: String,
    /// `system.stateVersion`, such as 24.05.
    pub state_version: Option<String>,
    /// How the guest runs once it is installed; PV by default, as in the public recipe. pygrub serves both alike.
    pub guest_type: GuestType,
    /// Whether pygrub shows no menu (`bootloader_args = ["-q"]`).
    pub quiet: bool,
    /// Whether libxl runs pygrub without privileges (`bootloader_restrict`, from Xen 4.18 on).
    pub restrict: bool,
    /// The bootloader: `pygrub`, which is Xen's own, or the path of another program.
    pub bootloader: String,
    /// The disk with `/boot` on the host: `phy:/dev/vg/x`, `file:/srv/x.img` (a raw image) or the path alone.
    pub boot_disk: Option<String>,
    /// The disk with `/` on the host, where it is another.
    pub root_disk: Option<String>,
    /// The image of the NixOS installer on the host.
    pub iso: Option<String>,
    /// The bridges, with a network interface on each; without one the guest has no network.
    pub bridges: Vec<String>,
    /// The addresses of the first network interfaces; those of the others are worked out from the name, the same on every host.
    pub macs: Vec<String>,
    /// The host's release of Xen.
    pub release: Release,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            name: "nixos".to_owned(),
            memory: 2048,
            vcpus: 2,
            boot_device: None,
            root_device: None,
            one_disk: false,
            table: PartitionScheme::None,
            boot_filesystem: None,
            boot_features: Vec::new(),
            root_filesystem: None,
            boot_label: None,
            root_label: None,
            boot_uuid: None,
            kernel_parameters: Vec::new(),
            timeout: 5,
            configuration_limit: 10,
            default: "0".to_owned(),
            grub_config: String::new(),
            state_version: None,
            guest_type: GuestType::Pv,
            quiet: false,
            restrict: false,
            bootloader: "pygrub".to_owned(),
            boot_disk: None,
            root_disk: None,
            iso: None,
            bridges: vec!["xenbr0".to_owned()],
            macs: Vec::new(),
            release: Release::NEWEST,
        }
    }
}
