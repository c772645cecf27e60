//! Choices that were checked and proven: what all the generated files are written from.

use super::boot_filesystem::{self, BootFilesystem};
use super::choices::Choices;
use super::devices::{Devices, PartitionScheme};
use super::filesystems::Filesystems;
use super::host_disk::{self, HostDisk};
use super::network::{self, Interface};
use super::nixos_grub_cfg::NixosGrubCfg;
use super::refusal::Refusal;
use super::{boot_uuid, kernel_parameters, simulation, size};
use crate::decompress::Compression;
use crate::escape::escaped;
use crate::flavour::Flavour;
use crate::kernel::argument_limits::{PV_KEEPS, PVH_STARTS_WITH};
use crate::kernel::{Builder, GuestType, Unpacking};
use crate::release::Release;

/// A guest that boots: there is a plan only for choices that pygrub can boot, and only after pregrub's own simulation has
/// booted the grub.cfg that NixOS would write for it.
///
/// ```
/// use pregrub::generate::{Choices, Plan, nixos};
///
/// let plan = Plan::new(Choices::default())?;
/// assert!(nixos::module(&plan)?.contains("fsIdentifier = \"provided\";"));
///
/// let refusal = Plan::new(Choices { boot_filesystem: Some("btrfs".into()), ..Choices::default() }).unwrap_err();
/// assert_eq!(refusal.reason, "/boot cannot be btrfs: pygrub has no driver for btrfs");
/// # Ok::<(), pregrub::generate::Refusal>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) name: String,
    pub(crate) memory: u32,
    pub(crate) vcpus: u32,
    pub(crate) devices: Devices,
    pub(crate) boot: BootFilesystem,
    pub(crate) boot_features: Vec<String>,
    pub(crate) root: &'static str,
    pub(crate) boot_label: String,
    pub(crate) root_label: String,
    pub(crate) boot_uuid: Option<String>,
    pub(crate) kernel_parameters: Vec<String>,
    pub(crate) timeout: u32,
    pub(crate) configuration_limit: u32,
    pub(crate) default: u32,
    /// What the module says in `boot.loader.grub.extraConfig`, without a line feed at the end.
    pub(crate) extra_config: String,
    pub(crate) state_version: Option<String>,
    pub(crate) guest_type: GuestType,
    pub(crate) quiet: bool,
    pub(crate) restrict: bool,
    pub(crate) bootloader: String,
    pub(crate) boot_disk: Option<HostDisk>,
    pub(crate) root_disk: Option<HostDisk>,
    pub(crate) iso: Option<String>,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) release: Release,
}

/// What NixOS compresses its kernels with.
const PACKED_WITH: Compression = Compression::Zstd;
/// The first release line with `bootloader_restrict`.
const RESTRICT: u8 = 18;
/// More generations than fit into what pygrub reads, so that their menu need not be written to know it.
const TOO_MANY_GENERATIONS: u32 = 10_000;

impl Plan {
    /// Checks the choices, and simulates what would come of them.
    ///
    /// # Errors
    ///
    /// pygrub could not boot the guest, or the choices contradict each other. The error has the reason and the way out.
    pub fn new(choices: Choices) -> Result<Self, Refusal> {
        let plan = Self::checked(choices)?;
        plan.check_arguments()?;
        simulation::prove(&plan.installed(plan.configuration_limit), plan.release)?;
        Ok(plan)
    }

