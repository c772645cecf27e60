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
    checks(&mut text, plan);
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
    # Plain paths. By UUID or label there would be `($drive1)/...` in grub.cfg, over which pygrub rejects the whole file.
    fsIdentifier = \"provided\";
    # pygrub reads no more than 1 MiB of grub.cfg, and without a limit /boot fills up.
    configurationLimit = {limit};
    # The newest generation. pygrub knows neither titles nor `saved`, and counts entries of submenus in its own way.
    default = {default};
    {why_root}
    extraConfig = {extra};
    # What was written is judged by the pregrub that is installed in the guest, if there is one.
    extraInstallCommands = ''
      pregrub=/run/current-system/sw/bin/pregrub
      if [ -x \"$pregrub\" ] && ! \"$pregrub\" check --until pygrub {boot}; then
        echo \"pygrub would not boot what was written to /boot: see above\" >&2
        exit 1
      fi
    '';
  }};
  # In seconds. With pygrub even 0 shows the menu for one.
  boot.loader.timeout = {timeout};

",
        limit = plan.configuration_limit,
        default = plan.default,
        extra = string(&plan.extra_config)?,
        boot = if plan.devices.boot_is_directory() { "/" } else { "/boot" },
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
  # By force, because nixos-generate-config writes UUIDs, and a label beside another device stops NixOS.
