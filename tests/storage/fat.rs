//! The FAT driver against the real libfsimage.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::fat_images::{FAT, Layout, available, long, make, record, short};
use crate::common::memory;
use crate::common::random::{Random, noise};
use crate::common::setting::setting;
use crate::common::volumes::{Case, Seen, SeenFile, Tally};
use pregrub::storage::fat::Fat;
use pregrub::storage::filesystem::{Filesystem, MountError, OpenError};
use pregrub::storage::source::{FileSource, Volume};

/// Reads at the edges of clusters, of the file and behind it, back and forth.
const READS: [(u64, u64); 14] = [
    (100, 0),
    (511, 1),
    (513, 511),
    (1, 512),
    (5000, 3),
    (1 << 20, 100),
    (2048, 2048),
    (10, 4095),
    (700, 60_000),
    (10, 0),
    (3000, 69_000),
    (10, 70_007),
    (10, 1 << 31),
    (10, 1 << 33),
];

/// The tree that most tests look at, and the paths that they try.
fn tree(root: &Path) -> Vec<String> {
    fs::create_dir_all(root.join("kernels/deep/er")).unwrap();
    fs::create_dir_all(root.join("boot/grub")).unwrap();
    fs::create_dir_all(root.join("Long Directory Name")).unwrap();
    fs::create_dir_all(root.join("long-directory-name")).unwrap();
    fs::create_dir_all(root.join("many")).unwrap();
    let file = |name: &str, data: &[u8]| fs::write(root.join(name), data).unwrap();
    file("kernels/k", &noise(70_007, 1));
    file("kernels/UPPER.TXT", &noise(700, 2));
    file("kernels/Mixed.Txt", &noise(701, 3));
    // Longer than what pygrub reads at once.
    file("big", &noise(1_100_007, 4));
    file("boot/vmlinuz", &noise(1, 5));
    file("boot/vmlinuz-6.1.0-18-amd64", &noise(5000, 6));
    file("boot/vmlinuz-6.1.0-19-amd64", &noise(5001, 7));
    file("boot/grub/grub.cfg", b"set default=0\n");
    file("kernels/deep/er/k", b"deep");
    file("empty", b"");
    for length in [1, 511, 512, 513, 1024, 2048, 4096, 4097] {
        file(&format!("size{length}"), &noise(length, length as u64));
    }
    file("with blank", b"blank");
    file("noext", b"no extension");
    file("a.b.c", b"dots");
    file(".hidden", b"hidden");
    file("grüße", b"latin");
    file("!rub-Ġ", b"above latin");
    file("a+b,c;d=e[f]", b"odd");
    file("thirteen-char", b"13");
    file("twenty-six-characters-long", b"26");
    file(&"n".repeat(200), b"long");
    file("long-directory-name/x", b"x");
    file("Long Directory Name/x", b"x");
    for index in 0..150 {
        file(&format!("many/a-file-with-a-long-name-number-{index}"), format!("{index}").as_bytes());
    }
    let mut paths: Vec<String> = [
        "/kernels/k",
        "kernels/k",
        "./kernels/k",
        "../kernels/k",
        "/./kernels/k",
        "/../kernels/k",
        "/kernels/./k",
        "/kernels/../kernels/k",
        "/kernels/deep/../k",
        "/kernels/deep/er/../../k",
        "/kernels/deep/er/../er/k",
        "/kernels/deep/er/././k",
        "//kernels/k",
        "///kernels/k",
        "/kernels//k",
        "/kernels///k",
        "/kernels/k/",
        "/kernels/k//",
        "/kernels/k/.",
        "/boot/vmlinuz/x",
        "",
        "/",
        "//",
        ".",
        "..",
        "/.",
        "/..",
        "/kernels",
        "/kernels/",
        "/kernels/.",
        "/KERNELS/k",
        "/kernels/K",
        "/kernels/upper.txt",
        "/kernels/UPPER.TXT",
        "/kernels/Upper.Txt",
        "/kernels/Mixed.Txt",
        "/kernels/mixed.txt",
        "/kernels/MIXED.TXT",
        "/boot/vmlinuz-6.1.0-18-amd64",
        "/boot/vmlinuz-6.1.0-19-amd64",
        "/boot/vmlinuz-6.1.0-18-AMD64",
        "/boot/vmlinu~1.0-1",
        "/boot/VMLINU~1.0-1",
        "/boot/vmlinu~2.0-1",
        "/boot/vmlinu~1",
        "/boot/grub/grub.cfg",
        "/boot/grub/grub.cfg quiet",
        "/boot/grub/grub.cfg\tquiet",
        "/boot/grub/grub.cfg\n",
        "/boot/grub/grub.cfg\u{b}",
        "/boot/grub/grub.cfg\u{c}x",
        "/boot/grub/grub.cfg\r",
        "/boot/grub/grub.cfg\u{85}",
        "/boot/grub/grub.cfg\u{a0}",
        " /boot/grub/grub.cfg",
        "/boot /grub/grub.cfg",
        "/boot/ grub/grub.cfg",
        "/boot/grub/menu.lst",
        "/boot\\grub\\grub.cfg",
        "/empty",
        "/with blank",
        "/withbl~1",
        "/with",
        "/noext",
        "/noext.",
        "/NOEXT",
        "/a.b.c",
        "/.hidden",
        "/hidden~1",
        "/grüße",
        "/grusse",
        "/gr\u{fc}",
        "/!rub-Ġ",
        "/!rub- ",
        "/a+b,c;d=e[f]",
        "/a+b,c;d=e[f]/",
        "/thirteen-char",
        "/thirte~1",
        "/thirteen-cha",
        "/thirteen-charr",
        "/twenty-six-characters-long",
        "/long-directory-name/x",
        "/Long Directory Name/x",
        "/longdi~1/x",
        "/longdi~2/x",
        "/big",
        "/many",
        "/many/a-file-with-a-long-name-number-0",
        "/many/a-file-with-a-long-name-number-77",
        "/many/a-file-with-a-long-name-number-149",
        "/many/a-file-with-a-long-name-number-150",
    ]
    .iter()
    .map(|path| (*path).to_owned())
    .collect();
    for length in [1, 511, 512, 513, 1024, 2048, 4096, 4097] {
        paths.push(format!("/size{length}"));
    }
    for length in [8, 199, 200, 201, 3000] {
        paths.push(format!("/{}", "n".repeat(length)));
    }
    paths.push(format!("{}kernels/k", "/".repeat(3000)));
    paths.push(format!("/kernels{}/k", "/deep/..".repeat(300)));
    paths
}

