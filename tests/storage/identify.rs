//! What is identified at an offset, and what pygrub's own plugins make of it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::common::random::Random;
use crate::common::setting::setting;
use crate::common::tools;
use pregrub::storage::identify::{Format, Support, identify};
use pregrub::storage::mount::Plugins;
use pregrub::storage::source::{FileSource, Source, Volume};
use serde_json::json;

const PYTHON_LIBRARY: &str = "/usr/lib/xen-4.17/lib/python";
const PLUGIN_DIRECTORY: &str = "/usr/lib/xen-4.17/lib/x86_64-linux-gnu/xenfsimage";
const PLUGINS: [&str; 7] = ["ext2fs-lib", "fat", "iso9660", "reiserfs", "ufs", "xfs", "zfs"];

/// A volume for the oracle: a file, some bytes of it changed, the rest cut off.
#[derive(Clone)]
struct Case {
    name: String,
    path: PathBuf,
    offset: u64,
    patches: Vec<(u64, Vec<u8>)>,
    length: Option<u64>,
}

impl Case {
    fn whole(path: &Path) -> Self {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        Self { name, path: path.to_owned(), offset: 0, patches: Vec::new(), length: None }
    }

    fn volume(&self) -> Volume {
        let file = FileSource::new(File::open(&self.path).unwrap()).unwrap();
        Volume::new(Arc::new(Patched { file, patches: self.patches.clone(), length: self.length }), self.offset)
    }

    fn line(&self) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let patches: Vec<_> = self.patches.iter().map(|(at, bytes)| json!([at, hex(bytes)])).collect();
        json!({"path": self.path, "offset": self.offset, "patches": patches, "length": self.length}).to_string()
    }
}

/// The same for pregrub, without writing.
struct Patched {
    file: FileSource,
    patches: Vec<(u64, Vec<u8>)>,
    length: Option<u64>,
}

impl Source for Patched {
    fn len(&self) -> u64 {
        self.length.map_or(self.file.len(), |length| length.min(self.file.len()))
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        let length = self.len().saturating_sub(offset).min(buf.len() as u64) as usize;
        let read = self.file.read_at(offset, &mut buf[..length])?;
        for (at, bytes) in &self.patches {
            for (index, byte) in bytes.iter().enumerate() {
                if let Some(place) = (at + index as u64).checked_sub(offset).filter(|place| *place < read as u64) {
                    buf[place as usize] = *byte;
                }
            }
        }
        Ok(read)
    }
}

/// What the plugin says of each case: mounted or not, or nothing where it died over it or did not end.
fn ask_plugin(plugin: &str, cases: &[Case]) -> Vec<Option<bool>> {
    let dir = tempfile::tempdir().unwrap();
    let plugins = dir.path().join("plugins");
    fs::create_dir(&plugins).unwrap();
    symlink(Path::new(PLUGIN_DIRECTORY).join(plugin), plugins.join(plugin)).unwrap();
    let scratch = dir.path().join("scratch");

    let mut answers = Vec::new();
    // A failed mount leaks up to half a MiB.
    const BATCH: usize = 400;
    while answers.len() < cases.len() {
        let batch = &cases[answers.len()..cases.len().min(answers.len() + BATCH)];
        let input: String = batch.iter().map(|case| case.line() + "\n").collect();
        let arguments = [PYTHON_LIBRARY, scratch.to_str().unwrap()];
        let environment = [("XEN_FSIMAGE_FSDIR", plugins.to_str().unwrap())];
        let (output, status) = tools::python("open_volume.py", &arguments, &environment, &input, 60);
        answers.extend(output.lines().map(|line| Some(line == "1")));
        if status != Some(0) {
            eprintln!("{plugin} did not survive {}", cases[answers.len()].name);
            answers.push(None);
        }
    }
    assert_eq!(answers.len(), cases.len());
    answers
}

/// What each plugin says of each case.
fn ask_plugins(cases: &[Case]) -> BTreeMap<&'static str, Vec<Option<bool>>> {
    PLUGINS.iter().map(|plugin| (*plugin, ask_plugin(plugin, cases))).collect()
}

/// The plugins that mount a volume or might, by pregrub, in alphabetical order.
fn acceptors(volume: &Volume) -> Vec<&'static str> {
    let mut names: Vec<_> = Plugins::ask(volume).unwrap().acceptors().collect();
    names.sort_unstable();
    names
}

