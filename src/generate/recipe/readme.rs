//! The steps of the installation, with the commands for exactly these disks.

use std::fmt::Write;

use super::{INSTALL, MODULE, RUN};
use crate::generate::devices::{DeviceNode, PartitionScheme};
use crate::generate::host_disk::HostDisk;
use crate::generate::markdown_text::code_span;
use crate::generate::plan::Plan;
use crate::shell_text::word;

/// How much of a shared disk `/boot` gets.
const BOOT_SIZE: &str = "1GiB";

/// What `bootloader_restrict` asks of the host. Measured: pygrub opens the disk after it has become the other user, and exits with
/// 0 where that fails.
const RESTRICTED: &str = "With `bootloader_restrict` pygrub becomes another user before it opens the disk with /boot: `bootloader_user` of the domain \
    configuration, else a user of QEMU's (`xen-qemuuser-range-base` or `xen-qemuuser-shared` in /etc/passwd). That user must be able to \
    read the disk, or nothing starts and little is said. pregrub's drop-in (`--bootloader`) opens the disk before.\n\n";

/// The README of a recipe whose files are in `directory` on the host.
pub(super) fn text(plan: &Plan, directory: &str) -> String {
    let mut text = format!("# NixOS guest {} for Xen, started by pygrub\n\n", code_span(&plan.name));
    what_is_where(&mut text, plan);
    text.push_str("## 1. On the host: the disks\n\n");
    make_disks(&mut text, plan);
    text.push_str("## 2. On the host: the installer\n\n");
    code(&mut text, &[format!("xl create {}", word(&format!("{directory}/{INSTALL}")))]);
    let _ = write!(
        text,
        "The installer's screen is on VNC, on the host's own 127.0.0.1 (`xl vncviewer {name}`, or a tunnel). With the entry \"serial \
         console\" of its menu `xl console -t serial {name}` shows it.\n\n",
        name = word(&plan.name)
    );
    text.push_str("## 3. In the installer: filesystems\n\nAs root (`sudo -i`). This erases the disks named above.\n\n");
    code(&mut text, &partition(plan));
    code(&mut text, &make_filesystems(plan));
    text.push_str(
        "Mount them by these names, not by label or UUID: NixOS' boot loader script looks at how /boot is mounted.\n\n",
    );
    code(&mut text, &mount(plan));
    configure(&mut text, plan);
    text.push_str("## 5. On the host: look before you boot\n\n");
    let disk = plan.boot_disk.as_ref().map_or("", HostDisk::path);
    code(&mut text, &[format!("pregrub check --release {} {}", plan.release, word(disk))]);
    text.push_str(
        "It says which kernel pygrub will boot, or what is wrong and what to change.\n\n## 6. On the host: run it\n\n",
    );
    if plan.restrict {
        text.push_str(RESTRICTED);
    }
    code(&mut text, &[format!("xl create -c {}", word(&format!("{directory}/{RUN}")))]);
    afterwards(&mut text, plan);
    text
}

fn code(text: &mut String, lines: &[String]) {
    for line in lines {
        for part in line.lines() {
            let _ = writeln!(text, "    {part}");
        }
    }
    if !lines.is_empty() {
        text.push('\n');
    }
}

fn what_is_where(text: &mut String, plan: &Plan) {
    let devices = plan.devices;
    text.push_str("| in the guest | filesystem | on the host |\n| --- | --- | --- |\n");
    let host = |node: DeviceNode| {
        let disk = if node.whole() == devices.boot.whole() { &plan.boot_disk } else { &plan.root_disk };
        // In a table a bar needs a backslash even in code.
        disk.as_ref().map_or_else(String::new, |disk| code_span(disk.path()).replace('|', "\\|"))
    };
    if devices.boot_is_directory() {
        let _ = writeln!(text, "| `/`, and `/boot` in it: {} | {} | {} |", devices.root, plan.root, host(devices.root));
    } else {
        let _ = writeln!(text, "| `/boot`: {} | {} | {} |", devices.boot, plan.boot.name(), host(devices.boot));
        let _ = writeln!(text, "| `/`: {} | {} | {} |", devices.root, plan.root, host(devices.root));
    }
    text.push('\n');
}

fn make_disks(text: &mut String, plan: &Plan) {
    text.push_str("Make them, unless they are there. /boot needs 1 GiB, / 10 GiB or more.\n\n");
    let one = plan.devices.one_disk();
    let sizes = if one { ["11G", ""] } else { ["1G", "10G"] };
    let disks = [&plan.boot_disk, &plan.root_disk];
    let lines: Vec<String> = disks
        .into_iter()
        .zip(sizes)
        .filter_map(|(disk, size)| Some((disk.as_ref()?, size)))
        .map(|(disk, size)| match disk {
            HostDisk::File(path) => format!("truncate -s {size} {}", word(path)),
            HostDisk::Device(path) => match logical_volume(path) {
                Some((group, volume)) => format!("lvcreate -L {size} -n {} {}", word(volume), word(group)),
                None => format!("lsblk {}", word(path)),
            },
        })
        .collect();
    code(text, &lines);
}

