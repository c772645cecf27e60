//! The rules on initrds (PG42x) and on arguments by the type of guest (PG210): disks with initrds of corpus/initrd beside the header of
//! a kernel.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use pregrub::boot::{self, Options};
use pregrub::lint::{self, Finding, Levels, LintContext, RootDisk};
use pregrub::simulation::Simulation;
use pregrub::storage::mount::DiskVolumes;
use pregrub::storage::source::{FileSource, Source};
use pregrub::target::{Kind, OpenOptions, Target};

use crate::common::images::{Image, Tree, Volume};
use crate::common::program::root;

/// The beginning of a bzImage that tells a version.
fn kernel(release: &str) -> Vec<u8> {
    let mut kernel = vec![0; 8192];
    kernel[0x1fe..0x200].copy_from_slice(&[0x55, 0xaa]);
    kernel[0x202..0x206].copy_from_slice(b"HdrS");
    kernel[0x20e..0x210].copy_from_slice(&0x300u16.to_le_bytes());
    let text = format!("{release} (builder) #1\0");
    kernel[0x500..0x500 + text.len()].copy_from_slice(text.as_bytes());
    kernel
}

const CONFIG: &str =
    "#\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\nCONFIG_RD_XZ=y\nCONFIG_RD_LZ4=y\nCONFIG_RD_ZSTD=y\n";

/// A disk with this initrd, kernel and arguments, and what its kernel's configuration says of xen-blkfront.
fn disk(initrd: &[u8], version: &str, config: Option<&str>, arguments: &str) -> Image {
    let menu = format!("menuentry \"A\" {{\n  linux /boot/vmlinuz {arguments}\n  initrd /boot/initrd.img\n}}\n");
    let mut tree = Tree::new()
        .file("/boot/grub/grub.cfg", menu.into_bytes())
        .file("/boot/vmlinuz", kernel(version))
        .file("/boot/initrd.img", initrd.to_vec());
    if let Some(config) = config {
        tree = tree.file(&format!("/boot/config-{version}"), config.as_bytes().to_vec());
    }
    Image::whole(&Volume::ext4(tree))
}

fn lint(disk: &Path, release: &str) -> Vec<Finding> {
    let source: Arc<dyn Source> = Arc::new(FileSource::new(File::open(disk).unwrap()).unwrap());
    let options = Options { release: release.parse().unwrap(), interactive: Some(false), ..Options::default() };
    let run = boot::run(Arc::clone(&source), options).unwrap();
    let volumes = DiskVolumes::new(source);
    let context = LintContext::new(&run, Kind::Image).with_volumes(&volumes);
    lint::lint(&context, &Levels::default())
}

fn corpus(name: &str) -> Vec<u8> {
    fs::read(root().join("corpus/initrd/files").join(name)).unwrap()
}

/// What the rules on initrds find.
fn codes(initrd: &[u8], version: &str, config: Option<&str>, release: &str) -> Vec<&'static str> {
    let image = disk(initrd, version, config, "root=/dev/xvda1 ro");
    let findings = lint(image.path(), release);
    findings.iter().map(|finding| finding.rule.code).filter(|code| code.starts_with("PG42")).collect()
}

