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
        // By what is in them.
        ("/boot/extlinux/extlinux.cfg", SYSLINUX, "`/boot/extlinux.conf`"),
        ("/boot/grub/linux.cfg", MENU, "`/boot/grub/grub.cfg`"),
        ("/boot/grub2/title.lst", LEGACY, "`/boot/grub/menu.lst`"),
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
    let twice = Tree::new().file("/boot/boot/grub/grub.cfg", MENU).file("/boot/boot/vmlinuz", "k");
    situations.push(ext("a tree in /boot", twice, &["`/boot`"], &["as its root"]));
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

/// NixOS' options where it is NixOS, and only there.
#[test]
fn loaders_by_distribution() {
    for (name, tree, has, has_not) in [
        (
            "NixOS",
            Tree::new().file("/loader/loader.conf", "").file("/loader/entries/nixos-generation-1.conf", "x"),
            "nixos-rebuild",
            "install GRUB",
        ),
        (
            "Debian",
            guest().file("/etc/os-release", "ID=debian").file("/boot/loader/loader.conf", ""),
            "run update-grub",
            "NixOS",
        ),
        (
            "a distribution that is not known",
            guest().file("/etc/os-release", "ID=own").file("/boot/loader/loader.conf", ""),
            "install GRUB",
            "NixOS",
        ),
        ("neither", guest().file("/boot/loader/loader.conf", ""), "NixOS: set", "nixos-rebuild"),
    ] {
        let (_, help) = told(&Image::whole(&Volume::ext4(tree)));
        assert!(help.contains(has) && !help.contains(has_not), "{name}: {help}");
    }
}

/// Entries of the Boot Loader Specification, by who wrote them: for each its own way, and for none another one's.
#[test]
fn boot_loader_entries_by_distribution() {
    const FEDORA: &str = "title Fedora Linux (6.5.6-300.fc39.x86_64) 39\nversion 6.5.6-300.fc39.x86_64\nlinux /vmlinuz-6.5.6\n\
                          initrd /initramfs-6.5.6.img\noptions root=UUID=1 ro\ngrub_users $grub_users\ngrub_arg --unrestricted\n\
                          grub_class fedora\n";
    const NIXOS: &str = "title NixOS\nversion Generation 7 NixOS 24.05, Linux Kernel 6.6.33\nlinux /EFI/nixos/k-bzImage.efi\n\
                         initrd /EFI/nixos/i-initrd.efi\noptions init=/nix/store/x/init\n";
    const DEBIAN: &str = "title      Debian GNU/Linux 12 (bookworm)\nversion    6.1.0-18-amd64\nmachine-id 0123456789abcdef\n\
                          sort-key   debian\noptions    root=UUID=1\nlinux      /0123456789abcdef/6.1.0-18-amd64/linux\n";
    const ARCH: &str =
        "title   Arch Linux\nlinux   /vmlinuz-linux\ninitrd  /initramfs-linux.img\noptions root=UUID=1 rw\n";
    const POP: &str =
        "title Pop!_OS\nlinux /EFI/Pop_OS-1/vmlinuz.efi\ninitrd /EFI/Pop_OS-1/initrd.img\noptions root=UUID=1\n";
    const SUSE: &str =
        "title openSUSE Tumbleweed\nsort-key opensuse-tumbleweed\nmachine-id 1\nlinux /opensuse-tumbleweed/6.9/linux\n";
    let (bls, nixos, update_grub, arch) = (
        "GRUB_ENABLE_BLSCFG=false",
        "boot.loader.systemd-boot.enable = false",
        "run update-grub",
        "grub-mkconfig -o /boot/grub/grub.cfg",
    );
    for (name, entry, text, has) in [
        ("Fedora", "0123-6.5.6-300.fc39.x86_64.conf", FEDORA, bls),
        ("NixOS", "nixos-generation-7.conf", NIXOS, nixos),
        ("NixOS by its title", "a.conf", NIXOS, nixos),
        ("NixOS by the name alone", "nixos-generation-1-specialisation-x.conf", "x", nixos),
        ("Debian", "0123456789abcdef-6.1.0-18-amd64.conf", DEBIAN, update_grub),
        ("Arch", "arch.conf", ARCH, arch),
        ("Arch by its title", "linux.conf", ARCH, arch),
        ("Pop!_OS", "Pop_OS-current.conf", POP, update_grub),
        ("SUSE", "opensuse-tumbleweed-6.9.conf", SUSE, "grub2-mkconfig -o /boot/grub2/grub.cfg"),
    ] {
        for directory in ["/loader/entries", "/boot/loader/entries"] {
            let tree = Tree::new().file("/vmlinuz-linux", "k").file(&format!("{directory}/{entry}"), text);
            let (reason, help) = told(&Image::whole(&Volume::ext4(tree)));
            assert!(
                reason.contains(&format!("`{directory}/{entry}` is an entry of the Boot Loader Specification")),
                "{reason}"
            );
            let others = [bls, nixos, update_grub, arch].into_iter().filter(|other| *other != has);
            let foreign: Vec<&str> = others.filter(|other| help.contains(other)).collect();
            assert!(help.contains(has) && foreign.is_empty(), "{name}: {foreign:?} in {help}");
        }
    }
    // Where systemd-boot itself is there, the same by distribution.
    let tree = Tree::new().file("/loader/loader.conf", "timeout 3\n").file("/loader/entries/arch.conf", ARCH);
    let (reason, help) = told(&Image::whole(&Volume::ext4(tree)));
    assert!(reason.contains("systemd-boot") && help.contains(arch) && !help.contains("NixOS"), "{help}");
    // Nothing tells: both ways, each with who it is for.
    let tree = Tree::new().file("/loader/entries/a.conf", "title Linux\nlinux /vmlinuz\n").file("/vmlinuz", "k");
    let (_, help) = told(&Image::whole(&Volume::ext4(tree)));
    assert!(help.starts_with("if GRUB reads these entries (Fedora, RHEL)") && help.contains("in NixOS: set"), "{help}");
}

