//! The partition offsets, compared with the recorded runs of every release and with the installed pygrub.

use std::fmt::Write as _;
use std::fs;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::common::random::Random;
use crate::common::tools;
use pregrub::python::Python;
use pregrub::storage::partitions::{
    Candidate, ImageLayout, Origin, PartitionRules, PartitionTable, PartitionsError, SkipReason, TableRules, WhenEmpty,
    partition_table,
};
use pregrub::storage::source::{FileSource, Source};
use serde_json::Value;

const XEN_4_17: PartitionRules = PartitionRules {
    table: TableRules::All,
    hybrid_iso: false,
    active_first: false,
    when_empty: WhenEmpty::WholeDisk,
    python: Python::Three,
};

/// The rules of a release named as in runs.jsonl: `4.3.1`, `4.3` (its last point release), `stable-4.3` (its branch),
/// `4.13/py2`, `debian-4.17`.
fn rules(label: &str) -> PartitionRules {
    let (name, py2) = label.strip_suffix("/py2").map_or((label, false), |name| (name, true));
    let (name, tip) = name.strip_prefix("stable-").map_or((name, false), |name| (name, true));
    let name = name.strip_prefix("debian-").unwrap_or(name);
    let mut parts = name.strip_prefix("4.").expect(label).split('.');
    let minor: u32 = parts.next().unwrap().parse().expect(label);
    let point: u32 = parts.next().map_or(99, |point| point.parse().expect(label));
    let python = if minor <= 12 || py2 { Python::Two } else { Python::Three };
    let when_empty = match (minor, point) {
        (3 | 4, _) if tip => WhenEmpty::WholeDisk,
        (0 | 1, _) | (2, ..=4) | (3, ..=2) | (4, 0) => WhenEmpty::NameError,
        (2..=4, _) | (5 | 6, ..=2) => WhenEmpty::Nothing,
        _ => WhenEmpty::WholeDisk,
    };
    PartitionRules {
        table: match (minor, point) {
            (0, _) => TableRules::FirstActive,
            (1, ..=2) => TableRules::GptEntryZero,
            _ => TableRules::All,
        },
        hybrid_iso: minor >= 2 && python == Python::Two,
        active_first: minor >= 1 && python == Python::Two,
        when_empty,
        python,
    }
}

/// `4.1-4.12,4.17` as single releases; ranges of point releases too (`4.1.0-4.1.2`).
fn releases(key: &str) -> Vec<String> {
    let mut names = Vec::new();
    for item in key.split(',') {
        if let Some((first, last)) = item.split_once('-').filter(|(first, _)| first.starts_with("4.")) {
            let (stem, from) = first.rsplit_once('.').unwrap();
            let (_, to) = last.rsplit_once('.').unwrap();
            for number in from.parse::<u32>().unwrap()..=to.parse().unwrap() {
                names.push(format!("{stem}.{number}"));
            }
        } else {
            names.push(item.to_owned());
        }
    }
    names
}

fn raised(table: &PartitionTable) -> Option<String> {
    match table.failure.as_ref()? {
        PartitionsError::Raised { exception, message, .. } => Some(format!("{exception}: {message}")),
        PartitionsError::Undecided { reason } => Some(format!("undecided: {reason}")),
    }
}

fn offsets(table: &PartitionTable) -> Vec<String> {
    table.offsets().map(|offset| offset.to_string()).collect()
}

