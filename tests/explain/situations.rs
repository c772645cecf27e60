//! Situations that users reported, rebuilt: the installed pygrub agrees on the verdict, and the first thing to do is the right one.

use std::fs;

use serde_json::Value;

use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::oracle::Oracle;
use crate::common::program;
use crate::common::side_by_side::{Allowed, Pairs};

/// A situation: the disk, and what the reason and the way out must say.
struct Situation {
    name: &'static str,
    disk: Image,
    reason: &'static [&'static str],
    help: &'static [&'static str],
}

const HVM: &str = "type = \"hvm\"";
const MENU: &str = "menuentry \"Linux\" {\n  linux /boot/vmlinuz root=/dev/xvda1 ro\n  initrd /boot/initrd.img\n}\n";
const LEGACY: &str = "timeout 5\ntitle Linux\n  kernel /boot/vmlinuz root=/dev/xvda1 ro\n  initrd /boot/initrd.img\n";
const SYSLINUX: &str = "DEFAULT l\nLABEL l\n  KERNEL /boot/vmlinuz\n  APPEND initrd=/boot/initrd.img root=/dev/xvda1\n";

/// A root with a kernel and an initrd.
fn guest() -> Tree {
    Tree::new()
        .file("/boot/vmlinuz", "kernel")
        .file("/boot/initrd.img", "initrd")
        .file("/etc/fstab", "")
        .file("/usr/bin/true", "")
}

fn ext(name: &'static str, tree: Tree, reason: &'static [&'static str], help: &'static [&'static str]) -> Situation {
    Situation { name, disk: Image::whole(&Volume::ext4(tree)), reason, help }
}

/// The reason and the way out, of the verdict or else of the finding that is its cause.
fn told(disk: &Image) -> (String, String) {
    let ended = program::run(&["check", "--format", "json", "--release", "debian-4.17", &disk.argument()]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.stderr));
    assert_eq!(report["verdict"], "fails", "{}", ended.stdout);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&report["failure"]["reason"]), text(&report["failure"]["help"]))
}