/// The releases before 4.1.6 and 4.2.3 end at a line that every generated grub.cfg has: what they look for first is what helps.
#[test]
fn a_generated_menu_under_an_old_release() {
    let nixos = fs::read_to_string(program::root().join("corpus/images/recipe.grub.cfg")).unwrap();
    let legacy = "title Linux\n  kernel /boot/vmlinuz root=/dev/xvda ro\n  initrd /boot/initrd.img\n";
    let grub = "# Automatically generated.  DO NOT EDIT THIS FILE!\n### BEGIN /etc/grub.d/00_header ###\nif [ \"${next_entry}\" ] ; then\n   \
                set default=\"${next_entry}\"\nelse\n   set default=\"0\"\nfi\n### END /etc/grub.d/00_header ###\nmenuentry 'Linux' {\n  \
                linux /boot/vmlinuz root=/dev/xvda\n  initrd /boot/initrd.img\n}\n";
    let check = |release: &str, tree: Tree| -> Value {
        let disk = Image::whole(&Volume::ext4(tree));
        let ended =
            program::run(&["check", "--until", "pygrub", "--format", "json", "--release", release, &disk.argument()]);
        serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.stderr))
    };
    for text in [grub, &nixos] {
        for (release, menu_lst) in [("4.0", true), ("4.1.2", true), ("4.1.5", true), ("4.2.0", false), ("4.2.2", false)]
        {
            let tree = || guest().file("/boot/grub/grub.cfg", text);
            let report = check(release, tree());
            let help = report["failure"]["help"].as_str().unwrap_or_default().to_owned();
            assert_eq!(report["verdict"], "fails", "{release}");
            assert!(help.contains("use Xen 4.1.6, or 4.2.3 and later"), "{release}: {help}");
            assert_eq!(help.contains("`/boot/grub/menu.lst`"), menu_lst, "{release}: {help}");
            assert!(!help.contains("boot.loader.grub.default"), "{release}: {help}");
            // What is advised boots, and where it is not advised it does not.
            let followed = check(release, tree().file("/boot/grub/menu.lst", legacy));
            assert_eq!(followed["verdict"] == "boots", menu_lst, "{release}");
        }
        for release in ["4.1.6", "4.2.3", "4.17"] {
            let report = check(release, guest().file("/boot/grub/grub.cfg", grub));
            assert_eq!(report["verdict"], "boots", "{release}");
        }
    }
    // How many places a release looks at, and which first.
    let places = |release: &str| {
        let report = check(release, Tree::new().file("/readme", "x"));
        report["failure"]["help"].as_str().unwrap_or_default().to_owned()
    };
    assert!(
        places("4.0").starts_with("pygrub looks for /boot/grub/menu.lst, /boot/grub/grub.conf and six more"),
        "{}",
        places("4.0")
    );
    assert!(places("4.17").starts_with("pygrub looks for /boot/grub/grub.cfg, /grub/grub.cfg and eleven more"));
}

