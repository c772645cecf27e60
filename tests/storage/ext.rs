//! The ext driver against the real libfsimage, and against the crate ext4-view.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::common::ext_images::{EXT, available, debugfs, make, run};
use crate::common::random::{Random, noise};
use crate::common::setting::setting;
use crate::common::volumes::{Case, Seen, Tally};
use crate::common::walked_paths::SPELLINGS;
use pregrub::storage::ext::Ext;
use pregrub::storage::filesystem::{FileKind, Filesystem, OpenError};
use pregrub::storage::source::{FileSource, Source, Volume};

/// The tree that most tests look at, and the paths that they try.
fn tree(root: &Path) -> Vec<String> {
    fs::create_dir_all(root.join("kernels/deep/er")).unwrap();
    fs::create_dir_all(root.join("boot/grub")).unwrap();
    let file = |name: &str, data: &[u8]| fs::write(root.join(name), data).unwrap();
    file("kernels/k", &noise(70_007, 1));
    // Longer than what pygrub reads at once.
    file("big", &noise(1_300_007, 4));
    file("kernels/i", &noise(4096, 2));
    file("boot/vmlinuz", &noise(1, 3));
    file("boot/grub/grub.cfg", b"set default=0\n");
    file("empty", b"");
    for length in [0, 1, 59, 60, 61, 100, 130, 159, 160, 161, 200, 1023, 1024, 1025] {
        file(&format!("size{length}"), &noise(length, length as u64));
    }
    file("with blank", b"blank");
    file("tab\there", b"tab");
    file("new\nline", b"newline");
    file("back\\slash", b"backslash");
    file("grüße", b"utf-8");
    file(&"n".repeat(255), b"long");
    let sparse = fs::File::create(root.join("sparse")).unwrap();
    for piece in [3_u64, 4, 9, 40, 400, 401] {
        sparse.write_all_at(&noise(4096, piece), piece * 8192).unwrap();
    }
    sparse.set_len(5_000_000).unwrap();
    let pieces = fs::File::create(root.join("pieces")).unwrap();
    for piece in 0..200_u64 {
        pieces.write_all_at(&noise(4096, piece), piece * 8192).unwrap();
    }

    let link = |target: &str, name: &str| symlink(target, root.join(name)).unwrap();
    link("/kernels/k", "abs");
    link("kernels/k", "rel");
    link("../../../kernels/k", "above");
    link("kernels", "dir");
    link("../../k", "kernels/deep/er/up");
    link(&format!("/kernels/{}k", "./".repeat(40)), "slow");
    link(&format!("/kernels/{}k", "./".repeat(400)), "slower");
    link(&format!("{}kernels/k", "./".repeat(25)), "just59");
    link(&format!("{}/kernels/k", "./".repeat(25)), "just60");
    link("//boot//vmlinuz", "double-start");
    link("boot//vmlinuz", "double");
    link("kernels/k/", "slash-end");
    link("/", "slash");
    link("dangling", "nowhere");
    link("self", "self");
    link("loop2", "loop1");
    link("loop1", "loop2");
    let mut before = "kernels/k".to_owned();
    for depth in 1..=10 {
        link(&before, &format!("chain{depth}"));
        before = format!("chain{depth}");
    }
    link("kernels", "e0");
    for depth in 1..=10 {
        link(&format!("e{}/.", depth - 1), &format!("e{depth}"));
    }
    link(".", "here");
    link(&format!("{}kernels/k", "here/".repeat(20)), "wide");

    let mut paths: Vec<String> = SPELLINGS
        .into_iter()
        .chain([
            "/kernels/k//",
            "",
            "/..",
            "/dir",
            "/dir/",
            "/dir/k",
            "/empty",
            "/with blank",
            "/tab\there",
            "/new\nline",
            "/back\\slash",
            "/grüße",
            "/grusse",
            "/sparse",
            "/pieces",
            "/slow",
            "/slower",
            "/just59",
            "/just60",
            "/abs",
            "/rel",
            "/above",
            "/kernels/deep/er/up",
            "/double-start",
            "/double",
            "/slash-end",
            "/slash",
            "/slash/kernels/k",
            "/nowhere",
            "/self",
            "/loop1",
            "/wide",
            "/kernels/deep/er/../../k",
            "/Kernels/k",
            "/boot/grub/grub.cfg",
            "/boot/grub/menu.lst",
            "/fifo",
            "/char",
            "/block",
            "/deleted",
            "/prealloc",
            "/tail",
        ])
        .map(str::to_owned)
        .collect();
    for depth in 1..=10 {
        paths.push(format!("/chain{depth}"));
        paths.push(format!("/e{depth}/k"));
        paths.push(format!("/e{depth}/"));
    }
    for length in [0, 1, 59, 60, 61, 100, 130, 159, 160, 161, 200, 1023, 1024, 1025] {
        paths.push(format!("/size{length}"));
    }
    for length in [254, 255, 256, 300] {
        paths.push(format!("/{}", "n".repeat(length)));
    }
    paths.push(format!("/{}kernels/k", "here/".repeat(300)));
    paths
}

