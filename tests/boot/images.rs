//! Runs without a menu on images made by the real tools, side by side with the installed pygrub.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::generator;
use crate::common::images::{Filesystem, Image, Layout, Tree, Volume};
use crate::common::nixos::{FsIdentifier, Nixos, User};
use crate::common::oracle::Dialect;
use crate::common::random::{Random, noise};
use crate::common::side_by_side::{Allowed, Pairs};
use crate::common::tools;
use crate::common::walked_paths;

const QUIET: &[&[&str]] = &[&["-q"]];

/// Two entries, the second without an initrd.
const TWO: &str = "menuentry \"Linux one\" {\n linux /boot/vmlinuz root=/dev/xvda1 ro quiet\n initrd /boot/initrd.img\n}\n\
                   menuentry \"Linux two\" {\n linux /kernels/k root=/dev/xvda2\n}\n";

fn two() -> Tree {
    Tree::new()
        .file("/boot/grub/grub.cfg", TWO)
        .file("/boot/vmlinuz", "vmlinuz")
        .file("/boot/initrd.img", "initrd")
        .file("/kernels/k", noise(9000, 1))
}

/// One entry whose kernel has `content`.
fn one(content: &str) -> Tree {
    let config = "menuentry 'one' {\n linux /vmlinuz a\n initrd /initrd\n}\n";
    Tree::new()
        .file("/boot/grub/grub.cfg", config)
        .file("/vmlinuz", format!("kernel of {content}"))
        .file("/initrd", format!("initrd of {content}"))
}

/// An ext4 filesystem as small as the test needs it.
fn small(tree: Tree) -> Volume {
    Volume::ext4(tree).sized(2 << 20)
}

/// A boot disk of NixOS: every file that the configuration names is there.
fn nixos(nixos: &Nixos, path: &str) -> Tree {
    let mut tree = Tree::new().file(path, nixos.config());
    for files in nixos.files() {
        tree = tree.file(&files.kernel, format!("kernel {}", files.kernel));
        tree = tree.file(&files.initrd, format!("initrd {}", files.initrd));
        if let Some(secrets) = files.secrets {
            tree = tree.file(&secrets, "secrets");
        }
    }
    tree
}

#[test]
fn nixos_in_all_its_forms() {
    let oracle = oracle_or_skip!();
    let recipe = Nixos::recipe;
    let with = |change: &dyn Fn(&mut Nixos)| {
        let mut nixos = recipe();
        change(&mut nixos);
        nixos
    };
    let entry = "menuentry \"Memtest\" {\n  linux16 /memtest.bin\n}";
    let user = |hashed: bool| {
        let name = "root".to_owned();
        if hashed {
            User::Hashed { name, hash: "grub.pbkdf2.sha512.10000.AB.CD".to_owned() }
        } else {
            User::Plain { name, password: "secret word".to_owned() }
        }
    };
    let mut forms: Vec<(String, Nixos)> = vec![
        ("recipe".into(), recipe()),
        ("uuid".into(), with(&|n| n.fs_identifier = FsIdentifier::Uuid)),
        ("label".into(), with(&|n| n.fs_identifier = FsIdentifier::Label)),
        ("store".into(), with(&|n| n.copy_kernels = false)),
        ("uuid, store".into(), Nixos::default()),
        ("provided".into(), Nixos { fs_identifier: FsIdentifier::Provided, ..Nixos::default() }),
        ("specialisations".into(), with(&|n| n.specialisations = vec!["gnome".into(), "no gui".into()])),
        ("secrets".into(), with(&|n| n.initrd_secrets = true)),
        ("timeout null".into(), with(&|n| n.timeout = None)),
        ("plain user".into(), with(&|n| n.users = vec![user(false)])),
        ("hashed users".into(), with(&|n| n.users = vec![user(true), user(false)])),
        ("entry after".into(), with(&|n| n.extra_entries = entry.into())),
        (
            "entry before".into(),
            with(&|n| {
                n.extra_entries = entry.into();
                n.extra_entries_before = true;
            }),
        ),
        ("entry on one line".into(), with(&|n| n.extra_entries = "menuentry \"x\" { linux /x }".into())),
        (
            "chainloader before".into(),
            with(&|n| {
                n.extra_entries = "menuentry \"Windows\" {\n  chainloader (hd0,1)+1\n}".into();
                n.extra_entries_before = true;
            }),
        ),
        (
            "chainloader after".into(),
            with(&|n| {
                n.extra_entries =
                    "menuentry 'Windows' {\n  insmod chain\n  set root=(hd0,1)\n  chainloader +1\n}".into();
            }),
        ),
        ("extra per entry".into(), with(&|n| n.extra_per_entry = "set gfxpayload=keep".into())),
        ("extra per entry root".into(), with(&|n| n.extra_per_entry = "set root=(hd0,msdos1)".into())),
        ("generations".into(), with(&|n| n.generations = (1..=100).rev().collect())),
        ("xen".into(), with(&|n| n.xen = true)),
        ("theme".into(), with(&|n| n.theme = true)),
        (
            "bare".into(),
            with(&|n| {
                n.font = false;
                n.splash = false;
            }),
        ),
        ("profiles".into(), with(&|n| n.profiles = vec![("test".into(), vec![7, 8])])),
        ("no parameters".into(), with(&|n| n.kernel_params = String::new())),
        ("quotes".into(), with(&|n| n.kernel_params = "a=\"b c\" d='e' f\\g".into())),
        ("name".into(), with(&|n| n.distro_name = "Nix\u{d6}S \u{96ea}".into())),
        ("name with a quote".into(), with(&|n| n.distro_name = "Nix's".into())),
        ("options".into(), with(&|n| n.entry_options = "--class nixos --id x".into())),
        ("no options".into(), with(&|n| n.entry_options = String::new())),
        ("style".into(), with(&|n| n.timeout_style = "hidden".into())),
    ];
    for default in ["saved", "0", "1", "4", "5", "99", "-1", "abc", "1>2", "NixOS - Default"] {
        forms.push((format!("default {default}"), with(&|n| n.default = default.into())));
    }
    for (number, extra) in [
        "serial --unit=0 --speed=115200",
        "set timeout=abc",
        "set a=b=c",
        "set root=(hd0)\nset default=1",
        "if true; then\n  set x=y\nfi",
        "terminal_input serial; terminal_output serial",
        "function f {\n  set a b c\n}",
        "}",
        "export x=\"a b\"",
        "default=2",
    ]
    .iter()
    .enumerate()
    {
        forms.push((format!("extra configuration {number}"), with(&|n| n.extra_config = (*extra).into())));
    }
    let mut pairs = Pairs::default();
    for (name, form) in &forms {
        let path = if form.copy_kernels { "/grub/grub.cfg" } else { "/boot/grub/grub.cfg" };
        let image = Image::whole(&Volume::ext4(nixos(form, path)).sized(4 << 20));
        pairs.add(name, image, &[&["-q"], &["--entry=1", "--args=more args"], &["--entry=NixOS - no gui"]]);
    }
    let tally = pairs.compare(&oracle);
    tally.assert("NixOS");
    assert!(tally.boots > 80 && tally.fails > 15, "{} {}", tally.boots, tally.fails);
}