fn have_plugins() -> bool {
    tools::have(PLUGIN_DIRECTORY) && tools::have(PYTHON_LIBRARY)
}

/// Volumes made by the real tools, in a directory that is to be kept as long as they are used.
fn real_volumes() -> (tempfile::TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let made = Command::new("sh")
        .args(["-eu", "-c", include_str!("../oracle/make_volumes.sh")])
        .current_dir(dir.path())
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for line in String::from_utf8_lossy(&made.stdout).lines() {
        tools::skipped(line);
    }
    let mut paths: Vec<PathBuf> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "img"))
        .collect();
    paths.sort();
    (dir, paths)
}

fn expected_format(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().split_once('-').unwrap().0.to_owned()
}

#[test]
fn volumes_made_by_real_tools_are_what_they_are_and_pygrub_mounts_what_is_said() {
    let (_dir, paths) = real_volumes();
    let mut problems = Vec::new();
    let mut cases: Vec<Case> = paths.iter().map(|path| Case::whole(path)).collect();
    // A partition: the same behind a hole.
    for path in &paths {
        if fs::metadata(path).unwrap().len() < 20 << 20 {
            let moved = path.with_extension("moved");
            let mut bytes = vec![0; 1 << 20];
            bytes.extend(fs::read(path).unwrap());
            fs::write(&moved, bytes).unwrap();
            cases.push(Case { offset: 1 << 20, ..Case::whole(&moved) });
        }
    }
    for case in &cases {
        let expected = expected_format(&case.path);
        let found = identify(&case.volume()).unwrap();
        let name = found.as_ref().map_or("nothing", |found| found.format.name());
        eprintln!("{:28} {:?}", case.name, found);
        let nothing = ["zeros", "random", "text"].contains(&expected.as_str());
        if name != if nothing { "nothing" } else { &expected } {
            problems.push(format!("{}: identified as {name}", case.name));
        }
    }
    if have_plugins() {
        let answers = ask_plugins(&cases);
        for (index, case) in cases.iter().enumerate() {
            let accepted: Vec<&str> =
                PLUGINS.iter().copied().filter(|plugin| answers[plugin][index] == Some(true)).collect();
            let might = acceptors(&case.volume());
            let support = identify(&case.volume()).unwrap().map(|found| found.support());
            if might != accepted {
                problems.push(format!("{}: might be accepted by {might:?}, is by {accepted:?}", case.name));
            }
            let right = match support {
                Some(Support::PygrubReads { plugin }) => accepted == [plugin],
                Some(Support::PygrubRefuses { .. }) | None => accepted.is_empty(),
                Some(Support::Unknown { .. }) => false,
            };
            if !right {
                problems.push(format!("{}: {support:?}, but accepted by {accepted:?}", case.name));
            }
        }
        eprintln!("{} volumes compared with {} plugins each", cases.len(), PLUGINS.len());
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(cases.len() > 60 || !tools::have("/usr/sbin/mkfs.xfs"), "{}", cases.len());
}

/// Where a format keeps what its plugin looks at: places and how many bytes from there on.
fn places(format: &str) -> &'static [(u64, u64)] {
    match format {
        "vfat" => &[(0, 64), (11, 31), (11, 6), (17, 7), (36, 6), (512, 8), (512 * 8, 8), (512 * 32, 8)],
        "iso9660" => &[(32768, 8), (34816, 8), (36864, 8), (32768 + 150, 40)],
        "xfs" => &[(0, 4), (80, 50), (84, 4), (100, 2), (120, 6), (120, 6), (192, 8)],
        "reiserfs" => &[(65536, 76), (65536 + 8, 12), (65536 + 44, 2), (65536 + 52, 22), (8192, 80), (65536 + 72, 2)],
        "ufs" => &[(8192, 64), (8192 + 48, 4), (8192 + 1372, 4), (65536 + 1372, 4)],
        _ => &[(0, 512), (1024, 512), (32768, 64), (65536, 128)],
    }
}

/// Whole superblocks moved to where another format or release looks for them.
const MOVES: &[(u64, u64, u64)] =
    &[(65536, 8192, 204), (65536 + 52, 8192 + 20, 12), (32768, 49152, 2048), (32768, 63488, 2048)];