#[test]
fn the_recorded_runs_of_every_release_are_reproduced() {
    let runs = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/conformance/runs.jsonl")).unwrap();
    let (mut compared, mut failures) = (0, 0);
    for line in runs.lines() {
        let run: Value = serde_json::from_str(line).unwrap();
        let id = run["id"].as_str().unwrap();
        let argv: Vec<&str> = run["argv"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        if argv.iter().any(|word| word.starts_with("--offset")) {
            continue;
        }
        let packed = data_encoding::BASE64.decode(run["image_gz_b64"].as_str().unwrap().as_bytes()).unwrap();
        let mut image = Vec::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut image).unwrap();
        // The other runs are about something else; some of them do not get as far as the disk.
        let about_partitions =
            ["mbr", "gpt", "hybridiso", "raw", "short", "empty-file"].iter().any(|p| id.starts_with(p));

        for key in ["expect", "expect_other"] {
            for (range, expected) in run[key].as_object().into_iter().flatten() {
                let opened: Vec<String> = expected["trace"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter(|call| call[0] == "open")
                    .map(|call| call[1].to_string())
                    .collect();
                let last = expected["stderr_last"].as_str().unwrap_or_default();
                for release in releases(range) {
                    let context = format!("{id} with {release}");
                    let table = partition_table(&image, &rules(&release)).unwrap();
                    let ours = offsets(&table);
                    assert_eq!(opened, ours[..opened.len().min(ours.len())], "{context}");
                    if about_partitions {
                        compared += 1;
                        if let Some(raised) = raised(&table) {
                            assert_eq!(last, raised, "{context}");
                            failures += 1;
                        } else {
                            assert!(!last.starts_with("struct.error"), "{context}: {last}");
                            assert!(!opened.is_empty() || ours.is_empty(), "{context}");
                        }
                        if last == "RuntimeError: Unable to find partition containing kernel" {
                            assert_eq!(opened, ours, "{context}");
                        }
                    }
                }
            }
        }
    }
    eprintln!("{compared} recorded runs about partitions compared, {failures} of them exceptions");
    assert!(compared > 500 && failures > 60, "{compared} {failures}");
}

/// What pregrub and the installed pygrub say about each image must be the same. Returns how many were compared.
fn compare_with_pygrub(images: &[(String, PathBuf)]) -> (usize, usize) {
    if !tools::have(tools::PYGRUB) {
        return (0, 0);
    }
    let mut input = String::new();
    for (_, path) in images {
        writeln!(input, "{}", path.display()).unwrap();
    }
    let (output, status) = tools::python("partition_offsets.py", &[tools::PYGRUB], &[], &input, 300);
    assert_eq!(status, Some(0));
    let answers: Vec<&str> = output.lines().collect();
    assert_eq!(answers.len(), images.len());
    let (mut failures, mut disagreements) = (0, Vec::new());
    for ((name, path), answer) in images.iter().zip(answers) {
        let answer: Value = serde_json::from_str(answer).unwrap();
        let source = FileSource::new(File::open(path).unwrap()).unwrap();
        let table = partition_table(&source, &XEN_4_17).unwrap();
        let theirs = match answer["raised"].as_str() {
            Some(raised) => Err(raised.to_owned()),
            None => Ok(answer["offsets"].as_array().unwrap().iter().map(|o| o.as_str().unwrap().to_owned()).collect()),
        };
        let ours = raised(&table).map_or_else(|| Ok::<Vec<String>, _>(offsets(&table)), Err);
        failures += usize::from(ours.is_err());
        if ours != theirs {
            disagreements.push(format!("{name}: pregrub {ours:?}, pygrub {theirs:?}"));
        }
    }
    assert!(disagreements.is_empty(), "{} disagreements\n{}", disagreements.len(), disagreements.join("\n"));
    (images.len(), failures)
}

/// Disks made by the tools that people use.
#[test]
fn disks_made_by_real_tools_are_read_as_pygrub_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    let script = include_str!("../oracle/make_disks.sh");
    let needed = ["sfdisk", "sgdisk", "mkfs.fat", "mformat", "xorriso", "mkfs.ext4"];
    if !needed.iter().all(|name| tools::tool(name).is_some()) {
        return;
    }
    let made = Command::new("sh")
        .arg("-eu")
        .arg("-c")
        .arg(script)
        .current_dir(dir.path())
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut images: Vec<(String, PathBuf)> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(".img"))
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .collect();
    images.sort();
    images.push(("/dev/null".to_owned(), PathBuf::from("/dev/null")));
    let (compared, failures) = compare_with_pygrub(&images);
    eprintln!("{compared} disks compared, {failures} of them exceptions");
    assert!(images.len() > 70, "{}", images.len());
    assert!(compared == 0 || failures >= 10, "{failures}");
}

fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    for (index, byte) in bytes.iter().enumerate() {
        if let Some(place) = image.get_mut(at + index) {
            *place = *byte;
        }
    }
}