/// A name, the initrd, the kernel's release and configuration, the release of Xen, and what is found.
type Case<'a> = (&'a str, Vec<u8>, &'a str, Option<&'a str>, &'a str, &'a [&'a str]);

#[test]
fn what_is_wrong_with_an_initrd_is_found() {
    let built_in = format!("{CONFIG}CONFIG_XEN_BLKDEV_FRONTEND=y\n");
    let module = format!("{CONFIG}CONFIG_XEN_BLKDEV_FRONTEND=m\n");
    let (second, first) = (corpus("gzip"), gzip_of(&corpus("no-init")));
    let lost = [first.as_slice(), &second].concat();
    let cases: [Case<'_>; 16] = [
        ("good", corpus("zstd"), "6.1.0", None, "4.22", &[]),
        ("good and built in", corpus("zstd"), "6.1.0", Some(&built_in), "4.22", &[]),
        ("cut", corpus("cpio-cut-in-the-last-data"), "6.1.0", None, "4.22", &["PG420"]),
        ("without its end", corpus("cpio-cut-before-the-trailer"), "6.1.0", None, "4.22", &["PG420"]),
        ("after lz4", corpus("lz4+gzip"), "6.1.0", None, "4.22", &["PG420"]),
        ("after lz4, padded", corpus("lz4+pad+gzip"), "6.1.0", None, "4.22", &[]),
        ("CRC64", corpus("xz-check-crc64"), "6.1.0", None, "4.22", &["PG420"]),
        ("a text", corpus("text"), "6.1.0", None, "4.22", &["PG421"]),
        ("pzstd", corpus("pzstd"), "6.1.0", None, "4.22", &["PG421"]),
        ("old kernel", corpus("zstd"), "5.4.0-99-generic", None, "4.22", &["PG422"]),
        ("not configured", corpus("bzip2"), "6.1.0", Some(&built_in), "4.22", &["PG422"]),
        ("lost", lost.clone(), "6.1.0", None, "4.19", &["PG423"]),
        ("not lost", lost, "6.1.0", None, "4.20", &[]),
        ("no driver", corpus("zstd"), "6.1.0", Some(&module), "4.22", &["PG424"]),
        ("no init", corpus("no-init"), "6.1.0", None, "4.22", &["PG425"]),
        ("empty: PG213", Vec::new(), "6.1.0", None, "4.22", &[]),
    ];
    for (name, initrd, version, config, release, expected) in cases {
        assert_eq!(codes(&initrd, version, config, release), expected, "{name}");
    }
}

#[test]
fn the_list_of_what_is_built_in_may_be_on_the_disk_or_on_the_root_disk() {
    let system = "/nix/store/abc-nixos-system/kernel-modules/lib/modules/6.1.0/modules.builtin";
    for (place, on_root_disk) in [
        ("/lib/modules/6.1.0/modules.builtin", false),
        ("/usr/lib/modules/6.1.0/modules.builtin", true),
        (system, false),
        (system, true),
    ] {
        for (driver, expected) in [("kernel/drivers/block/xen-blkfront.ko\n", None), ("", Some("PG424"))] {
            let list = format!("kernel/fs/ext4/ext4.ko\n{driver}");
            let menu =
                "menuentry \"A\" {\n  linux /k root=/dev/xvda1 init=/nix/store/abc-nixos-system/init\n  initrd /i\n}\n";
            let mut boot =
                Tree::new().file("/boot/grub/grub.cfg", menu).file("/k", kernel("6.1.0")).file("/i", corpus("zstd"));
            let mut root = Tree::new().file("/etc/fstab", "");
            let there = if on_root_disk { &mut root } else { &mut boot };
            *there = std::mem::take(there).file(place, list);
            let (boot, root) = (Image::whole(&Volume::ext4(boot)), Image::whole(&Volume::ext4(root)));
            let root = Simulation::default().open(root.path(), OpenOptions::default()).unwrap();
            let root = RootDisk::open(root.target()).unwrap();
            let source: Arc<dyn Source> = Arc::new(FileSource::new(File::open(boot.path()).unwrap()).unwrap());
            let options = Options { interactive: Some(false), ..Options::default() };
            let run = boot::run(Arc::clone(&source), options).unwrap();
            let volumes = DiskVolumes::new(source);
            let context = LintContext::new(&run, Kind::Image).with_volumes(&volumes).with_root_disk(&root);
            let findings = lint::lint(&context, &Levels::default());
            let found = findings.iter().find(|finding| finding.rule.code == "PG424");
            assert_eq!(found.map(|finding| finding.rule.code), expected, "{place} {on_root_disk} {driver}");
            if let Some(found) = found {
                assert!(found.message.contains(place), "{}", found.message);
            }
        }
    }
}

/// The two archives are of different sizes: the smaller one first.
fn gzip_of(bytes: &[u8]) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    std::process::Command::new("gzip").arg("-cn").arg(file.path()).output().unwrap().stdout
}

#[test]
fn modules_of_the_kernel_that_boots() {
    let directory = tempfile::tempdir().unwrap();
    Tree::new()
        .file("/init", "#!/bin/sh\n")
        .file("/lib/modules/6.1.0-50/kernel/drivers/block/xen-blkfront.ko", "a module")
        .write(directory.path());
    std::process::Command::new("chmod").arg("755").arg(directory.path().join("init")).status().unwrap();
    let pack = format!("cd {} && find . | cpio -o -H newc --quiet", directory.path().display());
    let initrd = std::process::Command::new("sh").args(["-c", &pack]).output().unwrap().stdout;
    if initrd.is_empty() {
        return crate::common::tools::skipped("cpio is not installed");
    }
    let module = format!("{CONFIG}CONFIG_XEN_BLKDEV_FRONTEND=m\n");
    assert_eq!(codes(&initrd, "6.1.0-50", Some(&module), "4.22"), [""; 0]);
    assert_eq!(codes(&initrd, "6.1.0-56", Some(&module), "4.22"), ["PG426"]);
}

