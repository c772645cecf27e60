//! The XFS driver against the real libfsimage.

use std::fs;
use std::path::{Path, PathBuf};

use super::damage::Damage;
use crate::common::random::{Random, noise};
use crate::common::setting::setting;
use crate::common::volumes::{Case, Seen, SeenFile, Tally};
use crate::common::xfs_images::{Entry, XFS, make};

/// Reads at the edges of blocks and of a file of 70,007 bytes, and behind it.
const READS: [(u64, u64); 7] =
    [(100, 0), (100, 69_950), (100, 70_007), (100, u64::MAX >> 1), (4097, 4095), (1, 1), (1 << 20, 511)];

fn available() -> bool {
    XFS.available(&["/usr/sbin/mkfs.xfs"])
}

fn named<'a>(entries: Vec<(&str, Entry<'a>)>) -> Vec<(String, Entry<'a>)> {
    entries.into_iter().map(|(name, entry)| (name.to_owned(), entry)).collect()
}

/// The files of [`tree`].
struct Files {
    kernel: Vec<u8>,
    big: Vec<u8>,
    long: String,
    slow: String,
    wide: String,
}

impl Files {
    fn new(big: usize) -> Self {
        Self {
            kernel: noise(70_007, 1),
            big: noise(big, 2),
            long: "n".repeat(255),
            slow: format!("{}kernels/k", "./".repeat(100)),
            wide: format!("{}kernels/k", "here/".repeat(6)),
        }
    }
}

/// Small and large directories, links of all kinds.
fn tree(files: &Files, names: usize) -> Vec<(String, Entry<'_>)> {
    let many = |count: usize| -> Vec<(String, Entry<'_>)> {
        (0..count).map(|number| (format!("a-file-with-a-long-name-{number}"), Entry::File(b"x"))).collect()
    };
    let mut block = many(25);
    block.push(("k".into(), Entry::File(&files.kernel[..9000])));
    block.push(("up".into(), Entry::Link("../k")));
    block.push(("sub".into(), Entry::Directory(named(vec![("k", Entry::File(b"below"))]))));
    let mut content = named(vec![
        ("k", Entry::File(b"kernel")),
        (
            "kernels",
            Entry::Directory(named(vec![
                ("k", Entry::File(&files.kernel)),
                ("l", Entry::Link("../k")),
                ("here", Entry::Link("k")),
                ("sub", Entry::Directory(named(vec![("k2", Entry::File(b"k2"))]))),
            ])),
        ),
        ("big", Entry::File(&files.big)),
        ("empty", Entry::File(b"")),
        ("one", Entry::File(b"1")),
        ("block4096", Entry::File(&files.kernel[..4096])),
        ("abs", Entry::Link("/kernels/k")),
        ("rel", Entry::Link("kernels/k")),
        ("l", Entry::Link("kernels/k")),
        ("ch2", Entry::Link("l")),
        ("A", Entry::Link("xxxxxxxxxxxxxxxxxxxxxxxxxxxx")),
        ("xxxxxxxxxxxxxxxxxxxxxxxxxxxx", Entry::Link("kernels/k")),
        ("dir", Entry::Link("kernels")),
        ("here", Entry::Link(".")),
        ("wide", Entry::Link(&files.wide)),
        ("slow", Entry::Link(&files.slow)),
        ("double", Entry::Link("//kernels//k")),
        ("slash", Entry::Link("kernels/k/")),
        ("dangling", Entry::Link("nothing")),
        ("self", Entry::Link("self")),
        ("fifo", Entry::Fifo),
        ("gr\u{fc}\u{df}e", Entry::File(b"utf-8")),
        ("block", Entry::Directory(block)),
        ("many", Entry::Directory(many(names))),
    ]);
    content.push((files.long.clone(), Entry::File(b"long")));
    let mut before = "kernels/k".to_owned();
    for depth in 1..=10 {
        // Every text is longer than the next one, so that nothing is lost.
        let name = format!("c{}", "c".repeat(60 - 5 * depth));
        content.push((name.clone(), Entry::Link(Box::leak(before.into_boxed_str()))));
        before = name;
    }
    content
}

