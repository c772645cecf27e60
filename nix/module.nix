# pregrub as the boot loader installer of a NixOS guest that Xen's pygrub boots:
#
#     imports = [ ./pregrub/nix/module.nix ];
#     boot.loader.pregrub.enable = true;
#
# The package wants the Rust of NixOS 25.11 or later; with an older one take the flake's module, which brings its own.
#
# There is no boot loader in such a guest: pygrub, on the host, reads /boot/grub/grub.cfg and copies kernel and initrd out.
# What is written there is read by GRUB alike, so that the guest also boots in HVM mode and by pvgrub.
{ config, lib, pkgs, ... }:

let
  cfg = config.boot.loader.pregrub;

  arguments =
    [ "--install" "--boot" cfg.boot "--limit" (toString cfg.limit) "--timeout" (toString cfg.timeout) ]
    ++ lib.optionals (cfg.uuid != null) [ "--uuid" cfg.uuid ]
    ++ lib.optionals (cfg.prefix != null) [ "--prefix" cfg.prefix ];

  # The filesystem that cfg.boot is on: that with the longest mount point above it, which is `/` for a directory of the root.
  names = path: builtins.filter (name: name != "" && name != ".") (lib.splitString "/" path);
  above = lib.genList (n: lib.take (builtins.length (names cfg.boot) - n) (names cfg.boot)) (builtins.length (names cfg.boot) + 1);
  holds = place: name: names (config.fileSystems.${name}.mountPoint or name) == place;
  mounted = lib.concatMap (place: builtins.filter (holds place) (builtins.attrNames config.fileSystems)) above;
in
{
  options.boot.loader.pregrub = {
    enable = lib.mkEnableOption "the installation of kernels and a grub.cfg that Xen's pygrub boots";

    package = lib.mkOption {
      type = lib.types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The pregrub that installs.";
    };

    boot = lib.mkOption {
      type = lib.types.str;
      default = "/boot";
      description = "The directory that the boot filesystem is mounted on, or a directory of the root filesystem.";
    };

    prefix = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      example = "/boot";
      description = ''
        Where that directory lies on its filesystem: `/boot` for a directory of the root filesystem, `/` for a filesystem of
        its own. Found out at installation where it is not set.
      '';
    };

    uuid = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      example = "none";
      description = ''
        The UUID of that filesystem, by which GRUB finds it, or `none` for no `search` line. Read from its device where it is
        not set. pygrub needs none.
      '';
    };

    limit = lib.mkOption {
      type = lib.types.ints.unsigned;
      default = 20;
      description = "How many generations of each profile get an entry.";
    };

    timeout = lib.mkOption {
      type = lib.types.ints.unsigned;
      # null and what is negative mean for ever in NixOS; pygrub has no such thing and would boot after a second.
      default = let wanted = config.boot.loader.timeout; in if wanted == null || wanted < 0 then 5 else wanted;
      defaultText = lib.literalMD "`config.boot.loader.timeout`, or 5 where that is to be for ever";
      description = "How many seconds the menu waits.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = !(config.virtualisation.xen.enable or false);
        message = "boot.loader.pregrub: this system is a Xen dom0, which pygrub cannot boot: it boots guests.";
      }
      {
        assertion =
          mounted == [ ]
          || builtins.elem config.fileSystems.${builtins.head mounted}.fsType [ "ext2" "ext3" "ext4" "auto" ];
        message = ''
          boot.loader.pregrub: ${cfg.boot} is on fileSystems."${builtins.head mounted}", whose fsType must be ext2, ext3 or ext4:
          pygrub reads hardly anything else.
        '';
      }
      {
        # NixOS itself would speak of two definitions of system.build.installBootLoader.
        assertion = !(builtins.any (name: config.boot.loader.${name}.enable or false) [ "grub" "systemd-boot" "limine" "refind" ]);
        message = "boot.loader.pregrub: this installs the menu in place of boot.loader.grub, systemd-boot, limine and refind: leave those off.";
      }
    ];

    # The disks of a PV or PVH guest, and its console.
    boot.initrd.availableKernelModules = [ "xen_blkfront" ];
    boot.kernelParams = [ "console=hvc0" ];

    boot.loader = {
      external = {
        enable = true;
        # Called with the system as its argument. There is no boot sector to write, so NIXOS_INSTALL_BOOTLOADER says nothing.
        installHook = pkgs.writeShellScript "pregrub-install" ''
          exec ${lib.getExe cfg.package} generate grub-cfg ${lib.escapeShellArgs arguments} "$@"
        '';
      };
      # They are appended to the initrd itself: pygrub takes one file.
      supportsInitrdSecrets = true;
    };
  };
}