/// The paths to try on a filesystem with the tree of [`walked_paths`], a FIFO and devices.
fn paths() -> Vec<String> {
    let longest = walked_paths::longest_name();
    let mut paths: Vec<String> = walked_paths::paths()
        .chain([
            "/char",
            "/block",
            "/lost+found",
            "/kernels/k\tx",
            "/kernels/k\0",
            "~/kernels/k",
            "/boot/../abs",
            "(hd0,1)/kernels/k",
            "(hd0)/kernels/k",
            "(hd0)kernels/k",
        ])
        .map(str::to_owned)
        .collect();
    paths.push(format!("/{longest}"));
    paths.push(format!("/{longest}n"));
    paths.push(format!("{}/kernels/k", "/here".repeat(100)));
    paths
}

#[test]
fn every_path() {
    let oracle = oracle_or_skip!();
    let paths = paths();
    let mut config = String::new();
    for path in &paths {
        config.push_str(&format!("menuentry 'kernel' {{\n linux {path} x\n}}\n"));
    }
    for path in &paths {
        config.push_str(&format!("menuentry 'initrd' {{\n linux /boot/vmlinuz\n initrd {path}\n}}\n"));
    }
    // No path at all, two initrds, and a path that comes from a line without a blank behind it.
    config.push_str("menuentry 'a' {\n linux\n}\nmenuentry 'b' {\n linux /boot/vmlinuz\n initrd /empty /empty\n}\n");
    config.push_str(
        "menuentry 'c' {\n linux /boot/vmlinuz\n initrd\n}\nmenuentry 'd' {\n linux\t/boot/vmlinuz\tx y\n}\n",
    );
    let tree = walked_paths::tree().file("/boot/grub/grub.cfg", config);
    let mut pairs = Pairs::default();
    for (name, options) in [("ext4", &["-b", "4096"][..]), ("ext2, 1 KiB", &["-b", "1024", "-O", "^extents"])] {
        let kind = if name == "ext4" { "ext4" } else { "ext2" };
        let image = Image::whole(&Volume::new(Filesystem::ext(kind, options), tree.clone()));
        image.debugfs("mknod fifo p\nmknod char c 1 3\nmknod block b 7 0\n");
        let count = paths.len() * 2 + 4;
        let runs: Vec<[String; 1]> = (0..count).map(|entry| [format!("--entry={entry}")]).collect();
        let mut runs: Vec<Vec<&str>> = runs.iter().map(|run| vec![run[0].as_str()]).collect();
        // Some of them once more on the other filesystem.
        if kind == "ext2" {
            runs = runs.into_iter().step_by(5).collect();
        }
        let given: Vec<String> =
            paths.iter().filter(|path| !path.contains('\0')).map(|path| format!("--kernel={path}")).collect();
        if kind == "ext4" {
            runs.extend(given.iter().step_by(3).map(|option| vec!["-q", option.as_str()]));
            runs.push(vec!["-q", "--kernel=/kernels/k", "--ramdisk=/nothing"]);
            runs.push(vec!["-q", "--kernel=/kernels/k", "--ramdisk=/dir"]);
        }
        let runs: Vec<&[&str]> = runs.iter().map(Vec::as_slice).collect();
        pairs.add(name, image, &runs);
    }
    let tally = pairs.compare(&oracle);
    tally.assert("paths");
    assert!(tally.boots > 100 && tally.fails > 60, "{} {}", tally.boots, tally.fails);
}

