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
        pregrub = ./nix/module.nix;
        default = pregrub;
      };
    };
}
