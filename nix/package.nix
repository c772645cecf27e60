# pregrub as a package: `pkgs.callPackage ./package.nix { }`.
#
# It takes the Rust that Cargo.toml names as `rust-version` (1.88), which nixpkgs has from NixOS 25.11 on. With an older nixpkgs
# take this one package from a newer, as the flake does, or hand over a newer `rustPlatform` together with its `rustc`.
{ lib, rustPlatform, rustc, installShellFiles }:

let
  cargo = (lib.importTOML ../Cargo.toml).package;
  # What cargo has built here, gigabytes of it.
  built = map toString [ ../target ../fuzz/target ];
in
assert lib.assertMsg (lib.versionAtLeast rustc.version cargo.rust-version) ''
  pregrub needs Rust ${cargo.rust-version}, and this nixpkgs has ${rustc.version}: take pregrub from nixpkgs of NixOS 25.11 or
  later (its flake does so), or give package.nix a newer rustPlatform and rustc.
'';
rustPlatform.buildRustPackage {
  pname = "pregrub";
  version = cargo.version;
  src = lib.cleanSourceWith {
    name = "pregrub";
    src = lib.cleanSource ../.;
    filter = path: _type: !(builtins.elem path built);
  };
  cargoLock.lockFile = ../Cargo.lock;

  nativeBuildInputs = [ installShellFiles ];
  postInstall = ''
    $out/bin/pregrub man --directory man
    installManPage man/*.1
    for shell in bash zsh fish; do
      $out/bin/pregrub completions $shell > pregrub.$shell
    done
    installShellCompletion --bash --name pregrub pregrub.bash --zsh --name _pregrub pregrub.zsh --fish pregrub.fish
  '';

  # The tests compare with the pygrub, the GRUB and the mkfs programs that Debian has (tests/run).
  doCheck = false;

  meta = {
    description = "Tells what Xen's pygrub will boot from a guest's disk, and installs what it boots";
    # Either of them, as the user likes: "MIT OR Apache-2.0".
    license = with lib.licenses; [ mit asl20 ];
    mainProgram = "pregrub";
    platforms = lib.platforms.linux;
  };
}
