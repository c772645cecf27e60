//! The ISO 9660 driver against the plugin of libfsimage.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::random::{Random, noise};
use crate::common::setting::setting;
use crate::common::volumes::{Case, Plugin, Seen, SeenFile};
use pregrub::storage::iso9660::Iso9660;

const ISO9660: Plugin = Plugin {
    name: "iso9660",
    mount: |volume| Ok(Box::new(Iso9660::mount(volume)?)),
    zeroed_memory: false,
    seconds: Some("2"),
};
const TOOLS: [&str; 2] = ["/usr/bin/xorriso", "/usr/bin/genisoimage"];
const READS: [(u64, u64); 5] = [(10, 5), (4000, 2040), (1, 2048), (5, 1 << 31), (100_000, 3)];
const SECTOR: usize = 2048;

fn tree(root: &Path) {
    for directory in ["boot/grub", "kernels/deep/er", "many", "d1/d2/d3/d4/d5/d6/d7/d8/d9"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    let file = |name: &str, data: &[u8]| fs::write(root.join(name), data).unwrap();
    file("kernels/k", &noise(70_007, 1));
    file("kernels/UPPER.TXT", &noise(2048, 2));
    file("kernels/no.ext.ension", &noise(2049, 3));
    file("boot/vmlinuz", &noise(2_300_007, 4));
    file("boot/grub/grub.cfg", b"set default=0\n");
    file("empty", b"");
    file("with blank", b"blank");
    file("dot.", b"dot");
    file("gr\u{fc}\u{df}e", b"utf-8");
    file("d1/d2/d3/d4/d5/d6/d7/d8/d9/k", b"deep");
    for length in [30, 64, 100, 120, 121, 122, 142, 143, 144, 146, 147, 200, 250] {
        file(&"n".repeat(length), &noise(length, 5));
    }
    for number in 0..200 {
        file(&format!("many/a-file-with-a-long-name-{number}"), format!("{number}").as_bytes());
    }
    symlink("kernels/k", root.join("link")).unwrap();
    symlink("kernels", root.join("dirlink")).unwrap();
}

fn paths() -> Vec<String> {
    let mut paths: Vec<String> = [
        "/kernels/k",
        "kernels/k",
        "//kernels/k",
        "/kernels//k",
        "/kernels/k/",
        "/kernels/k//",
        "/./kernels/k",
        "/kernels/./k",
        "/kernels/../kernels/k",
        "/../kernels/k",
        "/kernels/k quiet",
        "/kernels/k\tx",
        "/kernels/k\u{b}",
        "/kernels/k\nx",
        "/kernels",
        "/kernels/",
        "/",
        "",
        ".",
        "..",
        "/KERNELS/K",
        "/KERNELS/K.",
        "/KERNELS/K.;1",
        "/KERNELS/K;1",
        "/KERNELS/UPPER.TXT",
        "/kernels/UPPER.TXT",
        "/kernels/upper.txt",
        "/KERNELS/NO_EXT.ENS",
        "/kernels/no.ext.ension",
        "/boot/vmlinuz",
        "/BOOT/VMLINUZ",
        "/BOOT/VMLINUZ.",
        "/boot/grub/grub.cfg",
        "/BOOT/GRUB/GRUB.CFG",
        "/empty",
        "/EMPTY",
        "/with blank",
        "/with",
        "/with_blank",
        "/dot.",
        "/dot",
        "/DOT",
        "/gr\u{fc}\u{df}e",
        "/link",
        "/LINK",
        "/dirlink/k",
        "/kernels/k/x",
        "/nothing",
        "/many/a-file-with-a-long-name-0",
        "/many/a-file-with-a-long-name-199",
        "/many/a-file-with-a-long-name-200",
        "/MANY/A_FILE00",
        "/d1/d2/d3/d4/d5/d6/d7/k",
        "/d1/d2/d3/d4/d5/d6/d7/d8/d9/k",
        "/rr_moved/d8/d9/k",
        "/RR_MOVED/D8/D9/K",
        "/rr_moved/d7/d8/d9/k",
        "/kern",
    ]
    .map(str::to_owned)
    .into();
    for length in 20..256 {
        paths.push(format!("/{}", "n".repeat(length)));
    }
    paths
}

fn made(directory: &Path, root: &Path, name: &str, command: &[&str]) -> PathBuf {
    let image = directory.join(format!("{name}.iso"));
    let status = Command::new(command[0])
        .args(&command[1..])
        .args(["-quiet", "-o"])
        .arg(&image)
        .arg(root)
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{name}: {status}");
    image
}

fn case(image: &Path, paths: &[impl AsRef<str>]) -> Case {
    Case::new(image, paths).reading(&READS)
}

/// Every path on images of both makers: names, kinds, bytes.
#[test]
fn paths_and_data_are_those_of_libfsimage() {
    if !ISO9660.available(&TOOLS) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    tree(&root);
    let xorriso = ["xorriso", "-as", "mkisofs"];
    let mut cases = Vec::new();
    for (name, maker, options) in [
        ("x-rr", &xorriso[..], &["-R"][..]),
        ("x-r", &xorriso, &["-r", "-J"]),
        ("x-plain", &xorriso, &["--norock"]),
        ("x-joliet", &xorriso, &["--norock", "-J"]),
        ("x-level3", &xorriso, &["-iso-level", "3", "-R"]),
        ("x-lower", &xorriso, &["--norock", "-allow-lowercase", "-iso-level", "3"]),
        ("g-rr", &["genisoimage"], &["-R"]),
        ("g-rr-flat", &["genisoimage"], &["-R", "-D"]),
        ("g-plain", &["genisoimage"], &[]),
        ("g-udf", &["genisoimage"], &["-R", "-udf"]),
        ("g-level4", &["genisoimage"], &["-iso-level", "4"]),
        ("g-lower", &["genisoimage"], &["-allow-lowercase", "-allow-multidot", "-l", "-d"]),
        ("g-versions", &["genisoimage"], &["-N", "-l"]),
        ("g-xa", &["genisoimage"], &["-R", "-xa"]),
    ] {
        let image = made(directory.path(), &root, name, &[maker, options].concat());
        cases.push(case(&image, &paths()));
        if name == "x-rr" {
            cases.push(case(&image, &paths()).behind(63 * 512, 0));
        }
    }
    let tally = ISO9660.assert_same(&cases);
    println!("{} comparisons", tally.agreed);
    assert!(tally.agreed > 4000);
    for name in ["x-rr", "g-rr"] {
        let case = cases.iter().find(|case| case.image.ends_with(format!("{name}.iso"))).unwrap();
        ISO9660.assert_reads_first(case, 70_007);
    }
}

/// An image that ends anywhere.
#[test]
fn truncated_images() {
    if !ISO9660.available(&TOOLS) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("boot")).unwrap();
    fs::write(root.join("boot/vmlinuz"), noise(3_000_000, 1)).unwrap();
    fs::write(root.join("boot/initrd"), noise(5000, 1)).unwrap();
    let image = made(directory.path(), &root, "image", &["genisoimage", "-R"]);
    let paths = ["/boot/vmlinuz", "/boot/initrd", "/boot", "/nothing"];
    let full = fs::metadata(&image).unwrap().len() as usize;
    let lengths = (32_000..60_000).step_by(1023).chain((60_000..full).step_by(77_777));
    let cases: Vec<Case> = lengths.map(|length| case(&image, &paths).cut_to(length)).collect();
    ISO9660.assert_same(&cases);
}