/// Adds what a directory tree cannot express.
fn specials(image: &Path, with_extents: bool) {
    let mut commands = "mknod fifo p\nmknod char c 4 1\nmknod block b 8 1\nwrite /etc/hostname gone\nwrite /etc/hostname deleted\nclri deleted\n".to_owned();
    if with_extents {
        commands.push_str("write /etc/hostname prealloc\nfallocate prealloc 0 70\nsif prealloc size 60000\n");
    }
    commands.push_str("write /etc/hostname tail\nsif tail size 3000\n");
    debugfs(image, &commands);
}

/// Feature sets that libext2fs opens: a name, the size, options of mke2fs.
const OPENED: [(&str, &str, &[&str]); 44] = [
    ("ext2", "8M", &["-t", "ext2"]),
    ("ext3", "12M", &["-t", "ext3"]),
    ("ext4", "12M", &["-t", "ext4"]),
    ("revision-0", "8M", &["-t", "ext2", "-r", "0"]),
    ("no-features", "8M", &["-t", "ext2", "-O", "none"]),
    ("ext2-1k", "8M", &["-t", "ext2", "-b", "1024"]),
    ("ext2-2k", "8M", &["-t", "ext2", "-b", "2048"]),
    ("ext4-1k", "12M", &["-t", "ext4", "-b", "1024"]),
    ("ext4-2k", "12M", &["-t", "ext4", "-b", "2048"]),
    ("ext4-8k", "32M", &["-t", "ext4", "-b", "8192"]),
    ("ext4-16k", "64M", &["-t", "ext4", "-b", "16384"]),
    ("ext4-32k", "96M", &["-t", "ext4", "-b", "32768", "-O", "^has_journal"]),
    ("ext4-64k", "160M", &["-t", "ext4", "-b", "65536", "-O", "^has_journal"]),
    ("ext2-64k", "160M", &["-t", "ext2", "-b", "65536"]),
    ("inode-128", "12M", &["-t", "ext4", "-I", "128"]),
    ("inode-512", "12M", &["-t", "ext4", "-I", "512"]),
    ("inode-1024", "12M", &["-t", "ext4", "-I", "1024"]),
    ("inode-128-inline", "12M", &["-t", "ext4", "-I", "256", "-O", "inline_data,^metadata_csum"]),
    ("64bit", "12M", &["-t", "ext4", "-O", "64bit"]),
    ("no-64bit", "12M", &["-t", "ext4", "-O", "^64bit"]),
    ("no-64bit-no-csum", "12M", &["-t", "ext4", "-O", "^64bit,^metadata_csum"]),
    ("csum-seed", "12M", &["-t", "ext4", "-O", "metadata_csum,metadata_csum_seed"]),
    ("uninit-bg", "12M", &["-t", "ext4", "-O", "^metadata_csum,uninit_bg"]),
    ("orphan-file", "12M", &["-t", "ext4", "-O", "orphan_file"]),
    ("large-dir", "12M", &["-t", "ext4", "-O", "large_dir"]),
    ("casefold", "12M", &["-t", "ext4", "-O", "casefold", "-E", "encoding=utf8"]),
    ("encrypt", "12M", &["-t", "ext4", "-O", "encrypt"]),
    ("verity", "12M", &["-t", "ext4", "-O", "verity"]),
    ("meta-bg", "24M", &["-t", "ext4", "-O", "meta_bg,^resize_inode"]),
    ("meta-bg-1k", "24M", &["-t", "ext4", "-b", "1024", "-g", "256", "-O", "meta_bg,^resize_inode,^has_journal"]),
    ("small-groups", "24M", &["-t", "ext4", "-b", "1024", "-g", "256", "-O", "^resize_inode,^has_journal,^flex_bg"]),
    ("no-flex-bg", "12M", &["-t", "ext4", "-O", "^flex_bg"]),
    ("no-extent", "12M", &["-t", "ext4", "-O", "^extent,^64bit"]),
    ("no-extent-1k", "24M", &["-t", "ext4", "-b", "1024", "-O", "^extent,^64bit"]),
    ("no-dir-index", "12M", &["-t", "ext4", "-O", "^dir_index"]),
    ("no-filetype", "12M", &["-t", "ext4", "-O", "^filetype"]),
    ("sparse-super2", "24M", &["-t", "ext4", "-O", "sparse_super2"]),
    (
        "sparse-super2-meta-bg",
        "24M",
        &["-t", "ext4", "-b", "1024", "-g", "256", "-O", "sparse_super2,meta_bg,^resize_inode,^has_journal"],
    ),
    ("mmp", "12M", &["-t", "ext4", "-O", "mmp"]),
    ("quota", "12M", &["-t", "ext4", "-O", "quota,project"]),
    ("ea-inode", "12M", &["-t", "ext4", "-O", "ea_inode"]),
    ("inline-data", "12M", &["-t", "ext4", "-O", "inline_data"]),
    ("stable-inodes", "12M", &["-t", "ext4", "-O", "stable_inodes,fast_commit"]),
    ("packed", "12M", &["-t", "ext4", "-O", "^has_journal", "-E", "packed_meta_blocks=1"]),
];

