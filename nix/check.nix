# A check that fails where Xen's pygrub could not boot a NixOS guest, from its closure alone, before anything is deployed:
#
#     checks.x86_64-linux.web-boots = import ./pregrub/nix/check.nix { inherit pkgs; system = self.nixosConfigurations.web; };
#
# It installs the guest's menu into an empty /boot, as boot.loader.pregrub does on the guest, and lets pregrub boot it. A guest whose
# menu NixOS's own GRUB installer writes has none before it is installed: its options are looked at instead, and what they lead to that
# pygrub rejects ends the evaluation.
{
  pkgs,
  # What nixpkgs.lib.nixosSystem or pkgs.nixos gives.
  system,
  # The host's Xen, as `pregrub check --release` takes it.
  release ? "newest",
  # The guest's type on the host: pv or pvh.
  type ? "pv",
  pregrub ? system.config.boot.loader.pregrub.package or (pkgs.callPackage ./package.nix { }),
}:

let
  inherit (pkgs) lib;
  inherit (system) config;
  name = config.networking.hostName or "guest";
  loader = config.boot.loader;
  byPregrub = loader.pregrub.enable or false;
  byGrub = loader.grub.enable or false;

  boot = config.fileSystems."/boot" or config.fileSystems."/" or { };
  device = boot.device or null;
  byUuid = loader.grub.fsIdentifier or "uuid" != "provided";
  isNode = device != null && lib.hasPrefix "/dev/" device && !(lib.hasPrefix "/dev/disk/by-" device);

  failing = message: throw "pregrub: pygrub would not boot the guest `${name}`: ${message}";

  simulated = pkgs.runCommand "pregrub-check-${name}" { nativeBuildInputs = [ pregrub ]; } ''
    mkdir boot profiles
    pregrub generate grub-cfg --install --boot "$PWD/boot" --prefix / --uuid none --secrets skip \
      --profiles "$PWD/profiles" --release ${lib.escapeShellArg release} --type ${lib.escapeShellArg type} \
      ${config.system.build.toplevel}
    pregrub check --no-config --release ${lib.escapeShellArg release} --type ${lib.escapeShellArg type} "$PWD/boot" | tee report
    mkdir "$out"
    cp report "$out/report.txt"
    cp boot/grub/grub.cfg "$out/"
  '';
in
if byPregrub then
  simulated
else if !byGrub then
  failing "it has no menu for pygrub: neither boot.loader.pregrub nor boot.loader.grub is enabled"
else if byUuid then
  failing ''boot.loader.grub.fsIdentifier is "${loader.grub.fsIdentifier or "uuid"}", so that every path in grub.cfg begins with a variable (PG001): set it to "provided"''
else if !isNode then
  failing "the device of /boot is `${toString device}`, so that NixOS looks for it with a variable (PG001): name a plain device node such as /dev/xvda"
else if boot.fsType or "auto" == "xfs" || boot.fsType or "auto" == "btrfs" then
  failing "/boot is on ${boot.fsType}, which pygrub cannot read: use ext4"
else
  pkgs.runCommand "pregrub-check-${name}" { } "mkdir $out; echo the options lead to a menu that pygrub reads > $out/report.txt"