fn both(number: u32) -> Vec<u8> {
    [number.to_le_bytes(), number.to_be_bytes()].concat()
}

/// A directory record. `system_use` follows the name, with the byte of padding that it needs.
fn record(name: &[u8], extent: u32, size: u32, flags: u8, system_use: &[u8]) -> Vec<u8> {
    let mut record = vec![0, 0];
    record.extend(both(extent));
    record.extend(both(size));
    record.extend([122, 1, 1, 0, 0, 0, 0, flags, 0, 0, 1, 0, 0, 1, name.len() as u8]);
    record.extend(name);
    record.resize(record.len().next_multiple_of(2), 0);
    record.extend(system_use);
    record.resize(record.len().next_multiple_of(2), 0);
    record[0] = record.len() as u8;
    record
}

fn entry(signature: &[u8; 2], data: &[u8]) -> Vec<u8> {
    [&signature[..], &[data.len() as u8 + 4, 1], data].concat()
}

fn posix(mode: u32) -> Vec<u8> {
    entry(b"PX", &[both(mode), both(1), both(0), both(0)].concat())
}

fn continuation(sector: u32, start: u32, length: u32) -> Vec<u8> {
    entry(b"CE", &[both(sector), both(start), both(length)].concat())
}

/// Some system use entries, in any order and as often as it comes.
fn system_use(random: &mut Random) -> Vec<u8> {
    let mut entries = Vec::new();
    for _ in 0..random.below(4) {
        entries.extend(match random.below(9) {
            0..3 => {
                let name = random.pick(&[&b"kk"[..], b"k", b"long-name-here", b"D", b"x.y", b""]);
                let mut entry = entry(b"NM", &[&[random.pick(&[0, 0, 0, 1, 2, 4])], name].concat());
                entry[3] = random.pick(&[1, 1, 1, 1, 1, 1, 2]);
                entry
            }
            3 | 4 => posix(random.pick(&[0o100_644, 0o100_644, 0o040_755, 0o120_777, 0])),
            5 => entry(b"RR", &[random.pick(&[0x89, 9, 8, 1, 0, 0xff])]),
            6 => {
                let start = random.pick(&[0, 0, 0, 10, 2040, 2047, 2048, 3000]);
                let length = random.pick(&[10, 50, 100, 200, 2048, 3000, 0, 4, 7]);
                continuation(random.pick(&[40, 40, 41, 42, 63, 64]), start, length)
            }
            _ => entry(random.pick(&[b"SP", b"ST", b"SL", b"ER", b"CL", b"TF"]), &vec![0; random.index(12)]),
        });
    }
    entries
}