/// What to do about a /boot that pygrub cannot read, step by step.
#[test]
fn steps_to_a_boot_filesystem() {
    let raw = |at: usize, new: &[u8]| {
        let mut bytes = vec![0; 1 << 20];
        bytes[at..at + new.len()].copy_from_slice(new);
        Image::mbr(&[Volume::new(Filesystem::Raw(bytes), Tree::new())])
    };
    for (name, disk, begins) in [
        ("btrfs", raw(0x10040, b"_BHRfS_M"), "put /boot on an ext4 filesystem of its own"),
        (
            "XFS 5",
            Image::mbr(&[Volume::new(Filesystem::Xfs { options: Vec::new() }, Tree::new())]),
            "put /boot on an ext4 filesystem of its own",
        ),
        ("LUKS", raw(0, b"LUKS\xba\xbe\0\x02"), "put /boot on an unencrypted ext4 filesystem of its own"),
        (
            "LVM",
            raw(512, b"LABELONE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0LVM2 001"),
            "put /boot on a plain ext4 filesystem of its own",
        ),
    ] {
        let (_, help) = told(&disk);
        assert!(help.starts_with(begins), "{name}: {help}");
        for step in [
            "mkfs.ext4",
            "copy what is in /boot",
            "/etc/fstab (UUID=... /boot ext4",
            "update-grub",
            "nixos-rebuild boot",
        ] {
            assert!(help.contains(step), "{name}: {step}: {help}");
        }
    }
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
            ext(
                "FreeBSD",
                Tree::new().file("/boot/kernel/kernel", "x").file("/boot/loader", "x"),
                &["a BSD"],
                &[HVM, "kernel="],
            ),
            ext("NetBSD", Tree::new().file("/netbsd", "x"), &["`/netbsd` belongs to a BSD"], &[HVM, "kernel="]),
            Situation {
                name: "DOS",
                disk: Image::mbr(&[
                    Volume::new(Filesystem::fat(16), Tree::new().file("/KERNEL.SYS", "x")).sized(20 << 20)
                ]),
                reason: &["belongs to DOS"],
                help: &[HVM],
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
                &["nothing like this initrd", "make it in the guest (update-initramfs -c -k 6.1)"],
            ),
            ext(
                "the initrd of another kernel is there",
                of(versions).file("/boot/vmlinuz-6.1", "k").file("/boot/initrd.img-5.10", "i"),
                &["initrd `/boot/initrd.img-6.1`"],
                &["`/boot/initrd.img-5.10` is there", "another kernel", "update-initramfs"],
            ),
            ext(
                "an initrd that is unfinished",
                of(versions).file("/boot/vmlinuz-6.1", "k").file("/boot/initrd.img-6.1.new", "i"),
                &["initrd `/boot/initrd.img-6.1`"],
                &["`/boot/initrd.img-6.1.new` is there: is that file meant"],
            ),
            ext(
                "a link to an initrd that is missing",
                of("menuentry \"X\" {\n linux /vmlinuz ro\n initrd /initrd.img\n}\n")
                    .file("/boot/vmlinuz-6.1.0-2", "k")
                    .symlink("/vmlinuz", "boot/vmlinuz-6.1.0-2")
                    .symlink("/initrd.img", "boot/initrd.img-6.1.0-2"),
                &["a link on the way leads nowhere", "`initrd.img-6.1.0-2`"],
                &["make it in the guest (update-initramfs -c -k 6.1.0-2)"],
            ),
            ext(
                "a link to a kernel that is missing",
                of("menuentry \"X\" {\n linux /vmlinuz ro\n}\n")
                    .file("/boot/vmlinuz-6.1.0-2", "k")
                    .symlink("/vmlinuz", "boot/vmlinuz-6.1.0-1"),
                &["a link on the way leads nowhere"],
                &["`/boot/vmlinuz-6.1.0-2` is there: correct the link"],
            ),
            ext(
                "kernel and initrd of an older version",
                of(versions).file("/boot/vmlinuz-5.10", "k").file("/boot/initrd.img-5.10", "i"),
                &["kernel `/boot/vmlinuz-6.1`"],
                &["`/boot/vmlinuz-5.10` is there"],
            ),
            ext(
                "the kernel is on another partition",
                of("menuentry \"A\" {\n linux (hd0,2)/kernel root=/dev/xvda2\n}\n"),
                &["kernel `/kernel`"],
                &["leaves `(hd0,2)` out", "on the filesystem that holds the configuration"],
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
            ext(
                "all on the line of the title",
                Tree::new()
                    .file("/boot/vmlinuz-x", "k")
                    .file("/boot/grub/menu.lst", "title X root (hd0) kernel /boot/vmlinuz-x root=/dev/xvda1\n"),
                &["no menu entry"],
                &["a title alone (line 1)", "below it"],
            ),
            ext(
                "root and linux on one line",
                of("menuentry \"X\" {\n set root=(hd0) linux /boot/vmlinuz-6.1 root=/dev/xvda1\n}\n")
                    .file("/boot/vmlinuz-6.1", "k"),
                &["after `set`"],
                &["every other command on a line of its own"],
            ),
            // The word for it, and a kernel that is there.
            ext(
                "an argument where the path belongs, in menu.lst",
                Tree::new()
                    .file("/boot/grub/menu.lst", "title X\nkernel root=/dev/xvda1 ro\n")
                    .file("/boot/vmlinuz-6.1", "k"),
                &["`root=/dev/xvda1`"],
                &["`kernel /boot/vmlinuz-6.1 root=/dev/xvda1`"],
            ),
            ext(
                "an argument where the path belongs, in extlinux.conf",
                Tree::new()
                    .file("/boot/extlinux.conf", "DEFAULT l\nLABEL l\nKERNEL root=/dev/xvda1\n")
                    .file("/boot/vmlinuz-6.1", "k"),
                &["`root=/dev/xvda1`"],
                &["`KERNEL /boot/vmlinuz-6.1`", "into the APPEND"],
            ),
        ],
    );
}