fn mutated(random: &mut Random, path: &Path, number: usize) -> Case {
    let mut case = Case { name: format!("{} mutation {number}", path.display()), ..Case::whole(path) };
    let format = expected_format(path);
    let original = FileSource::new(File::open(path).unwrap()).unwrap();
    if random.chance(10) {
        let (from, to, length) = random.pick(MOVES);
        let mut bytes = vec![0; length as usize];
        original.read_at(from, &mut bytes).unwrap();
        case.patches.push((to, bytes));
        if random.chance(70) {
            case.patches.push((from, vec![0; length as usize]));
        }
    }
    for _ in 0..1 + random.below(3) {
        let (place, length) = random.pick(places(&format));
        let at = place + random.below(length);
        let width = random.pick(&[1_usize, 1, 2, 4]);
        let any = random.next();
        let power = 1_u64 << random.below(32);
        let mut old = vec![0; 8];
        original.read_at(at, &mut old).unwrap();
        let old = u64::from_le_bytes(old.try_into().unwrap());
        let value = random.pick(&[
            0,
            1,
            2,
            3,
            4,
            5,
            7,
            8,
            9,
            0x0f,
            0x10,
            0x20,
            0x3f,
            0x40,
            0x7f,
            0x80,
            0xf0,
            0xf8,
            0xff,
            0x100,
            0x200,
            0x400,
            0x1000,
            0x7fff,
            0x8000,
            0xffff,
            0xffff_ffff,
            122_880,
            122_881,
            old ^ 8,
            old ^ (1 << (any % 16)),
            old.wrapping_add(1),
            old.wrapping_sub(1),
            old << 1,
            old >> 1,
            power,
            power - 1,
            any,
            any,
        ]);
        let bytes = if random.chance(15) {
            value.to_be_bytes()[8 - width..].to_vec()
        } else {
            value.to_le_bytes()[..width].to_vec()
        };
        case.patches.push((at, bytes));
    }
    if random.chance(12) {
        let edges = [
            0, 1, 63, 64, 65, 199, 200, 201, 512, 1024, 8395, 8396, 16383, 16384, 34815, 34816, 36864, 65535, 65739,
            65740, 65741,
        ];
        case.length = Some(if random.chance(60) { random.pick(&edges) } else { random.below(140_000) });
    }
    case
}

#[test]
fn no_mutated_superblock_is_accepted_by_a_plugin_that_was_not_named() {
    if !have_plugins() {
        return;
    }
    let (_dir, paths) = real_volumes();
    let bases: Vec<&PathBuf> = paths
        .iter()
        .filter(|path| {
            let format = expected_format(path);
            ["vfat", "iso9660", "xfs", "reiserfs", "ufs"].contains(&format.as_str())
                || ["ext4-grub.img", "zeros-1.img", "ntfs-1.img"].iter().any(|name| path.ends_with(name))
        })
        .collect();
    let mut random = Random::new(0x766f_6c75_6d65);
    let mut cases = Vec::new();
    // More clusters than the plugin's arithmetic holds.
    for path in bases.iter().filter(|path| path.ends_with("vfat-32.img")) {
        for number in 0..60 {
            let sectors = (0x1000_0000 + random.below(0xf000_0000)) as u32;
            let name = format!("vfat-32 with {sectors} sectors");
            let patches = vec![(32, sectors.to_le_bytes().to_vec()), (13, vec![1 << (number % 8)])];
            cases.push(Case { name, patches, ..Case::whole(path) });
        }
    }
    let rounds = setting("PREGRUB_MUTATIONS", 150);
    for number in 0..rounds {
        for path in &bases {
            let case = mutated(&mut random, path, number);
            // Writing behind the end would make the file longer.
            let end = fs::metadata(path).unwrap().len();
            if case.patches.iter().all(|(at, bytes)| at + bytes.len() as u64 <= end) {
                cases.push(case);
            }
        }
    }
    let (mut problems, mut accepted, mut named_in_vain) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    let answers = ask_plugins(&cases);
    for (index, case) in cases.iter().enumerate() {
        let volume = case.volume();
        let might = acceptors(&volume);
        let support = identify(&volume).unwrap().map(|found| found.support());
        for plugin in PLUGINS.iter().filter(|plugin| **plugin != "ext2fs-lib") {
            match answers[plugin][index] {
                Some(true) => {
                    *accepted.entry(*plugin).or_insert(0) += 1;
                    if !might.contains(plugin) {
                        problems.push(format!("{}: {plugin} accepts {}", case.name, case.line()));
                    }
                }
                Some(false) if might.contains(plugin) => {
                    *named_in_vain.entry(*plugin).or_insert(0) += 1;
                    // These tests are meant to be exact.
                    if ["fat", "iso9660", "ufs", "xfs"].contains(plugin) {
                        problems.push(format!("{}: {plugin} refuses {}", case.name, case.line()));
                    }
                    if *plugin == "xfs" && support == Some(Support::PygrubReads { plugin: "xfs" }) {
                        problems.push(format!("{}: xfs refuses, {support:?} {}", case.name, case.line()));
                    }
                }
                _ => {}
            }
        }
        if let Some(Support::PygrubRefuses { .. }) = support {
            let readers: Vec<_> = PLUGINS.iter().filter(|plugin| answers[**plugin][index] == Some(true)).collect();
            if !readers.is_empty() && might.is_empty() && readers != [&"ext2fs-lib"] {
                problems.push(format!("{}: {support:?} but {readers:?} reads {}", case.name, case.line()));
            }
        }
    }
    eprintln!(
        "{} mutations compared with each plugin; accepted {accepted:?}, named in vain {named_in_vain:?}",
        cases.len()
    );
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems[..problems.len().min(30)].join("\n"));
    assert!(cases.len() > 20 * rounds, "{}", cases.len());
}