fn any_record(random: &mut Random) -> Vec<u8> {
    let name = random.pick(&[
        &b"K.;1"[..],
        b"K",
        b"kk",
        b"AB.;1",
        b"ABC;1",
        b"D",
        b"E",
        b"LONGER.TXT;1",
        b"Q.",
        b"\0",
        b"\x01",
        b"",
    ]);
    let mut system_use = system_use(random);
    if random.chance(20) {
        system_use.insert(0, 0);
    }
    if random.chance(30) {
        let size = random.pick(&[2048, 2048, 4096, 1]);
        return record(name, random.pick(&[21, 22, 23]), size, 2, &system_use);
    }
    let size = random.pick(&[10, 2048, 5000, 3000, 100_000]);
    record(name, 30 + random.below(36) as u32, size, random.pick(&[0, 0, 0, 1, 4, 128]), &system_use)
}

/// A volume of 64 sectors: a root at 20, directories at 21 to 23, continuation areas at 40 to 42, data from 30 on.
fn invented(random: &mut Random) -> Vec<(usize, Vec<u8>)> {
    let mut descriptor = b"\x01CD001\x01".to_vec();
    descriptor.resize(156, 0);
    let root_size = random.pick(&[2048, 4096]);
    descriptor.extend(record(b"\0", 20, root_size, 2, b""));
    let mut patches = vec![(16 * SECTOR, descriptor)];
    for sector in 30..64_usize {
        patches.push((sector * SECTOR, vec![sector as u8; SECTOR]));
    }
    for sector in 20..24_u32 {
        let mut records = [record(b"\0", sector, 2048, 2, b""), record(b"\x01", 20, 2048, 2, b"")].concat();
        let length = random.pick(&[200, 400, 1000, 2000, 2048]);
        while records.len() < length {
            records.extend(any_record(random));
        }
        records.truncate(SECTOR);
        patches.push((sector as usize * SECTOR, records));
    }
    for sector in 40..43_usize {
        let mut area = system_use(random);
        if random.chance(50) {
            area.resize(SECTOR, 0);
        }
        patches.push((sector * SECTOR, area));
    }
    for _ in 0..random.pick(&[0, 0, 1, 2, 4]) {
        let at = if random.chance(10) {
            16 * SECTOR + random.pick(&[0, 1, 5, 156, 158, 159, 161, 166, 167, 169])
        } else {
            random.pick(&[20, 20, 21, 22, 23, 40, 41]) * SECTOR + random.index(300)
        };
        let value = random.pick(&[0, 1, 3, 4, 5, 33, 34, 0x7f, 0x80, 0xff]);
        patches.push((at, vec![if random.chance(50) { value } else { random.next() as u8 }]));
    }
    patches
}