/// The two files of one version are named together; and without a disk the first thing that is said is that there is no path.
/// What is there may be of another kernel version: with it the guest would lack its modules.
#[test]
fn files_of_another_version_are_not_meant() {
    let Some(oracle) = Oracle::for_test("disks of situations") else { return };
    let entry = |version: &str| {
        format!(
            "menuentry 'Debian, with Linux {version}' {{\n\tlinux\t/boot/vmlinuz-{version} root=/dev/xvda1 ro\n\
             \tinitrd\t/boot/initrd.img-{version}\n}}\n"
        )
    };
    let menu = format!(
        "#\n# DO NOT EDIT THIS FILE\n#\n# It is automatically generated by grub-mkconfig using templates\n\
         ### BEGIN /etc/grub.d/10_linux ###\n{}{}",
        entry("6.1.0-18-amd64"),
        entry("6.1.0-17-amd64")
    );
    let of = |files: [&str; 3]| {
        files.iter().fold(Tree::new().file("/boot/grub/grub.cfg", &*menu), |tree, name| {
            tree.file(&format!("/boot/{name}"), "file")
        })
    };
    examine(
        &oracle,
        vec![
            ext(
                "an initrd",
                of(["vmlinuz-6.1.0-18-amd64", "vmlinuz-6.1.0-17-amd64", "initrd.img-6.1.0-17-amd64"]),
                &["initrd.img-6.1.0-18-amd64"],
                &["was made for another kernel", "update-initramfs -c -k 6.1.0-18-amd64"],
            ),
            ext(
                "a kernel",
                of(["initrd.img-6.1.0-18-amd64", "vmlinuz-6.1.0-17-amd64", "initrd.img-6.1.0-17-amd64"]),
                &["vmlinuz-6.1.0-18-amd64"],
                &["boot \"Debian, with Linux 6.1.0-17-amd64\"", "or install the package of the missing one again"],
            ),
            ext(
                "a root whose menu was written for a /boot of its own",
                Tree::new()
                    .file("/boot/vmlinuz-6.1.0-18-amd64", "kernel")
                    .file("/boot/initrd.img-6.1.0-18-amd64", "initrd")
                    .file("/boot/grub/grub.cfg", menu.replace("/boot/", "/")),
                &["vmlinuz-6.1.0-18-amd64"],
                &["`/boot/vmlinuz-6.1.0-18-amd64` is there", "mounted at / and nothing mounted over its /boot"],
            ),
        ],
    );
}