fn paths(names: usize) -> Vec<String> {
    let mut paths: Vec<String> = [
        "/kernels/k",
        "kernels/k",
        "./kernels/k",
        "../kernels/k",
        "/../kernels/k",
        "/kernels/./k",
        "/kernels/../kernels/k",
        "//kernels/k",
        "///kernels//k",
        "/kernels/k/",
        "/kernels/k/.",
        "/kernels/k/x",
        "",
        "/",
        ".",
        "/.",
        "..",
        "/kernels",
        "/kernels/",
        "/big",
        "/empty",
        "/one",
        "/block4096",
        "/abs",
        "/abs/",
        "/rel",
        "/rel quiet",
        "/l",
        "/ch2",
        "/A",
        "/dir/k",
        "/dir/l",
        "/dir/here",
        "/kernels/l",
        "/kernels/here",
        "/here/k",
        "/here/here/k",
        "/here/kernels/k",
        "/wide",
        "/slow",
        "/double",
        "/slash",
        "/dangling",
        "/self",
        "/fifo",
        "/gr\u{fc}\u{df}e",
        "/gr\u{fc}sse",
        "/K",
        "/kernels/K",
        "/kernels/k quiet",
        "/kernels/k\tquiet",
        "/kernels/k\u{b}x",
        "/kernels/k\u{a0}x",
        " /kernels/k",
        "/ kernels/k",
        "/block/k",
        "/block/up",
        "/block/../k",
        "/block/./k",
        "/block/sub/k",
        "/block/sub/../k",
        "/block/../kernels/k",
        "/block/nothing",
        "/many/../k",
        "/many/nothing",
        "/many/.",
        "/many/../block/../k",
        "/many/./a-file-with-a-long-name-0",
        "/block/a-file-with-a-long-name-24",
        "/boot/grub/grub.cfg",
    ]
    .iter()
    .map(|path| (*path).to_owned())
    .collect();
    for length in [254, 255, 256, 300] {
        paths.push(format!("/{}", "n".repeat(length)));
    }
    for number in [0, 1, names / 2, names - 1, names] {
        paths.push(format!("/many/a-file-with-a-long-name-{number}"));
    }
    for depth in 1..=10 {
        paths.push(format!("/c{}", "c".repeat(60 - 5 * depth)));
        paths.push(format!("/c{}/x", "c".repeat(60 - 5 * depth)));
    }
    paths
}

/// What the options of mkfs.xfs change, and what is refused: a name, the size in MiB, the options, whether they begin with those
/// of version 4.
const OPTIONS: [(&str, u64, bool, &[&str]); 18] = [
    ("default", 36, true, &[]),
    ("one-group", 20, true, &["-d", "agcount=1"]),
    ("block-1k", 36, true, &["-b", "size=1024"]),
    ("block-512", 36, true, &["-b", "size=512"]),
    ("block-2k", 36, true, &["-b", "size=2048"]),
    ("block-8k", 60, true, &["-b", "size=8192"]),
    ("block-64k", 400, true, &["-b", "size=65536"]),
    ("dir-8k", 36, true, &["-n", "size=8192"]),
    ("block-1k-dir-4k", 36, true, &["-b", "size=1024", "-n", "size=4096"]),
    ("block-1k-dir-8k", 36, true, &["-b", "size=1024", "-n", "size=8192"]),
    ("inode-512", 36, true, &["-i", "size=512"]),
    ("inode-2k", 36, true, &["-i", "size=2048"]),
    ("sector-4k", 36, true, &["-s", "size=4096"]),
    ("no-lazy-count", 36, true, &["-l", "lazy-count=0"]),
    ("many-groups", 200, true, &["-d", "agcount=11"]),
    ("ftype", 36, false, &["-m", "crc=0", "-n", "ftype=1"]),
    ("label", 36, true, &["-L", "boot"]),
    ("version-5", 36, false, &[]),
];