const MIB: u64 = 1 << 20;

/// What mkfs.fat makes and the plugin mounts: a name, the size, options.
const MOUNTED: [(&str, u64, &[&str]); 21] = [
    ("fat12", 4 * MIB, &["-F", "12"]),
    ("fat12-floppy", 2880 * 1024, &["-F", "12"]),
    ("fat12-1-sector", 2 * MIB, &["-F", "12", "-s", "1", "-a"]),
    ("fat16", 16 * MIB, &["-F", "16"]),
    ("fat16-1-sector", 8 * MIB, &["-F", "16", "-s", "1"]),
    ("fat16-large", 300 * MIB, &["-F", "16"]),
    ("fat32", 64 * MIB, &["-F", "32"]),
    ("fat32-1-sector", 40 * MIB, &["-F", "32", "-s", "1"]),
    ("fat32-32k", 2200 * MIB, &["-F", "32", "-s", "64"]),
    ("fat32-64k", 4300 * MIB, &["-F", "32", "-s", "128"]),
    ("fat16-64k", 300 * MIB, &["-F", "16", "-s", "128"]),
    ("one-fat", 64 * MIB, &["-F", "32", "-f", "1"]),
    ("four-fats", 64 * MIB, &["-F", "32", "-f", "4"]),
    ("reserved", 64 * MIB, &["-F", "32", "-R", "8"]),
    ("reserved-16", 16 * MIB, &["-F", "16", "-R", "64"]),
    ("root-entries", 16 * MIB, &["-F", "16", "-r", "2048"]),
    ("label", 16 * MIB, &["-F", "16", "-n", "KERNELS"]),
    ("media", 16 * MIB, &["-F", "16", "-M", "0xf0"]),
    ("hard-disk", 16 * MIB, &["-F", "16", "--mbr=y", "-g", "255/63", "-h", "2048"]),
    ("not-aligned", 64 * MIB, &["-F", "32", "-a"]),
    ("invariant", 64 * MIB, &["-F", "32", "--invariant", "-i", "12345678"]),
];

/// Every path of the table on every filesystem that is mounted.
#[test]
fn paths_and_data_are_those_of_libfsimage() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    let paths = tree(&root);
    let mut tally = Tally::default();
    for (name, size, options) in MOUNTED {
        let image = directory.path().join(name);
        make(&image, Some(&root), size, options);
        let case = Case::new(&image, &paths).reading(&READS);
        tally.add(FAT.assert_same(std::slice::from_ref(&case)));
        // The kernel must really have been read, or everything above compares errors.
        let Seen::Paths(seen) = FAT.driver(&case) else { panic!("{case:?}") };
        let read =
            |path: &str| matches!(seen[paths.iter().position(|known| *known == path).unwrap()], SeenFile::Read { .. });
        for path in
            ["/kernels/k", "//kernels/k", "/boot/vmlinuz-6.1.0-18-amd64", "/kernels/upper.txt", "/withbl~1", "/big"]
        {
            assert!(read(path), "{name} {path}");
        }
        for path in ["/with blank", "/kernels/UPPER.TXT", "/kernels", "/./kernels/k", "/noext.", "/kernels/k/"] {
            assert!(!read(path), "{name} {path}");
        }
        fs::remove_file(image).unwrap();
    }
    println!("{} comparisons", tally.agreed);
    assert!(tally.agreed > 2000);
}

