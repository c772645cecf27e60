//! Disks as distributions build their cloud images: partitions and filesystems made by the real tools, the verdict of the real
//! pygrub, and the way out.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::program::{self, root};
use crate::common::side_by_side::{Allowed, Pairs};
use crate::common::tools;

/// A configuration of the corpus.
fn configuration(case: &str, name: &str) -> Vec<u8> {
    fs::read(root().join("corpus/cases").join(case).join(name)).expect("it is in the corpus")
}

fn esp() -> Volume {
    Volume::new(Filesystem::fat(16), Tree::new().file("/EFI/BOOT/x", "x")).sized(20 << 20)
}

/// The ESP of systemd-repart, which takes 4096 bytes for a sector where nobody says otherwise.
fn esp_4096() -> Volume {
    let options = ["-F", "32", "-S", "4096"].map(String::from).to_vec();
    Volume::new(Filesystem::Fat { options }, Tree::new()).sized(300 << 20)
}

/// The partition for GRUB's core image: no filesystem.
fn bios_boot() -> Volume {
    Volume::new(Filesystem::Raw(vec![0x90; 1 << 20]), Tree::new())
}

/// The beginning of a btrfs.
fn btrfs(mkfs: &Path) -> Volume {
    let whole = Image::of_bytes(&vec![0; 128 << 20]);
    assert!(Command::new(mkfs).arg("-q").arg(whole.path()).status().expect("it starts").success());
    let head = fs::read(whole.path()).expect("made above")[..2 << 20].to_vec();
    Volume::new(Filesystem::Raw(head), Tree::new())
}

