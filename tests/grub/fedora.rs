//! `blscfg` of Fedora's GRUB. Expected values: by reading that patch, nothing of it can be run here.

use std::fs;

use pregrub::grub::{self, ConfigPlace, GrubRun, GrubSettings, Platform, Version, disks::OneDisk};
use pregrub::storage::directory::DirectoryVolume;

use super::menus;

const CONFIG: &str = "search --no-floppy --fs-uuid --set=boot 1\nset kernelopts=\"root=/dev/xvda2 ro\"\nfunction load_video { true; }\n\
                      set default=\"m-6.9.7-200.fc40.x86_64\"\nset timeout=1\nblscfg\nmenuentry \"last\" { linux /k0; }\n";

fn run(config: &str, directory: &str, version: Version) -> GrubRun {
    let folder = tempfile::tempdir().unwrap();
    menus::furnish(folder.path());
    let entries = folder.path().join(directory);
    fs::create_dir_all(&entries).unwrap();
    for (name, text) in [
        (
            "m-6.9.7-200.fc40.x86_64.conf",
            "title Six nine\nlinux /k0\ninitrd /i0\ninitrd /i1\noptions $kernelopts a=1\noptions b=2\n",
        ),
        ("m-6.10.3-200.fc40.x86_64.conf", "title Six ten\nversion 6.10.3\nlinux /k1\noptions $nothing\n\ninitrd /i0\n"),
        ("m-0-rescue.conf", "title Rescue\nlinux /k2\n"),
        ("no-kernel.conf", "title None\n"),
        (".hidden.conf", "linux /k0\n"),
    ] {
        fs::write(entries.join(name), text).unwrap();
    }
    let volume = DirectoryVolume(folder.path());
    let disk = OneDisk::new(&volume, version, Platform::Pc).unwrap();
    let place = ConfigPlace { device: "hd0".to_owned(), path: "/grub2/grub.cfg".to_owned() };
    grub::run(&disk, &place, config.as_bytes(), &GrubSettings { version, ..GrubSettings::default() })
}

fn titles(run: &GrubRun) -> Vec<String> {
    run.shown.items.iter().map(|item| String::from_utf8_lossy(&item.entry.title).into_owned()).collect()
}

fn words(run: &GrubRun) -> Vec<String> {
    let commands = run.chosen().into_iter().flat_map(|attempt| &attempt.commands);
    commands
        .map(|command| {
            let words: Vec<_> = command.args.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
            format!("{} {}", command.command, words.join(" "))
        })
        .collect()
}

#[test]
fn entries_are_sorted_and_expanded() {
    for directory in ["loader/entries", "boot/loader/entries"] {
        let run = run(CONFIG, directory, Version::V2_12Fedora);
        assert_eq!(titles(&run), ["Six ten", "Six nine", "Rescue", "last"]);
        let want = ["linux (hd0)/k0 root=/dev/xvda2 ro a=1", "initrd (hd0)/i0 (hd0)/i1"];
        assert_eq!(words(&run), want, "{directory}");
        assert!(run.boots());
    }
}

#[test]
fn the_default_options_stand_in() {
    let config = CONFIG
        .replace("set default=\"m-6.9.7-200.fc40.x86_64\"", "set default_kernelopts='quiet $more'\nset more=splash");
    let run = run(&config, "loader/entries", Version::V2_06Fedora);
    // What follows an empty line is not read: no initrd.
    assert_eq!(words(&run), ["linux (hd0)/k1 quiet splash"]);
}

#[test]
fn arguments_choose_entries() {
    let config =
        CONFIG.replace("blscfg\n", "blscfg default\nmenuentry \"between\" { linux /k0; }\nblscfg non-default\n");
    assert_eq!(
        titles(&run(&config, "loader/entries", Version::V2_06Fedora)),
        ["Six nine", "between", "Six ten", "Rescue", "last"]
    );
    let config = CONFIG.replace("blscfg\n", "blscfg m-0-rescue\n");
    assert_eq!(titles(&run(&config, "loader/entries", Version::V2_06Fedora)), ["Rescue", "last"]);
}

#[test]
fn others_do_not_have_it() {
    let run = run(CONFIG, "loader/entries", Version::V2_06);
    assert_eq!(titles(&run), ["last"]);
    assert_eq!(run.errors[0].text, "can't find command `blscfg'.");
    assert!(run.notes.iter().any(|note| note.contains("2.06-fedora")), "{:?}", run.notes);
}