/// Behind an offset, also one that is no multiple of a sector.
#[test]
fn a_partition() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    let paths = tree(&root);
    let image = directory.path().join("image");
    make(&image, Some(&root), 8 * MIB, &["-F", "16", "-s", "1"]);
    for offset in [63 * 512, 1000, MIB] {
        FAT.assert_same(&[Case::new(&image, &paths).behind(offset, 0xf8)]);
    }
}

/// What looks like a FAT and the plugin refuses.
#[test]
fn refused_filesystems() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut cases = Vec::new();
    for (name, size, options) in [
        ("1k", 32 * MIB, &["-F", "16", "-S", "1024"][..]),
        ("4k", 300 * MIB, &["-F", "32", "-S", "4096"]),
        ("atari", 32 * MIB, &["-A"]),
    ] {
        let image = directory.path().join(name);
        make(&image, None, size, options);
        cases.push(Case::new(&image, &["/x"]));
    }
    let plain = directory.path().join("plain");
    make(&plain, None, 16 * MIB, &["-F", "16"]);
    for patch in [(21, vec![0xf9]), (13, vec![0]), (13, vec![3]), (11, vec![0, 4]), (17, vec![0, 0]), (22, vec![1, 0])]
    {
        cases.push(Case { patches: vec![patch], ..Case::new(&plain, &["/x"]) });
    }
    for length in [0, 1, 63, 64, 511, 512, 514, 515] {
        cases.push(Case::new(&plain, &["/x"]).cut_to(length));
    }
    FAT.assert_same(&cases);
    for case in &cases {
        let refusal = Fat::mount(Volume::new(case.source(), 0)).unwrap_err();
        match refusal {
            MountError::Rejected(why) => assert!(!why.is_empty()),
            MountError::NotThis => assert!(
                case.length.is_some_and(|length| length < 64) || case.patches.iter().any(|(at, _)| *at == 13),
                "{case:?}"
            ),
            other => panic!("{other}"),
        }
    }
    // The signature of a boot sector does not matter, and neither does bit 3 of the media byte.
    let mut case = Case::new(&plain, &["/x"]);
    case.patches = vec![(510, vec![0, 0]), (21, vec![0xf0])];
    FAT.assert_same(&[case.clone()]);
    assert!(matches!(FAT.driver(&case), Seen::Paths(_)));
}

/// An image with a few files whose clusters lie one after the other, its bytes, and where what lies.
struct Small {
    image: PathBuf,
    bytes: Vec<u8>,
    layout: Layout,
}

impl Small {
    /// FAT12, FAT16 and FAT32 with clusters of 512 bytes.
    fn all(directory: &Path, root: &Path) -> [Self; 3] {
        [("12", 1 << 20), ("16", 3 << 20), ("32", 40 << 20)].map(|(bits, size)| {
            let image = directory.join(format!("small{bits}"));
            make(
                &image,
                Some(root),
                size,
                &["-F", bits, "-s", "1", "-a", "-r", "64"][..if bits == "32" { 5 } else { 7 }],
            );
            let mut bytes = fs::read(&image).unwrap();
            if bits == "32" {
                // mtools does not believe in a small FAT32, and the plugin does.
                bytes.truncate(Layout::of(&bytes).data + (800 << 10));
                let sectors = bytes.len() as u32 / 512;
                bytes[32..36].copy_from_slice(&sectors.to_le_bytes());
                fs::write(&image, &bytes).unwrap();
            }
            let layout = Layout::of(&bytes);
            assert_eq!(layout.bits.to_string(), bits);
            Self { image, bytes, layout }
        })
    }

    /// The first cluster of a file by its content, which is at least a cluster.
    fn cluster_of(&self, content: &[u8]) -> u32 {
        let place = (self.layout.data..self.bytes.len())
            .step_by(512)
            .find(|place| self.bytes[*place..].starts_with(&content[..512]))
            .unwrap();
        ((place - self.layout.data) / 512) as u32 + 2
    }

    fn case(&self, paths: &[&str], patches: Vec<(usize, Vec<u8>)>) -> Case {
        Case { patches, ..Case::new(&self.image, paths).reading(&READS) }
    }
}