#[test]
fn every_option() {
    let oracle = oracle_or_skip!();
    let mut pairs = Pairs::default();
    let runs: &[&[&str]] = &[
        &["-q"],
        &["--entry=0"],
        &["--entry=1"],
        &["--entry=2"],
        &["--entry=Linux two"],
        &["--entry= 1 "],
        &["--entry=Linux"],
        &["--entry=linux two"],
        &["--entry=99"],
        &["--entry=-1"],
        &["--entry="],
        &["--entry=1.0"],
        &["--entry=1_0"],
        &["--entry=0_1"],
        &["--entry=+1"],
        &["--entry=\u{661}"],
        &["--entry=0x1"],
        &["-q", "--kernel=/kernels/k"],
        &["-q", "--kernel=/kernels/k", "--ramdisk=/boot/initrd.img", "--args=a b"],
        &["-q", "--kernel=/kernels/k", "--ramdisk="],
        &["-q", "--ramdisk=/kernels/k"],
        &["-q", "--args=extra arg"],
        &["--entry=1", "--args=x"],
        &["-q", "--args= "],
        &["-q", "--args=it's"],
        &["-q", "--args=\"quoted\" it's \\ \u{e9} \u{200b}\t\n end"],
        &["-q", "--kernel="],
        &["-q", "--kernel=", "--args=x"],
        &["-q", "--kernel=/nonexist"],
        &["-q", "--kernel=/kernels/k", "--ramdisk=/nonexist"],
        &["-q", "--kernel=/non\nexist"],
        &["-q", "--kernel=/kernels/k", "--entry=1"],
        &["-q", "--offset=0"],
        &["-q", "--offset= 0 "],
        &["-q", "--offset=512"],
        &["-q", "--offset=-1"],
        &["-q", "--offset=1048576"],
        &["-q", "--offset=99999999999999999999"],
        &["-q", "--offset=9223372036854775807"],
        &["-q", "--offset=9223372036854774784"],
        &["-q", "--offset=-9223372036854775809"],
        &["-q", "--offset=0", "--kernel=/kernels/k", "--args=z"],
        &["--entry=1", "--offset=0"],
    ];
    pairs.add("two entries", Image::whole(&small(two())), runs);
    let tally = pairs.compare(&oracle);
    tally.assert("options");
    assert!(tally.boots > 25 && tally.fails > 8, "{} {}", tally.boots, tally.fails);
}

/// A partition table: slots of type, active flag and first sector.
fn table(slots: &[(u8, bool, u32)]) -> Vec<u8> {
    let mut sector = vec![0; 512];
    for (slot, (kind, active, start)) in slots.iter().enumerate() {
        let at = 446 + 16 * slot;
        sector[at] = if *active { 0x80 } else { 0 };
        sector[at + 4] = *kind;
        sector[at + 8..at + 12].copy_from_slice(&start.to_le_bytes());
        sector[at + 12..at + 16].copy_from_slice(&4096_u32.to_le_bytes());
    }
    sector[510..].copy_from_slice(&[0x55, 0xaa]);
    sector
}

/// A GUID table: a header with entries of `size` bytes at byte 1024, of which these begin at a sector.
fn guid_table(count: u32, size: u32, starts: &[(u32, u64)]) -> Vec<u8> {
    let mut sectors = vec![0; 512 + (count * size) as usize];
    sectors[..8].copy_from_slice(b"EFI PART");
    sectors[80..84].copy_from_slice(&count.to_le_bytes());
    sectors[84..88].copy_from_slice(&size.to_le_bytes());
    for (entry, start) in starts {
        let at = 512 + (entry * size) as usize + 32;
        sectors[at..at + 8].copy_from_slice(&start.to_le_bytes());
    }
    sectors
}

const FIRST: u32 = 2048;
const SECOND: u32 = 8192;
const MIB: u64 = 1 << 20;

/// Two filesystems at [`FIRST`] and [`SECOND`].
fn at_two_places(first: &Tree, second: &Tree) -> Image {
    let volumes = [small(first.clone()), small(second.clone())];
    Image::new(&Layout::At(vec![u64::from(FIRST) * 512, u64::from(SECOND) * 512]), &volumes)
}