/// Every path of the table, every row of data, on every filesystem that is opened.
#[test]
fn paths_and_data_are_those_of_libfsimage() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    let paths = tree(&root);
    let cases: Vec<Case> = OPENED
        .iter()
        .map(|(name, size, options)| {
            let image = directory.path().join(name);
            make(&image, &root, size, options);
            let with_extents = options.contains(&"ext4") && !options.iter().any(|option| option.contains("^extent"));
            specials(&image, with_extents);
            Case::new(&image, &paths)
        })
        .collect();
    let tally = EXT.assert_same(&cases);
    println!("{} comparisons", tally.agreed);
    assert!(tally.agreed > 4000);
    for case in &cases {
        EXT.assert_reads_first(case, 70_007);
    }
}

/// A filesystem behind an offset, with directories that have a hash tree.
#[test]
fn a_partition_with_a_large_directory() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("many")).unwrap();
    for index in 0..3000 {
        fs::write(root.join(format!("many/a-file-with-a-long-name-number-{index}")), format!("{index}")).unwrap();
    }
    let mut cases = Vec::new();
    for (name, options) in [
        ("csum", &["-t", "ext4", "-b", "1024", "-N", "4000"][..]),
        ("plain", &["-t", "ext3", "-b", "1024", "-N", "4000"]),
        ("inline", &["-t", "ext4", "-b", "4096", "-N", "4000", "-O", "inline_data"]),
    ] {
        let image = directory.path().join(name);
        make(&image, &root, "20M", options);
        optimize(&image);
        let names =
            ["0", "7", "1500", "2999", "3000"].map(|index| format!("/many/a-file-with-a-long-name-number-{index}"));
        let mut paths: Vec<&str> = names.iter().map(String::as_str).collect();
        paths.extend(["/many", "/many/", "/many/.", "/many/..", "/many/x"]);
        cases.push(Case::new(&image, &paths).behind(63 * 512, 0));
    }
    EXT.assert_same(&cases);
}

/// A small image without checksums, for patches to its superblock.
fn plain_image(directory: &Path) -> PathBuf {
    let root = directory.join("root");
    fs::create_dir_all(root.join("boot")).unwrap();
    fs::write(root.join("boot/vmlinuz"), noise(5000, 1)).unwrap();
    let image = directory.join("plain.img");
    make(&image, &root, "1M", &["-t", "ext4", "-b", "1024", "-O", "^metadata_csum,^has_journal,^64bit,^resize_inode"]);
    image
}

fn put32(position: usize, value: u32) -> (usize, Vec<u8>) {
    (position, value.to_le_bytes().to_vec())
}

