//! The files of a recipe, held against each other, and the commands of its README carried out.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use pregrub::generate::recipe::{self, RecipeFile};
use pregrub::generate::{Choices, PartitionScheme, Plan};

use super::random_choices;
use crate::common::random::Random;
use crate::common::side_by_side::{Allowed, Pairs};
use crate::common::tools;

fn files(choices: &Choices) -> Vec<RecipeFile> {
    let plan = Plan::with_new_filesystems(choices.clone()).unwrap_or_else(|refusal| panic!("{refusal}: {choices:?}"));
    recipe::files(&plan, "/srv/recipe").unwrap()
}

fn text<'a>(files: &'a [RecipeFile], name: &str) -> &'a str {
    &files.iter().find(|file| file.name == name).expect("it is there").text
}

/// Every device node of a guest that a text names.
fn nodes(text: &str) -> BTreeSet<String> {
    let rest = text.match_indices("/dev/xvd").map(|(at, _)| &text[at..]);
    rest.map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect()).collect()
}

/// The indented commands of a README.
fn commands(readme: &str) -> Vec<&str> {
    readme.lines().filter_map(|line| line.strip_prefix("    ")).collect()
}

#[test]
fn the_files_name_the_same_devices() {
    let mut random = Random::new(23);
    for _ in 0..200 {
        let choices = random_choices::choices(&mut random);
        let files = files(&choices);
        let module: BTreeSet<String> = text(&files, recipe::MODULE)
            .lines()
            .filter(|line| line.starts_with("  fileSystems."))
            .flat_map(nodes)
            .collect();
        let steps = commands(text(&files, recipe::README));
        let of = |word: &str| -> BTreeSet<String> {
            steps.iter().filter(|step| step.starts_with(word)).flat_map(|step| nodes(step)).collect()
        };
        assert_eq!(of("mkfs."), module, "{choices:?}");
        assert_eq!(of("mount "), module, "{choices:?}");
        let disks = module.iter().map(|node| node.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned());
        let disks: BTreeSet<String> = disks.collect();
        for config in [recipe::INSTALL, recipe::RUN] {
            let listed: BTreeSet<String> = disks
                .iter()
                .filter(|disk| text(&files, config).contains(&format!("vdev={},", disk.trim_start_matches("/dev/"))))
                .cloned()
                .collect();
            assert_eq!(listed, disks, "{choices:?}");
        }
        let partitioned: BTreeSet<String> = module
            .iter()
            .filter(|node| node.ends_with(|c: char| c.is_ascii_digit()))
            .map(|node| node.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned())
            .collect();
        assert_eq!(of("printf "), partitioned, "{choices:?}");
    }
}

/// What a shell makes of one of the README's commands, with a disk of the guest in place of its node.
fn shell(command: &str) -> String {
    let output = Command::new("sh")
        .args(["-ec", command])
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .expect("there is a shell");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command}: {said}");
    said
}

/// The one line of the steps that begins so.
fn step<'a>(steps: &[&'a str], start: &str) -> &'a str {
    let mut found = steps.iter().filter(|step| step.starts_with(start));
    let step = found.next().unwrap_or_else(|| panic!("{start}: {steps:?}"));
    assert!(found.next().is_none(), "{start}");
    step
}

fn sized(path: &Path, mebibytes: u64) {
    std::fs::File::create(path).unwrap().set_len(mebibytes << 20).unwrap();
}

/// The steps of the README on image files: what sfdisk and mkfs make of them is what the module and GRUB's line say, and with the
/// installer's files on it the real pygrub starts it.
#[test]
fn the_steps_make_a_disk_that_boots() {
    let oracle = oracle_or_skip!();
    let directory = tempfile::tempdir().unwrap();
    let mut pairs = Pairs::default();
    for table in [PartitionScheme::None, PartitionScheme::Mbr, PartitionScheme::Gpt] {
        for (filesystem, one_disk) in [("ext4", true), ("ext4", false), ("ext2", false), ("vfat", false)] {
            let choices = Choices {
                table,
                one_disk,
                boot_filesystem: (filesystem != "ext4").then(|| filesystem.into()),
                boot_disk: Some("/dev/vg/boot".into()),
                root_disk: (!one_disk).then(|| "/dev/vg/root".into()),
                iso: Some("/srv/nixos.iso".into()),
                ..Choices::default()
            };
            let files = files(&choices);
            let steps = commands(text(&files, recipe::README));
            let name = format!("{}-{filesystem}-{one_disk}", table.name());
            let disk = directory.path().join(&name);
            sized(&disk, if one_disk { 1100 } else { 64 });
            let (mut start, mut length, mut node) = (0, 64 << 20, "/dev/xvda".to_owned());
            if table != PartitionScheme::None {
                let command = step(&steps, "printf ").replace("/dev/xvda", disk.to_str().unwrap());
                shell(&command);
                let dump = shell(&format!("sfdisk -d {}", disk.display()));
                let first = dump.lines().find(|line| line.contains("start=")).unwrap();
                let field = |name: &str| -> u64 {
                    let rest = first.split(&format!("{name}=")).nth(1).unwrap().trim();
                    rest.split(',').next().unwrap().trim().parse::<u64>().unwrap() * 512
                };
                (start, length) = (field("start"), field("size"));
                node = "/dev/xvda1".to_owned();
            }
            // The filesystem by itself, then put where the partition is.
            let part = directory.path().join("part");
            std::fs::File::create(&part).unwrap().set_len(length).unwrap();
            let make = steps.iter().find(|step| step.starts_with("mkfs.") && step.ends_with(&node)).unwrap();
            shell(&make.replace(&node, part.to_str().unwrap()));
            // Again, as on a disk that was used before.
            shell(&make.replace(&node, part.to_str().unwrap()));
            let told = shell(&format!("blkid -p -o export {}", part.display()));
            assert!(told.contains(&format!("TYPE={filesystem}\n")), "{told}");
            let label = if one_disk && table == PartitionScheme::None { "NIXROOT" } else { "NIXBOOT" };
            assert!(told.contains(&format!("LABEL={label}\n")), "{told}");
            let module = text(&files, recipe::MODULE);
            if let Some(uuid) = module.split("--set=root ").nth(1) {
                let uuid = uuid.split('"').next().unwrap();
                assert!(told.contains(&format!("UUID={uuid}\n")), "{uuid}: {told}");
            } else {
                assert!(module.contains("set root=(hd0)") && table == PartitionScheme::None);
            }
            fill(&part, filesystem, one_disk && table == PartitionScheme::None, directory.path());
            shell(&format!(
                "dd status=none conv=notrunc,sparse bs=1M if={} of={} seek={}",
                part.display(),
                disk.display(),
                start >> 20
            ));
            assert_eq!(start % (1 << 20), 0);
            pairs.add_path(Allowed::Known, &name, &disk, &["-q"]);
        }
    }
    let tally = pairs.compare(&oracle);
    tally.assert("disks by the README's steps");
    assert_eq!(tally.boots, 12);
}