#[test]
fn a_file_that_is_not_a_kernel_is_the_greater_trouble() {
    let tree = Tree::new()
        .file("/boot/grub/grub.cfg", "menuentry \"A\" {\n  linux /boot/k root=/dev/xvda1\n  initrd /boot/i\n}\n")
        .file("/boot/k", "not a kernel")
        .file("/boot/i", "not an initrd");
    let image = Image::whole(&Volume::ext4(tree));
    assert!(lint(image.path(), "4.22").iter().all(|finding| !finding.rule.code.starts_with("PG42")));
}

#[test]
fn names_that_no_guest_of_xen_has() {
    for (root, found) in [
        ("/dev/vda1", true),
        ("/dev/nvme0n1p2", true),
        ("UUID=__UUID__", true),
        ("/dev/xvda1", false),
        ("/dev/sda1", false),
        ("UUID=6eb1a2f6-0000-4000-8000-000000000000", false),
        ("/dev/mapper/vg-root", false),
    ] {
        let image = disk(&corpus("zstd"), "6.1.0", None, &format!("root={root} ro"));
        let findings = lint(image.path(), "4.22");
        assert_eq!(findings.iter().any(|finding| finding.rule.code == "PG212"), found, "{root}");
    }
}

#[test]
fn long_arguments_by_the_type_of_guest() {
    for (guest, length, expected) in [
        ("pv", 1023, None),
        ("pv", 1024, Some("a PV guest gets the first 1023")),
        ("pv", 2048, Some("a PV guest gets the first 1023")),
        ("pv", 8187, Some("gets no arguments")),
        ("pvh", 1024, None),
        ("pvh", 2047, None),
        ("pvh", 2048, Some("the PVH guest ends at once")),
        ("pvh", 8187, Some("gets no arguments")),
    ] {
        let arguments = format!("root=/dev/xvda {}", "a".repeat(length - 15));
        let image = disk(&corpus("zstd"), "6.1.0", None, &arguments);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("guest.cfg");
        let disk = image.path().display();
        fs::write(
            &path,
            format!("name = \"g\"\ntype = \"{guest}\"\nbootloader = \"pygrub\"\ndisk = [ \"{disk},raw,xvda,w\" ]\n"),
        )
        .unwrap();
        let target = Simulation::default().open(&path, OpenOptions::default()).unwrap();
        let run = target.run().unwrap().run;
        let Target::Xl(domain) = target.target() else { panic!("a domain") };
        let volumes = target.target().volumes().unwrap();
        let context = LintContext::new(&run, Kind::Xl).with_volumes(&volumes).with_domain(domain);
        let findings = lint::lint(&context, &Levels::default());
        let found = findings.iter().find(|finding| finding.rule.code == "PG210");
        assert_eq!(found.is_some(), expected.is_some(), "{guest} {length}");
        if let (Some(found), Some(expected)) = (found, expected) {
            assert!(found.message.contains(expected), "{guest} {length}: {}", found.message);
        }
    }
}

#[test]
fn a_uuid_that_a_disk_carries() {
    let image = disk(&corpus("zstd"), "6.1.0", None, "root=UUID=@UUID@ ro");
    let superblock = &fs::read(image.path()).unwrap()[1024..2048];
    let hex: String = superblock[0x68..0x78].iter().map(|byte| format!("{byte:02x}")).collect();
    let carried = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    let directory = tempfile::tempdir().unwrap();
    for (uuid, found) in [(carried.as_str(), false), ("11111111-2222-4333-8444-555555555555", true)] {
        let path = directory.path().join("guest.cfg");
        let (disk, extra) = (image.path().display(), format!("root=UUID={uuid} ro"));
        let text =
            format!("name = \"g\"\nbootloader = \"pygrub\"\ndisk = [ \"{disk},raw,xvda,w\" ]\nextra = \"{extra}\"\n");
        fs::write(&path, text).unwrap();
        let target = Simulation::default().open(&path, OpenOptions::default()).unwrap();
        let run = target.run().unwrap().run;
        let Target::Xl(domain) = target.target() else { panic!("a domain") };
        let context = LintContext::new(&run, Kind::Xl).with_domain(domain);
        let findings = lint::lint(&context, &Levels::default());
        let finding = findings.iter().find(|finding| finding.rule.code == "PG212" && finding.message.contains(uuid));
        assert_eq!(finding.is_some(), found, "{uuid}: {finding:?}");
        if let Some(finding) = finding {
            assert!(finding.message.contains(&carried), "{}", finding.message);
        }
    }
}