    /// As [`new`](Self::new), for somebody who makes the filesystem of `/boot` by this plan: where GRUB needs its UUID and none
    /// is given, one is worked out from the name, for `mkfs` to use.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_new_filesystems(mut choices: Choices) -> Result<Self, Refusal> {
        if choices.boot_uuid.is_none() && choices.table != PartitionScheme::None {
            let boot = Filesystems::new(&choices, devices(&choices)?)?.boot;
            choices.boot_uuid = Some(boot_uuid::of_name(&choices.name, boot));
        }
        Self::new(choices)
    }

    fn checked(choices: Choices) -> Result<Self, Refusal> {
        check_release(&choices)?;
        check_name(&choices.name)?;
        size::check(choices.memory, choices.vcpus)?;
        let devices = devices(&choices)?;
        let Filesystems { boot, root, boot_label, root_label } = Filesystems::new(&choices, devices)?;
        check_features(&choices.boot_features, boot)?;
        choices.kernel_parameters.iter().try_for_each(|parameter| kernel_parameters::check(parameter))?;
        check_limit(choices.configuration_limit)?;
        if let Some(uuid) = &choices.boot_uuid {
            boot_uuid::check(uuid, boot)?;
        }
        let default = default_entry(&choices.default)?;
        let extra_config = extra_config(&choices, devices)?;
        if let Some(version) = &choices.state_version {
            check_state_version(version)?;
        }
        check_bootloader(&choices.bootloader)?;
        let disk = |disk: &Option<String>| disk.as_deref().map(HostDisk::parse).transpose();
        let (boot_disk, root_disk) = (disk(&choices.boot_disk)?, disk(&choices.root_disk)?);
        check_disks(devices, boot_disk.as_ref(), root_disk.as_ref())?;
        if let Some(iso) = &choices.iso {
            host_disk::check_path(iso, "the installer's image")?;
        }
        let interfaces = network::interfaces(&choices.name, &choices.bridges, &choices.macs)?;
        Ok(Self {
            devices,
            boot,
            root,
            default,
            extra_config,
            boot_disk,
            root_disk,
            interfaces,
            kernel_parameters: std::iter::once("console=hvc0".to_owned()).chain(choices.kernel_parameters).collect(),
            root_label,
            boot_label,
            name: choices.name,
            memory: choices.memory,
            vcpus: choices.vcpus,
            boot_features: choices.boot_features,
            boot_uuid: choices.boot_uuid,
            timeout: choices.timeout,
            configuration_limit: choices.configuration_limit,
            state_version: choices.state_version,
            guest_type: choices.guest_type,
            quiet: choices.quiet,
            restrict: choices.restrict,
            bootloader: choices.bootloader,
            iso: choices.iso,
            release: choices.release,
        })
    }

    /// Whether all arguments reach the kernel.
    fn check_arguments(&self) -> Result<(), Refusal> {
        let length = self.installed(self.configuration_limit).default_boots().args.len();
        let (most, consequence) = match self.guest_type {
            GuestType::Pv => (PV_KEEPS, "of which Xen hands a PV guest the first 1023"),
            GuestType::Pvh => (PVH_STARTS_WITH, "and a PVH guest ends at once with more than 2047"),
        };
        if length <= most {
            return Ok(());
        }
        Err(Refusal::new(
            format!("the kernel's command line would have about {length} bytes, {consequence}"),
            "leave some of the kernel parameters out",
        ))
    }

    /// What the module will say to NixOS' installer, once there are `generations`.
    pub(crate) fn installed(&self, generations: u32) -> NixosGrubCfg {
        NixosGrubCfg {
            boot_is_directory: self.devices.boot_is_directory(),
            generations,
            timeout: self.timeout,
            default: self.default,
            extra_config: self.extra_config.clone(),
            // NixOS adds the last one.
            parameters: format!("{} root=fstab loglevel=4", self.kernel_parameters.join(" ")),
        }
    }

    /// The name as the guest's host name, where it can be one.
    pub(crate) fn host_name(&self) -> Option<&str> {
        let name = self.name.as_str();
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let fits = name.len() <= 63 && name.chars().all(inside) && !name.starts_with('-') && !name.ends_with('-');
        fits.then_some(name)
    }
}

fn devices(choices: &Choices) -> Result<Devices, Refusal> {
    Devices::new(choices.boot_device.as_deref(), choices.root_device.as_deref(), choices.one_disk, choices.table)
}

fn check_release(choices: &Choices) -> Result<(), Refusal> {
    let release = choices.release;
    if let Unpacking::TooOld(since) = (Builder { release, flavour: Flavour::Upstream }).unpacks(PACKED_WITH) {
        return Err(Refusal::new(
            format!(
                "Xen {release} does not unpack the kernels of NixOS: they are compressed with {PACKED_WITH}, which it can from 4.{since} on"
            ),
            "use a newer Xen on the host",
        ));
    }
    if choices.restrict && release.minor() < RESTRICT {
        return Err(Refusal::new(
            format!("Xen {release} has no bootloader_restrict: it came with 4.{RESTRICT}"),
            "leave --restrict out",
        ));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let shown = escaped(name);
    let refused = |why: &str| {
        Err(Refusal::new(format!("`{shown}` cannot be the name of a domain: {why}"), "use letters, digits and hyphens"))
    };
    if name.is_empty() || name.trim() != name {
        return refused("it is empty, or has a space at an end");
    }
    if name.chars().any(|c| c.is_control() || c == '/') {
        return refused("it has a control character or a slash in it, and files are named after it");
    }
    // `xl-NAME.log.10` has to fit into the 255 bytes of a file's name.
    if name.len() > 244 {
        return refused("its log, xl-NAME.log, would have a longer name than a file can have");
    }
    if name.starts_with(['-', '.']) {
        return refused("it looks like an option, or is hidden");
    }
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return refused("xl treats a number as the number of a domain");
    }
    if name == "Domain-0" {
        return refused("it is the host's own, and no two domains have one name");
    }
    Ok(())
}

fn check_features(features: &[String], boot: BootFilesystem) -> Result<(), Refusal> {
    if !features.is_empty() && !boot.is_ext() {
        return Err(Refusal::new("features are of ext, and /boot is vfat", "leave --boot-feature out"));
    }
    features.iter().try_for_each(|feature| boot_filesystem::check_feature(feature))
}

