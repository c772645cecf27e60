//! Installations that are refused, or that succeed on a disk with more than one configuration: nothing that boots is lost.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use pregrub::generate::grub_cfg;

use super::machine::{Attribute, fifo, listing, within};
use crate::common::faulty_disk::{DriverError, FaultyDisk};
use crate::common::memory;
use crate::common::nixos_store::{Spec, Store};
use crate::common::program;

const CURRENT: &str = "/nix/var/nix/profiles/system";

fn name(letter: &str) -> String {
    format!("{}-linux", letter.repeat(32))
}

#[test]
fn a_refused_installation_changes_nothing_of_a_disk_that_boots_by_another_configuration() {
    let store = Store::of(&[Spec::new(1)]);
    let kernel = format!("kernels/{}", name("a"));
    store.file(&format!("/boot/{kernel}"), b"a kernel");
    store.file("/boot/grub/menu.lst", format!("default 0\ntitle T\nkernel /{kernel}\n").as_bytes());
    let before = listing(&store.boot());
    let boot = store.boot().to_str().unwrap().to_owned();
    assert_eq!(program::run(&["check", "--until", "pygrub", &boot]).status, 0);
    let mut disk = FaultyDisk::new();
    let error = grub_cfg::install(&store.options(), Path::new(CURRENT), &mut disk).unwrap_err().to_string();
    assert!(error.ends_with("move it out of the way; nothing was changed"), "{error}");
    assert_eq!(disk.log, [], "not even for a moment");
    let arguments = store.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--install", CURRENT]).collect();
    assert_eq!(program::run(&arguments).status, 1);
    assert_eq!(listing(&store.boot()), before);
    assert_eq!(program::run(&["check", "--until", "pygrub", &boot]).status, 0);
}

#[test]
fn what_another_configuration_names_stays() {
    let store = Store::of(&[Spec::new(1)]);
    // By its name, by a link of the disk, by another name of the same file; and one that nothing names.
    for letter in ["b", "c", "d", "e"] {
        store.file(&format!("/boot/kernels/{}", name(letter)), letter.as_bytes());
    }
    symlink(format!("kernels/{}", name("c")), store.boot().join("vmlinuz")).unwrap();
    fs::hard_link(store.boot().join("kernels").join(name("d")), store.boot().join("other")).unwrap();
    let extlinux = format!("LABEL a\n  KERNEL /kernels/{}\nLABEL b\n  KERNEL /vmlinuz\n", name("b"));
    store.file("/boot/extlinux/extlinux.conf", extlinux.as_bytes());
    store.file("/boot/extlinux.conf", b"LABEL a\n  KERNEL /other\n");
    let installed = grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap();
    assert_eq!(installed.removed, 1);
    let there = |letter: &str| store.boot().join("kernels").join(name(letter)).exists();
    assert!(there("b") && there("c") && there("d") && !there("e"));
}

/// Links among the kernels, a configuration that lies there, and the kernel that SUSE's pygrub boots without a configuration.
#[test]
fn what_a_path_leads_through_stays() {
    let store = Store::of(&[Spec::new(1)]);
    let boot = store.boot();
    for letter in ["1", "3", "4", "5"] {
        store.file(&format!("/boot/kernels/{}", name(letter)), letter.as_bytes());
    }
    symlink(name("1"), boot.join("kernels").join(name("2"))).unwrap();
    symlink(format!("kernels/{}", name("2")), boot.join("vmlinuz")).unwrap();
    store.file(&format!("/boot/kernels/{}", name("3")), b"LABEL a\n  KERNEL /vmlinuz\n");
    fs::create_dir_all(boot.join("extlinux")).unwrap();
    symlink(format!("../kernels/{}", name("3")), boot.join("extlinux/extlinux.conf")).unwrap();
    fs::create_dir_all(boot.join("boot")).unwrap();
    symlink(format!("../kernels/{}", name("4")), boot.join("boot/vmlinuz-xen")).unwrap();
    let installed = grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap();
    assert_eq!(installed.removed, 1);
    let there = |letter: &str| boot.join("kernels").join(name(letter)).exists();
    assert!(["1", "2", "3", "4"].into_iter().all(there) && !there("5"));
}

