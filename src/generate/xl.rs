//! The host's part: the domain configuration for xl, once to install the guest and once to run it.

use std::fmt::Write;

use super::host_disk::HostDisk;
use super::network::Interface;
use super::plan::Plan;
use super::refusal::Refusal;
use super::xl_text::string;

/// Which of the two configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// An HVM guest that starts the installer's ISO image.
    Install,
    /// The installed guest, started by pygrub.
    Run,
}

/// The text of a domain configuration.
///
/// # Errors
///
/// A disk or the ISO image is not named in the choices.
pub fn domain(plan: &Plan, phase: Phase) -> Result<String, Refusal> {
    let mut text = head(phase);
    let _ = writeln!(text, "name = {}", string(&plan.name)?);
    match phase {
        Phase::Install => text.push_str(INSTALL),
        Phase::Run => run(&mut text, plan)?,
    }
    let _ = write!(text, "\nmemory = {}\nvcpus = {}\n\n", plan.memory, plan.vcpus);
    disks(&mut text, plan, phase)?;
    network(&mut text, plan)?;
    Ok(text)
}

fn head(phase: Phase) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match phase {
        Phase::Install => {
            format!("# Installs a NixOS guest that pygrub boots afterwards; written by pregrub {version}.\n")
        }
        Phase::Run => format!("# Runs the installed NixOS guest; written by pregrub {version}.\n"),
    }
}

const INSTALL: &str = r#"type = "hvm"
device_model_version = "qemu-xen"
bios = "seabios"
# d, the CD, before c, the disks, on which there is no boot loader.
boot = "dc"
# `xl console` shows the serial port; the installer's first screen is on VNC, reachable from the host alone.
serial = "pty"
vnc = 1
vnclisten = "127.0.0.1"
# After the installation the other configuration takes over.
on_reboot = "destroy"
"#;

fn run(text: &mut String, plan: &Plan) -> Result<(), Refusal> {
    let _ = writeln!(text, "type = {}", string(plan.guest_type.name())?);
    let _ = writeln!(text, "bootloader = {}", string(&plan.bootloader)?);
    if plan.quiet {
        text.push_str(
            "# No menu on the console: the newest generation starts at once.\nbootloader_args = [ \"-q\" ]\n",
        );
    }
    if plan.restrict {
        text.push_str(
            "# pygrub becomes a user without privileges before it opens the disk: that user must be able to read it. No menu is shown.\n\
             bootloader_restrict = 1\n",
        );
    }
    Ok(())
}

fn disks(text: &mut String, plan: &Plan, phase: Phase) -> Result<(), Refusal> {
    let needed = |disk: &Option<HostDisk>, what: &str| {
        disk.clone().ok_or_else(|| {
            let place = if what == "boot" { "/boot" } else { "/" };
            Refusal::new(
                format!(
                    "a domain configuration names the guest's disks on the host, and that with {place} is not named"
                ),
                format!("give --{what}-disk, such as phy:/dev/vg/{}-{what}", plan.host_name().unwrap_or("guest")),
            )
        })
    };
    let devices = plan.devices;
    if phase == Phase::Run {
        text.push_str("# pygrub gets the first of them.\n");
    }
    text.push_str("disk = [\n");
    let mut line = |specification: &str| -> Result<(), Refusal> {
        let _ = writeln!(text, "    {},", string(specification)?);
        Ok(())
    };
    let boot = needed(&plan.boot_disk, "boot")?;
    line(&disk(&boot, &devices.boot.disk_name()))?;
    if !devices.one_disk() {
        let root = needed(&plan.root_disk, "root")?;
        line(&disk(&root, &devices.root.disk_name()))?;
    }
    if phase == Phase::Install {
        let iso = plan.iso.as_deref().ok_or_else(|| {
            let reason = "the installation starts from an ISO image, and none is named";
            Refusal::new(reason, "give --iso, the path of the NixOS installer's image on the host")
        })?;
        line(&format!("format=raw,vdev=hdc,access=ro,devtype=cdrom,target={iso}"))?;
    }
    text.push_str("]\n");
    Ok(())
}

/// A disk specification. The target comes last: there it may have commas in it.
fn disk(disk: &HostDisk, vdev: &str) -> String {
    let backend = match disk {
        HostDisk::Device(_) => "backendtype=phy,",
        HostDisk::File(_) => "",
    };
    format!("format=raw,vdev={vdev},access=rw,{backend}target={}", disk.path())
}

fn network(text: &mut String, plan: &Plan) -> Result<(), Refusal> {
    if plan.interfaces.is_empty() {
        text.push_str("\nvif = [ ]\n");
        return Ok(());
    }
    let interfaces: Result<Vec<String>, Refusal> =
        plan.interfaces.iter().map(|Interface { bridge, mac }| string(&format!("mac={mac},bridge={bridge}"))).collect();
    let _ = writeln!(
        text,
        "\n# The same in both phases, so that the guest keeps its lease.\nvif = [ {} ]",
        interfaces?.join(", ")
    );
    Ok(())
}
