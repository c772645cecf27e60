# pregrub as a package: `pkgs.callPackage ./package.nix { }`.
{ lib, rustPlatform }:

rustPlatform.buildRustPackage {
  pname = "pregrub";
  version = (lib.importTOML ../Cargo.toml).package.version;
  src = lib.cleanSource ../.;
  cargoLock.lockFile = ../Cargo.lock;

  # The tests compare with the pygrub, the GRUB and the mkfs programs that Debian has (tests/run).
  doCheck = false;

  meta = {
    description = "Tells what Xen's pygrub will boot from a guest's disk, and installs what it boots";
    license = with lib.licenses; [ mit asl20 ];
    mainProgram = "pregrub";
    platforms = lib.platforms.linux;
  };
}