fn check_limit(limit: u32) -> Result<(), Refusal> {
    match limit {
        0 => Err(Refusal::new("a menu of 0 generations has nothing to boot", "keep one at least")),
        // Fewer may be too many as well, by the length of what is said of each: the simulation decides.
        TOO_MANY_GENERATIONS.. => Err(Refusal::new(
            format!("a menu of {limit} generations is longer than the 1 MiB that pygrub reads"),
            "keep fewer: each has its kernel on /boot, too",
        )),
        _ => Ok(()),
    }
}

fn default_entry(default: &str) -> Result<u32, Refusal> {
    let instead = "leave --default out: the newest generation comes first";
    match default {
        "0" => Ok(0),
        "saved" => Err(Refusal::new(
            "the default entry `saved` means nothing to pygrub, which never reads grubenv and boots the first entry",
            instead,
        )),
        _ if default.bytes().all(|byte| byte.is_ascii_digit()) && !default.is_empty() => Err(Refusal::new(
            format!(
                "the default entry {default} is not the same to both: pygrub counts the entries of submenus and not the submenus, \
                 GRUB the other way round"
            ),
            instead,
        )),
        _ => Err(Refusal::new(
            format!("the default entry `{}` is not a number, and pygrub then boots the first entry", escaped(default)),
            instead,
        )),
    }
}

/// How GRUB finds `/boot`, and what the user has to say to it.
fn extra_config(choices: &Choices, devices: Devices) -> Result<String, Refusal> {
    let lines = choices.grub_config.trim_end();
    if lines.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(Refusal::new("the further lines for GRUB have a control character in them", "remove it"));
    }
    if let Some(c) = lines.chars().find(|c| !c.is_ascii()) {
        return Err(Refusal::new(
            format!(
                "the further lines for GRUB have `{}` (U+{:04X}) in them, and NixOS writes characters beyond ASCII as Latin-1 or twice \
                 encoded: pygrub then rejects the whole file as not UTF-8",
                escaped(&c.to_string()),
                u32::from(c)
            ),
            "write them in ASCII, comments included",
        ));
    }
    if let Some(name) = assigned_again(lines) {
        return Err(Refusal::new(
            format!(
                "the further lines for GRUB set `{name}`, which NixOS sets in front of them: pygrub and GRUB go by the last one, each in its own way"
            ),
            format!("leave it out, and give --{name}"),
        ));
    }
    let root = match (&choices.boot_uuid, devices.boot.partition()) {
        (Some(uuid), _) => format!("search --fs-uuid --set=root {uuid}"),
        (None, None) => "set root=(hd0)".to_owned(),
        (None, Some(_)) => {
            return Err(Refusal::new(
                format!(
                    "/boot on {} is a partition, where GRUB finds it by its UUID alone (`set root=(hd0)` of the recipe is wrong there), \
                     and the UUID is not known",
                    devices.boot
                ),
                format!("give --boot-uuid: `blkid -s UUID -o value {}` prints it in the guest", devices.boot),
            ));
        }
    };
    Ok(if lines.is_empty() { root } else { format!("{root}\n{lines}") })
}

/// `default` or `timeout`, if lines for GRUB assign it: with `set` or without, and under a condition too.
fn assigned_again(lines: &str) -> Option<&'static str> {
    let lines = lines.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut words = lines.flat_map(|line| line.split([' ', '\t', ';', '{', '}']));
    words.find_map(|word| {
        let name = word.split('=').next().filter(|name| name.len() < word.len())?;
        ["default", "timeout"].into_iter().find(|known| *known == name)
    })
}

fn check_state_version(version: &str) -> Result<(), Refusal> {
    let right =
        matches!(version.as_bytes(), [a, b, b'.', c, d] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()));
    if right {
        return Ok(());
    }
    Err(Refusal::new(
        format!("`{}` is not a release of NixOS", escaped(version)),
        "write it as system.stateVersion has it, such as 24.05",
    ))
}

fn check_bootloader(bootloader: &str) -> Result<(), Refusal> {
    if bootloader == "pygrub" {
        return Ok(());
    }
    if bootloader == "/usr/bin/pygrub" {
        let reason = "xl takes /usr/bin/pygrub for its own pygrub and warns of it";
        return Err(Refusal::new(reason, "leave --bootloader out, or name the program's path"));
    }
    host_disk::check_path(bootloader, "the bootloader")
}

fn check_disks(devices: Devices, boot: Option<&HostDisk>, root: Option<&HostDisk>) -> Result<(), Refusal> {
    if devices.one_disk() && root.is_some() {
        let reason = "the guest has one disk here, and a second one is named";
        return Err(Refusal::new(reason, "leave --root-disk out"));
    }
    match (boot, root) {
        (Some(boot), Some(root)) if boot.path() == root.path() => Err(Refusal::new(
            format!("`{}` would be both disks of the guest", escaped(boot.path())),
            "name two disks, or say --one-disk",
        )),
        _ => Ok(()),
    }
}