#[test]
fn what_the_second_finding_says() {
    let versions = "menuentry \"X\" {\n linux /boot/vmlinuz-6.1 ro\n initrd /boot/initrd.img-6.1\n}\n";
    let tree = Tree::new().file("/boot/grub/grub.cfg", versions);
    let disk = Image::whole(&Volume::ext4(tree.file("/boot/vmlinuz-5.10", "k").file("/boot/initrd.img-5.10", "i")));
    let findings = |ended: program::Ended| {
        let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.stderr));
        report["findings"].as_array().expect("findings").clone()
    };
    let found = findings(program::run(&["check", "--format", "json", &disk.argument()]));
    let help = found[1]["help"].as_str().expect("a way out");
    assert!(help.contains("`/boot/initrd.img-5.10` is there, and belongs to `/boot/vmlinuz-5.10`"), "{help}");
    for line in ["linux  ro quiet", "linux root=/dev/xvda1", "linux console=hvc0 ro"] {
        let text = format!("set timeout=5\nmenuentry \"D\" {{\n {line}\n initrd /i\n}}\n");
        let found = findings(program::run_with_input(&["check", "--format", "json", "-"], text.as_bytes()));
        let codes: Vec<&str> = found.iter().filter_map(|finding| finding["code"].as_str()).collect();
        assert_eq!(codes, ["PG214"], "{line}");
    }
}

