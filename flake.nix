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

      overlays = rec {
        pregrub = _final: previous: { pregrub = previous.callPackage ./nix/package.nix { }; };
        default = pregrub;
      };

      # guestCheck { pkgs, system, ... }: a check that fails where pygrub could not boot a NixOS guest (nix/check.nix).
      lib.guestCheck = arguments: import ./nix/check.nix arguments;

      # The package builds, and judges a disk of this repository.
      checks = forEach (system: {
        boots = nixpkgs.legacyPackages.${system}.runCommand "pregrub-boots" { } ''
          ${self.packages.${system}.pregrub}/bin/pregrub check ${./corpus/images/recipe.img}
          touch $out
        '';
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
