//! `pregrub generate`, as a program.

use insta::assert_snapshot;

use crate::common::program::run;

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn generate(line: &str) -> String {
    let mut arguments = vec!["generate"];
    arguments.extend(words(line));
    run(&arguments).whole()
}

const DISKS: &str = "--boot-disk phy:/dev/vg/web-boot --root-disk phy:/dev/vg/web-root";

#[test]
fn the_public_recipe_as_a_module() {
    assert_snapshot!(generate("nixos"));
}

#[test]
fn a_module_for_one_partitioned_disk() {
    assert_snapshot!(generate(
        "nixos --name web --one-disk --table gpt --boot-uuid 3f1c9a5e-77aa-4d0e-9c59-0f3a5d2e6b11 --root-filesystem xfs \
         --kernel-param quiet --limit 5 --timeout 0 --state-version 24.05"
    ));
}

#[test]
fn a_module_with_boot_as_a_directory() {
    assert_snapshot!(generate("nixos --one-disk"));
}

#[test]
fn the_install_phase() {
    assert_snapshot!(generate(&format!("xl --phase install --name web --iso /srv/nixos.iso {DISKS}")));
}

#[test]
fn the_run_phase() {
    assert_snapshot!(generate(&format!(
        "xl --phase run --name web --type pvh --quiet --restrict --memory 512 --vcpus 1 {DISKS}"
    )));
}

#[test]
fn several_interfaces() {
    let text = generate(&format!("xl --phase run --bridge xenbr0 --bridge lan --mac 00:16:3e:12:34:56 {DISKS}"));
    let line = text.lines().find(|line| line.starts_with("vif")).unwrap();
    let second = line.strip_prefix("vif = [ \"mac=00:16:3e:12:34:56,bridge=xenbr0\", \"mac=00:16:3e:").unwrap();
    assert!(second.ends_with(",bridge=lan\" ]"), "{line}");
}

#[test]
fn one_filesystem_for_all() {
    let module = generate("nixos --one-disk --root-filesystem ext3");
    assert!(module.contains("fsType = lib.mkForce \"ext3\"") && !module.contains("ext4"), "{module}");
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("web");
    let name = place.to_str().unwrap();
    let disk = "--boot-disk phy:/dev/vg/web --iso /srv/nixos.iso --one-disk";
    for (options, step) in [
        ("--root-label WEB --root-filesystem ext2", "    mkfs.ext2 -F -L WEB /dev/xvda\n"),
        ("--boot-label WEB", "    mkfs.ext4 -F -L WEB /dev/xvda\n"),
        ("", "    mkfs.ext4 -F -L NIXROOT /dev/xvda\n"),
        ("--table gpt --root-device /dev/xvda1 --root-filesystem ext3", "    mkfs.ext3 -F -L NIXROOT -U "),
    ] {
        let said = generate(&format!("recipe {name} --force {disk} {options}"));
        assert!(said.ends_with("exit status 0\n"), "{options}: {said}");
        let readme = std::fs::read_to_string(place.join("README.md")).unwrap();
        assert!(readme.contains(step), "{options}: {readme}");
    }
}

/// The help's number of generations.
#[test]
fn the_limit_that_the_help_tells_fits() {
    assert!(generate("nixos --limit 2000").ends_with("exit status 0\n"));
}

#[test]
fn without_a_network_on_files() {
    assert_snapshot!(generate(
        "xl --phase run --one-disk --table mbr --no-network --boot-disk /srv/web.img --bootloader /usr/local/bin/pygrub"
    ));
}