#[test]
fn every_partition_table() {
    let oracle = oracle_or_skip!();
    let mut pairs = Pairs::default();
    let empty = Tree::new();
    let (first, second) = (one("first"), one("second"));
    let with_table = |slots: &[(u8, bool, u32)], a: &Tree, b: &Tree| {
        let image = at_two_places(a, b);
        image.patch(0, &table(slots));
        image
    };

    // Of a table only the beginnings count.
    let both = [(0x83, false, FIRST), (0x83, false, SECOND)];
    for (name, slots) in [
        ("both", &both[..]),
        ("second active", &[(0x83, false, FIRST), (0x83, true, SECOND)]),
        ("both active", &[(0x83, true, FIRST), (0x83, true, SECOND)]),
        ("reversed", &[(0x83, false, SECOND), (0x83, false, FIRST)]),
        ("fourth slot", &[(0, false, 0), (0, false, 0), (0, false, 0), (0x83, false, SECOND)]),
        ("type 0", &[(0, false, FIRST)]),
        ("extended", &[(5, false, FIRST)]),
        ("type f", &[(0xf, false, FIRST)]),
        ("LVM, RAID, EFI", &[(0x8e, false, 3000), (0xfd, false, 3001), (0xef, false, FIRST)]),
        ("swap type", &[(0x82, false, FIRST), (0x83, false, SECOND)]),
        ("only swap type", &[(0x82, true, FIRST)]),
        ("Solaris type", &[(0xbf, false, FIRST), (0x83, false, SECOND)]),
        ("swap type behind the end", &[(0x82, false, 1 << 20), (0x83, false, FIRST)]),
        ("behind the end", &[(0x83, false, 1 << 20), (0x83, false, SECOND)]),
        ("the last sector", &[(0x83, false, u32::MAX), (0x83, false, SECOND)]),
        ("garbage and a good one", &[(0x83, false, 1), (0x83, false, 17), (0x83, false, FIRST)]),
        ("nothing there", &[(0x83, false, 1), (0x83, false, 17)]),
        ("EE at 0", &[(0xee, false, 0), (0x83, false, FIRST)]),
        ("no table", &[]),
    ] {
        pairs.add(name, with_table(slots, &first, &second), QUIET);
    }

    // A whole disk that looks partitioned.
    for (name, slots) in [
        ("whole, empty table", &[][..]),
        ("whole, LBA 0", &[(0x83, true, 0)]),
        ("whole, LBA 1", &[(0x83, false, 1)]),
        ("whole, code", &[(0x31, false, 0x7c80_c031), (0xfb, false, 0xbeef), (1, true, 77), (9, false, 0x1234_5678)]),
    ] {
        let image = Image::whole(&small(one(name)));
        image.patch(0, &table(slots));
        pairs.add(name, image, &[&["-q"], &["-q", "--offset=0"]]);
    }

    // What is wrong with the first, and whether the second helps.
    let config = |text: &str| Tree::new().file("/boot/grub/grub.cfg", text).file("/vmlinuz", "first");
    for (name, tree) in [
        ("no configuration", empty.clone()),
        ("syntax error", config("menuentry 'a' {\n linux /vmlinuz\n")),
        ("closing brace", config("}\n")),
        ("no entry", config("set timeout=3\n")),
        ("empty configuration", config("")),
        ("no kernel in the entry", config("menuentry 'a' {\n initrd /i\n}\n")),
        ("empty kernel", config("menuentry 'a' {\n linux\n}\n")),
        ("missing kernel", config("menuentry 'a' {\n linux /nothing\n}\n")),
        ("missing initrd", config("menuentry 'a' {\n linux /vmlinuz\n initrd /nothing\n}\n")),
        ("unknown device", config("menuentry 'a' {\n linux ($drive1)//vmlinuz\n}\n")),
        ("warnings", config("bogus\nset default=7\nmenuentry 'a' {\n linux\n}\n")),
        ("default behind the end", config("set default=7\nmenuentry 'a' {\n linux /vmlinuz\n}\n")),
        ("configuration is a directory", Tree::new().directory("/boot/grub/grub.cfg")),
        ("NetWare", Tree::new().file("/nwserver/xnloader.sys", "netware")),
        ("Solaris", Tree::new().file("/platform/i86xpv/kernel/unix", "solaris")),
    ] {
        let image = with_table(&both, &tree, &second);
        pairs.add(&format!("first: {name}"), image, &[&["-q"], &["-q", "--kernel=/vmlinuz"], &["-q", "--args=x"]]);
    }
    let image = with_table(&both, &first, &second);
    image.patch(u64::from(FIRST) * 512, &[0; 4096]);
    pairs.add("first: not mountable", image, &[&["-q"], &["-q", "--kernel=/vmlinuz"], &["-q", "--offset=1048576"]]);
    let image = with_table(&both, &empty, &second);
    pairs.add("only the second has the kernel", image, &[&["-q", "--kernel=/vmlinuz"]]);
    let image = with_table(&both, &empty, &empty);
    pairs.add("neither has anything", image, &[&["-q"], &["-q", "--offset=4194304"]]);

    // GUID tables.
    let protective = [(0xee, false, 1)];
    let (a, b) = (u64::from(FIRST), u64::from(SECOND));
    for (name, slots, guid) in [
        ("GPT, first", &protective[..], guid_table(128, 128, &[(0, a)])),
        ("GPT, third of 128", &protective, guid_table(128, 128, &[(0, 3000), (2, b)])),
        ("GPT, last of 128", &protective, guid_table(128, 128, &[(127, b)])),
        ("GPT, 256 entries", &protective, guid_table(256, 128, &[(255, b)])),
        ("GPT, entries of 256 bytes", &protective, guid_table(8, 256, &[(1, a)])),
        ("GPT, none used", &protective, guid_table(4, 128, &[])),
        ("GPT, no entries", &protective, guid_table(0, 128, &[])),
        ("GPT, entries of no bytes", &protective, guid_table(3, 0, &[])),
        ("GPT, entries of 32 bytes", &protective, guid_table(3, 32, &[])),
        ("GPT, far away", &protective, guid_table(4, 128, &[(0, 1 << 54), (1, (1 << 54) - 1), (2, u64::MAX), (3, a)])),
        ("GPT, hybrid", &[(0x83, false, SECOND), (0xee, false, 1)], guid_table(4, 128, &[(0, a)])),
        ("GPT, slots behind", &[(0xee, true, 1), (0x83, true, SECOND)], guid_table(4, 128, &[(1, a)])),
    ] {
        let image = with_table(slots, &first, &second);
        image.patch(512, &guid);
        pairs.add(name, image, QUIET);
    }
    let image = Image::whole(&small(one("offset 0")));
    image.patch(0, &table(&[(0xee, false, 1)]));
    image.patch(512, &guid_table(1, 128, &[(0, 0)])[..256]);
    pairs.add("GPT, filesystem at 0", image, QUIET);

    let unsigned = Image::whole(&small(one("no signature")));
    unsigned.patch(512, &guid_table(4, 128, &[(0, a)])[..512]);
    pairs.add("GPT without a signature before it", unsigned, QUIET);
    for length in [512, 590, 600, 1024, 1060, 1063, 1064, 1151, 1152, 1536] {
        let disk = [table(&protective), guid_table(4, 128, &[(0, a)])].concat();
        pairs.add(&format!("GPT cut at {length}"), Image::of_bytes(&disk[..length]), QUIET);
    }

    // By the real tools.
    let volumes = [small(empty.clone()), small(first.clone()), small(second.clone())];
    pairs.add("sfdisk", Image::mbr(&volumes), QUIET);
    let layout = Layout::Mbr(vec![("82", false), ("83", false), ("83", true)]);
    pairs.add("sfdisk with swap and active", Image::new(&layout, &volumes), QUIET);
    pairs.add("sgdisk", Image::gpt(&volumes), &[&["-q"], &["-q", "--offset=3145728"]]);
    let offset: &[&[&str]] = &[&["-q"], &["-q", "--offset=4194304"]];
    pairs.add("logical", logical(&first), offset);
    pairs.add("4Kn MBR", large_sectors(&first, false), offset);
    pairs.add("4Kn GPT", large_sectors(&first, true), offset);
    let tally = pairs.compare(&oracle);
    tally.assert("partition tables");
    assert!(tally.boots > 50 && tally.fails > 20, "{} {}", tally.boots, tally.fails);
}