/// Directories and Rock Ridge entries of every kind, sane and not.
#[test]
fn invented_directories() {
    if !ISO9660.available(&[]) {
        return;
    }
    let rounds = setting("PREGRUB_ISO_INVENTED", 300);
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("empty");
    fs::write(&image, vec![0; 64 * SECTOR]).unwrap();
    let names = [
        "K",
        "k",
        "kk",
        "AB",
        "ABC",
        "ABC;1",
        "D",
        "E",
        "LONGER.TXT",
        "long-name-here",
        "Q.",
        "Q",
        "x.y",
        "",
        "x",
        "AB.",
    ];
    let mut random = Random::new(setting("PREGRUB_ISO_SEED", 1));
    let cases: Vec<Case> = (0..rounds)
        .map(|_| {
            let mut paths = Vec::new();
            for _ in 0..6 {
                let (parent, name) = (random.pick(&["D", "E", "kk", "K"]), random.pick(&names));
                paths.extend([format!("/{name}"), format!("/{parent}/{name}"), format!("{parent}/D/{name}")]);
            }
            let mut case = Case { patches: invented(&mut random), ..case(&image, &paths) };
            if random.chance(10) {
                case.length = Some(16 * SECTOR + random.index(48 * SECTOR));
            }
            case
        })
        .collect();
    let tally = ISO9660.compare(&cases);
    println!("{tally}");
    tally.assert_agreement();
    assert!(tally.agreed > 10 * rounds && tally.unknown < rounds / 2, "{:#?}", tally.reasons);
}

/// Random damage to the descriptors and directories of a real image.
#[test]
fn mutations() {
    if !ISO9660.available(&TOOLS) {
        return;
    }
    let rounds = setting("PREGRUB_ISO_MUTATIONS", 120);
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("boot/grub")).unwrap();
    fs::write(root.join("boot/vmlinuz"), noise(9000, 1)).unwrap();
    fs::write(root.join("boot/grub/grub.cfg"), b"cfg").unwrap();
    fs::write(root.join("n".repeat(200)), b"long").unwrap();
    symlink("boot/vmlinuz", root.join("link")).unwrap();
    let paths = ["/boot/vmlinuz", "/boot/grub/grub.cfg", "/link", "/BOOT/VMLINUZ", "/boot", "/nothing"];
    let mut random = Random::new(setting("PREGRUB_ISO_SEED", 2));
    let mut cases = Vec::new();
    for (name, command) in
        [("x", &["xorriso", "-as", "mkisofs", "-R"][..]), ("g", &["genisoimage", "-R"]), ("plain", &["genisoimage"])]
    {
        let image = made(directory.path(), &root, name, command);
        let bytes = fs::read(&image).unwrap();
        // The descriptor, and what begins with a record of itself.
        let sectors: Vec<usize> = (16..bytes.len() / SECTOR)
            .filter(|&sector| {
                let start = &bytes[sector * SECTOR..][..6];
                sector == 16 || start[0] > 33 && start[2..6] == (sector as u32).to_le_bytes()
            })
            .collect();
        assert!(sectors.len() > 3, "{name}");
        for _ in 0..rounds {
            let mut case = case(&image, &paths);
            for _ in 0..1 + random.below(3) {
                let sector = random.pick(&sectors);
                let used: Vec<usize> = (0..SECTOR).filter(|at| bytes[sector * SECTOR + at] != 0).collect();
                let at = sector * SECTOR + (random.pick(&used) + random.index(3)).min(SECTOR - 4);
                let old = bytes[at];
                let value =
                    random.pick(&[0, 1, 0x7f, 0xff, old ^ 2, old ^ 0x80, old.wrapping_add(1), old.wrapping_sub(1)]);
                case.patches.push((at, vec![value]));
            }
            cases.push(case);
        }
    }
    let tally = ISO9660.compare(&cases);
    println!("{tally}");
    tally.assert_agreement();
    assert!(tally.agreed > 5 * rounds && tally.unknown * 5 < cases.len(), "{:#?}", tally.reasons);
}

