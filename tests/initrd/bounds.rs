//! Hostile initrds: memory and work are bounded, and nothing panics.

use std::process::Command;
use std::time::{Duration, Instant};

use pregrub::initrd::{GuestKernel, InitrdDepth, judge};
use pregrub::release::Release;

use super::{answers, file, whole};
use crate::common::memory::peak;
use crate::common::random::Random;

/// What is kept besides windows and blocks of the formats, in bytes.
const ROOM: usize = 16 << 20;

#[test]
fn damaged_initrds_do_not_panic() {
    let names: Vec<String> =
        answers().into_iter().map(|answer| answer.initrd).filter(|name| !name.contains('+')).collect();
    let mut random = Random::new(47);
    for round in 0..3000 {
        let mut bytes = file(&names[random.index(names.len())]);
        for _ in 0..1 + random.below(6) {
            if bytes.is_empty() {
                break;
            }
            let at = random.index(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes[at] ^= 1 << random.below(8),
                2 => bytes.truncate(at),
                _ => {
                    let other = file(&names[random.index(names.len())]);
                    bytes.splice(at..at, other.into_iter().take(200));
                }
            }
        }
        let started = Instant::now();
        whole(&bytes);
        assert!(started.elapsed() < Duration::from_secs(20), "round {round}");
    }
}

#[test]
fn what_unpacks_to_very_much_takes_little_memory() {
    let cpio = file("cpio");
    // A file of 300 MiB of zeros in an archive, in front of a good one.
    let header = format!(
        "070701{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}z\0",
        1,
        0o100_644,
        0,
        0,
        1,
        0,
        300 << 20,
        0,
        0,
        0,
        0,
        2,
        0
    );
    let directory = tempfile::tempdir().unwrap();
    let plain = directory.path().join("plain");
    let mut text = header.into_bytes();
    text.resize(text.len().next_multiple_of(4) + (300 << 20), 0);
    text.extend_from_slice(&cpio);
    std::fs::write(&plain, &text).unwrap();
    drop(text);
    for (command, window) in [
        ("gzip -1", 0),
        ("bzip2 -1", 8 << 20),
        ("xz -0 --check=crc32", 1 << 20),
        ("lz4 -l -1", 17 << 20),
        ("zstd -1", 1 << 20),
    ] {
        let mut words = command.split(' ');
        let packed = Command::new(words.next().unwrap()).args(words).arg("-qc").arg(&plain).output().unwrap();
        assert!(packed.status.success(), "{command}: {}", String::from_utf8_lossy(&packed.stderr));
        let bytes = packed.stdout;
        let (report, most) = peak(|| whole(&bytes));
        assert!(report.walk.unpacked > 300 << 20 && report.walk.inventory.init, "{command}: {:?}", report.problems);
        assert!(most < ROOM + window, "{command}: {most} bytes");
        let limited = judge(
            &&bytes[..],
            bytes.len() as u64,
            &GuestKernel::default(),
            Release::NEWEST,
            InitrdDepth::Bytes(1 << 20),
        )
        .unwrap();
        assert!(!limited.is_whole() && limited.walk.unpacked < 16 << 20, "{command}: {}", limited.walk.unpacked);
    }
}

#[test]
fn very_many_members_are_counted() {
    let one = file("zstd");
    let many = one.repeat(2000);
    let (report, most) = peak(|| whole(&many));
    assert_eq!(report.walk.members.len() as u64 + report.walk.more_members, 2000);
    assert!(most < ROOM, "{most}");
}