/// A ZFS label as far as identification looks: a description with the pool's version, and an uberblock.
fn zfs_label(version: u64) -> Vec<u8> {
    let mut label = vec![0; 512 << 10];
    let mut list = vec![1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    for (name, value) in [("version", version), ("txg", 4)] {
        let mut pair = Vec::new();
        pair.extend(u32::try_from(name.len()).unwrap().to_be_bytes());
        pair.extend(name.as_bytes());
        pair.resize(pair.len().next_multiple_of(4), 0);
        pair.extend(8_u32.to_be_bytes());
        pair.extend(1_u32.to_be_bytes());
        pair.extend(value.to_be_bytes());
        list.extend(u32::try_from(pair.len() + 8).unwrap().to_be_bytes());
        list.extend(u32::try_from(pair.len() + 8).unwrap().to_be_bytes());
        list.extend(pair);
    }
    label[16 << 10..(16 << 10) + list.len()].copy_from_slice(&list);
    let ring = 128 << 10;
    label[ring..ring + 8].copy_from_slice(&0x00ba_b10c_u64.to_le_bytes());
    label[ring + 8..ring + 16].copy_from_slice(&version.to_le_bytes());
    label
}

fn volume(bytes: Vec<u8>) -> Volume {
    Volume::new(Arc::new(bytes), 0)
}

#[test]
fn a_zfs_pool_is_refused_or_unknown_by_its_version() {
    for (version, might) in [(5000, false), (28, false), (25, false), (24, true), (14, true)] {
        let volume = volume(zfs_label(version));
        let found = identify(&volume).unwrap().unwrap();
        assert_eq!(found.format, Format::Zfs);
        assert_eq!(found.detail, format!("pool version {version}"));
        assert_eq!(matches!(found.support(), Support::Unknown { .. }), might, "{version}");
        assert_eq!(acceptors(&volume), if might { vec!["zfs"] } else { vec![] });
    }
}

#[test]
fn nothing_is_identified_in_nothing_and_no_length_panics() {
    for length in
        (0..200).chain([511, 512, 1023, 1024, 1080, 1082, 4086, 4096, 32768, 65535, 65536, 69632, 69633, 200_000])
    {
        let zeros = volume(vec![0; length]);
        assert_eq!(identify(&zeros).unwrap(), None);
        assert!(acceptors(&zeros).is_empty());
    }
    let behind = Volume::new(Arc::new(vec![0_u8; 512]), u64::MAX - 10);
    assert_eq!(identify(&behind).unwrap(), None);
}

#[test]
fn random_bytes_are_no_format() {
    let mut random = Random::new(1);
    let mut identified = 0;
    for _ in 0..300 {
        let bytes: Vec<u8> = (0..70_000 / 8).flat_map(|_| random.next().to_le_bytes()).collect();
        let volume = volume(bytes);
        assert!(acceptors(&volume).is_empty());
        identified += usize::from(identify(&volume).unwrap().is_some());
    }
    assert_eq!(identified, 0);
}

#[test]
fn every_format_has_a_name_of_its_own() {
    let mut names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Format::ALL.len());
    assert!(Format::ALL.iter().all(|format| !format.title().is_empty()));
}