/// Every filesystem of `/` is made on a disk that another one was on before; without force mkfs.xfs and mkfs.btrfs refuse.
#[test]
fn the_steps_take_disks_that_were_used() {
    let directory = tempfile::tempdir().unwrap();
    let disk = directory.path().join("disk");
    sized(&disk, 400);
    for before in ["ext4", "xfs", "btrfs", "f2fs"] {
        for kind in ["ext4", "ext3", "ext2", "xfs", "btrfs", "f2fs"] {
            if tools::tool(&format!("mkfs.{kind}")).is_none() || tools::tool(&format!("mkfs.{before}")).is_none() {
                continue;
            }
            let make = |kind: &str| {
                let choices = Choices {
                    root_filesystem: Some(kind.into()),
                    boot_disk: Some("/dev/vg/boot".into()),
                    root_disk: Some("/dev/vg/root".into()),
                    iso: Some("/srv/nixos.iso".into()),
                    ..Choices::default()
                };
                let files = files(&choices);
                let steps = commands(text(&files, recipe::README));
                let step = steps.iter().find(|step| step.starts_with("mkfs.") && step.ends_with("/dev/xvdb")).unwrap();
                shell(&step.replace("/dev/xvdb", disk.to_str().unwrap()));
            };
            make(before);
            make(kind);
            let told = shell(&format!("blkid -p -o export {}", disk.display()));
            assert!(told.contains(&format!("TYPE={kind}\n")) && told.contains("LABEL=NIXROOT\n"), "{before}: {told}");
        }
    }
}

/// Puts a menu, a kernel and an initrd into a filesystem that was made, as an installer would.
fn fill(part: &Path, filesystem: &str, boot_is_directory: bool, directory: &Path) {
    let tree = directory.join("tree");
    let (prefix, store) = if boot_is_directory { ("boot/", "nix/store") } else { ("", "kernels") };
    std::fs::create_dir_all(tree.join(prefix).join("grub")).unwrap();
    std::fs::create_dir_all(tree.join(store)).unwrap();
    let text = format!("menuentry \"NixOS\" {{\n\n  linux /{store}/k init=/i\n  initrd /{store}/i\n}}\n");
    std::fs::write(tree.join(prefix).join("grub/grub.cfg"), text).unwrap();
    std::fs::write(tree.join(store).join("k"), "kernel").unwrap();
    std::fs::write(tree.join(store).join("i"), "initrd").unwrap();
    if filesystem == "vfat" {
        shell(&format!("MTOOLS_SKIP_CHECK=1 mcopy -s -i {} {}/* ::", part.display(), tree.display()));
    } else {
        let mut commands = String::new();
        for entry in walkdir::WalkDir::new(&tree).min_depth(1) {
            let entry = entry.unwrap();
            let inside = entry.path().strip_prefix(&tree).unwrap().display().to_string();
            let host = entry.path().display();
            let line = if entry.file_type().is_dir() {
                format!("mkdir {inside}\n")
            } else {
                format!("write {host} {inside}\n")
            };
            commands.push_str(&line);
        }
        let script = directory.join("debugfs");
        std::fs::write(&script, commands).unwrap();
        shell(&format!("debugfs -w -f {} {}", script.display(), part.display()));
    }
    std::fs::remove_dir_all(tree).unwrap();
}

/// The host's commands take awkward names for what they are.
#[test]
fn the_steps_quote_what_a_shell_would_touch() {
    let mut random = Random::new(29);
    let directory = tempfile::tempdir().unwrap();
    for _ in 0..60 {
        let path = format!("{}/{}", directory.path().display(), random_choices::awkward(&mut random).replace('/', "-"));
        let choices = Choices {
            one_disk: true,
            boot_disk: Some(format!("file:{path}")),
            iso: Some("/srv/nixos.iso".into()),
            ..Choices::default()
        };
        let files = files(&choices);
        shell(step(&commands(text(&files, recipe::README)), "truncate "));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 11 << 30, "{path}");
        std::fs::remove_file(path).unwrap();
    }
}