/// Every path of the table on every kind of filesystem.
#[test]
fn paths_and_data_are_those_of_libfsimage() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let files = Files::new(1_300_007);
    let mut cases = Vec::new();
    for (name, size, version_4, options) in OPTIONS {
        let image = directory.path().join(name);
        make(&image, size, version_4, options, tree(&files, 700));
        cases.push(Case::new(&image, &paths(700)).reading(&READS));
    }
    let tally = XFS.assert_same(&cases);
    println!("{} comparisons", tally.agreed);
    assert!(tally.agreed > 1500);
    for case in &cases {
        let seen = XFS.driver(case);
        match case.image.file_name().unwrap().to_str().unwrap() {
            "version-5" => assert_eq!(seen, Seen::Rejected),
            "ftype" => assert!(matches!(seen, Seen::Paths(_))),
            _ => {
                XFS.assert_reads_first(case, 70_007);
            }
        }
    }
}

/// An image as small as it gets, cut behind the last block in use, and the paths to look at.
fn base(directory: &Path, name: &str, options: &[&str], names: usize) -> (PathBuf, Vec<String>) {
    let image = directory.join(name);
    let files = Files::new(30_000);
    make(&image, 17, true, &[&["-d", "agcount=1"], options].concat(), tree(&files, names));
    let mut bytes = fs::read(&image).unwrap();
    let end = bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    bytes.truncate(end.next_multiple_of(4096));
    fs::write(&image, bytes).unwrap();
    let paths = [
        "/kernels/k",
        "/k",
        "/rel",
        "/A",
        "/ch2",
        "/slow",
        "/block/k",
        "/block/up",
        "/block/../k",
        "/many/../k",
        "/big",
        "/one",
        "/dir/here",
        "/many/nothing",
        "/cccccccccccccc",
    ];
    let mut paths = paths.map(str::to_owned).to_vec();
    paths.push(format!("/many/a-file-with-a-long-name-{}", names - 1));
    (image, paths)
}

/// Where the structures are that decide: the superblock, inodes in use, blocks of directories and of trees.
fn structures(bytes: &[u8], block: usize, inode: usize) -> Vec<(usize, usize)> {
    let mut found = vec![(0, 208), (0, 208), (56, 8), (84, 48), (84, 48), (120, 8), (192, 8)];
    for at in (0..bytes.len()).step_by(inode) {
        if bytes[at..].starts_with(b"IN") && bytes[at + 2] != 0 {
            found.extend([(at, inode), (at, 104), (at + 100, 60), (at + 100, 16)]);
        }
    }
    for at in (0..bytes.len()).step_by(block) {
        let magic = |offset: usize, magic: &[u8]| bytes[at + offset..].starts_with(magic);
        if magic(0, b"XD2B") || magic(0, b"XD2D") {
            found.extend([(at, block), (at, 64), (at, 300), (at + block - 8, 8)]);
        }
        if magic(8, &[0xd2, 0xf1]) || magic(8, &[0xd2, 0xff]) || magic(8, &[0xfe, 0xbe]) {
            found.extend([(at, 32), (at, 16)]);
        }
        if magic(0, b"BMAP") {
            found.extend([(at, 80), (at, 24), (at, 24)]);
        }
    }
    found
}

const DAMAGE: Damage = Damage {
    widths: [1, 1, 2, 4, 8],
    big_endian: true,
    values: |old, any| {
        vec![
            0,
            1,
            2,
            3,
            4,
            5,
            7,
            8,
            9,
            11,
            12,
            13,
            15,
            16,
            17,
            63,
            127,
            128,
            255,
            256,
            4095,
            4096,
            0x7fff,
            0xffff,
            u64::MAX,
            old ^ (1 << (any % 64)),
            old ^ (1 << (any % 16)),
            old ^ 0x80,
            old.wrapping_add(1),
            old.wrapping_sub(1),
            old << 1,
            old >> 1,
            old.wrapping_add(256),
            any,
            any,
        ]
    },
    cut_percent: 8,
    cut_bytes: 300_000,
};

