//! The images of `pregrub init`, started by the real pygrub and looked at by the tools for such disks.

use std::path::{Path, PathBuf};
use std::process::Command;

use pregrub::boot::Verdict;
use pregrub::generate::init::BootImage;
use pregrub::generate::{Choices, PartitionScheme, Plan};

use crate::common::nixos::Nixos;
use crate::common::side_by_side::{Allowed, Pairs};
use crate::common::tools;

fn image(choices: Choices) -> BootImage {
    let plan = Plan::with_new_filesystems(choices).unwrap_or_else(|refusal| panic!("{refusal}"));
    BootImage { plan, generations: 3, size: 16, kernel: None, initrd: None }
}

/// Every shape of a boot disk, each with a name.
fn shapes() -> Vec<(String, BootImage)> {
    let mut shapes = Vec::new();
    for table in [PartitionScheme::None, PartitionScheme::Mbr, PartitionScheme::Gpt] {
        for filesystem in ["ext4", "ext3", "ext2", "vfat"] {
            let choices = Choices { table, boot_filesystem: Some(filesystem.to_owned()), ..Choices::default() };
            shapes.push((format!("{filesystem} {}", table.name()), image(choices)));
        }
        let device = (table != PartitionScheme::None).then(|| "/dev/xvda3".to_owned());
        let choices =
            Choices { table, one_disk: true, boot_device: device.clone(), root_device: device, ..Choices::default() };
        shapes.push((format!("/boot as a directory {}", table.name()), image(choices)));
    }
    let choices = Choices { boot_features: vec!["^has_journal".into()], ..Choices::default() };
    shapes.push(("no journal".to_owned(), image(choices)));
    shapes
}

fn passes(program: &str, arguments: &[&str], image: &Path) {
    let Some(program) = tools::tool(program) else { return };
    let output = Command::new(&program).args(arguments).arg(image).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{} {}: {said}", program.display(), image.display());
    assert!(!said.contains("problem with") && !said.contains("Caution"), "{said}");
}

#[test]
fn the_real_pygrub_starts_them() {
    let oracle = oracle_or_skip!();
    let directory = tempfile::tempdir().unwrap();
    let mut pairs = Pairs::default();
    for (number, (name, image)) in shapes().into_iter().enumerate() {
        let path = directory.path().join(format!("{number}.img"));
        let run = image.make(&path, false).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(run.verdict, Verdict::Boots, "{name}");
        if name.contains("none") && !name.contains("vfat") {
            passes("e2fsck", &["-fn"], &path);
        }
        if name.contains("gpt") {
            passes("sgdisk", &["-v"], &path);
        }
        if !name.contains("none") && name != "no journal" {
            passes("sfdisk", &["--verify"], &path);
        }
        for options in [&["-q"][..], &["-q", "--entry=2"]] {
            pairs.add_path(Allowed::Known, &name, &path, options);
        }
    }
    let tally = pairs.compare(&oracle);
    tally.assert("images of init");
    assert_eq!((tally.boots, tally.drop_in), (32, 32));
}

/// A file in an image of ext without a table.
fn content(image: &Path, at: &str) -> Vec<u8> {
    let debugfs = tools::tool("debugfs").expect("it comes with mke2fs");
    Command::new(debugfs).args(["-R", &format!("cat {at}")]).arg(image).output().expect("it starts").stdout
}

#[test]
fn grub_reads_the_configuration() {
    let Some(check) = tools::tool("grub-script-check") else { return };
    let directory = tempfile::tempdir().unwrap();
    for (one_disk, at) in [(false, "/grub/grub.cfg"), (true, "/boot/grub/grub.cfg")] {
        let path = directory.path().join(format!("{one_disk}.img"));
        image(Choices { one_disk, ..Choices::default() }).make(&path, false).unwrap();
        let text = content(&path, at);
        assert!(text.starts_with(b"# Automatically generated."), "{}", String::from_utf8_lossy(&text));
        let file = directory.path().join("grub.cfg");
        std::fs::write(&file, text).unwrap();
        assert!(Command::new(&check).arg(&file).status().unwrap().success());
    }
}