/// The system's own kernel may lie among the copies, and only there.
#[test]
fn a_kernel_that_is_copied_from_among_the_copies_stays_until_it_is() {
    let mut store = Store::new();
    let toplevel = store.build(&Spec::new(1));
    store.link(None, 1, &toplevel);
    let kernel = store.host(&toplevel).join("kernel");
    let content = fs::read(store.host(fs::read_link(&kernel).unwrap().to_str().unwrap())).unwrap();
    let place = format!("/boot/kernels/{}", name("6"));
    store.file(&place, &content);
    fs::remove_file(&kernel).unwrap();
    symlink(&place, &kernel).unwrap();
    // Without bootspec, the link is what the installer reads.
    let _ = fs::remove_file(store.host(&toplevel).join("boot.json"));
    grub_cfg::install(&store.options(), Path::new(&toplevel), &mut FaultyDisk::new()).unwrap();
    let copies =
        fs::read_dir(store.boot().join("kernels")).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    assert!(copies.into_iter().any(|copy| copy == content));
}

#[test]
fn what_the_old_menu_names_goes_with_the_next_installation() {
    let mut store = Store::of(&[Spec::new(1)]);
    let install = |store: &Store| {
        let options = grub_cfg::PlanOptions { limit: 0, ..store.options() };
        grub_cfg::install(&options, Path::new(CURRENT), &mut FaultyDisk::new()).unwrap()
    };
    install(&store);
    let old = fs::read_to_string(store.boot().join("grub/grub.cfg")).unwrap();
    let second = store.build(&Spec::new(2));
    store.link(None, 2, &second);
    assert_eq!(install(&store).removed, 0);
    // Whoever puts the old one back has a disk that boots.
    let new = fs::read(store.boot().join("grub/grub.cfg")).unwrap();
    fs::write(store.boot().join("grub/grub.cfg"), &old).unwrap();
    assert_eq!(program::run(&["check", "--until", "pygrub", store.boot().to_str().unwrap()]).status, 0);
    fs::write(store.boot().join("grub/grub.cfg"), new).unwrap();
    assert_eq!(install(&store).removed, 2);
}

#[test]
fn a_configuration_that_cannot_be_read_keeps_every_kernel() {
    let store = Store::of(&[Spec::new(1)]);
    store.file(&format!("/boot/kernels/{}", name("f")), b"f");
    fs::create_dir_all(store.boot().join("extlinux")).unwrap();
    let sparse = fs::File::create(store.boot().join("extlinux/extlinux.conf")).unwrap();
    sparse.set_len(3 << 30).unwrap();
    let installed = grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap();
    let told = "`/extlinux/extlinux.conf` of the boot disk cannot be read and may name any kernel: none was removed";
    assert_eq!(installed.menu.warnings, [told]);
    assert!(store.boot().join("kernels").join(name("f")).exists());
}

#[test]
fn an_old_configuration_that_is_no_file_or_never_ends_is_refused_at_once() {
    for what in ["fifo", "holes", "directory"] {
        let store = Store::of(&[Spec::new(1)]);
        fs::create_dir_all(store.boot().join("grub")).unwrap();
        let place = store.boot().join("grub/grub.cfg");
        match what {
            "fifo" => fifo(&place),
            "holes" => fs::File::create(&place).unwrap().set_len(3 << 30).unwrap(),
            _ => fs::create_dir(&place).unwrap(),
        }
        let before = listing(&store.boot());
        let begun = Instant::now();
        let (error, peak, store) = within(60, what, move || {
            let (result, peak) =
                memory::peak(|| grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()));
            (result.unwrap_err().to_string(), peak, store)
        });
        let why = if what == "holes" { "is larger than 16 MiB" } else { "it is not a regular file" };
        assert!(error.contains(why) && error.ends_with("; nothing was changed"), "{what}: {error}");
        assert!(peak < 64 << 20 && begun.elapsed() < Duration::from_secs(30), "{what}: {peak} {:?}", begun.elapsed());
        assert_eq!(listing(&store.boot()), before, "{what}");
    }
}

