//! The UFS driver against the plugin of libfsimage.

use std::fs;
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::random::{Random, noise};
use crate::common::setting::setting;
use crate::common::volumes::{Case, Plugin, Seen, Tally};
use pregrub::storage::ufs::Ufs;

const UFS: Plugin =
    Plugin { name: "ufs", mount: |volume| Ok(Box::new(Ufs::mount(volume)?)), zeroed_memory: false, seconds: Some("2") };
const MAKEFS: &str = "/usr/sbin/makefs";
const READS: [(u64, u64); 4] = [(10, 5), (10_000, 4090), (9000, 49_150), (5, 1 << 31)];

fn tree(root: &Path) {
    for directory in ["boot/grub", "kernels/deep/er", "many"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    let file = |name: &str, data: &[u8]| fs::write(root.join(name), data).unwrap();
    file("kernels/k", &noise(5000, 1));
    file("boot/vmlinuz", &noise(2_300_007, 2));
    file("boot/grub/grub.cfg", b"set default=0\n");
    file("empty", b"");
    for length in [1, 511, 4096, 8192, 49_152, 49_153, 98_304, 98_305, 786_433] {
        file(&format!("size{length}"), &noise(length, length as u64));
    }
    file("with blank", b"blank");
    file("gr\u{fc}\u{df}e", b"utf-8");
    file(&"n".repeat(255), b"long");
    for number in 0..300 {
        file(&format!("many/a-file-with-a-rather-long-name-and-number-{number}"), format!("{number}").as_bytes());
    }
    symlink("kernels/k", root.join("link")).unwrap();
    symlink(format!("/kernels/{}k", "./".repeat(100)), root.join("slow")).unwrap();
    symlink("kernels", root.join("dirlink")).unwrap();
    let sparse = fs::File::create(root.join("sparse")).unwrap();
    for place in [20_000, 900_000, 1_300_000] {
        sparse.write_all_at(&noise(9000, place), place).unwrap();
    }
    sparse.set_len(2_000_000).unwrap();
}

fn paths() -> Vec<String> {
    let mut paths: Vec<String> = [
        "/kernels/k",
        "kernels/k",
        "//kernels//k",
        "/kernels/k/",
        "/kernels/k//",
        "/./kernels/./k",
        "/../kernels/k",
        "/kernels/../kernels/k",
        "/kernels/k/.",
        "/kernels/k/..",
        "/kernels/k/x",
        "/kernels/k quiet",
        "/kernels/k\tx",
        "/kernels",
        "/kernels/",
        "/",
        "",
        ".",
        "/..",
        "/Kernels/k",
        "/kern",
        "/boot/vmlinuz",
        "/boot/grub/grub.cfg",
        "/empty",
        "/empty/",
        "/with blank",
        "/with",
        "/gr\u{fc}\u{df}e",
        "/link",
        "/slow",
        "/dirlink/k",
        "/sparse",
        "/nothing",
        "/many/a-file-with-a-rather-long-name-and-number-0",
        "/many/a-file-with-a-rather-long-name-and-number-150",
        "/many/a-file-with-a-rather-long-name-and-number-299",
        "/many/a-file-with-a-rather-long-name-and-number-300",
        "/many/../kernels/deep/er/../../k",
    ]
    .map(str::to_owned)
    .into();
    for length in [1, 511, 4096, 8192, 49_152, 49_153, 98_304, 98_305, 786_433] {
        paths.push(format!("/size{length}"));
    }
    for length in [254, 255, 256] {
        paths.push(format!("/{}", "n".repeat(length)));
    }
    paths
}

fn made(directory: &Path, root: &Path, size: &str, options: &str) -> PathBuf {
    let image = directory.join(format!("{options}.img"));
    let output = Command::new(MAKEFS)
        .args(["-t", "ffs", "-s", size, "-o", options])
        .arg(&image)
        .arg(root)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !told.contains("No space"), "{options}: {told}");
    image
}

fn case(image: &Path, paths: &[impl AsRef<str>]) -> Case {
    Case::new(image, paths).reading(&READS)
}