/// The lines of a configuration without what indents them; of the entries only their first words, which names and dates do not change.
fn shape(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let head = text.lines().position(|line| line.starts_with("menuentry")).unwrap();
    let head: Vec<&str> = text.lines().take(head).map(str::trim).filter(|line| !line.is_empty()).collect();
    let entries = lines.skip(head.len()).map(|line| line.split(' ').next().unwrap_or_default());
    head.iter().copied().chain(entries).map(str::to_owned).collect()
}

/// Two descriptions of what NixOS' installer writes, by different people: that of the library, and that of the tests.
#[test]
fn the_configuration_is_that_of_the_installer() {
    let directory = tempfile::tempdir().unwrap();
    for (one_disk, at) in [(false, "/grub/grub.cfg"), (true, "/boot/grub/grub.cfg")] {
        let path = directory.path().join(format!("{one_disk}.img"));
        image(Choices { one_disk, timeout: 7, ..Choices::default() }).make(&path, false).unwrap();
        let ours = String::from_utf8(content(&path, at)).unwrap();
        let theirs =
            Nixos { always_default: false, timeout: Some(7), copy_kernels: !one_disk, ..Nixos::recipe() }.config();
        // The description of the tests knows no /boot on the root filesystem.
        assert_eq!(shape(&ours.replace(" /boot/", " /")), shape(&theirs));
    }
}

/// What Xen itself makes of it is not asked here: a PV guest under Xen 4.17 wrote `pregrub: started by Xen with: ` and its arguments.
#[test]
fn the_placeholder_is_a_kernel_for_xen() {
    let Some(check) = tools::tool("grub-file") else { return };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("boot.img");
    let run = image(Choices::default()).make(&path, false).unwrap();
    let kernel = directory.path().join("kernel");
    std::fs::write(&kernel, content(&path, &run.chosen.unwrap().kernel.path.to_string())).unwrap();
    assert!(Command::new(check).arg("--is-x86_64-xen-domu").arg(&kernel).status().unwrap().success());
}

#[test]
fn given_files_are_what_boots() {
    let oracle = oracle_or_skip!();
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    // Shared by all generations: three copies would not fit.
    std::fs::write(file("vmlinuz"), vec![b'K'; 9 << 20]).unwrap();
    std::fs::write(file("initrd"), "the initrd").unwrap();
    let made = BootImage { kernel: Some(file("vmlinuz")), initrd: Some(file("initrd")), ..image(Choices::default()) };
    made.make(&file("boot.img"), false).unwrap();
    let mut pairs = Pairs::default();
    pairs.add_path(Allowed::Known, "given files", &file("boot.img"), &["-q"]);
    let tally = pairs.compare(&oracle);
    tally.assert("given files");
    assert_eq!(tally.boots, 1);
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_cannot_be_made_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    std::fs::write(file("large"), vec![b'K'; 20 << 20]).unwrap();
    std::fs::write(file("there"), "something else").unwrap();
    let plain = || image(Choices::default());
    let fat = image(Choices { boot_filesystem: Some("vfat".into()), ..Choices::default() });
    let refused = |image: BootImage, name: &str| image.make(&file(name), false).unwrap_err().to_string();
    let large = Some(file("large"));
    let too_large = refused(BootImage { kernel: large.clone(), ..plain() }, "a");
    assert!(too_large.contains("mke2fs") && too_large.contains("--size"), "{too_large}");
    let too_large = refused(BootImage { kernel: large, ..fat }, "a");
    assert!(too_large.contains("mcopy") && too_large.contains("--size"), "{too_large}");
    assert!(refused(plain(), "there").contains("already there"));
    assert!(
        refused(BootImage { kernel: Some(PathBuf::from("/nonexistent")), ..plain() }, "a").contains("no such file")
    );
    assert!(
        refused(BootImage { kernel: Some(directory.path().to_owned()), ..plain() }, "a").contains("not a regular file")
    );
    assert!(refused(BootImage { generations: 0, ..plain() }, "a").contains("generations"));
    assert!(refused(BootImage { size: 1, ..plain() }, "a").contains("MiB"));
    assert!(refused(plain(), "missing/a").contains("no such directory"));
    assert_eq!(names(directory.path()), ["large", "there"]);
    assert_eq!(std::fs::read(file("there")).unwrap(), b"something else");
    plain().make(&file("there"), true).unwrap();
    assert_eq!(std::fs::metadata(file("there")).unwrap().len(), 16 << 20);
}
