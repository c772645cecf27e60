//! What goes wrong is told in a sentence, and the old state stays.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use pregrub::generate::grub_cfg::{self, InstallDisk};

use crate::common::faulty_disk::{Change, DriverError, FaultyDisk};
use crate::common::nixos_store::{self, Spec, Store};

fn install(
    store: &Store,
    toplevel: &str,
    disk: &mut dyn InstallDisk,
) -> Result<grub_cfg::InstallReport, grub_cfg::GrubCfgError> {
    grub_cfg::install(&store.options(), Path::new(toplevel), disk)
}

/// Generation 1 is installed; generation 2 is to be.
fn guest() -> (Store, String) {
    let mut store = Store::of(&[Spec { secrets: Some("s".into()), ..Spec::new(1) }]);
    install(&store, "/nix/var/nix/profiles/system", &mut FaultyDisk::new()).unwrap();
    let new = store.build(&Spec { secrets: Some("t".into()), ..Spec::new(2) });
    store.link(None, 2, &new);
    (store, new)
}

/// The sentence of a failed installation of generation 2, after which the boot directory is what it was.
fn refused(store: &Store, toplevel: &str) -> String {
    let before = nixos_store::files(&store.boot());
    let error = install(store, toplevel, &mut FaultyDisk::new()).unwrap_err().to_string();
    assert_eq!(nixos_store::files(&store.boot()), before, "{error}");
    error.replace(store.root().to_str().unwrap(), "@ROOT")
}

#[test]
fn a_full_disk_leaves_the_old_state() {
    let (store, new) = guest();
    let mut disk = FaultyDisk::new();
    install(&store, &new, &mut disk).unwrap();
    let reference = disk.log;
    let changes = reference.len();
    let (mut failed, mut warned) = (0, 0);
    for fault in [DriverError::Error(ErrorKind::StorageFull), DriverError::Errors(ErrorKind::ReadOnlyFilesystem)] {
        for (number, change) in reference.iter().enumerate() {
            let (store, new) = guest();
            let before = nixos_store::files(&store.boot());
            let mut disk = FaultyDisk::failing(number, fault);
            let result = install(&store, &new, &mut disk);
            assert!(disk.failed());
            let after = nixos_store::files(&store.boot());
            match result {
                Err(error) => {
                    let error = error.to_string();
                    assert!(error.contains("the filesystem is "), "{error}");
                    if error.ends_with("grub.cfg is what it was") {
                        assert_eq!(after["grub/grub.cfg"], before["grub/grub.cfg"], "{number}: {error}");
                        // A disk that lets nothing be removed keeps what was added.
                        if fault == DriverError::Error(ErrorKind::StorageFull) {
                            assert_eq!(after, before, "{number}: {error}");
                        }
                        for (path, content) in &before {
                            assert_eq!(after.get(path), Some(content), "{number}: {error}");
                        }
                    } else if error.contains("may be the old one or the new one") {
                        for (path, content) in &before {
                            assert_eq!(after.get(path), Some(content), "{number}: {error}");
                        }
                    } else {
                        assert!(error.ends_with("may be lost until the disk is written to"), "{number}: {error}");
                    }
                    failed += 1;
                }
                // A program of an older generation that cannot be started costs that one its secrets.
                Ok(installed) if matches!(change, Change::Run(..)) => {
                    assert!(installed.menu.warnings[0].contains("boots without its secrets"));
                }
                Ok(installed) => {
                    let warning = installed.menu.warnings.last().expect("a fault is told");
                    assert!(warning.ends_with("the new grub.cfg is in its place, with all it needs"), "{warning}");
                    assert_ne!(after["grub/grub.cfg"], before["grub/grub.cfg"]);
                    warned += 1;
                }
            }
        }
    }
    println!("{changes} changes: {failed} failed, {warned} warned");
    assert!(failed > 20 && warned > 2);
}