/// Records as no tool makes them, from the first of the root directory on.
#[test]
fn directory_records() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(&root).unwrap();
    let content = noise(2000, 1);
    fs::write(root.join("k"), &content).unwrap();
    for small in Small::all(directory.path(), &root) {
        let cluster = small.cluster_of(&content);
        // Names do not depend on the width of the FAT.
        let step = if small.layout.bits == 12 { 5 } else { 61 };
        let plain = record("FOO.TXT", 0x20, cluster, 100);
        let other = record("BAR.TXT", 0x20, cluster, 200);
        let label = record("VOLUME", 8, 0, 0);
        let zero = [0; 32];
        let mut deleted = plain;
        deleted[0] = 0xe5;
        let units = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
        let name = "a-name-of-thirty-five-letters-12345";
        let path = format!("/{name}");
        let three = long(&units(name), "FOO.TXT");
        assert_eq!(three.len(), 3);
        let mut directories: Vec<Vec<[u8; 32]>> = vec![
            vec![plain, zero, other],
            vec![deleted, other],
            vec![label, plain, plain],
            vec![three[0], three[1], three[2], plain],
            vec![three[1], three[2], plain],
            vec![three[0], three[2], plain],
            vec![three[0], three[1], plain],
            vec![three[1], three[0], three[2], plain],
            vec![three[0], three[1], three[2], other, plain],
            vec![three[0], other, three[1], three[2], plain],
            vec![three[0], deleted, three[1], label, three[2], deleted, label, plain],
            vec![three[0], three[1], three[2], zero, plain],
            vec![three[0], three[1], three[2], plain, record("FOO.TXT", 0x20, cluster, 7)],
            vec![three[0], three[1], three[2], record("FOO.TXT", 8, 0, 0), plain],
            [&three[..], &long(&units("other"), "FOO.TXT"), &[plain]].concat(),
            [&long(&units("other"), "FOO.TXT")[..], &three, &[plain]].concat(),
            [&long(&[], "FOO.TXT")[..], &[plain]].concat(),
            [&long(&[0], "FOO.TXT")[..], &[plain]].concat(),
            vec![record("           ", 0x20, cluster, 100)],
            [&long(&[0xe9, 0x61], "FOO.TXT")[..], &[plain]].concat(),
            [&long(&[0xc3, 0xa9, 0x61], "FOO.TXT")[..], &[plain]].concat(),
            [&long(&[0x61, 0x100, 0x62], "FOO.TXT")[..], &[plain]].concat(),
            [&long(&[0x161, 0x262], "FOO.TXT")[..], &[plain]].concat(),
            [&long(&units("a b"), "FOO.TXT")[..], &[plain]].concat(),
            [&long(&units("a/b"), "FOO.TXT")[..], &[plain]].concat(),
            [&long(&units("FOO.TXT"), "FOO.TXT")[..], &[plain]].concat(),
            vec![record("SUB", 0x10, cluster, 0), plain],
        ];
        for length in [12, 13, 14, 26, 255, 256, 500, 780] {
            directories.push([&long(&vec![0x6e; length], "FOO.TXT")[..], &[plain]].concat());
        }
        // One byte of a long name's record, each with a few values.
        for (piece, byte) in [(0, 0), (1, 0), (2, 0), (0, 13), (1, 13), (2, 13), (0, 11), (1, 11), (1, 12), (1, 26)] {
            for value in
                [0, 1, 2, 3, 0x0f, 0x1f, 0x3f, 0x40, 0x41, 0x42, 0x43, 0x80, 0x82, 0xc1, 0xc3, 0xcf, 0xe5, 0xff]
            {
                let mut records = three.clone();
                records[piece][byte] = value;
                directories.push([&records[..], &[plain]].concat());
            }
        }
        for value in (0..=255).step_by(step) {
            // Attributes of a file, and bytes in both halves of a short name.
            directories.push(vec![record("FOO.TXT", value, cluster, 100), other]);
            for place in [0, 1, 9] {
                let mut odd = record("ABCDEFGHTXT", 0x20, cluster, 100);
                odd[place] = value;
                directories.push(vec![odd, other]);
            }
        }
        for name in [
            "A B     TXT",
            " AB     TXT",
            "AB      T T",
            "AB       TX",
            ".       ",
            "..      ",
            "A.B     TXT",
            "A/B     TXT",
        ] {
            let mut odd = record("X", 0x20, cluster, 100);
            odd[..11].copy_from_slice(&format!("{name:11}").into_bytes()[..11]);
            directories.push(vec![odd, other]);
        }
        for first in [
            0,
            1,
            2,
            small.layout.clusters - 1,
            small.layout.clusters,
            0xfff8,
            0xffff,
            0x0fff_ffff,
            0x8000_0000,
            0xffff_ffff,
            0x8000_0000 | cluster,
            0x4000_0000 + cluster,
            0x1_0000 + cluster,
        ] {
            directories.push(vec![record("FOO.TXT", 0x20, first, 5000), other, record("SUB", 0x10, first, 0)]);
        }
        for size in [0, 1, 2000, 2048, 2049, 5000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
            directories.push(vec![record("FOO.TXT", 0x20, cluster, size), other]);
        }
        let long_path = format!("/{}", "n".repeat(255));
        let paths = [
            "/foo.txt",
            "/bar.txt",
            &path,
            "/other",
            "/",
            "//",
            "",
            "/éa",
            "/a",
            "/ab",
            "/a b",
            "/a/b",
            "/FOO.TXT",
            "/foo.txt/",
            "/sub/",
            "/sub/foo.txt",
            "/sub/bar.txt",
            "/sub/sub/bar.txt",
            &long_path,
            "/nnnnnnnnnnnnn",
            "/nnnnnnnnnnnn",
            "/abcdefgh.txt",
            "/a.txt",
            "/ab.t",
            "/.txt",
            "/abcdefgh",
            "/abcdefgh.t",
            "/abcdefgh.tx",
            "/.",
            "/..",
            "/a.b.txt",
            "/a/b.txt",
            "/bbcdefgh.txt",
            "/BBCDEFGH.TXT",
            "/abcdefg.txt",
            "/a~cdefgh.txt",
            "/abcdefgh.~xt",
        ];
        let room = 64 * 32;
        let cases: Vec<Case> = directories
            .iter()
            .map(|records| {
                let mut bytes = records.concat();
                bytes.resize(room, 0);
                // The root directory of FAT32 has a cluster of 512 bytes: a second one behind the file.
                let mut patches = Vec::new();
                if small.layout.bits == 32 {
                    let next = small.layout.clusters - 8;
                    for index in 0..4_u32 {
                        let from = if index == 0 { 2 } else { next + index - 1 };
                        let to = if index == 3 { 0x0fff_ffff } else { next + index };
                        patches.extend(small.layout.link(&small.bytes, from, to));
                        patches.push((small.layout.place(from), bytes[index as usize * 512..][..512].to_vec()));
                    }
                } else {
                    patches.push((small.layout.root, bytes));
                }
                small.case(&paths, patches)
            })
            .collect();
        let tally = FAT.compare(&cases);
        tally.assert_agreement();
        println!("FAT{}: {tally}", small.layout.bits);
        assert!(tally.unknown <= 16 && tally.crashed == 0);
    }
    assert_eq!(short("A.B"), *b"A       B  ");
}