/// Every feature bit alone, and every field of the superblock that decides whether it is opened.
#[test]
fn superblocks_are_judged_as_by_libfsimage() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let image = plain_image(directory.path());
    let bytes = fs::read(&image).unwrap();
    let mut cases = Vec::new();
    let mut patched = |patches: Vec<(usize, Vec<u8>)>| {
        cases.push(Case { patches, ..Case::new(&image, &["/boot/vmlinuz"]) });
    };
    let field = |offset: usize| u32::from_le_bytes(bytes[1024 + offset..][..4].try_into().unwrap());
    for offset in [0x5c, 0x60, 0x64] {
        for bit in 0..32 {
            patched(vec![put32(1024 + offset, field(offset) ^ 1 << bit)]);
        }
    }
    // The same with a valid size of descriptors, so that 64bit opens.
    patched(vec![put32(1024 + 0x60, field(0x60) | 0x80), (1024 + 0xfe, vec![64, 0])]);
    for (offset, width) in [
        (0x0, 4),
        (0x4, 4),
        (0x14, 4),
        (0x18, 4),
        (0x1c, 4),
        (0x20, 4),
        (0x24, 4),
        (0x28, 4),
        (0x38, 2),
        (0x3a, 2),
        (0x4c, 4),
        (0x54, 4),
        (0x58, 2),
        (0xfe, 2),
        (0x104, 4),
        (0x150, 4),
        (0x174, 1),
        (0x175, 1),
    ] {
        let old = field(offset);
        for value in [
            0,
            1,
            2,
            7,
            8,
            31,
            32,
            64,
            127,
            128,
            256,
            1023,
            1024,
            2048,
            8192,
            65528,
            65529,
            u32::MAX,
            old.wrapping_add(1),
            old.wrapping_sub(1),
            old << 1,
        ] {
            patched(vec![(1024 + offset, value.to_le_bytes()[..width].to_vec())]);
        }
    }
    // Blocks and clusters in a group together, with as many inodes as that makes.
    for value in [7_u32, 8, 64, 256, 1024, 65528, 65529] {
        let groups = 1023_u32.div_ceil(value);
        patched(vec![put32(1024 + 0x20, value), put32(1024 + 0x24, value), put32(1024, groups * field(0x28))]);
    }
    let tally = EXT.compare(&cases);
    tally.assert_agreement();
    println!("{tally}");
    assert!(tally.unknown <= 2);
}

/// What mke2fs makes and libext2fs refuses.
#[test]
fn refused_filesystems() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("k"), b"k").unwrap();
    let mut cases = Vec::new();
    for (name, options) in [
        ("bigalloc", &["-t", "ext4", "-O", "bigalloc"][..]),
        ("bigalloc-64k", &["-t", "ext4", "-O", "bigalloc", "-C", "65536"]),
        ("bigalloc-none", &["-t", "ext4", "-O", "bigalloc", "-C", "4096"]),
        ("checksum", &["-t", "ext4", "-O", "metadata_csum"]),
        ("zeroed", &["-t", "ext4", "-O", "metadata_csum"]),
    ] {
        let image = directory.path().join(name);
        make(&image, &root, "16M", options);
        let mut case = Case::new(&image, &["/k"]);
        match name {
            "checksum" => case.patches.push((1024 + 0x34, vec![77])),
            "zeroed" => case.patches.push((1024, vec![0; 1024])),
            _ => {}
        }
        cases.push(case);
    }
    let journal = directory.path().join("journal");
    run("mke2fs", &["-q", "-F", "-O", "journal_dev", journal.to_str().unwrap(), "16M"]);
    cases.push(Case::new(&journal, &["/k"]));
    let none = directory.path().join("none");
    for length in [0_usize, 1000, 1500, 2047, 4096] {
        fs::write(&none, vec![0; 4096]).unwrap();
        cases.push(Case::new(&none, &["/k"]).cut_to(length));
    }
    EXT.assert_same(&cases);
    for case in &cases {
        assert_eq!(EXT.driver(case), Seen::Rejected, "{case:?}");
    }
}

/// An image that ends anywhere: opened or not, found or not, read or not.
#[test]
fn truncated_images() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("boot")).unwrap();
    fs::write(root.join("boot/vmlinuz"), noise(300_000, 1)).unwrap();
    fs::write(root.join("boot/initrd"), noise(100_000, 1)).unwrap();
    let mut cases = Vec::new();
    for (name, options) in [
        ("ext4", &["-t", "ext4", "-b", "1024", "-O", "^has_journal"][..]),
        ("meta", &["-t", "ext4", "-b", "1024", "-g", "256", "-O", "^has_journal,meta_bg,^resize_inode"]),
        ("ext2", &["-t", "ext2", "-b", "1024"]),
        ("ext4-4k", &["-t", "ext4", "-b", "4096", "-O", "^has_journal"]),
    ] {
        let image = directory.path().join(name);
        make(&image, &root, "1M", options);
        let full = fs::metadata(&image).unwrap().len() as usize;
        for length in (1024..24 * 1024).step_by(512).chain((24 * 1024..full).step_by(7777)).chain([full - 1]) {
            let case = Case::new(&image, &["/boot/vmlinuz", "/boot", "/boot/initrd", "/nothing"]);
            cases.push(case.cut_to(length));
        }
    }
    let tally = EXT.compare(&cases);
    tally.assert_agreement();
    println!("{tally}");
}