#[test]
fn refusals() {
    let lines = [
        "nixos --boot-filesystem btrfs",
        "nixos --boot-filesystem xfs",
        "nixos --boot-feature bigalloc",
        "nixos --boot-device /dev/disk/by-uuid/1",
        "nixos --boot-device /dev/mapper/vg-boot",
        "nixos --boot-device /dev/xvdb",
        "nixos --root-device /dev/mapper/vg-root",
        "nixos --root-device /dev/disk/by-label/ROOT",
        "nixos --root-device UUID=1",
        "nixos --root-device /dev/sdb",
        "nixos --one-disk --root-device /dev/mapper/vg-root",
        "nixos --table mbr",
        "nixos --table mbr --boot-device /dev/xvda5",
        "nixos --table gpt --boot-uuid 1A2B-3C4D",
        "nixos --one-disk --boot-filesystem vfat",
        "nixos --one-disk --root-filesystem btrfs",
        "nixos --one-disk --root-filesystem ext3 --boot-filesystem ext4",
        "nixos --one-disk --root-label A --boot-label B",
        "nixos --default saved",
        "nixos --default 1",
        "nixos --default 2",
        "nixos --default \"x\"q'q",
        "nixos --default NixOS",
        "nixos --kernel-param a;b",
        "nixos --kernel-param *",
        "nixos --kernel-param /ker*",
        "nixos --kernel-param init=/bin/sh",
        "nixos --grub-config set",
        "nixos --limit 0",
        "nixos --limit 5000",
        "nixos --limit 10000",
        "nixos --boot-label a*b",
        "nixos --state-version 24",
        "nixos --release 4.14",
        "nixos --release 3.4",
        "xl --phase run",
        "xl --phase run --boot-disk /dev/vg/a",
        "xl --phase run --boot-disk a.img --root-disk /dev/vg/b",
        "xl --phase run --boot-disk /dev/vg/a --root-disk /dev/vg/a",
        "xl --phase run --boot-disk /dev/vg/a --one-disk --root-disk /dev/vg/b",
        "xl --phase install --boot-disk /dev/vg/a --root-disk /dev/vg/b",
        "xl --phase run --restrict --release 4.17 --boot-disk /dev/vg/a --root-disk /dev/vg/b",
        "xl --phase run --name 12 --boot-disk /dev/vg/a --root-disk /dev/vg/b",
        "xl --phase run --bridge a/b --boot-disk /dev/vg/a --root-disk /dev/vg/b",
        "xl --phase run --mac 01:00:00:00:00:00 --boot-disk /dev/vg/a --root-disk /dev/vg/b",
        "xl --phase run --mac 00:00:00:00:00:00 --boot-disk /dev/vg/a --root-disk /dev/vg/b",
        "xl --phase run --mac ff:ff:ff:ff:ff:ff --boot-disk /dev/vg/a --root-disk /dev/vg/b",
        "xl --phase run --mac 00:16:3e:00:00:01 --mac 00:16:3e:00:00:02 --boot-disk /dev/vg/a --root-disk /dev/vg/b",
        "xl --phase run --name Domain-0 --boot-disk /dev/vg/a --root-disk /dev/vg/b",
        "xl --phase run --boot-disk /srv/a.qcow2 --root-disk /dev/vg/b",
        "xl --phase run --vcpus 129 --boot-disk /dev/vg/a --root-disk /dev/vg/b",
        "xl --phase run --memory 16777216 --boot-disk /dev/vg/a --root-disk /dev/vg/b",
        "xl --phase run --bootloader /usr/bin/pygrub --boot-disk /dev/vg/a --root-disk /dev/vg/b",
        "xl --phase run --memory 0 --boot-disk /dev/vg/a --root-disk /dev/vg/b",
    ];
    let all: String = lines.iter().map(|line| format!("$ pregrub generate {line}\n{}\n", generate(line))).collect();
    assert_snapshot!(all);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    for option in
        ["--name", "--boot-filesystem", "--boot-device", "--kernel-param", "--boot-label", "--default", "--boot-uuid"]
    {
        let ended = run(&["generate", "nixos", option, "x\u{1b}[2J\u{9b}\n"]);
        assert_eq!(ended.status, 2, "{option}");
        assert!(!ended.stderr.contains(['\u{1b}', '\u{9b}']), "{option}: {}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{option}: {}", ended.stderr);
    }
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("guest.nix");
    let name = path.to_str().unwrap();
    let ended = run(&["generate", "nixos", "-o", name]);
    assert_eq!((ended.status, ended.whole().as_str()), (0, "exit status 0\n"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), run(&["generate", "nixos"]).stdout);
    let again = run(&["generate", "nixos", "--limit", "7", "-o", name]);
    assert_eq!(again.status, 2);
    assert_eq!(
        again.stderr,
        format!("pregrub: `{name}` is already there: give another name, or --force to replace it\n")
    );
    assert_eq!(run(&["generate", "nixos", "--limit", "7", "--force", "-o", name]).status, 0);
    assert!(std::fs::read_to_string(&path).unwrap().contains("configurationLimit = 7;"));
    assert_eq!(run(&["generate", "nixos", "-o", "/nonexistent/x"]).status, 2);
    assert_eq!(run(&["generate", "nixos", "-o", "-"]).stdout, run(&["generate", "nixos"]).stdout);
    assert_eq!(run(&["generate", "nixos", "-o", "/dev/full"]).status, 2);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn the_recipe_is_four_files() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("web");
    let name = place.to_str().unwrap();
    let line = format!("recipe {name} --name web --iso /srv/nixos.iso {DISKS}");
    assert_snapshot!(generate(&line).replace(name, "DIRECTORY"));
    assert_snapshot!(std::fs::read_to_string(place.join("README.md")).unwrap().replace(name, "DIRECTORY"));
    let module = std::fs::read_to_string(place.join("xen-guest.nix")).unwrap();
    assert_eq!(module, run(&["generate", "nixos", "--name", "web"]).stdout);
    let again = generate(&line);
    assert!(again.contains("already there") && again.ends_with("exit status 2\n"), "{again}");
    std::fs::write(place.join("run.cfg"), "mine").unwrap();
    assert!(generate(&format!("{line} --force")).ends_with("exit status 0\n"));
    assert!(std::fs::read_to_string(place.join("run.cfg")).unwrap().contains("bootloader = \"pygrub\""));
}

#[test]
fn the_steps_for_partitions_on_files() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("it's");
    let name = place.to_str().unwrap().to_owned();
    let ended = run(&[
        "generate",
        "recipe",
        &name,
        "--name",
        "web 1",
        "--iso",
        "/srv/it's.iso",
        "--boot-disk",
        "/srv/my disks/boot.img",
        "--root-disk",
        "/dev/sdb",
        "--table",
        "mbr",
        "--boot-filesystem",
        "vfat",
        "--root-device",
        "/dev/xvdb2",
        "--root-filesystem",
        "btrfs",
        "--quiet",
        "--restrict",
    ]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let readme = std::fs::read_to_string(place.join("README.md")).unwrap();
    assert_snapshot!(readme.replace(directory.path().to_str().unwrap(), "DIRECTORY"));
}

#[test]
fn help() {
    assert_snapshot!(run(&["generate", "xl", "--help"]).whole());
}