/// Chains that end early, lead nowhere or back, or begin anywhere.
#[test]
fn chains() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(&root).unwrap();
    let content = noise(4 * 512 - 100, 1);
    let large = noise(600_000, 2);
    fs::write(root.join("a"), &content).unwrap();
    fs::write(root.join("large"), &large).unwrap();
    for small in Small::all(directory.path(), &root) {
        let layout = &small.layout;
        let first = small.cluster_of(&content);
        let far = small.cluster_of(&large);
        let end: u32 = match layout.bits {
            12 => 0xfff,
            16 => 0xffff,
            _ => 0x0fff_ffff,
        };
        let mut values = vec![
            0,
            1,
            2,
            3,
            first,
            first + 1,
            first + 3,
            far,
            far + 1000,
            layout.clusters - 1,
            layout.clusters,
            layout.clusters + 1,
        ];
        values.extend((end - 20)..=end);
        if layout.bits == 32 {
            values.extend([
                0x1000_0000,
                0x1000_0000 | far,
                0x8000_0000,
                0xf000_0000,
                0xffff_ffff,
                0xffff_fff8,
                0x7fff_ffff,
                0x8000_0000 | far,
            ]);
        }
        let mut cases = Vec::new();
        for at in [first, first + 2, far + 700] {
            for value in &values {
                cases.push(small.case(&["/a", "/large"], layout.link(&small.bytes, at, *value)));
            }
        }
        let tally = FAT.assert_same(&cases);
        println!("FAT{}: {} comparisons", layout.bits, tally.agreed);
    }
}