/// Every kind of checksum that libext2fs verifies, and some that it does not.
#[test]
fn wrong_checksums() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("dir")).unwrap();
    fs::write(root.join("dir/k"), noise(3000, 1)).unwrap();
    fs::write(root.join("k"), noise(3000, 1)).unwrap();
    let pieces = fs::File::create(root.join("pieces")).unwrap();
    for piece in 0..200_u64 {
        pieces.write_all_at(&noise(1024, piece), piece * 2048).unwrap();
    }
    let image = directory.path().join("image");
    make(&image, &root, "2M", &["-t", "ext4", "-b", "1024", "-O", "^has_journal"]);
    let paths = ["/dir/k", "/k", "/pieces", "/dir", "/", ""];
    let block_of = |path: &str| -> usize {
        run("debugfs", &["-R", &format!("blocks {path}"), image.to_str().unwrap()])
            .split_whitespace()
            .next()
            .unwrap()
            .parse()
            .unwrap()
    };
    let inode_at = |path: &str| -> usize {
        let text = run("debugfs", &["-R", &format!("imap {path}"), image.to_str().unwrap()]);
        let number = |word: &str| -> usize {
            let rest = &text[text.find(word).unwrap() + word.len()..];
            let digits: String =
                rest.trim_start().trim_start_matches("0x").chars().take_while(char::is_ascii_hexdigit).collect();
            usize::from_str_radix(&digits, if rest.trim_start().starts_with("0x") { 16 } else { 10 }).unwrap()
        };
        number("located at block") * 1024 + number("offset")
    };
    let extents = run("debugfs", &["-R", "ex pieces", image.to_str().unwrap()]);
    let nodes: Vec<usize> = extents
        .lines()
        .filter(|line| line.trim_start().starts_with("0/"))
        .map(|line| line.split('-').nth(1).unwrap().split_whitespace().nth(1).unwrap().parse().unwrap())
        .collect();
    assert!(nodes.len() > 1, "{extents}");
    let mut cases = Vec::new();
    let mut flip = |position: usize| {
        let bytes = fs::read(&image).unwrap();
        let mut case = Case::new(&image, &paths);
        case.patches.push((position, vec![bytes[position] ^ 1]));
        cases.push(case);
    };
    for path in ["/dir/k", "/dir", "/pieces", "/"] {
        for field in [0x8, 0x64, 0x7c, 0x82, 0xc0] {
            flip(inode_at(path) + field);
        }
    }
    for path in ["/dir", "/"] {
        for field in [8, 500, 1012, 1016, 1018, 1019, 1020] {
            flip(block_of(path) * 1024 + field);
        }
    }
    for node in nodes {
        for field in [0, 2, 4, 6, 8, 40, 1020, 1023] {
            flip(node * 1024 + field);
        }
    }
    // The checksum and the free counts of a group descriptor do not matter.
    flip(2048 + 0x1e);
    flip(2048 + 0xc);
    let tally = EXT.compare(&cases);
    tally.assert_agreement();
    // The root itself is not judged when its inode is bad, nor is what follows a bad inode.
    println!("{tally}");
    assert!(tally.unknown <= 20);
}