/// Fields that decide of mount and address, at their limits.
#[test]
fn limits() {
    if !ISO9660.available(&[]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("empty");
    fs::write(&image, vec![0; 64 * SECTOR]).unwrap();
    let volume = |at: usize, root_size: u32, records: Vec<u8>| {
        let mut descriptor = b"\x01CD001\x01".to_vec();
        descriptor.resize(156, 0);
        descriptor.extend(record(b"\0", 40, root_size, 2, b""));
        let mut patches = vec![(at * SECTOR, descriptor), (40 * SECTOR, records), (50 * SECTOR, vec![7; 3 * SECTOR])];
        for sector in 16..at {
            patches.push((sector * SECTOR, b"\x09CD001\x01".to_vec()));
        }
        Case { patches, ..case(&image, &["/K", "/"]) }
    };
    let mut cases = Vec::new();
    for at in [15, 16, 17, 20, 31, 32] {
        cases.push(volume(at, 2048, record(b"K", 50, 100, 0, b"")));
    }
    for size in [0, 1, 34, 2047, 2048, 2049, 4096, 100_000, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        cases.push(volume(16, size, record(b"K", 50, 100, 0, b"")));
        cases.push(volume(16, 2048, record(b"K", 50, size, 0, b"")));
    }
    for high in [0, 1 << 22, 1 << 28, 1 << 29, 1 << 30, 1 << 31, 3 << 30] {
        cases.push(volume(16, 2048, record(b"K", high + 50, 5000, 0, b"")));
    }
    // A file at sector 0 is empty to the plugin, a directory is not.
    for sector in 0..17 {
        cases.push(volume(16, 2048, record(b"K", sector, 5000, 0, b"")));
        let mut case = volume(16, 2048, record(b"D", sector, 2048, 2, b""));
        case.patches.push((0, record(b"K", 50, 100, 0, b"")));
        case.paths.push(b"/D/K".to_vec());
        cases.push(case);
    }
    for flags in 0..=255 {
        cases.push(volume(16, 2048, record(b"K", 50, 100, flags, b"")));
    }
    let tally = ISO9660.compare(&cases);
    tally.assert_agreement();
    println!("{:#?}", tally.reasons);
    assert_eq!((tally.unknown, tally.crashed), (0, 0));
}

/// Continuation areas in a circle: the plugin never ends, pregrub does, and does not know.
#[test]
fn continuation_areas_in_a_circle() {
    let mut bytes = vec![0; 64 * SECTOR];
    bytes[16 * SECTOR..16 * SECTOR + 6].copy_from_slice(b"\x01CD001");
    let root = record(b"\0", 20, 2048, 2, b"");
    bytes[16 * SECTOR + 156..][..root.len()].copy_from_slice(&root);
    let records = record(b"K", 50, 100, 0, &continuation(40, 0, 28));
    bytes[20 * SECTOR..][..records.len()].copy_from_slice(&records);
    bytes[40 * SECTOR..][..28].copy_from_slice(&continuation(40, 0, 28));
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("circle");
    fs::write(&image, bytes).unwrap();
    let started = Instant::now();
    let case = case(&image, &["/K"]);
    let Seen::Paths(seen) = ISO9660.driver(&case) else { panic!("it mounts") };
    assert!(matches!(seen[0], SeenFile::Unknown(_)), "{seen:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
    if ISO9660.available(&[]) {
        assert_eq!(ISO9660.oracle(&[case]), [Seen::Crashed]);
    }
}
