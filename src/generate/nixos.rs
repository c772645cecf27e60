//! The NixOS part: a module that the guest's configuration imports.

use std::fmt::Write;

use super::nix_text::{list, string};
use super::plan::Plan;
use super::refusal::Refusal;

/// The text of the module.
///
/// Every value in it comes from the plan, so that what NixOS writes into grub.cfg is what the simulation booted.
///
/// # Errors
///
/// A value cannot be written in Nix, which what a plan lets through always can.
pub fn module(plan: &Plan) -> Result<String, Refusal> {
    let mut text = head();
    grub(&mut text, plan)?;
    kernel(&mut text, plan)?;
    filesystems(&mut text, plan)?;
    system(&mut text, plan)?;
    text.push_str(CHECKS);
    text.push_str("}\n");
    Ok(text)
}

fn head() -> String {
    format!(
        "# A NixOS guest of Xen that pygrub boots, written by pregrub {}.\n\
         # Import it in configuration.nix: imports = [ ./hardware-configuration.nix ./xen-guest.nix ];\n\
         {{ config, lib, ... }}:\n\n{{\n",
        env!("CARGO_PKG_VERSION")
    )
}

fn grub(text: &mut String, plan: &Plan) -> Result<(), Refusal> {
    let why_root = if plan.boot_uuid.is_some() {
        "# For a real GRUB (pygrub ignores it): /boot by its UUID, which finds it on a partition too."
    } else {
        "# For a real GRUB (pygrub ignores it): /boot is the first disk itself, without a partition table."
    };
    let _ = write!(
        text,
        "  boot.loader.grub = {{
    enable = true;
    # Write the menu, install no GRUB: pygrub on the host reads the menu from outside.
    device = \"nodev\";
    # Plain paths. By UUID or label there would be `($drive1)/...` in grub.cfg, over which pygrub gives up on the whole file.
    fsIdentifier = \"provided\";
    # pygrub reads no more than 1 MiB of grub.cfg, and without a limit /boot fills up.
    configurationLimit = {limit};
    # A number: pygrub knows neither titles nor `saved`.
    default = {default};
    {why_root}
    extraConfig = {extra};
  }};
  # In seconds. With pygrub even 0 shows the menu for one.
  boot.loader.timeout = {timeout};

",
        limit = plan.configuration_limit,
        default = plan.default,
        extra = string(&plan.extra_config)?,
        timeout = plan.timeout,
    );
    Ok(())
}

fn kernel(text: &mut String, plan: &Plan) -> Result<(), Refusal> {
    let parameters = list(&plan.kernel_parameters)?;
    let _ = write!(
        text,
        "  # ata_piix and sr_mod: disk and CD of the installer's HVM guest. xen_blkfront: the disks afterwards.
  boot.initrd.availableKernelModules = [ \"ata_piix\" \"sr_mod\" \"xen_blkfront\" ];
  # hvc0 is Xen's console, which `xl console` shows.
  boot.kernelParams = {parameters};

"
    );
    Ok(())
}

fn filesystems(text: &mut String, plan: &Plan) -> Result<(), Refusal> {
    let devices = plan.devices;
    let mut places = vec![("/", devices.root, plan.root)];
    let why = if devices.boot_is_directory() {
        "  # A plain device node, and /boot a directory of it: by label or UUID `provided` would fall back to `($drive1)` paths.
  # By force, because nixos-generate-config writes UUIDs.
"
    } else {
        places.push(("/boot", devices.boot, plan.boot.name()));
        "  # Plain device nodes: with /boot by label or UUID `provided` would fall back to `($drive1)` paths. By force, because
  # nixos-generate-config writes UUIDs.
"
    };
    text.push_str(why);
    for (place, device, kind) in places {
        let (device, kind) = (string(&device.to_string())?, string(kind)?);
        let _ = writeln!(
            text,
            "  fileSystems.\"{place}\" = {{ device = lib.mkForce {device}; fsType = lib.mkForce {kind}; }};"
        );
    }
    text.push_str(
        "  # No swap unless you say so: memory is the host's to give.\n  swapDevices = lib.mkDefault [ ];\n\n",
    );
    Ok(())
}

fn system(text: &mut String, plan: &Plan) -> Result<(), Refusal> {
    if let Some(name) = plan.host_name() {
        let _ = writeln!(text, "  networking.hostName = lib.mkDefault {};", string(name)?);
    }
    if let Some(version) = &plan.state_version {
        let _ = writeln!(text, "  system.stateVersion = lib.mkDefault {};", string(version)?);
    }
    if plan.host_name().is_some() || plan.state_version.is_some() {
        text.push('\n');
    }
    Ok(())
}

/// What the rest of the guest's configuration must not say. NixOS refuses to build it then, which is earlier than pygrub.
const CHECKS: &str = r#"  # What pygrub could not boot, said before it is built.
  assertions = [
    {
      assertion = config.boot.loader.grub.fsIdentifier == "provided";
      message = "pygrub cannot boot boot.loader.grub.fsIdentifier other than \"provided\": it gives up on `($drive1)` paths";
    }
    {
      assertion = (config.boot.initrd.secrets or { }) == { };
      message = "pygrub cannot boot boot.initrd.secrets: they are a second initrd, and pygrub takes both for one file name";
    }
    {
      assertion = builtins.elem (toString config.boot.loader.grub.default) [ "0" "1" ];
      message = "pygrub cannot boot boot.loader.grub.default other than 0: it knows no `saved` and no titles, and counts submenus in its own way";
    }
    {
      assertion = !(config.boot.loader.grub.extraEntriesBeforeNixOS or false);
      message = "pygrub would boot the first of boot.loader.grub.extraEntries: leave extraEntriesBeforeNixOS off";
    }
    {
      assertion = !(lib.hasInfix "\$drive" (
        (config.boot.loader.grub.extraEntries or "") + (config.boot.loader.grub.extraPerEntryConfig or "")
      ));
      message = "pygrub gives up on the whole grub.cfg over `$drive1` in extraEntries or extraPerEntryConfig: write plain paths";
    }
    {
      assertion = !(config.boot.loader.grub.useOSProber or false);
      message = "pygrub gives up on the whole grub.cfg over some entries of os-prober: leave boot.loader.grub.useOSProber off";
    }
    {
      assertion = !(config.virtualisation.xen.enable or false);
      message = "pygrub cannot boot the system of a dom0, whose entries begin with `multiboot`";
    }
  ];
  warnings = lib.optional ((config.boot.loader.grub.users or { }) != { })
    "pygrub ignores boot.loader.grub.users: whoever reaches the guest's console may boot every entry";
"#;