/// What a bad link costs: pygrub's reads of 1 MiB give all or nothing.
#[test]
fn damage_in_a_file_of_several_reads() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(&root).unwrap();
    let content = noise(3_500_000, 1);
    fs::write(root.join("k"), &content).unwrap();
    let image = directory.path().join("image");
    make(&image, Some(&root), 40 * MIB, &["-F", "32", "-s", "1", "-a"]);
    let bytes = fs::read(&image).unwrap();
    let layout = Layout::of(&bytes);
    let place = bytes.windows(64).position(|window| window == &content[..64]).unwrap();
    let first = ((place - layout.data) / 512) as u32 + 2;
    let damage = |links: &[(u32, u32)], length: Option<usize>| {
        let mut case = Case::new(&image, &["/k"]);
        case.patches = links.iter().flat_map(|(at, value)| layout.link(&bytes, *at, *value)).collect();
        case.length = length;
        FAT.assert_same(&[case.clone()]);
        let fat = Fat::mount(Volume::new(case.source(), 0)).unwrap();
        let file = fat.open(b"/k").unwrap();
        file.verify().unwrap().map(|damage| (damage.bytes, damage.reason))
    };
    assert_eq!(damage(&[], None), None);
    for (links, length, copied, told) in [
        (&[(first + 99, 0x0fff_ffff)][..], None, 51_200, "its chain of clusters ends after 51200 of 3500000 bytes"),
        (&[(first + 99, 0)], None, 0, "as free"),
        (&[(first + 2400, 1)], None, 1 << 20, "the link 0x1,"),
        (&[(first + 4800, 0x0fff_fff7)], None, 2 << 20, "the link 0xffffff7,"),
        (&[(first + 2047, 0)], None, 1 << 20, "broken after 1048576 of"),
        (&[(first + 5200, first + 7)], None, 3_500_000, &format!("comes back to cluster {}", first + 7)),
        (&[(first + 3, first + 3)], None, 3_500_000, "comes back to cluster"),
        (&[], Some(place + 1_234_567), 3_500_000, "the image ends before byte 1234567 of its 3500000"),
        // A longer chain than the file needs, or one that goes round behind its end, does no harm.
    ] {
        let (bytes, reason) = damage(links, length).unwrap();
        assert_eq!(bytes, copied, "{reason}");
        assert!(reason.contains(told), "{reason}");
    }
    let last = first + 3_500_000_u32.div_ceil(512) - 1;
    assert_eq!(damage(&[(last, first)], None), None);
    // In pieces, but each once.
    assert_eq!(damage(&[(first + 9, last + 1), (last + 1, first + 11)], None), None);
}

/// An image that ends anywhere.
#[test]
fn truncated_images() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("boot/deep")).unwrap();
    fs::write(root.join("boot/vmlinuz"), noise(100_000, 1)).unwrap();
    fs::write(root.join("boot/a-long-name-for-an-initrd"), noise(30_000, 2)).unwrap();
    fs::write(root.join("boot/deep/x"), noise(600, 3)).unwrap();
    let paths = ["/boot/vmlinuz", "/boot/a-long-name-for-an-initrd", "/boot/deep/x", "/nothing", "/boot/boot/x", "/"];
    for small in Small::all(directory.path(), &root) {
        let full = small.layout.data + 300 * 512;
        let lengths = (0..5000)
            .step_by(331)
            .chain((0..full).step_by(1024))
            .chain((small.layout.root - 3000..small.layout.data + 4000).step_by(173));
        let cases: Vec<Case> = lengths.map(|length| small.case(&paths, Vec::new()).cut_to(length)).collect();
        let tally = FAT.compare(&cases);
        tally.assert_agreement();
        println!("FAT{}: {tally}", small.layout.bits);
        assert_eq!((tally.unknown, tally.crashed), (0, 0));
    }
}

/// A cluster behind 4 GiB, and one behind 1 TiB, where the plugin's number of a sector is negative.
#[test]
fn far_clusters() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("image");
    let mut cases = Vec::new();
    for (size, sectors_per_cluster, cluster) in
        [(6_u64 << 30, "8", 1_200_000_u32), (1100 << 30, "128", 17_000_000), (1100 << 30, "128", 16_000_000)]
    {
        let name = directory.path().join(cluster.to_string());
        make(&image, None, size, &["-F", "32", "-s", sectors_per_cluster]);
        fs::rename(&image, &name).unwrap();
        let file = File::options().read(true).write(true).open(&name).unwrap();
        let mut head = vec![0; 512];
        file.read_exact_at(&mut head, 0).unwrap();
        let layout = Layout::of(&head);
        let place = layout.data as u64 + u64::from(cluster - 2) * layout.cluster_bytes as u64;
        file.write_all_at(&noise(5000, 1), place).unwrap();
        file.write_all_at(&0x0fff_ffff_u32.to_le_bytes(), layout.fat as u64 + 4 * u64::from(cluster)).unwrap();
        file.write_all_at(&(cluster + 1).to_le_bytes(), layout.fat as u64 + 4 * u64::from(cluster)).unwrap();
        file.write_all_at(&0x0fff_ffff_u32.to_le_bytes(), layout.fat as u64 + 4 * u64::from(cluster + 1)).unwrap();
        file.write_all_at(&record("K", 0x20, cluster, 5000), layout.root as u64).unwrap();
        cases.push(Case::new(&name, &["/k"]).reading(&READS));
    }
    FAT.assert_same(&cases);
}