/// A disk that looks partitioned, with whatever confuses a reader.
fn confusing_disk(random: &mut Random) -> Vec<u8> {
    let edges = [
        0, 1, 509, 510, 511, 512, 513, 514, 595, 596, 597, 599, 600, 601, 1022, 1023, 1024, 1025, 1055, 1056, 1063,
        1064, 1065, 1535, 1536, 2048, 4096, 17407, 17408, 17409, 32768, 32773, 32774, 32775, 65536, 98304,
    ];
    let length = match random.below(10) {
        0..=2 => random.pick(&edges),
        3..=5 => random.below(33 * 1024),
        _ => 40_000 + random.below(60_000),
    };
    let mut image = vec![0; usize::try_from(length).unwrap()];
    if random.chance(15) {
        for byte in &mut image {
            *byte = random.next() as u8;
        }
    }
    if random.chance(95) {
        put(&mut image, 510, &[0x55, 0xaa]);
    }
    if random.chance(20) {
        put(&mut image, 0x8000, b"\x01CD001");
    }
    let gpt = random.chance(45);
    for slot in 0..4 {
        let at = 446 + 16 * slot;
        if random.chance(20) {
            continue;
        }
        let start = match random.below(10) {
            0..=1 => 0,
            2..=3 => 1,
            4..=6 => random.below(8),
            7 => random.below(250),
            8 => length / 512 + random.below(3),
            _ => random.next(),
        } as u32;
        let kind = if gpt && random.chance(40) {
            0xee
        } else {
            random.pick(&[0x83, 0x82, 0xbf, 0x05, 0x0f, 0, 0xef, 0x82, 0xbf, 0xee])
        };
        put(&mut image, at, &[random.pick(&[0, 0x80, 0x80, 1])]);
        put(&mut image, at + 4, &[kind]);
        put(&mut image, at + 8, &start.to_le_bytes());
        put(&mut image, at + 12, &(random.next() as u32).to_le_bytes());
        if matches!(kind, 0x82 | 0xbf) && random.chance(80) {
            let label = (start as usize).saturating_add(1).saturating_mul(512);
            if random.chance(85) {
                put(&mut image, label + 508, &0xdabe_u16.to_le_bytes());
            }
            let any = random.next() as u16;
            let slices = random.pick(&[0, 1, 2, 8, 16, 35, 36, 37, 38, 39, 65535, any]);
            put(&mut image, label + 30, &slices.to_le_bytes());
            for slice in 0..37 {
                if random.chance(20) {
                    let tag = random.pick(&[0_u16, 1, 3, 5, 2]);
                    put(&mut image, label + 72 + 12 * slice, &tag.to_le_bytes());
                    let bits = random.below(33);
                    put(&mut image, label + 76 + 12 * slice, &(random.below(1 << bits) as u32).to_le_bytes());
                }
            }
        }
    }
    if gpt {
        let fitting = length.saturating_sub(1024);
        let size = match random.below(12) {
            0 => 0,
            1 => random.below(45),
            2 => random.pick(&[39, 40, 41, 127, 129, 512, 4096, 0x8000]),
            3 => 256,
            4 => random.next(),
            5 => random.below(1 << 24),
            _ => 128,
        } as u32;
        let count = match random.below(10) {
            0 => 0,
            1 => 1,
            2 => random.next() as u32,
            3 => u32::MAX,
            4..=6 => u32::try_from(fitting / u64::from(size.max(1)) + random.below(3)).unwrap_or(1).saturating_sub(1),
            _ => random.pick(&[4, 8, 16, 128]),
        };
        put(&mut image, 512, b"EFI PART");
        put(&mut image, 512 + 80, &count.to_le_bytes());
        put(&mut image, 512 + 84, &size.to_le_bytes());
        for entry in 0..count.min(200) as usize {
            if random.chance(40) {
                let bits = random.pick(&[4, 12, 20, 40, 53, 54, 55, 56, 63]);
                let lba = random.below(1 << bits) | if random.chance(20) { 1 << bits } else { 0 };
                put(&mut image, 1024 + entry * size as usize + 32, &lba.to_le_bytes());
            }
        }
    }
    if random.chance(10) && !image.is_empty() {
        for _ in 0..random.below(20) {
            let at = random.below(length.min(2048)) as usize;
            image[at] = random.next() as u8;
        }
    }
    image
}

#[test]
fn confusing_disks_are_read_as_pygrub_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut random = Random::new(0x7079_6772_7562);
    let mut images = Vec::new();
    for number in 0..4000 {
        let image = confusing_disk(&mut random);
        // Entries larger than any real one need memory that pygrub may not get: pregrub does not say.
        let undecided =
            matches!(partition_table(&image, &XEN_4_17).unwrap().failure, Some(PartitionsError::Undecided { .. }));
        if undecided {
            continue;
        }
        let path = dir.path().join(number.to_string());
        fs::write(&path, image).unwrap();
        images.push((format!("number {number}"), path));
    }
    let (compared, failures) = compare_with_pygrub(&images);
    eprintln!("{compared} random disks compared, {failures} of them exceptions");
    assert!(images.len() > 3900, "{}", images.len());
    assert!(compared == 0 || failures > 1000, "{failures}");
}

/// A disk of any length that is never in memory.
struct Sparse {
    start: Vec<u8>,
    length: u64,
    block_device: bool,
}

impl Source for Sparse {
    fn len(&self) -> u64 {
        self.length
    }

    fn is_block_device(&self) -> bool {
        self.block_device
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        let count = self.length.saturating_sub(offset).min(buf.len() as u64) as usize;
        for (index, byte) in buf[..count].iter_mut().enumerate() {
            *byte = usize::try_from(offset).ok().and_then(|o| self.start.get(o + index)).copied().unwrap_or(0);
        }
        Ok(count)
    }
}

