# As much of nixpkgs as nix/module.nix, nix/package.nix and flake.nix use, for an evaluation without it. An option is its
# default unless it is set.
rec {
  shellWord = word: "'" + builtins.replaceStrings [ "'" ] [ "'\\''" ] word + "'";

  types = {
    package = "package";
    str = "str";
    nullOr = type: "null or ${type}";
    ints.unsigned = "unsigned";
  };

  lib = {
    inherit types;
    mkOption = option: option;
    mkEnableOption = description: { type = "bool"; default = false; inherit description; };
    mkIf = condition: content: { inherit condition content; };
    literalExpression = text: { inherit text; };
    optionals = condition: list: if condition then list else [ ];
    escapeShellArgs = words: builtins.concatStringsSep " " (map (word: shellWord (toString word)) words);
    getExe = package: package;
    cleanSource = path: path;
    importTOML = path: builtins.fromTOML (builtins.readFile path);
    genAttrs = names: make: builtins.listToAttrs (map (name: { inherit name; value = make name; }) names);
    licenses = { mit = "MIT"; asl20 = "Apache-2.0"; };
    platforms.linux = [ "x86_64-linux" "aarch64-linux" ];
  };

  pkgs = {
    callPackage = path: more: import path ({ inherit lib; rustPlatform.buildRustPackage = package: package; } // more);
    writeShellScript = name: text: { inherit name text; };
  };

  # What the module makes of these settings in a system like this.
  evaluate =
    { module, settings ? { }, system ? { } }:
    let
      defaults = builtins.mapAttrs (name: option: option.default) evaluated.options.boot.loader.pregrub;
      config = {
        fileSystems = { };
        boot.loader = { timeout = system.timeout or 5; pregrub = defaults // settings; };
      } // (builtins.removeAttrs system [ "timeout" ]);
      evaluated = import module { inherit config lib pkgs; };
    in
    {
      options = builtins.mapAttrs (name: option: option.type) evaluated.options.boot.loader.pregrub;
      inherit (evaluated.config) condition;
      failed = builtins.filter (message: message != null)
        (map (check: if check.assertion then null else check.message) evaluated.config.content.assertions);
      loader = evaluated.config.content.boot.loader;
    };

  flake = path:
    let
      self = (import path).outputs {
        inherit self;
        nixpkgs = { inherit lib; legacyPackages = lib.genAttrs lib.platforms.linux (system: pkgs); };
      };
    in
    {
      packages = builtins.mapAttrs (system: packages: { inherit (packages.default) pname version meta; }) self.packages;
      modules = builtins.attrNames self.nixosModules;
    };
}