fn rounds(usual: usize) -> usize {
    setting("PREGRUB_MUTATIONS", usual)
}

#[test]
fn damaged_structures_are_read_as_by_libfsimage() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut tally = Tally::default();
    let seed = setting("PREGRUB_SEED", 4);
    for (name, block, inode, options) in [
        ("plain", 4096, 256, &[][..]),
        ("small", 1024, 256, &["-b", "size=1024", "-n", "size=4096"]),
        ("wide", 4096, 512, &["-i", "size=512", "-n", "size=8192"]),
    ] {
        let (image, paths) = base(directory.path(), name, options, 150);
        let bytes = fs::read(&image).unwrap();
        let structures = structures(&bytes, block, inode);
        let mut random = Random::new(seed);
        let cases: Vec<Case> = (0..rounds(150))
            .map(|_| DAMAGE.at_random(&mut random, Case::new(&image, &paths), &bytes, &structures))
            .collect();
        tally.add(XFS.compare(&cases));
    }
    println!("{tally}");
    for crash in tally.crashes.iter().take(10) {
        println!("crash: {crash}");
    }
    tally.assert_agreement();
}

/// A file of an image whose map of blocks is about to be written anew.
struct Mapped {
    image: PathBuf,
    /// Where the inode lies, and the first block of its data.
    inode: usize,
    first: u64,
}

/// Length of the file, which nothing else has.
const BIG: usize = 2_000_003;
const BLOCK: usize = 4096;
/// Behind these blocks of data, the leaves of a tree are put.
const DATA_BLOCKS: u64 = 400;

/// An extent: first block in the file, first block in the data, number of blocks, whether it is unwritten.
type FileExtent = (u64, u64, u64, bool);

impl Mapped {
    fn new(directory: &Path) -> Self {
        let image = directory.join("mapped");
        let data = noise(BIG, 5);
        make(
            &image,
            17,
            true,
            &["-d", "agcount=1"],
            named(vec![("big", Entry::File(&data)), ("k", Entry::File(b"k"))]),
        );
        let bytes = fs::read(&image).unwrap();
        let end = bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1;
        fs::write(&image, &bytes[..end.next_multiple_of(BLOCK)]).unwrap();
        let inode = (0..bytes.len())
            .step_by(256)
            .find(|&at| bytes[at..].starts_with(b"IN") && bytes[at + 56..at + 64] == (BIG as u64).to_be_bytes());
        let inode = inode.unwrap();
        let record = u128::from_be_bytes(bytes[inode + 100..inode + 116].try_into().unwrap());
        Self { image, inode, first: (record >> 21) as u64 & 0xf_ffff_ffff }
    }

    fn record(&self, (offset, start, length, unwritten): FileExtent) -> [u8; 16] {
        let value = u128::from(unwritten) << 127
            | u128::from(offset) << 73
            | u128::from(self.first + start) << 21
            | u128::from(length);
        value.to_be_bytes()
    }

    fn case(&self, size: u64) -> Case {
        let mut case = Case::new(&self.image, &["/big", "/k"]);
        case.patches.push((self.inode + 56, size.to_be_bytes().to_vec()));
        case
    }

    /// The extents in the inode.
    fn list(&self, size: u64, stretches: &[FileExtent]) -> Case {
        let mut case = self.case(size);
        case.patches.push((self.inode + 76, (stretches.len() as u32).to_be_bytes().to_vec()));
        case.patches.push((self.inode + 100, stretches.iter().flat_map(|stretch| self.record(*stretch)).collect()));
        case
    }