/// Every path on every size of block, and what the plugin refuses.
#[test]
fn paths_and_data_are_those_of_libfsimage() {
    if !UFS.available(&[MAKEFS]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    tree(&root);
    let mut cases = Vec::new();
    for (size, options) in [
        ("12m", "version=1,bsize=4096,fsize=512,density=4096"),
        ("12m", "version=1,bsize=4096,fsize=4096,density=8192"),
        ("12m", "version=1,bsize=8192,fsize=1024,density=4096"),
        ("16m", "version=1,bsize=16384,fsize=2048"),
        ("32m", "version=1,bsize=32768,fsize=4096"),
        ("48m", "version=1,bsize=65536,fsize=8192"),
        ("24m", "version=1,bsize=4096,fsize=4096,density=65536,maxbpcg=100"),
    ] {
        let image = made(directory.path(), &root, size, options);
        let case = case(&image, &paths());
        UFS.assert_reads_first(&case, 5000);
        cases.push(case);
    }
    cases.push(cases[0].clone().behind(63 * 512, 0));
    let second = made(directory.path(), &root, "12m", "version=2,bsize=8192,fsize=1024,density=4096");
    cases.push(case(&second, &paths()));
    assert_eq!(UFS.driver(cases.last().unwrap()), Seen::Rejected);
    let tally = UFS.assert_same(&cases);
    println!("{} comparisons", tally.agreed);
    assert!(tally.agreed > 350);
}

/// A small image, and where its metadata lies.
struct Small {
    image: PathBuf,
    bytes: Vec<u8>,
    paths: Vec<String>,
    inodes: usize,
    directories: Vec<usize>,
    tables: Vec<usize>,
}

impl Small {
    fn new(directory: &Path, options: &str) -> Self {
        let root = directory.join("root");
        for parent in ["boot/grub", "kernels/deep", "many"] {
            fs::create_dir_all(root.join(parent)).unwrap();
        }
        fs::write(root.join("boot/vmlinuz"), noise(120_007, 1)).unwrap();
        fs::write(root.join("boot/grub/grub.cfg"), b"cfg").unwrap();
        fs::write(root.join("kernels/k"), noise(5000, 2)).unwrap();
        for number in 0..60 {
            let name = format!("many/{}{number}", "long-name-".repeat(12));
            fs::write(root.join(name), format!("{number}")).unwrap();
        }
        let sparse = fs::File::create(root.join("sparse")).unwrap();
        sparse.write_all_at(&noise(10, 3), 150_000).unwrap();
        sparse.set_len(200_000).unwrap();
        let _ = symlink("kernels/k", root.join("link"));
        let image = made(directory, &root, "1m", options);
        let bytes = fs::read(&image).unwrap();
        let field = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let fragment = 512 << field(8192 + 100);
        let inodes = field(8192 + 16) * fragment;
        let directories = (0..bytes.len() / 512)
            .map(|unit| unit * 512)
            .filter(|&at| bytes[at + 4..at + 6] == [12, 0] && bytes[at + 8..at + 10] == *b".\0")
            .collect();
        let tables = (2..80).map(|number| field(inodes + number * 128 + 88) * fragment).filter(|&at| at != 0).collect();
        let long = "long-name-".repeat(12);
        let paths = [
            "/boot/vmlinuz",
            "/kernels/k",
            "/boot/grub/grub.cfg",
            &format!("/many/{long}1"),
            &format!("/many/{long}59"),
            "/sparse",
            "/link",
            "/many/../kernels/k",
            "/kernels",
            "/kernels/./k",
            "",
            "/..",
        ]
        .map(str::to_owned)
        .into();
        Self { image, bytes, paths, inodes, directories, tables }
    }

    fn number(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.bytes[at..at + 4].try_into().unwrap())
    }

    /// A place and what to put there.
    fn mutation(&self, random: &mut Random) -> (usize, Vec<u8>) {
        let word = |random: &mut Random, at: usize| {
            let old = self.number(at);
            let any = random.next() as u32;
            let value = random.pick(&[
                0,
                1,
                2,
                old.wrapping_add(1),
                old.wrapping_sub(1),
                old << 1,
                old >> 1,
                old ^ (1 << (any % 32)),
                any,
                any % 64,
                0x7fff_ffff,
                0x8000_0000,
                u32::MAX,
                any % 2048,
                (self.directories[0] / 512) as u32,
                (self.tables[0] / 512) as u32,
            ]);
            (at, value.to_le_bytes().to_vec())
        };
        match random.below(8) {
            0 => {
                let field = random.pick(&[16, 24, 28, 48, 72, 80, 96, 100, 116, 120, 184, 188, 1372, 8, 12, 36, 52]);
                word(random, 8192 + field)
            }
            1..4 => {
                let inode = self.inodes + 128 * (2 + random.index(20));
                let field = random.pick(&[0, 8, 8, 12, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76, 80, 84, 88, 92, 96]);
                if field > 0 {
                    return word(random, inode + field);
                }
                let mode =
                    random.pick(&[0x81a4_u16, 0x41ed, 0xa1ff, 0x1000, 0, 0xffff, 0x8000, 0x4000, 0xc000, 0x6000]);
                (inode, mode.to_le_bytes().to_vec())
            }
            4..6 => {
                let mut at = random.pick(&self.directories);
                let end = at + 512;
                for _ in 0..random.below(6) {
                    let next = at + usize::from(u16::from_le_bytes([self.bytes[at + 4], self.bytes[at + 5]]));
                    if next == at || next >= end {
                        break;
                    }
                    at = next;
                }
                match random.below(5) {
                    0 => word(random, at),
                    1 => {
                        let old = u16::from_le_bytes([self.bytes[at + 4], self.bytes[at + 5]]);
                        let any = random.next() as u16;
                        let step =
                            random.pick(&[1, 4, 8, 12, 16, 511, 512, 4096, 65535, old + 4, old.wrapping_sub(4), any]);
                        (at + 4, step.to_le_bytes().to_vec())
                    }
                    2 => (at + 6, vec![random.next() as u8]),
                    3 => (at + 7, vec![random.pick(&[0, 1, 2, 3, 255])]),
                    _ => (at + 8 + random.index(8), vec![random.pick(&[0, b'/', b'A', b'k', 255])]),
                }
            }
            6 => {
                let at = random.pick(&self.tables) + 4 * random.index(30);
                word(random, at)
            }
            // Inodes in groups of their own, one block each.
            _ => (8192 + 184, [32_u32.to_le_bytes(), 8_u32.to_le_bytes()].concat()),
        }
    }
}