/// A thousand links to one variant are small on the disk.
#[test]
fn variants_are_not_held_where_no_menu_has_room_for_them() {
    let mut store = Store::of(&[Spec::new(1)]);
    let variant = store.build(&Spec::new(2));
    let toplevel = store.options().root.locate(Path::new(CURRENT)).unwrap();
    for system in [toplevel.clone(), store.host(&variant)] {
        let _ = fs::remove_file(system.join("boot.json"));
    }
    fs::write(store.host(&variant).join("kernel-params"), "a ".repeat(400 << 10)).unwrap();
    fs::create_dir_all(toplevel.join("specialisation")).unwrap();
    for number in 0..900 {
        symlink(&variant, toplevel.join(format!("specialisation/v{number}"))).unwrap();
    }
    let (error, peak) = within(60, "variants", move || {
        let (result, peak) =
            memory::peak(|| grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()));
        (result.unwrap_err().to_string(), peak)
    });
    assert!(error.contains("and its specialisations have more than 1 MiB: build fewer"), "{error}");
    assert!(peak < 64 << 20, "{peak}");
}

/// Generations alike: each has room, all of them have not.
#[test]
fn generations_are_not_held_where_no_menu_has_room_for_them() {
    let mut store = Store::of(&[Spec::new(1)]);
    let large = store.build(&Spec { params: vec!["x=1".repeat(2000); 90], ..Spec::new(2) });
    for number in 2..400 {
        store.link(None, number, &large);
    }
    let (error, peak) = within(60, "generations", move || {
        let options = grub_cfg::PlanOptions { limit: 1000, ..store.options() };
        let (result, peak) = memory::peak(|| grub_cfg::install(&options, Path::new(CURRENT), &mut FaultyDisk::new()));
        (result.unwrap_err().to_string(), peak)
    });
    assert!(error.contains("more than the 1048576 bytes that pygrub reads: choose a lower --limit"), "{error}");
    assert!(peak < 64 << 20, "{peak}");
}

/// A file of holes claims any size.
#[test]
fn a_kernel_larger_than_any_is_refused_unread() {
    let store = Store::of(&[Spec::new(1)]);
    let kernel = store.options().root.locate(Path::new(&format!("{CURRENT}/kernel"))).unwrap();
    let mut file = fs::File::options().append(true).open(kernel).unwrap();
    file.write_all(b"x").unwrap();
    file.set_len(1 << 40).unwrap();
    let error = within(60, "a kernel of holes", move || {
        grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap_err().to_string()
    });
    assert!(error.contains("it is larger than 1024 MiB; nothing was changed"), "{error}");
}