/// A disk with a filesystem at 4 MiB, which is a logical partition.
fn logical(tree: &Tree) -> Image {
    let image = Image::new(&Layout::At(vec![4 * MIB]), &[small(tree.clone())]);
    let mut command = Command::new(tools::tool("sfdisk").expect("sfdisk is installed"));
    let command = command.args(["-q", "--no-reread", "--no-tell-kernel"]);
    let mut child = command.arg(image.path()).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("sfdisk runs");
    let script = "label: dos\n2048,2048,83\n6144,8192,5\n8192,4096,83\n";
    child.stdin.take().expect("piped").write_all(script.as_bytes()).expect("sfdisk reads");
    assert!(child.wait().expect("sfdisk ends").success());
    image
}

/// The same filesystem on a disk with sectors of 4 KiB.
fn large_sectors(tree: &Tree, guid: bool) -> Image {
    let image = Image::new(&Layout::At(vec![4 * MIB]), &[small(tree.clone())]);
    let start = u32::try_from(4 * MIB / 4096).expect("small");
    image.patch(0, &table(&[if guid { (0xee, false, 1) } else { (0x83, false, start) }]));
    if guid {
        let sectors = guid_table(128, 128, &[(0, start.into())]);
        image.patch(4096, &sectors[..512]);
        image.patch(8192, &sectors[512..]);
    }
    image
}