/// Random damage to the superblock, inodes, directories and tables.
#[test]
fn mutations() {
    if !UFS.available(&[MAKEFS]) {
        return;
    }
    let rounds = setting("PREGRUB_UFS_MUTATIONS", 200);
    let mut random = Random::new(setting("PREGRUB_UFS_SEED", 1));
    let directory = tempfile::tempdir().unwrap();
    let mut tally = Tally::default();
    for options in ["version=1,bsize=4096,fsize=512,density=4096", "version=1,bsize=8192,fsize=1024,density=4096"] {
        let small = Small::new(directory.path(), options);
        let mut cases = Vec::new();
        for _ in 0..rounds {
            let mut case = case(&small.image, &small.paths);
            for _ in 0..1 + random.below(3) {
                case.patches.push(small.mutation(&mut random));
            }
            if random.chance(8) {
                case.length = Some(8192 + random.index(small.bytes.len() - 8192));
            }
            cases.push(case);
        }
        tally.add(UFS.compare(&cases));
    }
    println!("{tally}");
    tally.assert_agreement();
    assert!(tally.agreed > 10 * rounds, "{:#?}", tally.reasons);
}

/// An image that ends anywhere.
#[test]
fn truncated_images() {
    if !UFS.available(&[MAKEFS]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("boot")).unwrap();
    fs::write(root.join("boot/vmlinuz"), noise(2_300_000, 1)).unwrap();
    fs::write(root.join("k"), noise(3000, 1)).unwrap();
    let image = made(directory.path(), &root, "4m", "version=1,bsize=8192,fsize=1024");
    let paths = ["/boot/vmlinuz", "/k", "/boot"];
    let full = fs::metadata(&image).unwrap().len() as usize;
    let lengths = (8192..80_000).step_by(1111).chain((80_000..full).step_by(50_021));
    let cases: Vec<Case> = lengths.map(|length| case(&image, &paths).cut_to(length)).collect();
    UFS.assert_same(&cases);
}