/// Each situation fails with the real pygrub, and says what it must.
fn examine(oracle: &Oracle, situations: Vec<Situation>) {
    let mut wrong = Vec::new();
    let mut pairs = Pairs::default();
    let count = situations.len();
    for Situation { name, disk, reason, help } in situations {
        let (said, way_out) = told(&disk);
        let missing = |text: &str, wanted: &[&str]| -> Vec<String> {
            wanted.iter().filter(|wanted| !text.contains(**wanted)).map(|wanted| (*wanted).to_owned()).collect()
        };
        let missing = [missing(&said, reason), missing(&way_out, help)].concat();
        if !missing.is_empty() {
            wrong.push(format!("{name}: {missing:?} in\n  {said}\n  {way_out}"));
        }
        pairs.add_as(Allowed::Known, name, disk, &[&["-q"]]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let tally = pairs.compare(oracle);
    tally.assert("situations");
    assert_eq!(tally.fails, count);
}

#[test]
fn a_configuration_beside_the_places_where_pygrub_looks() {
    let oracle = oracle_or_skip!();
    let boots = "a run with it there boots";
    let mut situations = Vec::new();
    for (path, text, to) in [
        ("/boot/menu.lst", LEGACY, "`/boot/grub/menu.lst`"),
        ("/boot/grub.cfg", MENU, "`/boot/grub/grub.cfg`"),
        ("/boot/syslinux.cfg", SYSLINUX, "`/boot/extlinux.conf`"),
        ("/boot/syslinux/syslinux.cfg", SYSLINUX, "`/boot/extlinux.conf`"),
        ("/isolinux/isolinux.cfg", SYSLINUX, "`/boot/isolinux/isolinux.cfg`"),
        ("/boot/grub/grub.cfg.new", MENU, "grub-mkconfig in the guest again"),
        ("/boot/grub/grub.cfg.bak", MENU, "`/boot/grub/grub.cfg`"),
        ("/boot/grub/menu.list", LEGACY, "`/boot/grub/menu.lst`"),
        ("/boot/grub/GRUB.CFG", MENU, "`/boot/grub/grub.cfg`"),
        ("/grub.cfg", MENU, "`/grub/grub.cfg`"),
    ] {
        situations.push(Situation {
            name: path,
            disk: Image::whole(&Volume::ext4(guest().file(path, text))),
            reason: Box::leak(vec!["has none of the configurations", path].into_boxed_slice()),
            help: Box::leak(vec![to, boots].into_boxed_slice()),
        });
    }
    // What would be wrong then is said at once.
    let relative = "LABEL l\n  KERNEL vmlinuz\n  APPEND initrd=initrd.img\n";
    let tree = guest().file("/boot/syslinux/syslinux.cfg", relative);
    situations.push(ext("relative", tree, &["/boot/syslinux/syslinux.cfg"], &["then this remains", "`vmlinuz`"]));
    let below = Tree::new().file("/rootfs/boot/grub/grub.cfg", MENU).file("/rootfs/boot/vmlinuz", "k");
    situations.push(ext("a tree in a directory", below, &["`/rootfs`"], &["as its root"]));
    examine(&oracle, situations);
    // And where the advice is followed, the real one boots.
    let mut pairs = Pairs::default();
    for (path, text) in [
        ("/boot/grub/menu.lst", LEGACY),
        ("/boot/grub/grub.cfg", MENU),
        ("/boot/extlinux.conf", SYSLINUX),
        ("/boot/isolinux/isolinux.cfg", SYSLINUX),
        ("/grub/grub.cfg", MENU),
    ] {
        pairs.add(path, Image::whole(&Volume::ext4(guest().file(path, text))), &[&["-q"]]);
    }
    let tally = pairs.compare(&oracle);
    tally.assert("advice that is followed");
    assert_eq!(tally.boots, 5);
}

#[test]
fn configurations_of_other_boot_loaders() {
    let oracle = oracle_or_skip!();
    let loader = |path: &'static str, is: &'static str, help: &'static str| {
        let reason = Box::leak(vec![path, is].into_boxed_slice());
        let help = Box::leak(vec![help].into_boxed_slice());
        Situation { name: path, disk: Image::whole(&Volume::ext4(guest().file(path, "x"))), reason, help }
    };
    let stub = "search.fs_uuid 1 root\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n";
    let esp = Volume::new(Filesystem::fat(16), Tree::new().file("/EFI/debian/grub.cfg", stub)).sized(20 << 20);
    examine(
        &oracle,
        vec![
            loader("/loader/loader.conf", "systemd-boot", "boot.loader.systemd-boot.enable = false"),
            loader("/loader/entries/a.conf", "Boot Loader Specification", "GRUB_ENABLE_BLSCFG=false"),
            loader("/boot/loader/entries/a.conf", "Boot Loader Specification", "GRUB_ENABLE_BLSCFG=false"),
            loader("/boot/limine.conf", "Limine", "boot.loader.limine.enable = false"),
            loader("/EFI/refind/refind.conf", "rEFInd", "fsIdentifier = \"provided\""),
            loader("/boot/efi/EFI/Linux/debian-6.1.efi", "unified kernel image", "kernel and initrd as files"),
            loader("/boot/xen/pvboot-x86_64.elf", "pvgrub", "update-grub"),
            loader("/boot/efi/EFI/fedora/grub.cfg", "GRUB's for EFI", "grub2-mkconfig"),
            loader("/etc/lilo.conf", "LILO", "install GRUB"),
            Situation {
                name: "an EFI system partition alone",
                disk: Image::gpt(&[esp]),
                reason: &["/debian/grub.cfg", "GRUB's for EFI"],
                help: &["where pygrub looks"],
            },
            // Kernels and no menu: the files can be named.
            ext(
                "kernels without a menu",
                guest(),
                &["has kernels (`/boot/vmlinuz`)"],
                &["kernel = \"/boot/vmlinuz\"", "ramdisk = \"/boot/initrd.img\""],
            ),
        ],
    );
    let mut pairs = Pairs::default();
    let run: &[&str] = &["-q", "--kernel=/boot/vmlinuz", "--ramdisk=/boot/initrd.img"];
    pairs.add("files that are named", Image::whole(&Volume::ext4(guest())), &[run]);
    let tally = pairs.compare(&oracle);
    tally.assert("files that are named");
    assert_eq!(tally.boots, 1);
}

#[test]
fn disks_of_other_systems() {
    let oracle = oracle_or_skip!();
    let raw = |changes: &[(usize, &[u8])]| {
        let mut bytes = vec![0; 1 << 20];
        changes.iter().for_each(|(at, new)| bytes[*at..at + new.len()].copy_from_slice(new));
        Volume::new(Filesystem::Raw(bytes), Tree::new())
    };
    let ntfs = || raw(&[(3, b"NTFS    ")]);
    let ufs2 = raw(&[(65536 + 1372, &0x1954_0119_u32.to_le_bytes())]);
    let esp = || Volume::new(Filesystem::fat(16), Tree::new().file("/EFI/Microsoft/Boot/BCD", "x")).sized(20 << 20);
    examine(
        &oracle,
        vec![
            Situation { name: "NTFS", disk: Image::mbr(&[ntfs()]), reason: &["is NTFS"], help: &["Windows", HVM] },
            Situation {
                name: "Windows on GPT",
                disk: Image::gpt(&[esp(), ntfs()]),
                reason: &["GPT entry 2 is NTFS"],
                help: &["Windows", HVM],
            },
            Situation {
                name: "UFS2",
                disk: Image::mbr(&[ufs2]),
                reason: &["is UFS2: pygrub's UFS driver reads UFS1 only"],
                help: &["a BSD", HVM, "kernel="],
            },
            // Beside what Linux boots from, NTFS is data.
            Situation {
                name: "NTFS before LVM",
                disk: Image::mbr(&[ntfs(), raw(&[(512, b"LABELONE"), (536, b"LVM2 001")])]),
                reason: &["LVM"],
                help: &["ext4"],
            },
        ],
    );
}

#[test]
fn kernels_and_initrds_that_are_missing() {
    let oracle = oracle_or_skip!();
    let of = |text: &str| Tree::new().file("/boot/grub/grub.cfg", text);
    let versions = "menuentry \"X\" {\n linux /boot/vmlinuz-6.1 ro\n initrd /boot/initrd.img-6.1\n}\n";
    examine(
        &oracle,
        vec![
            // The kernel under /boot opens: nothing is wrong with /boot.
            ext(
                "the initrd is missing",
                of(versions).file("/boot/vmlinuz-6.1", "k"),
                &["initrd `/boot/initrd.img-6.1`", "there is no `initrd.img-6.1`"],
                &["nothing like this initrd"],
            ),
            ext(
                "the initrd of another kernel is there",
                of(versions).file("/boot/vmlinuz-6.1", "k").file("/boot/initrd.img-5.10", "i"),
                &["initrd `/boot/initrd.img-6.1`"],
                &["`/boot/initrd.img-5.10` is there", "another kernel", "update-initramfs"],
            ),
            ext(
                "an initrd by another name",
                of(versions).file("/boot/vmlinuz-6.1", "k").file("/boot/initramfs-6.1.img", "i"),
                &["initrd `/boot/initrd.img-6.1`"],
                &["`/boot/initramfs-6.1.img` is there: is that file meant"],
            ),
            ext(
                "an argument where the path belongs",
                of("menuentry \"N\" {\n linux  systemConfig=/x init=/y\n}\n"),
                &["has no path of a kernel", "`systemConfig=/x`"],
                &["the kernel's path in front of its arguments"],
            ),
            ext(
                "all on one line",
                Tree::new()
                    .file("/boot/vmlinuz-x", "k")
                    .file("/boot/grub/menu.lst", "title X\nroot (hd0) kernel /boot/vmlinuz-x root=/dev/xvda1\n"),
                &["(hd0) kernel /boot/vmlinuz-x"],
                &["every other command on a line of its own"],
            ),
        ],
    );
}

#[test]
fn images_that_update_as_a_whole() {
    let oracle = oracle_or_skip!();
    let bls = "set kernelopts=\"root=UUID=1 ostree=/ostree/boot.1/fedora/0 rw\"\nblscfg\n";
    let coreos = "if [ -f /ignition.firstboot ]; then\n  set ignition_firstboot=ignition.firstboot\nfi\nblscfg\n";
    for (name, text) in [("ostree", bls), ("CoreOS", coreos)] {
        let situation =
            ext(name, Tree::new().file("/grub2/grub.cfg", text), &["pygrub"], &["part of an image", "type = \"hvm\""]);
        let (_, help) = told(&situation.disk);
        assert!(!help.contains("/etc/default/grub"), "{help}");
        examine(&oracle, vec![situation]);
    }
}

#[test]
fn a_root_with_an_empty_boot_beside_an_esp() {
    let oracle = oracle_or_skip!();
    let root = || Volume::ext4(Tree::new().file("/etc/os-release", "").file("/usr/bin/true", "").directory("/boot"));
    let tree = || Tree::new().file("/EFI/Linux/x.efi", "x").file("/loader/loader.conf", "timeout 3\n");
    let esp = |sectors: &str| {
        let options = ["-F", "16", "-S", sectors].map(str::to_owned).to_vec();
        Volume::new(Filesystem::Fat { options }, if sectors == "512" { tree() } else { Tree::new() }).sized(64 << 20)
    };
    examine(
        &oracle,
        vec![
            Situation {
                name: "an ESP of 512-byte sectors",
                disk: Image::gpt(&[esp("512"), root()]),
                reason: &["has none of the configurations", "systemd-boot"],
                help: &["install GRUB"],
            },
            Situation {
                name: "an ESP of 4096-byte sectors",
                disk: Image::gpt(&[esp("4096"), root()]),
                reason: &["empty /boot, beside an EFI system partition"],
                help: &["CopyFiles=/tree:/", "bios = \"ovmf\""],
            },
            // Behind it a root whose /boot cannot be seen either: the ESP's sectors are to be named.
            Situation {
                name: "an ESP of 4096-byte sectors alone",
                disk: Image::gpt(&[esp("4096")]),
                reason: &["4096-byte sectors", "sectors of 512 bytes only"],
                help: &["mkfs.fat -S 512", "--sector-size=512"],
            },
        ],
    );
}

#[test]
fn options_that_pygrub_does_not_have() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let disk = Image::whole(&Volume::ext4(Tree::bootable()));
    let path = folder.path().join("guest.cfg");
    for (arguments, help) in [
        (
            "[ \"--append\", \"single\" ]",
            "write `extra = \"single\"` in the domain's configuration, or `--args=single`",
        ),
        ("[ \"--append=single\" ]", "`--args=single`"),
        ("\"--append single\"", "`--args=single`"),
        ("[ \"-q\", \"--initrd=/i\" ]", "`--ramdisk=/i`"),
        ("[ \"--default\", \"1\" ]", "`--entry=1`"),
        ("[ \"--noninteractive\" ]", "`-q`"),
        ("[ \"--entry\", \"-1\", \"--bogus\" ]", "no option `--bogus`; its options: [-q|--quiet]"),
    ] {
        let text = format!(
            "name = 'g'\nbootloader = 'pygrub'\nbootloader_args = {arguments}\nmemory = 64\ndisk = [ '{},raw,xvda,w' ]\n",
            disk.argument()
        );
        fs::write(&path, text).expect("a file can be made");
        let ended = program::run(&["check", "--format", "json", path.to_str().expect("UTF-8")]);
        let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.stderr));
        let said = report["findings"][0]["help"].as_str().unwrap_or_default();
        assert!(report["verdict"] == "fails" && said.contains(help), "{arguments}: {}", ended.stdout);
    }
}