    /// The extents in a tree of two or three levels, so many in a leaf.
    fn tree(&self, size: u64, stretches: &[FileExtent], in_a_leaf: usize, three: bool) -> Case {
        let mut case = self.case(size);
        let mut next = self.first + DATA_BLOCKS;
        let header = |level: u16, count: usize, left: u64, right: u64| {
            let mut bytes = b"BMAP".to_vec();
            bytes.extend(level.to_be_bytes());
            bytes.extend((count as u16).to_be_bytes());
            bytes.extend(left.to_be_bytes());
            bytes.extend(right.to_be_bytes());
            bytes
        };
        let leaves: Vec<&[FileExtent]> = stretches.chunks(in_a_leaf).collect();
        let mut pointers = Vec::new();
        for (number, leaf) in leaves.iter().enumerate() {
            let left = if number == 0 { u64::MAX } else { next - 1 };
            let right = if number + 1 == leaves.len() { u64::MAX } else { next + 1 };
            let mut bytes = header(0, leaf.len(), left, right);
            bytes.extend(leaf.iter().flat_map(|stretch| self.record(*stretch)));
            case.patches.push((next as usize * BLOCK, bytes));
            pointers.push((leaf[0].0, next));
            next += 1;
        }
        let mut level = 1_u16;
        if three {
            let room = (BLOCK - 24) / 16;
            let mut bytes = header(1, pointers.len(), u64::MAX, u64::MAX);
            bytes.extend(pointers.iter().flat_map(|(key, _)| key.to_be_bytes()));
            bytes.resize(24 + room * 8, 0);
            bytes.extend(pointers.iter().flat_map(|(_, block)| block.to_be_bytes()));
            case.patches.push((next as usize * BLOCK, bytes));
            pointers = vec![(pointers[0].0, next)];
            level = 2;
        }
        let room = (156 - 4) / 16;
        let mut root = level.to_be_bytes().to_vec();
        root.extend((pointers.len() as u16).to_be_bytes());
        root.extend(pointers.iter().take(room).flat_map(|(key, _)| key.to_be_bytes()));
        root.resize(4 + room * 8, 0);
        root.extend(pointers.iter().take(room).flat_map(|(_, block)| block.to_be_bytes()));
        case.patches.push((self.inode + 5, vec![3]));
        case.patches.push((self.inode + 82, vec![0]));
        case.patches.push((self.inode + 100, root));
        case
    }
}

/// Every stretch behind the last one, in pieces of `length` blocks, `gap` blocks of hole before each.
fn stretches(count: u64, length: u64, gap: u64) -> Vec<FileExtent> {
    (0..count).map(|number| (number * (length + gap), (number * length * 7) % 300, length, false)).collect()
}