/// A change that is made and reported as failed: what grub.cfg is by then, its files are there.
#[test]
fn an_error_that_comes_late_leaves_what_boots() {
    let (store, new) = guest();
    let mut disk = FaultyDisk::new();
    install(&store, &new, &mut disk).unwrap();
    let changes = disk.log.len();
    let mut unsure = 0;
    for number in 0..changes {
        let (store, new) = guest();
        let before = nixos_store::files(&store.boot());
        let result = install(&store, &new, &mut FaultyDisk::failing(number, DriverError::Late));
        let after = nixos_store::files(&store.boot());
        let menu = String::from_utf8(after["grub/grub.cfg"].clone()).unwrap();
        for line in menu.lines().map(str::trim).filter(|line| line.starts_with("linux ") || line.starts_with("initrd "))
        {
            let path = line.split_whitespace().nth(1).unwrap();
            let path = path.trim_start_matches('/').trim_start_matches("boot/");
            assert!(after.contains_key(path), "{number}: `{path}` of grub.cfg is not there: {result:?}");
        }
        if let Err(error) = result {
            let error = error.to_string();
            if error.contains("may be the old one or the new one") {
                unsure += 1;
                assert_ne!(after["grub/grub.cfg"], before["grub/grub.cfg"]);
                for path in before.keys().filter(|path| path.starts_with("kernels/")) {
                    assert!(after.contains_key(path), "{path}");
                }
                // The next one puts it in order.
                install(&store, &new, &mut FaultyDisk::new()).unwrap();
            }
        }
    }
    assert_eq!(unsure, 1, "of {changes} changes");
}

