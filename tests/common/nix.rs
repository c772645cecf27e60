//! The real nix-instantiate, without a store: what a Nix expression evaluates to.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::tools;

/// Evaluates the Nix expression to JSON, or says visibly that nix-instantiate is missing.
pub fn evaluate(expression: &str, directory: &Path) -> Option<Value> {
    let nix = tools::tool("nix-instantiate")?;
    let file = directory.join("expression.nix");
    std::fs::write(&file, expression).expect("a file can be written");
    let output = Command::new(nix)
        .args(["--store", "dummy://", "--eval", "--strict", "--json"])
        .arg(&file)
        .env("HOME", directory)
        .output()
        .expect("nix-instantiate starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "nix-instantiate: {said}\n{}", std::fs::read_to_string(&file).unwrap_or_default());
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// What the modules ask of nixpkgs' `lib`, with priorities shown instead of merged.
pub const LIB: &str = r#"
rec {
  mkForce = value: { by = "force"; inherit value; };
  mkDefault = value: { by = "default"; inherit value; };
  optional = condition: value: if condition then [ value ] else [ ];
  hasInfix = infix: text: builtins.length (builtins.split (builtins.replaceStrings [ "$" ] [ "\\$" ] infix) text) > 1;
}
"#;