"
    } else {
        places.push(("/boot", devices.boot, plan.boot.name()));
        "  # Plain device nodes: with /boot by label or UUID `provided` would fall back to `($drive1)` paths. By force, because
  # nixos-generate-config writes UUIDs, and a label beside another device stops NixOS.
"
    };
    text.push_str(why);
    for (place, device, kind) in places {
        let (device, kind) = (string(&device.to_string())?, string(kind)?);
        let _ = writeln!(
            text,
            "  fileSystems.\"{place}\" = {{ device = lib.mkForce {device}; fsType = lib.mkForce {kind}; label = lib.mkForce null; }};"
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
fn checks(text: &mut String, plan: &Plan) {
    text.push_str(CHECKS);
    if plan.devices.boot_is_directory() {
        text.push_str(BOOT_IS_DIRECTORY);
    }
    text.push_str(WARNINGS);
}

/// The words of `boot.kernelParams` are judged as in `kernel_parameters.rs`.
const CHECKS: &str = r##"  # What pygrub could not boot, or not as GRUB does, said before it is built.
  assertions = let
    grub = config.boot.loader.grub;
    has = pattern: text: builtins.length (builtins.split pattern text) > 1;
    pieces = separator: text: builtins.filter (piece: builtins.isString piece && piece != "") (builtins.split separator text);
    readDifferently = word:
      has ''["'\$;{}|&<>[:cntrl:]]'' word || has "^#" word || word == "[[" || word == "]]"
      || (has "^[/(*?[]" word && has "[*?[]" word);
    odd = builtins.filter readDifferently (builtins.concatMap (pieces " ") config.boot.kernelParams);
    extraConfig = pieces "\n" (grub.extraConfig or "");
    extraEntries = pieces "\n" (grub.extraEntries or "");
    perEntry = pieces "\n" (grub.extraPerEntryConfig or "");
    count = test: lines: builtins.length (builtins.filter test lines);
    setsBadly = line: begins "set" line && builtins.length (builtins.split "=" line) != 3 || has "^[[:space:]]*set[[:space:]]*$" line;
    namesNoDisk = line: has "^[[:space:]]*set[[:space:]]+root=" line && !(has "=[\"']?[(]?hd[0-9]+(,[a-z]*[0-9]+)?[)]?[\"']?[[:space:]]*$" line);
    closesMore = lines: count (has "^[[:space:]]*[}]") lines > count (has "[{][[:space:]]*$") lines;
    texts = map (name: toString (grub.${name} or ""))
      [ "extraConfig" "extraEntries" "extraPerEntryConfig" "extraPrepareConfig" "entryOptions" "subEntryOptions" "backgroundColor" ];
    begins = pattern: line: has "^[[:space:]]*(${pattern})[[:space:]]" line;
    goesOn = line: begins "menuentry|submenu|function" line && !(has "[{][[:space:]]*$" line);
  in [
    {
      assertion = grub.enable && !(config.boot.loader.systemd-boot.enable or false) && !(config.boot.loader.external.enable or false)
        && !(config.boot.loader.limine.enable or false);
      message = "pygrub boots what boot.loader.grub writes: leave it enabled, and boot.loader.systemd-boot, limine and external off";
    }
    {
      assertion = !(builtins.any (has "[^ -~\t\n]") texts);
      message = "NixOS writes what is not ASCII in the texts of boot.loader.grub as Latin-1, and pygrub then rejects the whole grub.cfg: write it in ASCII";
    }
    {
      assertion = !(builtins.any setsBadly (extraConfig ++ extraEntries ++ perEntry));
      message = "pygrub rejects the whole grub.cfg over a `set` that has not one name, one `=` and one value: correct extraConfig, extraEntries or extraPerEntryConfig";
    }
    {
      assertion = !(builtins.any namesNoDisk (extraEntries ++ perEntry));
      message = "pygrub rejects the whole grub.cfg over a `set root=` in an entry that is not `(hd0)`: leave it out of extraEntries and extraPerEntryConfig";
    }
    {
      assertion = !(builtins.any (has "^[[:space:]]*set[[:space:]]+(default|timeout)=") (extraConfig ++ extraEntries));
      message = "`set default` and `set timeout` in extraConfig or extraEntries win over boot.loader.grub.default and boot.loader.timeout: use those";
    }
    {
      assertion = !(closesMore extraConfig) && !(closesMore extraEntries);
      message = "pygrub rejects the whole grub.cfg over a `}` that closes no menu entry: remove it from extraConfig or extraEntries";
    }
    {
      assertion = builtins.any (boot: builtins.elem boot.path [ "/boot" "/boot/" ]) (grub.mirroredBoots or [ { path = "/boot"; } ]);
      message = "pygrub boots what is written to /boot, and boot.loader.grub.mirroredBoots lists other places alone";
    }
    {
      assertion = builtins.all (device: device == "nodev") (grub.devices or [ ]);
      message = "NixOS would install GRUB on what boot.loader.grub.devices lists beside \"nodev\", where the filesystem begins that pygrub reads: leave devices out";
    }
    {
      assertion = grub.fsIdentifier == "provided";
      message = "pygrub cannot boot boot.loader.grub.fsIdentifier other than \"provided\": it rejects `($drive1)` paths";
    }
    {
      assertion = (config.boot.initrd.secrets or { }) == { };
      message = "pygrub cannot boot boot.initrd.secrets: they are a second initrd, and pygrub treats both as one file name";
    }
    {
      assertion = toString grub.default == "0";
      message = "pygrub and GRUB boot the same by boot.loader.grub.default = 0 alone: pygrub knows no `saved` and no titles, and counts submenus in its own way";
    }
    {
      assertion = odd == [ ];
      message = "pygrub hands boot.kernelParams over as they stand, and GRUB takes something in `${builtins.concatStringsSep "`, `" odd}` for a part of its script: find a way to say it without";
    }
    {
      assertion = !(grub.extraEntriesBeforeNixOS or false) && !(builtins.any (begins "menuentry|submenu") extraConfig);
      message = "pygrub would boot the first of boot.loader.grub.extraEntries: leave extraEntriesBeforeNixOS off, and no entries in extraConfig";
    }
    {
      assertion = !(builtins.any goesOn (extraConfig ++ extraEntries));
      message = "pygrub rejects the whole grub.cfg, or loses entries, over a `menuentry`, `submenu` or `function` in extraConfig or extraEntries whose line does not end with `{`";
    }
    {
      assertion = !(lib.hasInfix "\$drive" ((grub.extraEntries or "") + (grub.extraPerEntryConfig or "")));
      message = "pygrub rejects the whole grub.cfg over `$drive1` in extraEntries or extraPerEntryConfig: write plain paths";
    }
    {
      assertion = !(grub.useOSProber or false);
      message = "pygrub rejects the whole grub.cfg over some entries of os-prober: leave boot.loader.grub.useOSProber off";
    }
    {
      assertion = !(config.virtualisation.xen.enable or false);
      message = "pygrub cannot boot the system of a dom0, whose entries begin with `multiboot`";
    }
"##;

const BOOT_IS_DIRECTORY: &str = r#"    {
      assertion = !(config.fileSystems ? "/boot");
      message = "/boot is a directory of / here, where pygrub looks, and fileSystems.\"/boot\" puts another filesystem there: remove it";
    }
"#;

const WARNINGS: &str = r#"  ];
  warnings = lib.optional ((config.boot.loader.grub.users or { }) != { })
    "pygrub ignores boot.loader.grub.users: anyone who reaches the guest's console may boot every entry";
"#;