#[test]
fn images_that_are_too_short() {
    let oracle = oracle_or_skip!();
    let mut pairs = Pairs::default();
    for length in [0, 1, 2, 510, 511, 512, 513, 1023, 1024, 1080, 1082, 1084, 2047, 2048, 4096, 100_000] {
        pairs.add(&format!("{length} zeros"), Image::of_bytes(&vec![0; length]), QUIET);
        let mut signed = noise(length, length as u64);
        if length >= 512 {
            signed[510] = 0x55;
            signed[511] = 0xaa;
            signed[450] = 0x83;
            signed[466] = 0x83;
            signed[482] = 0x83;
            signed[498] = 0x83;
        }
        pairs.add(&format!("{length} bytes of garbage"), Image::of_bytes(&signed), QUIET);
    }
    pairs.add_path(Allowed::Known, "/dev/null", Path::new("/dev/null"), &["-q"]);
    // Cut off an ext4 filesystem, whole and as a partition.
    let kib = 1024;
    let tree = Tree::new()
        .file("/boot/grub/grub.cfg", "menuentry 'a' {\n linux /vmlinuz a\n initrd /initrd\n}\n")
        .file("/vmlinuz", noise(60 * 1024, 5))
        .file("/initrd", noise(60 * 1024, 6));
    let volume = Volume::new(Filesystem::ext("ext4", &["-b", "1024", "-O", "^has_journal"]), tree).sized(512 * kib);
    let full = Image::whole(&volume);
    let length = fs::metadata(full.path()).expect("made above").len();
    let mut random = Random::new(77);
    let mut lengths = vec![1, 1023, 1024, 1025, 1024 + 56, 1024 + 58, 1024 + 1023, 2048, 2049, 3 * kib, 4 * kib];
    lengths.extend((5..length / kib).step_by(9).map(|block| block * kib));
    lengths.extend((0..12).map(|_| random.below(length)));
    let bytes = fs::read(full.path()).expect("made above");
    for length in lengths {
        let cut = Image::of_bytes(&bytes[..usize::try_from(length).expect("small")]);
        pairs.add(&format!("cut at {length}"), cut, QUIET);
        if length % 5 == 0 {
            let mut disk = table(&[(0x83, false, 4)]);
            disk.resize(2048, 0);
            disk.extend(&bytes[..usize::try_from(length).expect("small")]);
            pairs.add(&format!("partition cut at {length}"), Image::of_bytes(&disk), QUIET);
        }
    }
    pairs.add("not cut", full, QUIET);
    // Names, and what stands behind the filesystem: the footer of a fixed VHD.
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    for name in ["a b", "what?offset=512", "\u{e9}\u{96ea}", "quote'\""] {
        let path = directory.path().join(name);
        fs::write(&path, &bytes).expect("an image can be written");
        pairs.add_path(Allowed::Known, name, &path, &["-q"]);
    }
    let mut footer = b"conectix".to_vec();
    footer.resize(512, 0);
    let fixed = [bytes.clone(), footer.clone()].concat();
    pairs.add("a fixed VHD", Image::of_bytes(&fixed), QUIET);
    let dynamic = [footer, vec![0; 1024], bytes].concat();
    pairs.add("a dynamic VHD", Image::of_bytes(&dynamic), QUIET);
    let tally = pairs.compare(&oracle);
    tally.assert("short images");
    assert!(tally.boots > 3 && tally.fails > 60, "{} {}", tally.boots, tally.fails);
}