/// Damaged images: whatever is found there, both sides see the same, or pregrub does not know.
#[test]
fn mutations() {
    if !available() {
        return;
    }
    let rounds = setting("PREGRUB_EXT_MUTATIONS", 40);
    let seed = setting("PREGRUB_EXT_SEED", 1);
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("boot/grub")).unwrap();
    fs::create_dir_all(root.join("many")).unwrap();
    // Data is of one letter, so that it can be told from metadata.
    fs::write(root.join("boot/vmlinuz"), vec![b'Z'; 9000]).unwrap();
    fs::write(root.join("boot/grub/grub.cfg"), b"ZZZZZZZZZZZZ").unwrap();
    fs::write(root.join("boot/inline"), vec![b'Z'; 120]).unwrap();
    let pieces = fs::File::create(root.join("pieces")).unwrap();
    for piece in 0..100_u64 {
        pieces.write_all_at(&[b'Z'; 1024], piece * 2048).unwrap();
    }
    fs::write(root.join("many/entry-with-a-long-name-0"), b"Z").unwrap();
    for index in 1..60 {
        let first = root.join("many/entry-with-a-long-name-0");
        fs::hard_link(first, root.join(format!("many/entry-with-a-long-name-{index}"))).unwrap();
    }
    // To become a directory with a deep tree of extents.
    let fake = fs::File::create(root.join("fake")).unwrap();
    for piece in 0..100_u64 {
        let mut block = vec![0; 1024];
        let name = format!("f{piece}");
        block[..8].copy_from_slice(&[12 + (piece % 8) as u8, 0, 0, 0, 0, 4, name.len() as u8, 0]);
        block[8..8 + name.len()].copy_from_slice(name.as_bytes());
        fake.write_all_at(&block, piece * 2048).unwrap();
    }
    symlink("boot/vmlinuz", root.join("link")).unwrap();
    symlink(format!("/{}boot/vmlinuz", "boot/../".repeat(12)), root.join("slow")).unwrap();
    symlink(format!("/{}link", "./".repeat(30)), root.join("both")).unwrap();
    let paths = [
        "/boot/vmlinuz",
        "/boot/grub/grub.cfg",
        "/boot/inline",
        "/link",
        "/slow",
        "/both",
        "/pieces",
        "/many/entry-with-a-long-name-3",
        "/many/entry-with-a-long-name-59",
        "/boot",
        "/many",
        "//",
        "/nothing",
        "/boot/../boot/./vmlinuz",
        "/fake/f0",
        "/fake/f3",
        "/fake/f99",
        "/fake/none",
    ];
    let mut random = Random::new(seed);
    let mut total = Tally::default();
    for (name, options) in [
        ("ext2", "-t ext2 -I 128"),
        ("ext2-large", "-t ext2 -I 256 -O ^resize_inode,^filetype"),
        ("ext4", "-t ext4 -O ^metadata_csum,^has_journal,^64bit,^resize_inode"),
        ("ext4-64", "-t ext4 -O ^metadata_csum,^has_journal,64bit,^resize_inode"),
        ("ext4-csum", "-t ext4 -O metadata_csum,^has_journal,^resize_inode"),
        ("inline", "-t ext4 -O ^metadata_csum,^has_journal,inline_data,^resize_inode"),
        ("inline-csum", "-t ext4 -O metadata_csum,^has_journal,inline_data,^resize_inode"),
        ("meta-bg", "-t ext4 -g 1024 -O ^metadata_csum,^has_journal,meta_bg,^resize_inode"),
    ] {
        let image = directory.path().join(name);
        let mut arguments = vec!["-b", "1024", "-N", "32"];
        arguments.extend(options.split(' '));
        make(&image, &root, "700k", &arguments);
        debugfs(&image, "sif fake mode 040755\n");
        let bytes = fs::read(&image).unwrap();
        let inode_table = u32::from_le_bytes(bytes[2048 + 8..][..4].try_into().unwrap()) as usize * 1024;
        let inode_size = usize::from(u16::from_le_bytes(bytes[1024 + 0x58..][..2].try_into().unwrap()));
        let metadata: Vec<usize> = bytes
            .chunks(1024)
            .enumerate()
            .skip(1)
            // Neither empty, nor data, nor a bitmap, nor a spare block of lost+found.
            .filter(|(_, block)| !block.iter().all(|&byte| byte == 0) && block[..12] != [b'Z'; 12])
            .filter(|(number, block)| *number == 1 || block[..4] != [0xff; 4] && block[..4] != [0; 4])
            // Nor one of the many blocks of the directory made above.
            .filter(|(_, block)| block[1..6] != [0, 0, 0, 0, 4])
            .map(|(number, _)| number)
            .collect();
        let cases: Vec<Case> = (0..rounds)
            .map(|_| {
                let mut case = Case::new(&image, &paths);
                for _ in 0..1 + random.below(3) {
                    let position = match random.below(4) {
                        // The fields of an inode that matter most.
                        0 | 1 => {
                            let inode = inode_table
                                + random.pick(&[1, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]) * inode_size;
                            let fields = [
                                0, 4, 0x20, 0x28, 0x2a, 0x2c, 0x2e, 0x30, 0x34, 0x38, 0x3c, 0x64, 0x68, 0x6c, 0x80,
                                0x9c,
                            ];
                            (inode + random.pick(&fields) + random.index(4)).min(inode + inode_size - 1)
                        }
                        kind => {
                            let block = random.pick(&metadata) * 1024;
                            let used: Vec<usize> =
                                (block..block + 1024).filter(|&position| bytes[position] != 0).collect();
                            let near = random.pick(&used);
                            if kind == 2 { near } else { (near + random.index(8)).min(block + 1023) }
                        }
                    };
                    let old = bytes[position];
                    let value = match random.below(8) {
                        0 => vec![random.next() as u8],
                        1 => vec![old ^ 1 << random.below(8)],
                        2 => vec![old.wrapping_add(1)],
                        3 => vec![old.wrapping_sub(1)],
                        4 => vec![0],
                        5 => vec![random.pick(&[0x7f, 0x80, 0xff, 1])],
                        // The number of some block, or a small number.
                        kind => {
                            let number = if kind == 6 { random.pick(&metadata) } else { random.index(20) };
                            (number as u32).to_le_bytes().to_vec()
                        }
                    };
                    let position = if value.len() == 4 { position & !3 } else { position };
                    case.patches.push((position, value));
                }
                case
            })
            .collect();
        if std::env::var("PREGRUB_EXT_ONLY").is_ok_and(|only| only != name) {
            continue;
        }
        let intact = EXT.driver(&Case::new(&image, &paths));
        let changed = cases.iter().filter(|case| EXT.driver(case) != intact).count();
        let tally = EXT.compare(&cases);
        println!(
            "{name}: {changed} of {rounds} images look different, {tally}, {} disagreements",
            tally.disagreements.len()
        );
        total.add(tally);
    }
    total.assert_agreement();
}