/// Damaged images: whatever is found there, both sides see the same, or pregrub does not know.
#[test]
fn mutations() {
    if !available() {
        return;
    }
    let rounds = setting("PREGRUB_FAT_MUTATIONS", 100);
    let seed = setting("PREGRUB_FAT_SEED", 1);
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("boot/grub/a-longer-directory-name")).unwrap();
    fs::write(root.join("boot/vmlinuz-6.1.0-18-amd64"), noise(9000, 1)).unwrap();
    fs::write(root.join("boot/vmlinuz"), noise(5000, 2)).unwrap();
    fs::write(root.join("boot/grub/grub.cfg"), noise(513, 3)).unwrap();
    fs::write(root.join("boot/grub/a-longer-directory-name/k"), noise(1500, 4)).unwrap();
    for index in 0..30 {
        fs::write(root.join(format!("boot/entry-with-a-long-name-{index}")), noise(index * 40, 5)).unwrap();
    }
    let paths = [
        "/boot/vmlinuz-6.1.0-18-amd64",
        "/boot/vmlinuz",
        "/boot/grub/grub.cfg",
        "/boot/grub/a-longer-directory-name/k",
        "/boot/entry-with-a-long-name-3",
        "/boot/entry-with-a-long-name-29",
        "/boot/grub/../vmlinuz",
        "/boot/./grub/./grub.cfg",
        "/boot/grub/../../boot/vmlinuz",
        "/boot/vmlinu~1.0-1",
        "/boot/entryw~4",
        "/boot/",
        "/",
        "/nothing",
    ];
    let mut random = Random::new(seed);
    let mut total = Tally::default();
    for small in Small::all(directory.path(), &root) {
        let cases: Vec<Case> = (0..rounds).map(|_| mutated(&mut random, &small, &paths)).collect();
        let intact = FAT.driver(&small.case(&paths, Vec::new()));
        let started = Instant::now();
        let changed = cases.iter().filter(|case| FAT.driver(case) != intact).count();
        let ours = started.elapsed();
        let tally = FAT.compare(&cases);
        println!(
            "FAT{}: {changed} of {rounds} images look different ({ours:?}), {tally}, {} disagreements",
            small.layout.bits,
            tally.disagreements.len()
        );
        total.add(tally);
    }
    total.assert_agreement();
}

/// A few changes, most of them where the structures are.
fn mutated(random: &mut Random, small: &Small, paths: &[&str]) -> Case {
    let Small { bytes, layout, .. } = small;
    let mut case = small.case(paths, Vec::new());
    // Directories, by a record in them that has a plain attribute.
    let records: Vec<usize> = (layout.root..bytes.len().min(layout.root + 80_000))
        .step_by(32)
        .filter(|at| {
            matches!(bytes[at + 11], 0x0f | 0x10 | 0x20) && bytes[*at] != 0 && bytes[at + 12] == 0
                || bytes[at + 11] == 8
        })
        .collect();
    let used: Vec<u32> = (0..200.min(layout.clusters)).collect();
    for _ in 0..1 + random.below(3) {
        let any = random.next() as u32;
        let number = random.pick(&[
            0,
            1,
            2,
            3,
            4,
            5,
            10,
            20,
            layout.clusters - 1,
            layout.clusters,
            any,
            any % layout.clusters,
            any % 100,
            any % 100,
            0xff7,
            0xff8,
            0xffff,
            0xfff8,
            0x0fff_fff8,
            0x1000_0000,
            0x8000_0000,
            0xffff_ffff,
            1 << (any % 32),
        ]);
        match random.below(10) {
            // The boot sector.
            0 | 1 => {
                let at = 11 + random.index(41);
                let old = bytes[at];
                let value = random.pick(&[
                    0,
                    1,
                    2,
                    4,
                    8,
                    0x10,
                    0x40,
                    0x80,
                    0xf0,
                    0xff,
                    old ^ 1,
                    old.wrapping_add(1),
                    old << 1,
                    any as u8,
                ]);
                case.patches.push((at, vec![value]));
            }
            2 => {
                let (at, width) = random.pick(&[
                    (14, 2),
                    (16, 1),
                    (17, 2),
                    (19, 2),
                    (22, 2),
                    (32, 4),
                    (36, 4),
                    (40, 2),
                    (44, 4),
                    (13, 1),
                ]);
                case.patches.push((at, number.to_le_bytes()[..width].to_vec()));
            }
            // A link.
            3..=5 => {
                let cluster = random.pick(&used);
                case.patches.extend(layout.link(bytes, cluster, number));
            }
            // A directory record: its name, or its fields.
            6 | 7 => {
                let at = random.pick(&records) + random.index(32);
                let value = random.pick(&[
                    0,
                    1,
                    0x0f,
                    0x10,
                    0x20,
                    0x2e,
                    0x40,
                    0x41,
                    0x42,
                    0xe5,
                    0xff,
                    bytes[at] ^ 1,
                    bytes[at] ^ 0x20,
                    any as u8,
                ]);
                case.patches.push((at, vec![value]));
            }
            8 => {
                let at = random.pick(&records);
                match random.below(3) {
                    0 => case.patches.push((at + 26, number.to_le_bytes()[..2].to_vec())),
                    1 => case.patches.push((at + 20, (number as u16).to_le_bytes().to_vec())),
                    _ => case.patches.push((at + 28, number.to_le_bytes().to_vec())),
                }
            }
            // Records in another order.
            _ => {
                let (from, to) = (random.pick(&records), random.pick(&records));
                case.patches.push((to, bytes[from..from + 32].to_vec()));
            }
        }
    }
    if random.chance(10) {
        case.length = Some(random.index(bytes.len()));
    } else if random.chance(10) {
        let near = layout.root + random.index(40_000);
        case.length = Some(near.min(bytes.len()));
    }
    case
}

