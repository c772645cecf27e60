{
  description = "Tells what Xen's pygrub will boot from a guest's disk, and installs what it boots";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      forEach = nixpkgs.lib.genAttrs systems;
    in
    {
      packages = forEach (system: rec {
        pregrub = nixpkgs.legacyPackages.${system}.callPackage ./nix/package.nix { };
        default = pregrub;
      });

      nixosModules = rec {
        # With the package from here, whatever Rust the guest's nixpkgs has.
        pregrub =
          { lib, pkgs, ... }:
          {
            imports = [ ./nix/module.nix ];
            boot.loader.pregrub.package = lib.mkDefault self.packages.${pkgs.stdenv.hostPlatform.system}.pregrub;
          };
        default = pregrub;
      };
    };
}