#[test]
fn images_that_update_as_a_whole() {
    let oracle = oracle_or_skip!();
    let bls = "set kernelopts=\"root=UUID=1 ostree=/ostree/boot.1/fedora/0 rw\"\nblscfg\n";
    let coreos = "if [ -f /ignition.firstboot ]; then\n  set ignition_firstboot=ignition.firstboot\nfi\nblscfg\n";
    let flatcar = "set default=flatcar\nset linux_console=\"console=tty0\"\nmenuentry \"F\" --id=flatcar {\n gptprio.next -d usr\n}\n";
    let core = "load_env --file /EFI/ubuntu/grubenv snapd_recovery_mode\nmenuentry \"Run\" {\n chainloader /k.efi\n}\n";
    let rauc = "menuentry \"A\" {\n linux (hd0,2)/kernel root=/dev/sda2 rauc.slot=A\n}\n";
    let mender = "source $prefix/01_mender.cfg\nlinux (${root})/boot/kernel root=${mender_kernel_root}\nboot\n";
    for (name, text) in [
        ("ostree", bls),
        ("CoreOS", coreos),
        ("Flatcar", flatcar),
        ("Ubuntu Core", core),
        ("RAUC", rauc),
        ("Mender", mender),
    ] {
        let situation =
            ext(name, Tree::new().file("/grub2/grub.cfg", text), &[], &["part of an image", "type = \"hvm\""]);
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

/// What a newcomer would try first must be the next step, and complete.
#[test]
fn the_first_thing_to_do_is_complete() {
    let oracle = oracle_or_skip!();
    let mut swap = vec![0; 1 << 20];
    swap[4086..4096].copy_from_slice(b"SWAPSPACE2");
    let root = |fstab: &str| Tree::new().file("/etc/fstab", fstab).file("/usr/bin/true", "");
    let k3os =
        "menuentry \"k3OS\" {\n loopback loop0 /kernel.squashfs\n linux (loop0)/vmlinuz ro\n initrd /initrd\n}\n";
    let lvm = "menuentry \"A\" {\n set root='lvm/vg-root'\n linux /boot/vmlinuz ro\n}\n";
    let grml = "# It is automatically generated by grub-mkconfig using templates\nmenuentry \"A\" {\n linux /boot/vmlinuz ro\n}\n\
                ### BEGIN /etc/grub.d/42_grml ###\nmenuentry \"Grml\" {\n loopback loop \"/g.iso\"\n set root=(loop)\n}\n";
    let bls = "set kernelopts=\"root=UUID=1 ro\"\nblscfg\n";
    let first = "menuentry \"Update\" {\n echo x\n}\nmenuentry \"Linux\" {\n linux /boot/vmlinuz ro\n}\n";
    let with = |text: &str| guest().file("/boot/grub/grub.cfg", text);
    examine(
        &oracle,
        vec![
            Situation {
                name: "swap comes first",
                disk: Image::of_bytes(&swap),
                reason: &["is Linux swap"],
                help: &["let the disk with the guest's /boot come first in the domain's configuration"],
            },
            ext(
                "a root whose fstab names /boot",
                root("# <file system>\nUUID=ab-cd\t/boot\text4 defaults 0 2\n/dev/xvda2 / ext4 defaults 0 1\n"),
                &["has none of the configurations"],
                &["mounts /boot from `UUID=ab-cd`", "come first in the domain's configuration"],
            ),
            ext(
                "a root whose /boot is no other filesystem",
                root("/dev/xvda1 / ext4 defaults 0 1\n"),
                &["has none of the configurations"],
                &["no other filesystem for /boot", "update-grub or grub2-mkconfig -o /boot/grub2/grub.cfg"],
            ),
            ext(
                "a root with an empty fstab",
                root(""),
                &["has none of the configurations"],
                &["if /boot is a filesystem"],
            ),
            ext("a kernel in an image", with(k3os), &["`(loop0)`"], &["copy kernel and initrd out of the image"]),
            ext(
                "a root that GRUB needs",
                with(lvm),
                &["`lvm/vg-root`"],
                &["write the line without `set`", "GRUB assigns"],
            ),
            ext("a script of its own", with(grml), &["`(loop)`"], &["/etc/grub.d/42_grml", "not executable"]),
            ext(
                "two signs of equality of BLS",
                with(bls),
                &["one name, one `=`"],
                &["grub2-mkconfig -o /boot/grub2/grub.cfg"],
            ),
            ext("an entry that boots nothing", with(first), &["has no kernel"], &["such as entry 1, \"Linux\""]),
        ],
    );
    // Without `set` the real one boots.
    let mut pairs = Pairs::default();
    let disk = Image::whole(&Volume::ext4(with(&lvm.replace("set root", "root"))));
    pairs.add("the line without set", disk, &[&["-q"]]);
    let tally = pairs.compare(&oracle);
    tally.assert("the line without set");
    assert_eq!(tally.boots, 1);
}

/// Disks without anything that pregrub knows: what is said is about the partition, not about the table beside it.
#[test]
fn disks_without_a_filesystem() {
    let oracle = oracle_or_skip!();
    let raw = |byte: u8| Volume::new(Filesystem::Raw(vec![byte; 1 << 20]), Tree::new());
    examine(
        &oracle,
        vec![
            Situation {
                name: "a GPT with a partition that is encrypted or unknown",
                disk: Image::gpt(&[raw(0x5a)]),
                reason: &["GPT entry 1: no filesystem is recognised"],
                help: &["is this the disk with the guest's /boot?", "not encrypted"],
            },
            Situation {
                name: "a GPT with an empty partition",
                disk: Image::gpt(&[raw(0)]),
                reason: &["GPT entry 1: it is empty"],
                help: &["install the guest on it first"],
            },
            Situation {
                name: "a GPT without a partition",
                disk: Image::gpt(&[]),
                reason: &["no partition is listed"],
                help: &["install the guest on this disk first"],
            },
            ext(
                "an empty filesystem",
                Tree::new(),
                &["the ext4 filesystem is empty"],
                &["install the guest on it first"],
            ),
            Situation {
                name: "an empty disk",
                disk: Image::of_bytes(&vec![0; 1 << 20]),
                reason: &["it is empty"],
                help: &["install the guest on it first"],
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
        ("[ \"--kernel /boot/vmlinuz\" ]", "write `--kernel=/boot/vmlinuz`"),
        ("\"-q --args=root=/dev/xvda single\"", "bootloader_args = [ \"--args=root=/dev/xvda single\" ]"),
        ("[ \"single\" ]", "remove `single` from bootloader_args"),
        ("[ \"--isconfig\" ]", "remove `--isconfig`"),
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