#[test]
fn every_configuration_path() {
    let oracle = oracle_or_skip!();
    let grub2 = ["/boot/grub/grub.cfg", "/grub/grub.cfg", "/boot/grub2/grub.cfg", "/grub2/grub.cfg"];
    let extlinux = [
        "/boot/isolinux/isolinux.cfg",
        "/boot/extlinux/extlinux.conf",
        "/boot/extlinux.conf",
        "/extlinux/extlinux.conf",
        "/extlinux.conf",
    ];
    let legacy = ["/boot/grub/menu.lst", "/boot/grub/grub.conf", "/grub/menu.lst", "/grub/grub.conf"];
    let others = ["/EFI/debian/grub.cfg", "/syslinux.cfg", "/boot/syslinux/syslinux.cfg", "/boot/grub2/grub.conf"];
    let text = |path: &str| {
        if grub2.contains(&path) || others.contains(&path) {
            format!("menuentry 'x' {{\n linux /kernel {path}\n}}\n")
        } else if extlinux.contains(&path) {
            format!("default x\nlabel x\n kernel /kernel\n append {path}\n")
        } else {
            format!("title x\nroot (hd0,0)\nkernel /kernel {path}\n")
        }
    };
    let all: Vec<&str> = grub2.into_iter().chain(extlinux).chain(legacy).collect();
    let mut pairs = Pairs::default();
    // One by one, the first goes.
    for gone in 0..=all.len() {
        let mut tree = Tree::new().file("/kernel", "the kernel");
        for path in all[gone..].iter().chain(&others) {
            tree = tree.file(path, text(path));
        }
        pairs.add(&format!("without the first {gone}"), Image::whole(&small(tree)), QUIET);
    }
    let base = || Tree::new().file("/kernel", "the kernel").file("/boot/grub/menu.lst", text("/boot/grub/menu.lst"));
    let good = text("/boot/grub/grub.cfg");
    for (name, tree) in [
        ("a directory", base().directory("/boot/grub/grub.cfg")),
        ("empty", base().file("/boot/grub/grub.cfg", "")),
        ("broken", base().file("/boot/grub/grub.cfg", "}")),
        ("a link", base().file("/real", good.clone()).symlink("/boot/grub/grub.cfg", "../../real")),
        ("a dangling link", base().symlink("/boot/grub/grub.cfg", "nothing")),
        ("linked directory", base().file("/g/grub.cfg", good.clone()).symlink("/grub", "g")),
        ("NetWare", base().file("/nwserver/xnloader.sys", "netware")),
        ("Solaris", base().file("/platform/i86xpv/kernel/amd64/unix", "solaris")),
        ("not UTF-8", base().file("/boot/grub/grub.cfg", [good.as_bytes(), b"# caf\xe9\n"].concat())),
        ("UTF-8 cut off", base().file("/boot/grub/grub.cfg", [good.as_bytes(), b"# \xe9\x9b"].concat())),
        ("a surrogate", base().file("/boot/grub/grub.cfg", [good.as_bytes(), b"# \xed\xa0\x80\n"].concat())),
        ("a byte order mark", base().file("/boot/grub/grub.cfg", [b"\xef\xbb\xbf", good.as_bytes()].concat())),
        ("carriage returns", base().file("/boot/grub/grub.cfg", good.replace('\n', "\r\n"))),
        ("NULs at the end", base().file("/boot/grub/grub.cfg", [good.as_bytes(), &[0; 40]].concat())),
        ("a NUL in the path", base().file("/boot/grub/grub.cfg", good.replace("/kernel", "/ker\0nel"))),
        ("no line feed at the end", base().file("/boot/grub/grub.cfg", good.trim_end())),
    ] {
        pairs.add(name, Image::whole(&small(tree)), &[&["-q"], &["-q", "--kernel=/kernel"]]);
    }
    // The configuration is cut at 1 MiB.
    const LIMIT: usize = 1 << 20;
    let filled = |filler: &str, until: usize| {
        let mut text = filler.repeat(until / filler.len());
        text.push_str(&"#".repeat(until.saturating_sub(text.len() + 1)));
        text.push('\n');
        text
    };
    for (name, config) in [
        ("comments, entry behind", filled("# comment\n", LIMIT) + &good),
        ("entry, then comments", good.clone() + &filled("# comment\n", 2 * LIMIT)),
        ("cut in an entry", filled("# comment\n", LIMIT - 20) + &good),
        ("cut between entries", filled("# comment\n", LIMIT - good.len()) + &good + &good),
        ("cut in the header", good.clone() + &filled("# comment\n", LIMIT - good.len() - 8) + &good),
        ("cut in a character", good.clone() + &filled("# comment\n", LIMIT - good.len() - 4) + "# \u{96ea}\u{96ea}\n"),
        ("exactly the limit", filled("# comment\n", LIMIT - good.len()) + &good),
        ("many entries", good.repeat(30_000)),
    ] {
        let tree = Tree::new().file("/kernel", "the kernel").file("/boot/grub/grub.cfg", config);
        pairs.add(&format!("1 MiB: {name}"), Image::whole(&Volume::ext4(tree)), QUIET);
    }
    // Inline data: what pygrub reads has NULs behind it.
    for (name, options) in [("inline data", &["-O", "inline_data", "-I", "256"][..]), ("bigalloc", &["-O", "bigalloc"])]
    {
        let tree = Tree::new()
            .file("/boot/grub/grub.cfg", "menuentry 'x' {\n linux /k a\n initrd /i\n}\n")
            .file("/k", "k")
            .file("/i", "");
        let volume = Volume::new(Filesystem::ext("ext4", options), tree);
        pairs.add(name, Image::whole(&volume), QUIET);
    }
    let tally = pairs.compare(&oracle);
    tally.assert("configurations");
    assert!(tally.boots > 30 && tally.fails > 10, "{} {}", tally.boots, tally.fails);
}