/// Time and memory stay small, whatever the disk says.
#[test]
fn hostile_chains_are_bounded() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("image");
    make(&image, None, 512 * MIB, &["-F", "32", "-s", "1", "-a"]);
    let file = File::options().read(true).write(true).open(&image).unwrap();
    let mut head = vec![0; 512];
    file.read_exact_at(&mut head, 0).unwrap();
    let layout = Layout::of(&head);
    // From 100 on each cluster leads far away; at 50 one leads to itself; 60 leads to 61 and back; the rest follow each other.
    let count = layout.clusters;
    let mut table = Vec::with_capacity(count as usize * 4);
    for cluster in 0..count {
        let next = match cluster {
            0 => 0x0fff_fff8,
            1 | 2 => 0x0fff_ffff,
            50 => 50,
            60 => 61,
            61 => 60,
            1_000_000.. => cluster + 1,
            _ => 100 + (cluster + 411_337) % 900_000,
        };
        table.extend_from_slice(&next.min(0x0fff_ffff).to_le_bytes());
    }
    file.write_all_at(&table, layout.fat as u64).unwrap();
    let mut directory_records = Vec::new();
    for (name, cluster) in [("SELF", 50), ("TWO", 60), ("JUMPS", 100), ("LONG", 1_000_000)] {
        directory_records.extend(record(name, 0x20, cluster, u32::MAX));
        directory_records.extend(record(&format!("{name}D"), 0x10, cluster, 0));
    }
    file.write_all_at(&directory_records, layout.root as u64).unwrap();
    for cluster in [50, 60, 61] {
        let full: Vec<u8> = (0..16).flat_map(|index| record(&format!("F{index}"), 0x20, 3, 5)).collect();
        file.write_all_at(&full, layout.place(cluster) as u64).unwrap();
    }
    let source: Arc<dyn pregrub::storage::source::Source> = Arc::new(FileSource::new(file).unwrap());
    // Each with all that may be done on a disk.
    let mounted = || Fat::mount(Volume::new(Arc::clone(&source), 0)).unwrap();
    let started = Instant::now();
    let ((), peak) = memory::peak(|| {
        for name in ["/self", "/two", "/jumps", "/long"] {
            let fat = mounted();
            let file = fat.open(name.as_bytes()).unwrap();
            let verified = file.verify();
            println!("{name}: {verified:?} after {:?}", started.elapsed());
            let mut piece = vec![0; 1 << 20];
            for offset in [u64::from(u32::MAX) - 5, 0, 1 << 31, 1 << 20] {
                let _ = file.read_at(offset, &mut piece);
            }
            println!("{name}: read after {:?}", started.elapsed());
        }
        let fat = mounted();
        for path in ["/selfd/x", "/twod/x"] {
            assert!(matches!(fat.open(path.as_bytes()), Err(OpenError::NotFound(_))), "{path}");
        }
        assert!(fat.open(b"/twod/f7").is_ok());
        for path in ["/jumpsd/x", "/longd/x"] {
            let _ = fat.open(path.as_bytes());
        }
        println!("opened after {:?}", started.elapsed());
    });
    assert!(peak < 16 << 20, "{peak}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
