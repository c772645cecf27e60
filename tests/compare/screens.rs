//! What an administrator sees on one screen. Each snapshot was read and held against the installed pygrub 4.17 and grub-emu.

use std::path::Path;

use pregrub::boot::Options;
use pregrub::compare::{Comparison, Environment, Readers, compare_on};
use pregrub::flavour::Build;
use pregrub::lint::explaining_findings;
use pregrub::release::Release;
use pregrub::report::compare_text;
use pregrub::report::text::TextStyle;
use pregrub::simulation::Simulation;
use pregrub::storage::mount::Volumes;
use pregrub::target::OpenOptions;

use super::guests;
use crate::common::program::corpus;

/// The comparison of all readers, and its screen of 80 columns. `name` stands for the target.
fn screen(path: &Path, name: &str) -> (Comparison, String) {
    let opened = Simulation::new(Release::NEWEST).open(path, OpenOptions::default()).unwrap();
    let target = opened.target();
    let pygrubs = Build::all();
    let pygrubs =
        pygrubs.iter().map(|build| Options { release: build.release, flavour: build.flavour, ..Options::default() });
    let readers = Readers { pygrubs: pygrubs.collect(), environments: Environment::all(), guest: None };
    let volumes = target.volumes();
    let comparison = compare_on(target, volumes.as_ref(), name, &readers).unwrap();
    let explained = explaining_findings(&comparison, target, volumes.as_ref().map(|volumes| volumes as &dyn Volumes));
    let codes: Vec<Option<&str>> = explained.iter().map(|finding| Some(finding.as_ref()?.rule.code)).collect();
    let mut out = Vec::new();
    let look = TextStyle { color: false, width: 80, verbose: false, links: false };
    compare_text::write(&comparison, name, &codes, look, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.lines().count() <= 24, "{} lines:\n{text}", text.lines().count());
    (comparison, text)
}

#[test]
fn the_recipe() {
    let (_, text) = screen(Path::new(&corpus("images/recipe.img")), "recipe.img");
    insta::assert_snapshot!(text);
}

#[test]
fn the_default_of_nixos() {
    let (_, text) = screen(Path::new(&corpus("images/nixos-default.img")), "nixos-default.img");
    insta::assert_snapshot!(text);
}

#[test]
fn a_guest_of_debian() {
    let (_, text) = screen(guests::debian().path(), "debian.img");
    insta::assert_snapshot!(text);
}

#[test]
fn a_guest_of_fedora() {
    let (_, text) = screen(guests::fedora().path(), "fedora.img");
    insta::assert_snapshot!(text);
}