#[test]
fn layouts_of_distributions() {
    let oracle = oracle_or_skip!();
    let Some(mkfs_btrfs) = tools::tool("mkfs.btrfs") else { return };
    let btrfs = || btrfs(&mkfs_btrfs);
    let root_tree = || Tree::new().file("/etc/fstab", "").file("/usr/bin/true", "").directory("/boot");
    let xfs = |tree| Volume::new(Filesystem::Xfs { options: Vec::new() }, tree);
    let bls = Tree::new()
        .file("/loader/entries/x-6.5.conf", "title Fedora\nlinux /vmlinuz-6.5\n")
        .file("/grub2/grub.cfg", configuration("rhel-9-bls", "grub.cfg"))
        .file("/vmlinuz-6.5", "k");
    let menu =
        |kernel: &str| format!("set timeout=5\nmenuentry \"Linux\" {{\n  linux {kernel} root=/dev/xvda1 ro\n}}\n");
    let alpine = Tree::new()
        .file("/boot/extlinux.conf", configuration("alpine-extlinux", "extlinux.conf"))
        .file("/boot/vmlinuz-lts", "k")
        .file("/boot/initramfs-lts", "i");
    let fat = |tree| Volume::new(Filesystem::fat(16), tree).sized(20 << 20);
    let mkosi = fat(Tree::new()
        .file("/EFI/BOOT/BOOTX64.EFI", "MZ")
        .file("/loader/loader.conf", "timeout 3\n")
        .file("/loader/entries/x.conf", "title x\nlinux /x/6.1/vmlinuz\n")
        .file("/x/6.1/vmlinuz", "k"));
    let disko = fat(Tree::new().file("/grub/grub.cfg", configuration("nixos-default", "grub.cfg")));
    // Name, disk, whether it boots, and what the reason and the way out say.
    let layouts = vec![
        // GPT: root, BIOS boot, ESP.
        (
            "Debian",
            Image::gpt(&[
                Volume::ext4(root_tree().file("/boot/grub/grub.cfg", menu("/boot/vmlinuz")).file("/boot/vmlinuz", "k")),
                bios_boot(),
                esp(),
            ]),
            true,
            "",
            "",
        ),
        // GPT: root, BIOS boot, ESP, and /boot last.
        (
            "Ubuntu",
            Image::gpt(&[
                Volume::ext4(root_tree()),
                bios_boot(),
                esp(),
                Volume::ext4(Tree::new().file("/grub/grub.cfg", menu("/vmlinuz")).file("/vmlinuz", "k")),
            ]),
            true,
            "",
            "",
        ),
        // GPT: BIOS boot, ESP, /boot on ext4 with entries of the Boot Loader Specification, btrfs.
        (
            "Fedora",
            Image::gpt(&[bios_boot(), esp(), Volume::ext4(bls), btrfs()]),
            false,
            "pygrub",
            "GRUB_ENABLE_BLSCFG=false",
        ),
        // GPT: BIOS boot, ESP, /boot on XFS version 5, root on XFS.
        (
            "AlmaLinux",
            Image::gpt(&[bios_boot(), esp(), xfs(Tree::new().file("/grub2/grub.cfg", "blscfg\n")), xfs(Tree::new())]),
            false,
            "XFS, version 5",
            "ext4",
        ),
        // GPT: BIOS boot, ESP, all on btrfs.
        ("openSUSE", Image::gpt(&[bios_boot(), esp(), btrfs()]), false, "btrfs", "put /boot on an ext4 filesystem"),
        ("Arch Linux", Image::gpt(&[bios_boot(), esp(), btrfs()]), false, "btrfs", "put /boot on an ext4 filesystem"),
        // One ext4 with the menu of update-extlinux.
        (
            "Alpine",
            Image::mbr(&[Volume::ext4(alpine)]),
            false,
            "no kernel that pygrub sees",
            "/boot/grub/grub.cfg beside",
        ),
        // MBR, one ext4, and the menu that NixOS writes by UUID.
        (
            "NixOS",
            Image::mbr(&[Volume::ext4(
                Tree::new().file("/boot/grub/grub.cfg", configuration("nixos-default", "grub.cfg")),
            )]),
            false,
            "($drive1",
            "fsIdentifier = \"provided\" and let fileSystems.\"/\".device",
        ),
        // systemd-repart 257 with an ESP among the definitions, `CopyFiles=/:/` for the root, and --sector-size=512: GPT; /boot of the
        // root is left empty, whatever the tree has there.
        (
            "systemd-repart",
            Image::gpt(&[esp(), Volume::ext4(root_tree())]),
            false,
            "the guest's root has an empty /boot, beside an EFI system partition (GPT entry 1)",
            "an ext4 partition of their own",
        ),
        // The same without the option: the FAT has sectors of 4096 bytes in a GPT of 512.
        (
            "systemd-repart, 4096",
            Image::gpt(&[esp_4096(), Volume::ext4(root_tree())]),
            false,
            "the guest's root has an empty /boot, beside an EFI system partition (GPT entry 1)",
            "an ext4 partition of their own",
        ),
        // mkosi: ESP with `CopyFiles=/boot:/` and `/efi:/`, BIOS boot, root. Kernels and entries of systemd-boot are on the ESP.
        ("mkosi", Image::gpt(&[mkosi, bios_boot(), Volume::ext4(root_tree())]), false, "systemd-boot", ""),
        // disko's example hybrid.nix: BIOS boot, ESP as /boot with NixOS' menu by UUID, root.
        (
            "disko",
            Image::gpt(&[bios_boot(), disko, Volume::ext4(root_tree())]),
            false,
            "($drive1",
            "fsIdentifier = \"provided\"",
        ),
        // virt-builder's templates: MBR with /boot, swap and root.
        (
            "virt-builder",
            Image::mbr(&[
                Volume::ext4(Tree::new().file("/grub/grub.cfg", menu("/vmlinuz")).file("/vmlinuz", "k")),
                Volume::new(Filesystem::Raw(vec![0; 1 << 20]), Tree::new()),
                Volume::ext4(root_tree()),
            ]),
            true,
            "",
            "",
        ),
    ];
    let mut pairs = Pairs::default();
    let mut wrong = Vec::new();
    let boot = layouts.iter().filter(|(.., boots, _, _)| *boots).count();
    let count = layouts.len();
    for (name, disk, boots, reason, help) in layouts {
        let ended = program::run(&["check", "--until", "pygrub", "--format", "json", &disk.argument()]);
        let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{name}: {}", ended.stderr));
        let text = |key: &str| report["failure"][key].as_str().unwrap_or_default().to_owned();
        let verdict = if boots { "boots" } else { "fails" };
        if report["verdict"] != verdict || !text("reason").contains(reason) || !text("help").contains(help) {
            wrong.push(format!("{name}: {}, {}: {}", report["verdict"], text("reason"), text("help")));
        }
        pairs.add_as(Allowed::Known, name, disk, &[&["-q"]]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let tally = pairs.compare(&oracle);
    tally.assert("layouts of distributions");
    assert_eq!((tally.boots, tally.fails), (boot, count - boot));
}