#[test]
fn what_cannot_be_booted_is_refused_with_the_reason() {
    let (mut store, new) = guest();
    let mut told = Vec::new();
    let mut tell =
        |store: &Store, what: &str, toplevel: &str| told.push(format!("{what}: {}", refused(store, toplevel)));

    tell(&store, "no such system", "/nix/store/nothing");
    let kernel = fs::read_link(store.host(&format!("{new}/kernel"))).unwrap();
    let aside = store.host("/aside");
    fs::rename(store.host(kernel.to_str().unwrap()), &aside).unwrap();
    tell(&store, "a kernel that vanished", &new);
    fs::rename(&aside, store.host(kernel.to_str().unwrap())).unwrap();

    fs::rename(store.host(&format!("{new}/init")), &aside).unwrap();
    tell(&store, "an init that vanished", &new);
    fs::rename(&aside, store.host(&format!("{new}/init"))).unwrap();

    store.program(&format!("{new}/append-initrd-secrets"), "#!/bin/sh\nexit 3\n");
    tell(&store, "secrets that fail", &new);
    store.program(&format!("{new}/append-initrd-secrets"), "#!/nowhere/sh\n");
    tell(&store, "secrets that do not start", &new);

    for (number, param) in (10..).zip(["a;b", "a=\"b c\"", "x=$y", "#", "a\tb\u{1b}[2J", "/dev/*"]) {
        let toplevel = store.build(&Spec { params: vec!["quiet".into(), param.into()], ..Spec::new(number) });
        tell(&store, "a parameter", &toplevel);
    }
    let dom0 = store.build(&Spec { boot_json: false, ..Spec::new(20) });
    store.file(&format!("{dom0}/xen.gz"), b"xen");
    tell(&store, "a dom0", &dom0);
    let broken = store.build(&Spec::new(21));
    for text in ["{", "[]", r#"{"org.nixos.bootspec.v1": {"label": 1}}"#] {
        store.file(&format!("{broken}/boot.json"), text.as_bytes());
        tell(&store, "a broken bootspec", &broken);
    }
    fs::remove_file(store.host(&format!("{broken}/boot.json"))).unwrap();
    fs::create_dir(store.host(&format!("{broken}/boot.json"))).unwrap();
    tell(&store, "a directory for a bootspec", &broken);
    let long = store.build(&Spec { params: vec!["x=1".repeat(3000)], ..Spec::new(22) });
    tell(&store, "a long parameter", &long);
    let huge = vec!["x=1".repeat(100); 4000];
    let huge = store.build(&Spec { params: huge, ..Spec::new(23) });
    tell(&store, "more than pygrub reads", &huge);

    // What pygrub reads first.
    fs::create_dir_all(store.boot().join("boot/grub")).unwrap();
    fs::write(store.boot().join("boot/grub/grub.cfg"), "menuentry \"x\" {\n linux /k\n}\n").unwrap();
    let fit = store.build(&Spec::new(24));
    tell(&store, "another configuration", &fit);
    fs::remove_dir_all(store.boot().join("boot")).unwrap();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn generations_that_cannot_be_booted_are_left_out_with_a_warning() {
    let mut store = Store::new();
    let specs = [
        Spec::new(1),
        Spec { params: vec!["a;b".into()], ..Spec::new(2) },
        Spec { boot_json: false, ..Spec::new(3) },
        Spec {
            specialisations: vec![("x".into(), Spec { params: vec!["$x".into()], ..Spec::new(50) })],
            ..Spec::new(4)
        },
        Spec { secrets: Some("gone".into()), ..Spec::new(5) },
        Spec { params: vec!["y=1".repeat(400)], ..Spec::new(6) },
    ];
    let toplevels: Vec<String> = specs.iter().map(|spec| store.build(spec)).collect();
    for (number, toplevel) in (1..).zip(&toplevels) {
        store.link(None, number, toplevel);
    }
    store.symlink("/nix/var/nix/profiles/system-7-link", "/nix/store/collected");
    store.file(&format!("{}/xen.gz", toplevels[2]), b"xen");
    store.program(&format!("{}/append-initrd-secrets", toplevels[4]), "#!/bin/sh\nexit 1\n");
    let installed = install(&store, &toplevels[0], &mut FaultyDisk::new()).unwrap();
    let titles: Vec<&str> = installed.menu.entries.iter().map(|entry| entry.title.as_str()).collect();
    let told = format!("{}\n\n{}", titles.join("\n"), installed.menu.warnings.join("\n"));
    insta::assert_snapshot!(told.replace(store.root().to_str().unwrap(), "@ROOT"));
}

/// What a power cut leaves in a store, and what an older boot loader leaves on the disk.
#[test]
fn what_would_not_start_is_refused() {
    let mut store = Store::new();
    let toplevel = store.build(&Spec { secrets: Some("s".into()), ..Spec::new(1) });
    store.link(None, 1, &toplevel);
    let refused = |store: &Store| {
        let error = install(store, &toplevel, &mut FaultyDisk::new()).unwrap_err().to_string();
        assert!(nixos_store::files(&store.boot()).is_empty());
        error.replace(store.root().to_str().unwrap(), "@ROOT")
    };
    let mut all = String::new();
    let program = store.host(&format!("{toplevel}/append-initrd-secrets"));
    fs::write(&program, "#!/bin/sh\n: > \"$1\"\n").unwrap();
    all.push_str(&format!("{}\n", refused(&store)));
    fs::write(&program, "#!/bin/sh\n").unwrap();
    for name in ["initrd", "kernel"] {
        let file = store.options().root.locate(Path::new(&format!("{toplevel}/{name}"))).unwrap();
        let content = fs::read(&file).unwrap();
        fs::write(&file, "").unwrap();
        all.push_str(&format!("{}\n", refused(&store)));
        fs::write(&file, content).unwrap();
    }
    // Of an older generation it is no reason to refuse the new one.
    let older = store.build(&Spec::new(2));
    store.link(None, 2, &older);
    let file = store.options().root.locate(Path::new(&format!("{older}/kernel"))).unwrap();
    fs::write(file, "").unwrap();
    let installed = install(&store, &toplevel, &mut FaultyDisk::new()).unwrap();
    assert_eq!((installed.menu.entries.len(), installed.menu.warnings.len()), (1, 1));
    all.push_str(&format!("{}\n", installed.menu.warnings[0]));
    store.file("/boot/grub/menu.lst", b"default 0\n");
    let error = install(&store, &toplevel, &mut FaultyDisk::new()).unwrap_err().to_string();
    all.push_str(&format!("{error}\n"));
    insta::assert_snapshot!(all);
}
