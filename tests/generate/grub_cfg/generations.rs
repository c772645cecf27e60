//! Systems and generations as NixOS lays them out.

use std::fs;
use std::path::Path;

use pregrub::generate::grub_cfg::{self, PlannedMenu, System, generations};

use crate::common::nixos_store::{PROFILES, Spec, Store};

fn variants() -> Vec<(String, Spec)> {
    let variant = |number| Spec { secrets: None, initrd: number != 51, ..Spec::new(number) };
    vec![("light".into(), variant(50)), ("without initrd".into(), variant(51))]
}

#[test]
fn a_bootspec_and_plain_files_tell_the_same() {
    let mut store = Store::new();
    let spec = Spec { specialisations: variants(), secrets: Some("s".into()), ..Spec::new(1) };
    let toplevel = store.build(&spec);
    let options = store.options();
    let by_bootspec = System::read(&options.root, Path::new(&toplevel)).unwrap();
    fs::remove_file(store.host(&format!("{toplevel}/boot.json"))).unwrap();
    let mut by_files = System::read(&options.root, Path::new(&toplevel)).unwrap();

    // Plain files know no label but the version.
    assert_eq!(by_files.label, "NixOS 24.05.1");
    assert_eq!(by_files.specialisations["light"].label, "NixOS 24.05.50");
    by_files.label.clone_from(&by_bootspec.label);
    for (name, system) in &mut by_files.specialisations {
        system.label.clone_from(&by_bootspec.specialisations[name].label);
    }
    // The bootspec names the program by its own path, the files by the link to it.
    assert_eq!(by_bootspec, by_files);
    assert_eq!(by_bootspec.specialisations.len(), 2);
    assert_eq!(by_bootspec.specialisations["without initrd"].initrd, None);

    store.file(&format!("{toplevel}/configuration-name"), b"my name\n");
    assert_eq!(System::read(&options.root, Path::new(&toplevel)).unwrap().label, "my name");
    store.file(&format!("{toplevel}/boot.json"), br#"{"org.nixos.bootspec.v2": {}}"#);
    assert_eq!(System::read(&options.root, Path::new(&toplevel)).unwrap().label, "my name");
}

/// What the reference implementation of RFC 125 writes, and what it reads in what the tests write.
#[test]
fn the_bootspec_is_that_of_the_reference_implementation() {
    let mut store = Store::new();
    let spec = Spec { specialisations: variants(), secrets: Some("s".into()), ..Spec::new(1) };
    let toplevel = store.build(&spec);
    let options = store.options();
    let ours = System::read(&options.root, Path::new(&toplevel)).unwrap();
    let path = store.host(&format!("{toplevel}/boot.json"));
    let theirs: bootspec::BootJson = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    fs::write(&path, serde_json::to_vec(&theirs).unwrap()).unwrap();
    assert_eq!(System::read(&options.root, Path::new(&toplevel)).unwrap(), ours);

    let bootspec::generation::Generation::V1(generation) = theirs.generation else { panic!("version 1") };
    let theirs = generation.bootspec;
    assert_eq!(theirs.label, ours.label);
    assert_eq!(theirs.kernel_params, ours.kernel_params);
    assert_eq!((theirs.kernel, theirs.initrd, theirs.init), (ours.kernel, ours.initrd, ours.init));
    assert_eq!(theirs.initrd_secrets, ours.initrd_secrets);
    assert_eq!(generation.specialisations.len(), ours.specialisations.len());
}

#[test]
fn profiles_are_read_newest_first() {
    let mut store = Store::new();
    let toplevel = store.build(&Spec::new(1));
    for number in [1, 2, 10, 9] {
        store.link(None, number, &toplevel);
    }
    // NixOS does not list one with a hyphen.
    for profile in ["work", "two-words", "1"] {
        store.link(Some(profile), 3, &toplevel);
        store.link(Some(profile), 12, &toplevel);
    }
    for name in ["system-x-link", "other-1-link", "system-1", "system--link", "per-user"] {
        store.symlink(&format!("{PROFILES}/{name}"), &toplevel);
    }
    let found = generations(&store.options().root, Path::new(PROFILES)).unwrap();
    let told: Vec<String> = found
        .iter()
        .map(|generation| {
            let profile = generation.profile.as_deref().unwrap_or("system");
            format!("{profile} {} {}", generation.number, generation.day)
        })
        .collect();
    let expected = [
        "system 10 2024-06-10",
        "system 9 2024-06-09",
        "system 2 2024-06-02",
        "system 1 2024-06-01",
        "1 12 2024-06-12",
        "1 3 2024-06-03",
        "work 12 2024-06-12",
        "work 3 2024-06-03",
    ];
    assert_eq!(told, expected);
    assert!(generations(&store.options().root, Path::new("/nowhere")).is_err());
}

#[test]
fn the_system_that_is_installed_comes_first_and_the_limit_counts_by_profile() {
    let specs: Vec<Spec> = (1..=5).map(Spec::new).collect();
    let mut store = Store::of(&specs);
    let work = store.build(&Spec { specialisations: variants(), ..Spec::new(9) });
    store.link(Some("work"), 1, &work);
    store.link(Some("work"), 2, &work);
    let foreign = store.build(&Spec::new(7));
    let root = store.options().root;
    let generations = generations(&root, Path::new(PROFILES)).unwrap();
    let titles = |toplevel: &str, limit| -> Vec<String> {
        let menu = PlannedMenu::new(&root, Path::new(toplevel), &generations, limit).unwrap();
        assert_eq!(menu.warnings, Vec::<String>::new());
        menu.entries.iter().map(|entry| entry.title.split(':').next().unwrap().to_owned()).collect()
    };
    let current = format!("{PROFILES}/system");
    assert_eq!(
        titles(&current, 3),
        [
            "Default, generation 5 (2024-06-05)",
            "Generation 4 (2024-06-04)",
            "Generation 3 (2024-06-03)",
            "Profile work, generation 2 (2024-06-02)",
            "Profile work, generation 2 (2024-06-02), light",
            "Profile work, generation 2 (2024-06-02), without initrd",
            "Profile work, generation 1 (2024-06-01)",
            "Profile work, generation 1 (2024-06-01), light",
            "Profile work, generation 1 (2024-06-01), without initrd",
        ]
    );
    // An older one is installed: the newest stay.
    assert_eq!(
        titles(&format!("{PROFILES}/system-1-link"), 1),
        [
            "Default, generation 1 (2024-06-01)",
            "Generation 5 (2024-06-05)",
            "Profile work, generation 2 (2024-06-02)",
            "Profile work, generation 2 (2024-06-02), light",
            "Profile work, generation 2 (2024-06-02), without initrd",
        ]
    );
    assert_eq!(titles(&foreign, 0), ["Default"]);
}

#[test]
fn a_plan_names_what_an_installation_writes() {
    let store = Store::of(&[Spec { secrets: Some("s".into()), ..Spec::new(1) }, Spec::new(2)]);
    let options = store.options();
    let toplevel = Path::new("/nix/var/nix/profiles/system");
    let plan = grub_cfg::plan(&options, toplevel).unwrap();
    assert_eq!(plan.missing.len(), 4);
    assert_eq!(fs::read_dir(store.boot()).unwrap().count(), 0);
    let installed = grub_cfg::install(&options, toplevel, &mut grub_cfg::LocalDisk::default()).unwrap();
    assert_eq!(fs::read_to_string(installed.grub_cfg).unwrap(), plan.text);
    assert_eq!((installed.copied, installed.removed), (4, 0));
    let plan = grub_cfg::plan(&options, toplevel).unwrap();
    assert_eq!(plan.missing, Vec::<String>::new());
    insta::assert_snapshot!(plan.text);
}

/// Whoever takes a directory that is not there for one without generations removes the kernels of all.
#[test]
fn profiles_that_are_not_there() {
    let store = Store::of(&[Spec::new(1), Spec::new(2)]);
    let options = store.options();
    let toplevel = Path::new("/nix/var/nix/profiles/system");
    let mistyped = grub_cfg::PlanOptions { profiles: "/nix/var/nix/profile".into(), ..options.clone() };
    let error = grub_cfg::plan(&mistyped, toplevel).unwrap_err().to_string();
    assert_eq!(error, "cannot read the profiles in `/nix/var/nix/profile`: there is no such file");

    store.file("/srv/nothing", b"");
    let empty = grub_cfg::PlanOptions { profiles: "/srv".into(), ..options };
    let plan = grub_cfg::plan(&empty, toplevel).unwrap();
    let told = "there is no generation in `/srv` (system-N-link): `/nix/var/nix/profiles/system` alone gets an entry";
    assert_eq!(plan.menu.warnings, [told]);
}