/// Filesystems besides ext. Of those that pregrub does not read it must never say that they boot.
#[test]
fn other_filesystems() {
    let oracle = oracle_or_skip!();
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let host = directory.path().join("tree");
    Tree::bootable().write(&host);
    let mut pairs = Pairs::default();
    let mut made = |allowed, name: &str, bytes: u64, command: &[&str]| {
        let Some(tool) = tools::tool(command[0]) else { return };
        let image = directory.path().join(name);
        let replace =
            |word: &&str| word.replace("@IMAGE", image.to_str().unwrap()).replace("@TREE", host.to_str().unwrap());
        if bytes > 0 {
            File::create(&image).and_then(|file| file.set_len(bytes)).expect("an image can be made");
        }
        let output = Command::new(tool).args(command[1..].iter().map(replace)).output().expect("it runs");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        pairs.add_path(allowed, name, &image, &["-q"]);
        // As the second of two partitions, the first of which has nothing.
        let disk = directory.path().join(format!("{name}.disk"));
        let mut file = File::create(&disk).expect("an image can be made");
        file.write_all(&table(&[(0x83, false, 100), (0x83, false, 2048)])).expect("an image can be written");
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(MIB)).expect("a file");
        std::io::copy(&mut File::open(&image).expect("made above"), &mut file).expect("an image can be written");
        pairs.add_path(allowed, &format!("{name}, second"), &disk, &["-q"]);
    };
    let key = directory.path().join("key");
    fs::write(&key, "key").expect("a file can be written");
    let key = format!("--key-file={}", key.display());
    let never = Allowed::NotBoots;
    made(never, "btrfs", 128 * MIB, &["mkfs.btrfs", "-q", "--rootdir", "@TREE", "@IMAGE"]);
    made(never, "xfs5", 320 * MIB, &["mkfs.xfs", "-q", "@IMAGE"]);
    let luks = |kind| {
        ["cryptsetup", "-q", "luksFormat", "--type", kind, "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
    };
    made(never, "luks1", 20 * MIB, &[&luks("luks1")[..], &[&key, "@IMAGE"]].concat());
    made(never, "luks2", 20 * MIB, &[&luks("luks2")[..], &[&key, "@IMAGE"]].concat());
    made(never, "swap", MIB, &["mkswap", "@IMAGE"]);
    made(never, "squashfs", 0, &["mksquashfs", "@TREE", "@IMAGE", "-quiet"]);
    made(never, "erofs", 0, &["mkfs.erofs", "@IMAGE", "@TREE"]);
    made(never, "f2fs", 128 * MIB, &["mkfs.f2fs", "-q", "@IMAGE"]);
    made(never, "ntfs", 16 * MIB, &["mkfs.ntfs", "-F", "-Q", "-q", "-p", "0", "-H", "0", "-S", "0", "@IMAGE"]);
    made(never, "exfat", 16 * MIB, &["mkfs.exfat", "@IMAGE"]);
    made(never, "jfs", 32 * MIB, &["mkfs.jfs", "-q", "@IMAGE"]);
    made(never, "journal", 4 * MIB, &["mke2fs", "-q", "-O", "journal_dev", "@IMAGE"]);
    for (name, filesystem) in [
        ("FAT 12", Filesystem::fat(12)),
        ("FAT 16", Filesystem::fat(16)),
        ("FAT 32", Filesystem::fat(32)),
        ("XFS 4", Filesystem::xfs4()),
    ] {
        let volume = match name {
            "FAT 16" => Volume::new(filesystem, Tree::bootable()).sized(16 << 20),
            _ => Volume::new(filesystem, Tree::bootable()),
        };
        let allowed = Allowed::Known;
        pairs.add_as(allowed, name, Image::whole(&volume), QUIET);
        let image = Image::mbr(&[small(Tree::new()), volume.clone()]);
        pairs.add_as(allowed, &format!("{name}, second"), image, QUIET);
        let image = Image::mbr(&[small(one("first")), volume]);
        pairs.add(&format!("{name} behind a good one"), image, QUIET);
    }
    let tally = pairs.compare(&oracle);
    tally.assert("other filesystems");
    assert!(tally.fails > 8 && tally.boots >= 8 && tally.unknown.is_empty(), "{} {}", tally.fails, tally.boots);
}

/// Configurations with every issue that the generator knows, in whole runs: every line on standard error is compared.
#[test]
fn generated_configurations() {
    let oracle = oracle_or_skip!();
    let mut pairs = Pairs::default();
    for case in generator::cases(23, 60) {
        let path = match case.dialect {
            Dialect::Grub2 => "/grub/grub.cfg",
            Dialect::Legacy => "/grub/menu.lst",
            Dialect::Extlinux => "/extlinux.conf",
        };
        let tree = Tree::new().file(path, case.text).symlink("/boot", ".").file("/vmlinuz", "vmlinuz").file("/k", "k");
        let entry = case.entry.map_or("-q".to_owned(), |entry| format!("--entry={entry}"));
        let args = format!("--args={}", case.args.unwrap_or_default());
        pairs.add(&case.id, Image::whole(&small(tree)), &[&[&entry, &args]]);
    }
    let tally = pairs.compare(&oracle);
    tally.assert("generated configurations");
    assert!(tally.fails > 20, "{} {}", tally.boots, tally.fails);
}
