//! `generate grub-cfg --install` of a guest whose tree has something else in every place.

use std::fs;
use std::path::Path;

use pregrub::generate::grub_cfg;

use super::machine::{HOST, Host, TRICKS, Trick, listing, within};
use crate::common::faulty_disk::FaultyDisk;
use crate::common::nixos_store::{self, PROFILES, Spec, Store};
use crate::common::program;

const CURRENT: &str = "/nix/var/nix/profiles/system";

/// Generation 1 is installed; generation 2, with a variant and secrets, is to be.
fn guest() -> Store {
    let mut store = Store::of(&[Spec::new(1)]);
    grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap();
    let variant = Spec { boot_json: false, ..Spec::new(50) };
    let spec = Spec { specialisations: vec![("light".into(), variant)], boot_json: false, ..Spec::new(2) };
    let new = store.build(&spec);
    store.link(None, 2, &new);
    store
}

/// Every directory and file that the installer could come to, and what of the host is its counterpart.
fn places(store: &Store) -> Vec<(String, &'static str)> {
    let mut places: Vec<(String, &str)> = vec![
        ("boot".into(), "boot"),
        ("boot/grub".into(), "boot/grub"),
        ("boot/kernels".into(), "boot/kernels"),
        ("boot/grub/grub.cfg".into(), "boot/grub/grub.cfg"),
        ("boot/grub/.pregrub-grub.cfg.new".into(), "etc/shadow"),
        ("boot/grub/.pregrub-grub.cfg.old".into(), "etc/shadow"),
        ("boot/grub/menu.lst".into(), "boot/grub/grub.cfg"),
        ("boot/extlinux.conf".into(), "etc/shadow"),
    ];
    // What is there now, and what will be: all copies and what they are called until they are whole.
    let sources = Store::of(&[Spec::new(1), Spec::new(2)]);
    grub_cfg::install(&sources.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap();
    for name in nixos_store::files(&sources.boot().join("kernels")).into_keys() {
        places.push((format!("boot/kernels/{name}"), "etc/shadow"));
        places.push((format!("boot/kernels/.pregrub-new-{name}"), "etc/shadow"));
    }
    let tree = walkdir::WalkDir::new(store.root().join("nix")).sort_by_file_name();
    for entry in tree.into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(store.root()).unwrap().to_str().unwrap().to_owned();
        // Of two that are alike one is enough.
        if !path.contains("-1-link") && !path.contains("24.05.1") {
            let target = if entry.path().is_dir() { "store" } else { "etc/shadow" };
            places.push((path, target));
        }
    }
    places
}

#[test]
fn nothing_leaves_the_tree_whatever_is_in_any_place() {
    let host = Host::new();
    let (mut refused, mut installed) = (0, 0);
    for (place, target) in places(&guest()) {
        for trick in TRICKS {
            let what = format!("{trick:?} in the place of {place}");
            let store = guest();
            trick.play(store.root(), &place, &host, target);
            let before = listing(store.root());
            let (result, store) = within(60, &what, move || {
                let result = grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new());
                (result, store)
            });
            host.assert_untouched(&what);
            for (path, content) in real_files(&store.boot()) {
                assert!(!String::from_utf8_lossy(&content).contains(HOST), "{what}: {path} has what is the host's");
            }
            match result {
                Err(error) => {
                    assert_eq!(listing(store.root()), before, "{what}: {error}");
                    refused += 1;
                }
                Ok(done) => {
                    assert!(done.grub_cfg.starts_with(store.root().canonicalize().unwrap()), "{what}");
                    let check = program::run(&["check", "--until", "pygrub", store.boot().to_str().unwrap()]);
                    assert_eq!(check.status, 0, "{what}: {}", check.whole());
                    installed += 1;
                }
            }
        }
    }
    println!("{refused} refused, {installed} installed");
    assert!(refused > 100 && installed > 20, "{refused} {installed}");
}

/// Regular files of the boot directory itself, no link followed.
fn real_files(boot: &Path) -> Vec<(String, Vec<u8>)> {
    if boot.is_symlink() || !boot.is_dir() { Vec::new() } else { nixos_store::files(boot).into_iter().collect() }
}

/// The program itself, with `/boot` of the root as it finds it.
fn install_with_program(store: &Store, more: &[&str]) -> program::Ended {
    let root = store.root().to_str().unwrap();
    let all = ["generate", "grub-cfg", "--install", "--prefix", "/", "--uuid", "none", "--root", root];
    program::run(&[&all[..], more, &[CURRENT]].concat())
}

#[test]
fn kernels_and_grub_that_are_links_to_the_host_are_refused() {
    for trick in [Trick::AbsoluteWithDecoy, Trick::Absolute] {
        let host = Host::new();
        let store = guest();
        for place in ["boot/kernels", "boot/grub"] {
            trick.play(store.root(), place, &host, place);
            let _ = fs::remove_dir_all(store.root().join("aside"));
        }
        let ended = install_with_program(&store, &[]);
        assert_eq!(ended.status, 1, "{}", ended.whole());
        assert!(
            ended.stderr.contains("`kernels` is a symbolic link, which is not followed; nothing was changed"),
            "{}",
            ended.stderr
        );
        host.assert_untouched("kernels and grub");
    }
}

#[test]
fn a_boot_directory_that_is_a_link_is_refused() {
    for trick in [Trick::Absolute, Trick::AbsoluteWithDecoy, Trick::AbsoluteWithLoop, Trick::Relative] {
        let host = Host::new();
        let store = guest();
        trick.play(store.root(), "boot", &host, "boot");
        let named = store.boot().to_str().unwrap().to_owned();
        for more in [&[][..], &["--boot", &named]] {
            let ended = install_with_program(&store, more);
            assert_eq!(ended.status, 1, "{trick:?}: {}", ended.whole());
            assert!(
                ended.stderr.contains("`boot` is a symbolic link, which is not followed"),
                "{trick:?}: {}",
                ended.stderr
            );
            host.assert_untouched("boot");
        }
        // Nor is it read for what would be written.
        let root = store.root().to_str().unwrap();
        let ended = program::run(&["generate", "grub-cfg", "--prefix", "/", "--uuid", "none", "--root", root, CURRENT]);
        assert!(ended.status == 1 && ended.stdout.is_empty(), "{}", ended.whole());
    }
}

/// Absolute links in the guest's view are what every NixOS system is made of.
#[test]
fn links_of_the_closure_lead_through_the_root() {
    let store = guest();
    store.symlink("/run/current-system", CURRENT);
    store.symlink("/profiles", PROFILES);
    store.symlink("/up", "../../../../../run/current-system");
    for toplevel in ["/run/current-system", "/profiles/system-2-link", "/up"] {
        let root = store.root().to_str().unwrap();
        let all = ["generate", "grub-cfg", "--install", "--prefix", "/", "--uuid", "none", "--root", root, toplevel];
        let ended = program::run(&all);
        assert_eq!(ended.status, 0, "{toplevel}: {}", ended.whole());
    }
}
