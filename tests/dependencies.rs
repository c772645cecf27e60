//! The crates that pregrub is built from keep to `deny.toml`: their licences, and each in one version. cargo-deny says more, where it
//! is installed; this needs cargo alone.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::common::program::root;

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn rules() -> toml::Table {
    toml::from_str(&std::fs::read_to_string(root().join("deny.toml")).unwrap()).unwrap()
}

/// Whether a licence expression is met: `/` is an old spelling of `OR`, which binds less than `AND`.
fn met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ");
    if let Some((before, rest)) = expression.split_once('(') {
        let (inside, after) = rest.split_once(')').unwrap();
        let value = if met(inside, allowed) { "yes" } else { "no" };
        return met(&format!("{before}{value}{after}"), allowed);
    }
    expression
        .split(" OR ")
        .any(|all| all.split(" AND ").map(str::trim).all(|licence| licence == "yes" || allowed.contains(licence)))
}

#[test]
fn licences_are_allowed() {
    let rules = rules();
    let allowed = rules["licenses"]["allow"].as_array().unwrap();
    let allowed: BTreeSet<String> = allowed.iter().map(|licence| licence.as_str().unwrap().to_owned()).collect();
    assert!(met("(MIT OR X) AND Unicode-3.0", &allowed) && !met("GPL-2.0 OR (MIT AND GPL-3.0)", &allowed));
    for package in packages() {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(met(licence, &allowed), "{}: {licence}", package["name"]);
    }
}

/// `rust-version` in Cargo.toml is kept by every crate that pregrub is built from; those that only its tests need count as well.
#[test]
fn no_crate_needs_a_newer_rust() {
    let number =
        |text: &str| -> Vec<u32> { text.split('.').map(|part| part.parse().unwrap()).chain([0]).take(3).collect() };
    let packages = packages();
    let own = packages.iter().find(|package| package["name"] == "pregrub").unwrap();
    let own = own["rust_version"].as_str().unwrap();
    for package in &packages {
        let Some(needed) = package["rust_version"].as_str() else { continue };
        assert!(number(needed) <= number(own), "{} needs Rust {needed}, and Cargo.toml says {own}", package["name"]);
    }
    let says = |file: &str, text: &str| std::fs::read_to_string(root().join(file)).unwrap().contains(text);
    assert!(says("README.md", &format!("Rust ({own} or later)")) && says("docs/install.md", &format!("Rust {own}")));
}

#[test]
fn each_crate_is_there_in_one_version() {
    let rules = rules();
    let skipped = rules["bans"]["skip"].as_array().unwrap();
    let skipped: BTreeSet<&str> = skipped.iter().map(|one| one["crate"].as_str().unwrap()).collect();
    let mut versions: BTreeMap<String, usize> = BTreeMap::new();
    for package in packages() {
        *versions.entry(package["name"].as_str().unwrap().to_owned()).or_default() += 1;
        let source = package["source"].as_str();
        assert!(source.is_none_or(|source| source.starts_with("registry+")), "{}: {source:?}", package["name"]);
    }
    let several: BTreeSet<&str> =
        versions.iter().filter(|(_, count)| **count > 1).map(|(name, _)| name.as_str()).collect();
    assert_eq!(several, skipped, "deny.toml lists what is there in several versions, with the reason");
}
