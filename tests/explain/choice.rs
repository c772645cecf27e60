//! Of several places that failed the one is named that the user must change, and a way out only where it was tried.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::common::images::{Filesystem, Image, Layout, Tree, Volume};
use crate::common::program;
use crate::common::tools;

fn checked(target: &str) -> Value {
    let ended = program::run(&["check", "--format", "json", target]);
    serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.stderr))
}

/// The reason, the way out, and the codes of the findings in their order.
fn told(report: &Value) -> (String, String, Vec<String>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let codes = report["findings"].as_array().into_iter().flatten().map(|finding| text(&finding["code"])).collect();
    (text(&report["failure"]["reason"]), text(&report["failure"]["help"]), codes)
}

fn esp() -> Volume {
    Volume::new(Filesystem::fat(12), Tree::new().file("/EFI/fedora/grub.cfg", "configfile x\n"))
}

#[test]
fn behind_an_efi_partition_the_boot_filesystem_is_to_blame() {
    let xfs = Volume::new(Filesystem::Xfs { options: Vec::new() }, Tree::bootable());
    let (reason, help, codes) = told(&checked(&Image::gpt(&[esp(), xfs]).argument()));
    assert!(reason.starts_with("GPT entry 2 is XFS, version 5"), "{reason}");
    assert!(help.contains("ext4"), "{help}");
    assert_eq!(codes[0], "PG302");
    let Some(mkfs) = tools::tool("mkfs.btrfs") else { return };
    let whole = Image::of_bytes(&vec![0; 128 << 20]);
    assert!(Command::new(mkfs).arg("-q").arg(whole.path()).status().expect("it starts").success());
    let head = fs::read(whole.path()).expect("made above")[..2 << 20].to_vec();
    let btrfs = || Volume::new(Filesystem::Raw(head.clone()), Tree::new());
    let (reason, _, codes) = told(&checked(&Image::gpt(&[esp(), btrfs()]).argument()));
    assert_eq!(reason, "GPT entry 2 is btrfs: pygrub has no driver for it");
    assert_eq!(codes[..2], ["PG301", "PG313"]);
    // A filesystem that may well be /boot is asked about first.
    let ext = Volume::ext4(Tree::new().directory("/lost"));
    let (reason, _, _) = told(&checked(&Image::gpt(&[ext, btrfs()]).argument()));
    assert!(reason.contains("has none of the configurations"), "{reason}");
    // The kernels of systemd-boot lie on the EFI partition: there the guest has to write a configuration.
    let systemd = Tree::new().file("/EFI/x", "x").file("/loader/loader.conf", "timeout 3\n");
    let (_, help, _) = told(&checked(&Image::gpt(&[Volume::new(Filesystem::fat(12), systemd), btrfs()]).argument()));
    assert!(help.contains("systemd-boot"), "{help}");
}

#[test]
fn a_disk_with_swap_that_is_named_first() {
    let Some(mkswap) = tools::tool("mkswap") else { return };
    let swap = Image::of_bytes(&vec![0; 1 << 20]);
    assert!(Command::new(mkswap).arg("-q").arg(swap.path()).status().expect("it starts").success());
    let (boot, empty) = (Image::whole(&Volume::ext4(Tree::bootable())), Image::whole(&Volume::ext4(Tree::new())));
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let domain = folder.path().join("guest.cfg");
    let write = |disks: &[&str]| {
        let disks: Vec<String> =
            disks.iter().zip(["a", "b", "c"]).map(|(disk, letter)| format!("'{disk},raw,xvd{letter},w'")).collect();
        let text = format!("name = \"g\"\nbootloader = \"pygrub\"\nmemory = 64\ndisk = [\n{}\n]\n", disks.join(",\n"));
        fs::write(&domain, text).expect("a file can be made");
        told(&checked(domain.to_str().expect("UTF-8")))
    };
    let (swap, boot, empty) = (swap.argument(), boot.argument(), empty.argument());
    let (reason, help, codes) = write(&[&swap, &empty, &boot]);
    assert_eq!(reason, "the first disk of the domain is Linux swap, and pygrub looks at no other");
    assert_eq!(help, format!("put `{boot}` (line 7) first in the list of disks: a run on it boots"));
    assert_eq!(codes[0], "PG502");
    // The other one was tried, and boots no more than the first.
    let (reason, help, codes) = write(&[&swap, &empty]);
    assert!(reason.contains("Linux swap") && !help.contains("first in the list"), "{reason}: {help}");
    assert!(!codes.contains(&"PG502".to_owned()), "{codes:?}");
    let (_, help, _) = write(&[&swap, "/nonexistent/disk"]);
    assert_eq!(help, "put the disk with /boot first in the list of disks");
}

#[test]
fn boot_code_where_a_table_would_be() {
    let coded = |tree: Tree| {
        let image = Image::new(&Layout::Whole, &[Volume::ext4(tree)]);
        image.patch(446, b"SYSLINUX Boot error. No DEFAULT or UI configuration directive fo");
        image.patch(510, &[0x55, 0xaa]);
        image
    };
    let (reason, help, codes) = told(&checked(&coded(Tree::bootable()).argument()));
    assert!(reason.starts_with("the ext4 filesystem fills the whole disk"), "{reason}");
    assert!(help.starts_with("call pygrub with bootloader_args = [\"--offset=0\"], or "), "{help}");
    assert_eq!(codes[0], "PG309");
    // With the offset the kernel would be missing, so that the option alone is no way out.
    let without = Tree::new().file("/boot/grub/grub.cfg", "menuentry \"a\" {\n linux /gone\n}\n");
    let (_, help, _) = told(&checked(&coded(without).argument()));
    assert!(help.starts_with("overwrite the bytes"), "{help}");
}

#[test]
fn a_path_is_advised_only_where_it_opens() {
    let config = "menuentry \"a\" {\n linux /boot/vmlinuz\n initrd /boot/initrd-1\n}\n";
    let tree = |kernel: &str| Tree::new().file("/boot/grub/grub.cfg", config).file(kernel, "k");
    let (reason, help, _) = told(&checked(&Image::whole(&Volume::ext4(tree("/boot/vmlinuz"))).argument()));
    assert!(reason.starts_with("the initrd `/boot/initrd-1` of the selected entry \"a\" does not open"), "{reason}");
    assert!(!help.contains("must not begin with /boot") && help.contains("nothing like this initrd"), "{help}");
    let own = Tree::new().file("/grub/grub.cfg", config).file("/vmlinuz", "k").file("/initrd-1", "i");
    let (_, help, _) = told(&checked(&Image::whole(&Volume::ext4(own)).argument()));
    assert!(help.starts_with("write `/vmlinuz`, which is there"), "{help}");
}