/// What has the name of a copy, and other content, is what a configuration boots: it stays whatever comes of the installation.
#[test]
fn what_has_the_name_of_a_copy_stays() {
    let booted = |store: &Store, copy: &str| {
        let extlinux = format!("LABEL a\n  KERNEL /kernels/{copy}\n");
        store.file("/boot/extlinux.conf", extlinux.as_bytes());
        store.file(&format!("/boot/kernels/{copy}"), b"what the other configuration boots");
    };
    let copies = |store: &Store| -> Vec<String> {
        let names = fs::read_dir(store.boot().join("kernels")).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let first = Store::of(&[Spec::new(1)]);
    grub_cfg::install(&first.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap();
    let names = copies(&first);
    assert!(names.len() >= 2, "{names:?}");
    for name in names {
        for fault in [None, Some(DriverError::Cut), Some(DriverError::Error(std::io::ErrorKind::StorageFull))] {
            for number in 0.. {
                let store = Store::of(&[Spec::new(1)]);
                booted(&store, &name);
                let before = listing(&store.boot().join("kernels"))[Path::new(&name)].clone();
                let mut disk = fault.map_or_else(FaultyDisk::new, |fault| FaultyDisk::failing(number, fault));
                let result = grub_cfg::install(&store.options(), Path::new(CURRENT), &mut disk);
                let now = listing(&store.boot().join("kernels")).get(Path::new(&name)).cloned();
                assert_eq!(now.as_deref(), Some(before.as_str()), "{name} {fault:?} {number}: {result:?}");
                if !disk.failed() {
                    // The second name is what the new grub.cfg boots.
                    assert!(copies(&store).iter().any(|copy| copy.contains("-copy-2-")), "{name}: {result:?}");
                    let boot = store.boot().to_str().unwrap().to_owned();
                    assert_eq!(program::run(&["check", "--until", "pygrub", &boot]).status, 0, "{name}");
                    // And that stays so.
                    grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap();
                    assert_eq!(program::run(&["check", "--until", "pygrub", &boot]).status, 0, "{name}");
                    break;
                }
            }
        }
    }
}

/// Names that the installation writes for a moment and removes again, where another configuration boots what is there.
#[test]
fn what_has_the_name_of_a_temporary_file_stays() {
    for (held, by) in [
        ("grub/.pregrub-grub.cfg.old", "LABEL a\n  KERNEL /grub/.pregrub-grub.cfg.old\n"),
        ("grub/.pregrub-grub.cfg.new", "LABEL a\n  KERNEL /grub/.pregrub-grub.cfg.new\n"),
        ("kernels/.pregrub-new-x", "LABEL a\n  KERNEL /kernels/.pregrub-new-x\n"),
    ] {
        let store = Store::of(&[Spec::new(1)]);
        store.file(&format!("/boot/{held}"), b"a kernel");
        store.file("/boot/extlinux.conf", by.as_bytes());
        let before = listing(&store.boot());
        let mut disk = FaultyDisk::new();
        let error = grub_cfg::install(&store.options(), Path::new(CURRENT), &mut disk).unwrap_err().to_string();
        assert!(error.contains("give that file another name"), "{held}: {error}");
        assert_eq!(disk.log, [], "{held}: not even for a moment");
        assert_eq!(listing(&store.boot()), before, "{held}");
    }
    // Whatever is there may be what a configuration boots that is too long to be read.
    let store = Store::of(&[Spec::new(1)]);
    let temporary = format!("/boot/kernels/.pregrub-new-{}", name("7"));
    store.file(&temporary, b"a kernel");
    store.file(
        "/boot/extlinux.conf",
        &[format!("LABEL a\n  KERNEL {temporary}\n").as_bytes(), &[b'#'; 1 << 20]].concat(),
    );
    let before = listing(&store.boot());
    let error = grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap_err();
    assert!(error.to_string().contains("`/extlinux.conf` of the boot disk cannot be read and may lead to"), "{error}");
    assert_eq!(listing(&store.boot()), before);
    // The configuration itself, by a link.
    let store = Store::of(&[Spec::new(1)]);
    store.file("/boot/grub/.pregrub-grub.cfg.old", b"LABEL a\n  KERNEL /k\n");
    fs::create_dir_all(store.boot().join("extlinux")).unwrap();
    symlink("../grub/.pregrub-grub.cfg.old", store.boot().join("extlinux/extlinux.conf")).unwrap();
    assert!(grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).is_err());
    assert!(store.boot().join("grub/.pregrub-grub.cfg.old").exists());
}

/// A guest that could write its boot disk once could otherwise stop every later installation.
#[test]
fn a_stale_copy_that_cannot_be_removed_stops_nothing() {
    let store = Store::of(&[Spec::new(1)]);
    let stale = format!("/boot/kernels/{}", name("b"));
    store.file(&stale, b"b");
    let Some(_kept) = Attribute::set("i", store.host(&stale)) else { return };
    for _ in 0..2 {
        let installed =
            grub_cfg::install(&store.options(), Path::new(CURRENT), &mut grub_cfg::LocalDisk::default()).unwrap();
        assert_eq!(installed.removed, 0);
        let said: Vec<&String> =
            installed.menu.warnings.iter().filter(|warning| warning.contains("immutable")).collect();
        assert!(said.len() == 1 && said[0].contains(&name("b")), "{:?}", installed.menu.warnings);
    }
    assert_eq!(program::run(&["check", "--until", "pygrub", store.boot().to_str().unwrap()]).status, 0);
}

#[test]
fn a_directory_in_which_nothing_can_be_renamed_is_refused_before_anything_is_written() {
    for (directory, letter) in [("kernels", "a"), ("grub", "a"), ("kernels", "i")] {
        let store = Store::of(&[Spec::new(1)]);
        // A word of a shell only in quotes.
        let place = store.root().join("its boot; disk");
        fs::rename(store.boot(), &place).unwrap();
        let options = grub_cfg::PlanOptions { boot: place.clone(), ..store.options() };
        fs::create_dir_all(place.join("kernels")).unwrap();
        fs::create_dir_all(place.join("grub")).unwrap();
        let Some(_kept) = Attribute::set(letter, place.join(directory)) else { return };
        let before = listing(&place);
        let result = grub_cfg::install(&options, Path::new(CURRENT), &mut grub_cfg::LocalDisk::default());
        let error = result.unwrap_err().to_string();
        let expected = format!(
            "nothing in `{0}` can be renamed: it is append-only or immutable (chattr -a -i '{0}'); nothing was changed",
            place.canonicalize().unwrap().join(directory).display()
        );
        assert_eq!(error, expected);
        assert_eq!(listing(&place), before, "{directory}");
    }
}

/// XCP-ng's pygrub leaves out what stands between `if` and `fi`, so that another line counts.
#[test]
fn what_another_flavour_boots_stays() {
    let text = "menuentry \"A\" {\n  linux /vmlinuz\n  if [ x ]; then\n  linux /nothing\n  fi\n}\n";
    for place in ["grub/grub.cfg", "boot/grub2/grub.cfg"] {
        let store = Store::of(&[Spec::new(1)]);
        store.file(&format!("/boot/kernels/{}", name("7")), b"7");
        symlink(format!("kernels/{}", name("7")), store.boot().join("vmlinuz")).unwrap();
        store.file(&format!("/boot/{place}"), text.as_bytes());
        grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap();
        assert!(store.boot().join("kernels").join(name("7")).exists(), "{place}");
    }
}

/// A link to nowhere is not "there is none": the filesystem that it leads to may not be mounted, and the next installation would remove the
/// kernels.
#[test]
fn what_a_link_to_nowhere_stands_for_is_not_forgotten() {
    let further = || {
        let mut store = Store::of(&[Spec::new(1)]);
        let other = store.build(&Spec::new(2));
        store.link(Some("test"), 1, &other);
        store
    };
    let moved: [(&str, &dyn Fn() -> Store); 3] = [
        ("/nix/var/nix/profiles/system-profiles", &further),
        ("TOPLEVEL/specialisation", &|| Store::of(&[Spec::new(1)])),
        ("TOPLEVEL/boot.json", &|| Store::of(&[Spec::new(1)])),
    ];
    for (path, store) in moved {
        let store = store();
        let toplevel = store.options().root.locate(Path::new(CURRENT)).unwrap();
        let place = match path.strip_prefix("TOPLEVEL/") {
            Some(name) => toplevel.join(name),
            None => store.host(path),
        };
        if !path.ends_with("boot.json") {
            // It would say what the specialisations are.
            let _ = fs::remove_file(toplevel.join("boot.json"));
        }
        let install = || grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new());
        install().unwrap();
        let before = listing(&store.boot());
        if place.exists() {
            fs::rename(&place, store.host("/nix/aside")).unwrap();
        }
        symlink("/nowhere/at/all", &place).unwrap();
        let error = install().unwrap_err().to_string();
        assert!(error.contains("it is a link that leads nowhere"), "{path}: {error}");
        assert_eq!(listing(&store.boot()), before, "{path}");
    }
}

/// `system-07-link` beside `system-7-link`: each has its kernel.
#[test]
fn two_links_of_one_number_are_two_entries() {
    let mut store = Store::of(&[Spec::new(1)]);
    let other = store.build(&Spec::new(2));
    let profiles = store.host("/nix/var/nix/profiles");
    symlink(&other, profiles.join("system-01-link")).unwrap();
    symlink(&other, profiles.join("system-+5-link")).unwrap();
    let install = || grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap();
    let count = install().menu.entries.len();
    fs::remove_file(profiles.join("system-01-link")).unwrap();
    assert_eq!(install().menu.entries.len() + 1, count);
}