#[test]
fn maps_of_all_kinds() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mapped = Mapped::new(directory.path());
    let blocks = |count: u64| count * BLOCK as u64;
    let mut cases = Vec::new();
    // A list, without and with holes at the start, inside and at the end.
    cases.push(mapped.list(blocks(300), &[(0, 0, 300, false)]));
    cases.push(mapped.list(blocks(30), &[(0, 0, 10, false), (10, 20, 10, false), (20, 40, 10, true)]));
    XFS.assert_reads_first(&cases[1], blocks(30));
    cases.push(mapped.list(blocks(15), &[(5, 0, 10, false)]));
    XFS.assert_reads_first(&cases[2], 0);
    cases.push(mapped.list(blocks(15), &[(0, 0, 10, false)]));
    XFS.assert_reads_first(&cases[3], blocks(10));
    cases.push(mapped.list(blocks(25), &[(0, 0, 10, false), (15, 20, 10, false)]));
    XFS.assert_reads_first(&cases[4], blocks(25));
    cases.push(mapped.list(blocks(35), &[(0, 0, 10, false), (15, 20, 10, false), (25, 40, 10, false)]));
    cases.push(mapped.list(blocks(40), &[(0, 0, 10, false), (15, 20, 10, false), (30, 40, 10, false)]));
    cases.push(mapped.list(blocks(320), &[(0, 0, 300, false), (310, 20, 10, false)]));
    cases.push(mapped.list(blocks(356), &[(0, 0, 10, false), (256, 20, 100, false)]));
    cases.push(mapped.list(1, &[(0, 399, 1, false)]));
    cases.push(mapped.list(blocks(3) + 1, &[(0, 0, 1, false), (1, 7, 1, false), (2, 9, 3, false)]));
    // Trees.
    for (in_a_leaf, three) in [(3, false), (3, true), (250, false), (250, true), (60, true)] {
        let pieces = stretches(9, 5, 0);
        cases.push(mapped.tree(blocks(45) - 7, &pieces, in_a_leaf, three));
        XFS.assert_reads_first(cases.last().unwrap(), blocks(45) - 7);
        if in_a_leaf > 3 {
            let pieces = stretches(240, 2, 0);
            cases.push(mapped.tree(blocks(480), &pieces, in_a_leaf, three));
            XFS.assert_reads_first(cases.last().unwrap(), blocks(480));
        }
    }
    // The image ends inside the data.
    let length = fs::metadata(&mapped.image).unwrap().len() as usize;
    let data = mapped.first as usize * BLOCK;
    for cut in [1, 511, 512, 513, 4096, 5000, 70_000, 1_000_000, 1_100_000, length - data - 1, length - data] {
        cases.push(Case::new(&mapped.image, &["/big", "/k"]).cut_to(length - cut));
    }
    XFS.assert_same(&cases);

    // The plugin writes behind its buffer: nothing is said of what comes of it, unless it is certain.
    let far = mapped.list(blocks(400), &[(0, 0, 10, false), (300, 20, 100, false)]);
    assert!(matches!(XFS.driver(&far), Seen::Paths(seen) if matches!(seen[0], SeenFile::Unknown(_))));
    let mut fatal = mapped.list(blocks(60_000), &[(0, 0, 10, false), (50_000, 20, 100, false)]);
    fatal.reads = vec![(1 << 20, blocks(49_900))];
    assert_eq!(XFS.oracle(std::slice::from_ref(&fatal)), [Seen::Crashed]);
    assert!(matches!(XFS.driver(&fatal), Seen::Paths(seen) if matches!(seen[0], SeenFile::Unknown(_))));

    // Maps at random.
    let mut random = Random::new(11);
    let mut cases = Vec::new();
    for _ in 0..rounds(150) {
        let mut at = if random.chance(20) { random.below(4) } else { 0 };
        let mut pieces = Vec::new();
        for _ in 0..1 + random.below(8) {
            let most = if random.chance(30) { 200 } else { 12 };
            let length = 1 + random.below(most);
            pieces.push((at, random.below(200), length, random.chance(10)));
            at += length + if random.chance(40) { random.below(20) } else { 0 };
        }
        let size = blocks(at) - random.below(9000).min(blocks(at));
        let tree = random.chance(30);
        let mut case = if tree { mapped.tree(size, &pieces, 3, random.chance(50)) } else { mapped.list(size, &pieces) };
        case.reads = (0..4).map(|_| (1 + random.below(900_000), random.below(size + 1))).collect();
        cases.push(case);
    }
    let tally = XFS.compare(&cases);
    println!("{tally}");
    tally.assert_agreement();
    // Half of them make the plugin write behind its buffer.
    assert!(tally.agreed > 80 && tally.agreed + tally.unknown >= 150, "{tally:?}");
}

/// A directory that has no name by its own account, not even `.`: the plugin runs on behind its memory.
#[test]
fn directories_without_a_name() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (image, _) = base(directory.path(), "plain", &[], 150);
    let bytes = fs::read(&image).unwrap();
    let blocks: Vec<usize> = (0..bytes.len() / BLOCK).map(|block| block * BLOCK).collect();
    let blocks = blocks.into_iter().filter(|&at| bytes[at..].starts_with(b"XD2B"));
    let cases: Vec<Case> = blocks
        .map(|at| Case {
            patches: vec![(at + BLOCK - 8, vec![0; 8])],
            ..Case::new(&image, &["/block/k", "/block/nothing", "/many/nothing", "/k"])
        })
        .collect();
    assert!(!cases.is_empty());
    let tally = XFS.compare(&cases);
    tally.assert_agreement();
    assert!(tally.unknown >= 1, "{}", tally.unknown);
}