/// On a clean image the crate ext4-view sees the same files.
#[test]
fn ext4_view_sees_the_same() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    tree(&root);
    for (name, size, options) in [
        ("ext2", "8M", &["-t", "ext2"][..]),
        ("ext4", "12M", &["-t", "ext4"]),
        ("ext4-1k", "12M", &["-t", "ext4", "-b", "1024"]),
        ("no-extent-1k", "24M", &["-t", "ext4", "-b", "1024", "-O", "^extent,^64bit"]),
    ] {
        let image = directory.path().join(name);
        make(&image, &root, size, options);
        let view = ext4_view::Ext4::load_from_path(&image).unwrap();
        let ext = mount(&image);
        let mut directories = vec!["/".to_owned()];
        let mut files = 0;
        while let Some(parent) = directories.pop() {
            for entry in view.read_dir(parent.as_str()).unwrap() {
                let entry = entry.unwrap();
                let name = entry.file_name().as_str().unwrap().to_owned();
                if name == "." || name == ".." {
                    continue;
                }
                let path = format!("{parent}{name}");
                let kind = entry.file_type().unwrap();
                if kind.is_dir() {
                    assert_eq!(ext.open(path.as_bytes()).unwrap().kind(), FileKind::Directory);
                    directories.push(format!("{path}/"));
                } else if kind.is_regular_file() {
                    let expected = match view.read(path.as_str()) {
                        Ok(expected) => expected,
                        // ext4-view 1.0 takes a hole in a block map for block 0.
                        Err(_) if ["/sparse", "/pieces"].contains(&path.as_str()) => continue,
                        Err(error) => panic!("{path}: {error}"),
                    };
                    let file = ext.open(path.as_bytes()).unwrap();
                    assert_eq!((file.size(), file.kind()), (expected.len() as u64, FileKind::Regular), "{path}");
                    let mut found = vec![0; expected.len() + 1];
                    assert_eq!(file.read_at(0, &mut found).unwrap(), expected.len());
                    assert!(found[..expected.len()] == expected, "{path}");
                    files += 1;
                }
            }
        }
        assert!(files > 20);
    }
}

fn mount(image: &Path) -> Ext {
    let source = FileSource::new(fs::File::open(image).unwrap()).unwrap();
    Ext::mount(Volume::new(Arc::new(source), 0)).unwrap()
}

/// What the driver tells about the filesystem itself.
#[test]
fn names_and_features() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(&root).unwrap();
    let image = directory.path().join("image");
    let uuid = "01234567-89ab-cdef-0123-456789abcdef";
    make(&image, &root, "8M", &["-t", "ext4", "-L", "boot", "-U", uuid]);
    let ext = mount(&image);
    assert_eq!(
        (ext.name(), ext.label().as_str(), ext.uuid().as_str(), ext.needs_recovery()),
        ("ext4", "boot", uuid, false)
    );
    let text = run("dumpe2fs", &["-h", image.to_str().unwrap()]);
    let listed = text.lines().find_map(|line| line.strip_prefix("Filesystem features:")).unwrap();
    let mut expected: Vec<&str> = listed.split_whitespace().collect();
    let names = ext.features().names();
    let mut found: Vec<&str> = names.iter().map(String::as_str).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);

    let mut script = String::new();
    writeln!(script, "feature needs_recovery").unwrap();
    debugfs(&image, &script);
    assert!(mount(&image).needs_recovery());
    EXT.assert_same(&[Case::new(&image, &["/", "/lost+found", "/nothing"])]);
}