/// The volume group and the logical volume of `/dev/group/volume`.
fn logical_volume(path: &str) -> Option<(&str, &str)> {
    let (group, volume) = path.strip_prefix("/dev/")?.split_once('/')?;
    let plain = !["disk", "mapper", "zvol", "loop", "shm"].contains(&group);
    (plain && !volume.is_empty() && !volume.contains('/')).then_some((group, volume))
}

/// The partition tables, as input of sfdisk; of a shared disk the last partition gets the rest.
fn partition(plan: &Plan) -> Vec<String> {
    let devices = plan.devices;
    let label = match devices.table {
        PartitionScheme::None => return Vec::new(),
        PartitionScheme::Mbr => "dos",
        PartitionScheme::Gpt => "gpt",
    };
    let mut lines = Vec::new();
    for disk in devices.disks() {
        let mut partitions: Vec<DeviceNode> = [devices.boot, devices.root]
            .into_iter()
            .filter(|node| node.whole() == disk && node.partition().is_some())
            .collect();
        partitions.dedup();
        partitions.sort_by_key(|node| node.partition());
        if partitions.is_empty() {
            continue;
        }
        let mut script = format!("label: {label}\\n");
        let last = partitions.len() - 1;
        for (place, node) in partitions.iter().enumerate() {
            let size = match (place == last, *node == devices.boot) {
                (true, _) => String::new(),
                (false, true) => format!("size={BOOT_SIZE}, "),
                (false, false) => "size=10GiB, ".to_owned(),
            };
            let _ = write!(script, "{} : {size}type=linux\\n", node.partition().unwrap_or_default());
        }
        lines.push(format!("printf '{script}' | sfdisk {disk}"));
    }
    lines
}

/// By force: what was on the device before is not a reason to stop (xfs, btrfs, f2fs) or to ask, which swallows the next command that
/// is pasted (ext).
fn make_filesystems(plan: &Plan) -> Vec<String> {
    let devices = plan.devices;
    let mut lines = Vec::new();
    let mut boot = if plan.boot.is_ext() {
        format!("mkfs.{} -F -L {}", plan.boot.name(), plan.boot_label)
    } else {
        // On a whole disk it asks whether this is meant.
        let whole = if devices.boot.partition().is_none() { "-I " } else { "" };
        format!("mkfs.vfat {whole}-n {}", plan.boot_label)
    };
    if !plan.boot_features.is_empty() {
        let _ = write!(boot, " -O {}", word(&plan.boot_features.join(",")));
    }
    if let Some(uuid) = &plan.boot_uuid {
        // GRUB looks for it.
        let option = if plan.boot.is_ext() { format!("-U {uuid}") } else { format!("-i {}", uuid.replace('-', "")) };
        let _ = write!(boot, " {option}");
    }
    lines.push(format!("{boot} {}", devices.boot));
    if !devices.boot_is_directory() {
        let options = match plan.root {
            "f2fs" => "-f -l",
            "xfs" | "btrfs" => "-f -L",
            _ => "-F -L",
        };
        lines.push(format!("mkfs.{} {options} {} {}", plan.root, plan.root_label, devices.root));
    }
    lines
}

fn mount(plan: &Plan) -> Vec<String> {
    let devices = plan.devices;
    let mut lines = vec![format!("mount {} /mnt", devices.root)];
    if !devices.boot_is_directory() {
        lines.push("mkdir -p /mnt/boot".to_owned());
        lines.push(format!("mount {} /mnt/boot", devices.boot));
    }
    lines
}

fn configure(text: &mut String, plan: &Plan) {
    text.push_str("## 4. In the installer: NixOS\n\n");
    code(text, &["nixos-generate-config --root /mnt --no-filesystems".to_owned()]);
    let _ = if !plan.interfaces.is_empty() {
        write!(
            text,
            "Copy `{MODULE}` to `/mnt/etc/nixos/` (over the network: `passwd nixos` in the installer, then \
             `scp {MODULE} nixos@ADDRESS:` and `mv`), and let `/mnt/etc/nixos/configuration.nix` import it:\n\n"
        )
    } else {
        write!(
            text,
            "There is no network: type `{MODULE}` into `/mnt/etc/nixos/`, or have it and all that nixos-install would download on the \
             ISO image. Let `/mnt/etc/nixos/configuration.nix` import it:\n\n"
        )
    };
    code(text, &[format!("imports = [ ./hardware-configuration.nix ./{MODULE} ];")]);
    text.push_str("Then\n\n");
    code(text, &["nixos-install".to_owned(), "poweroff".to_owned()]);
}

fn afterwards(text: &mut String, plan: &Plan) {
    text.push_str(if plan.quiet || plan.restrict {
        "No menu is shown: the newest generation starts. To start an older one, take `bootloader_args` (and `bootloader_restrict`) out \
         for once.\n"
    } else {
        "The menu is on the guest's console; arrow keys and Enter choose a generation.\n"
    });
    text.push_str(
        "\nFrom now on `nixos-rebuild boot` in the guest writes kernel, initrd and menu, and the next start takes them. Shut the guest \
         down properly before (`poweroff`, `reboot`, `xl shutdown`): pygrub does not replay the filesystem's journal, and does not see \
         what stands in it alone.\n",
    );
}