fn gpt(length: u64, count: u32, size: u32) -> Sparse {
    let mut start = vec![0; 1024];
    put(&mut start, 510, &[0x55, 0xaa]);
    put(&mut start, 446 + 4, &[0xee]);
    put(&mut start, 446 + 8, &[1]);
    put(&mut start, 512 + 80, &count.to_le_bytes());
    put(&mut start, 512 + 84, &size.to_le_bytes());
    Sparse { start, length, block_device: false }
}

#[test]
fn an_absurd_table_costs_nothing() {
    let start = Instant::now();
    let table = partition_table(&gpt(1 << 30, u32::MAX, 128), &XEN_4_17).unwrap();
    assert_eq!(raised(&table).as_deref(), Some("struct.error: unpack requires a buffer of 8 bytes"));
    assert!(table.candidates.is_empty());
    // All entries are there: pygrub might be killed, might not.
    let table = partition_table(&gpt(1 << 45, u32::MAX, 128), &XEN_4_17).unwrap();
    assert!(matches!(table.failure, Some(PartitionsError::Undecided { .. })));
    let table = partition_table(&gpt(1 << 45, 2, u32::MAX), &XEN_4_17).unwrap();
    assert!(matches!(table.failure, Some(PartitionsError::Undecided { .. })));
    assert!(start.elapsed().as_millis() < 100, "{:?}", start.elapsed());
}

#[test]
fn unused_gpt_entries_are_one_candidate() {
    let table = partition_table(&gpt(1 << 30, 128, 128), &XEN_4_17).unwrap();
    assert_eq!(table.candidates, [Candidate { offset: 0, count: 128, origin: Origin::GptEntry { number: 1 } }]);
    assert_eq!(table.offsets().count(), 128);
}

#[test]
fn an_offset_that_open_does_not_take_names_the_exception() {
    let mut disk = gpt(1 << 20, 1, 128);
    disk.start.resize(1152, 0);
    put(&mut disk.start, 1024 + 32, &(1_u64 << 54).to_le_bytes());
    let candidate = partition_table(&disk, &XEN_4_17).unwrap().candidates[0];
    assert_eq!(candidate.offset, 1 << 63);
    assert_eq!(candidate.open_offset(Python::Three), Err(("OverflowError", "int too big to convert")));
    put(&mut disk.start, 1024 + 32, &((1_u64 << 54) - 1).to_le_bytes());
    let candidate = partition_table(&disk, &XEN_4_17).unwrap().candidates[0];
    assert_eq!(candidate.open_offset(Python::Three), Ok((1 << 63) - 512));
}

#[test]
fn every_slot_that_is_left_out_has_its_reason() {
    let mut image = vec![0; 8192];
    put(&mut image, 510, &[0x55, 0xaa]);
    put(&mut image, 446 + 4, &[0x82]);
    put(&mut image, 446 + 8, &[4]);
    put(&mut image, 462 + 4, &[0x83]);
    put(&mut image, 478 + 4, &[0xee]);
    put(&mut image, 478 + 8, &[1]);
    put(&mut image, 494 + 4, &[0x83]);
    put(&mut image, 494 + 8, &[8]);
    put(&mut image, 512 + 80, &[1]);
    put(&mut image, 512 + 84, &[128]);
    let table = partition_table(&image, &XEN_4_17).unwrap();
    assert_eq!(table.layout, ImageLayout::Mbr);
    let skipped: Vec<_> = table.skipped.iter().map(|skipped| (skipped.slot, skipped.reason)).collect();
    assert_eq!(skipped, [(1, SkipReason::NoSolarisLabel), (2, SkipReason::StartsAtZero), (4, SkipReason::BehindGpt)]);
    let old = PartitionRules { table: TableRules::FirstActive, python: Python::Two, ..XEN_4_17 };
    let table = partition_table(&image, &old).unwrap();
    assert_eq!(raised(&table).as_deref(), Some("RuntimeError: Invalid disklabel magic"));
}

/// Measured on a loop device: seeking to its end is fine, behind it is not.
#[test]
fn a_solaris_label_behind_the_end_of_a_block_device_is_another_exception() {
    for (slot_start, expected) in
        [(63, "OSError: [Errno 22] Invalid argument"), (15, "struct.error: unpack requires a buffer of 2 bytes")]
    {
        let mut start = vec![0; 512];
        put(&mut start, 510, &[0x55, 0xaa]);
        put(&mut start, 446 + 4, &[0x82]);
        put(&mut start, 446 + 8, &[slot_start]);
        let disk = Sparse { start, length: 8192, block_device: true };
        assert_eq!(raised(&partition_table(&disk, &XEN_4_17).unwrap()).as_deref(), Some(expected));
    }
}