/// Makes hash trees of large directories. e2fsck exits with 1 because it changed something.
fn optimize(image: &Path) {
    let status = std::process::Command::new("/usr/sbin/e2fsck").arg("-fyD").arg(image).output().unwrap().status;
    assert!(matches!(status.code(), Some(0 | 1)), "{status}");
}

/// Counts the reads of a disk.
struct Counted(Vec<u8>, std::sync::atomic::AtomicUsize);

impl Source for Counted {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.0.read_at(offset, buf)
    }
}

/// A look at two files takes a handful of reads, and a check of a large one no more than its extents.
#[test]
fn reads_are_few() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    tree(&root);
    let image = directory.path().join("image");
    make(&image, &root, "12M", &["-t", "ext4"]);
    let source = Arc::new(Counted(fs::read(&image).unwrap(), 0.into()));
    let reads = || source.1.load(std::sync::atomic::Ordering::Relaxed);
    let ext = Ext::mount(Volume::new(Arc::clone(&source) as Arc<dyn Source>, 0)).unwrap();
    assert_eq!(reads(), 1, "the superblock");
    let cfg = ext.open(b"/boot/grub/grub.cfg").unwrap();
    let big = ext.open(b"/big").unwrap();
    // Group descriptors, a few blocks of inodes, a block of each directory.
    assert!(reads() <= 12, "{}", reads());
    let before = reads();
    big.verify().unwrap();
    assert!(reads() - before <= 2, "{}", reads() - before);
    let before = reads();
    assert_eq!(cfg.read_at(0, &mut [0; 1 << 16]).unwrap(), 14);
    assert_eq!(reads() - before, 1);
}

/// Links that lead to links many times over end in a verdict.
#[test]
fn a_maze_of_links_ends() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(&root).unwrap();
    symlink(".", root.join("s0")).unwrap();
    for level in 1..8 {
        symlink(format!("s{}/", level - 1).repeat(200), root.join(format!("s{level}"))).unwrap();
    }
    let image = directory.path().join("image");
    make(&image, &root, "4M", &["-t", "ext4", "-b", "4096", "-O", "^has_journal"]);
    let ext = mount(&image);
    assert!(ext.open(b"/s1").is_ok());
    assert!(matches!(ext.open(b"/s7"), Err(OpenError::Unknown(_))));
}

/// Images with much damage: nothing panics, and nothing takes long. What is seen is not compared.
#[test]
fn hostile_images_end() {
    if !available() {
        return;
    }
    let rounds = setting("PREGRUB_EXT_HOSTILE", 150);
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("boot")).unwrap();
    fs::write(root.join("boot/k"), noise(40_000, 1)).unwrap();
    fs::write(root.join("boot/inline"), noise(110, 1)).unwrap();
    symlink("boot/k", root.join("fast")).unwrap();
    symlink(format!("{}boot/k", "./".repeat(40)), root.join("slow")).unwrap();
    let mut random = Random::new(5);
    for (name, options) in [
        ("ext2", "-t ext2 -O ^resize_inode"),
        ("ext4", "-t ext4 -O ^metadata_csum,^has_journal,^resize_inode"),
        ("inline", "-t ext4 -O ^metadata_csum,^has_journal,inline_data,^resize_inode"),
        ("csum", "-t ext4 -O metadata_csum,^has_journal,^resize_inode"),
    ] {
        let image = directory.path().join(name);
        let mut arguments = vec!["-b", "1024", "-N", "32"];
        arguments.extend(options.split(' '));
        make(&image, &root, "200k", &arguments);
        let bytes = fs::read(&image).unwrap();
        for round in 0..rounds {
            let mut damaged = bytes.clone();
            for _ in 0..1 << (round % 9) {
                // The superblock stays mostly as it is, or nothing is mounted.
                let position =
                    if random.below(200) == 0 { 1024 + random.index(1024) } else { 2048 + random.index(60 * 1024) };
                damaged[position] = random.next() as u8;
            }
            let started = std::time::Instant::now();
            if let Ok(ext) = Ext::mount(Volume::new(Arc::new(damaged), 0)) {
                for path in ["/boot/k", "/boot/inline", "/fast", "/slow", "/boot", "/lost+found", "/none"] {
                    if let Ok(file) = ext.open(path.as_bytes()) {
                        let _ = file.verify();
                        let _ = file.read_at(0, &mut [0; 70_000]);
                        let _ = file.read_at(u64::MAX - 5, &mut [0; 10]);
                        let _ = file.read_at(file.size().saturating_sub(3), &mut [0; 10]);
                    }
                }
            }
            assert!(started.elapsed().as_secs() < 20, "{name} {round}: {:?}", started.elapsed());
        }
    }
}
