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
    mkDefault = value: value;
    literalExpression = text: { inherit text; };
    literalMD = text: { inherit text; };
    optionals = condition: list: if condition then list else [ ];
    escapeShellArgs = words: builtins.concatStringsSep " " (map (word: shellWord (toString word)) words);
    getExe = package: package;
    cleanSource = path: path;
    cleanSourceWith = source: source;
    assertMsg = condition: message: condition || builtins.throw message;
    versionAtLeast = version: least: builtins.compareVersions version least >= 0;
    splitString = separator: text: builtins.filter builtins.isString (builtins.split separator text);
    take = number: list: builtins.genList (builtins.elemAt list) number;
    inherit (builtins) concatMap genList;
    importTOML = path: builtins.fromTOML (builtins.readFile path);
    genAttrs = names: make: builtins.listToAttrs (map (name: { inherit name; value = make name; }) names);
    licenses = { mit = "MIT"; asl20 = "Apache-2.0"; };
    platforms.linux = [ "x86_64-linux" "aarch64-linux" ];
  };

  pkgs = {
    callPackage = path: more:
      import path ({ inherit lib; installShellFiles = { }; rustc.version = "1.91.1"; rustPlatform.buildRustPackage = package: package; } // more);
    writeShellScript = name: text: { inherit name text; };
  };

  # What the module makes of these settings in a system like this.
  evaluate =
    { module, settings ? { }, system ? { } }:
    let
      defaults = builtins.mapAttrs (name: option: option.default) evaluated.options.boot.loader.pregrub;
      config = {
        fileSystems = { };
        boot.loader = { timeout = system.timeout or 5; pregrub = defaults // settings; } // (system.loader or { });
      } // (builtins.removeAttrs system [ "timeout" "loader" ]);
      evaluated = import module { inherit config lib pkgs; };
    in
    {
      options = builtins.mapAttrs (name: option: option.type) evaluated.options.boot.loader.pregrub;
      inherit (evaluated.config) condition;
      failed = builtins.filter (message: message != null)
        (map (check: if check.assertion then null else check.message) evaluated.config.content.assertions);
      inherit (evaluated.config.content.boot) loader initrd kernelParams;
    };

  # Whether there is a package with a Rust of this version, and which of these paths it is made of.
  package = { path, rust, paths ? [ ] }:
    let package = pkgs.callPackage path { rustc.version = rust; }; in
    {
      built = (builtins.tryEval package.pname).success;
      kept = builtins.filter (path: package.src.filter path "directory") paths;
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
      module =
        let module = self.nixosModules.default { inherit lib; pkgs.stdenv.hostPlatform.system = "x86_64-linux"; }; in
        { imports = map toString module.imports; inherit (module.boot.loader.pregrub.package) version; };
    };
}
