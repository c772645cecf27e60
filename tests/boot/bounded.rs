//! No disk keeps a whole run busy: memory and time stay small, however many partitions and configurations it has.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use pregrub::boot::{self, Options, Run, Verdict};

use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::{memory, processor, tools};

fn bounded(disk: Vec<u8>, context: &str) -> Run {
    let began = processor::time();
    let disk = Arc::new(disk);
    let (run, bytes) = memory::peak(|| boot::run(disk, Options::default()).expect("memory can be read"));
    let took = processor::time() - began;
    println!("{context}: {:?} after {:?}, {} KiB", run.verdict, took, bytes >> 10);
    // The warnings are kept as they are told: 524,288 lines of two bytes, each with one, need 85 MiB. All else stays below 64.
    assert!(bytes < 96 << 20, "{context}: {bytes} bytes");
    assert!(took < Duration::from_secs(5), "{context}: {took:?}");
    run
}

/// A GPT of as many entries as pregrub takes, which name these volumes in turn.
fn gpt(volumes: &[Vec<u8>]) -> Vec<u8> {
    const ENTRIES: u32 = 65536;
    let mut disk = vec![0; 1024 + ENTRIES as usize * 40 + 512];
    (disk[446 + 4], disk[446 + 8]) = (0xee, 1);
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    disk[512 + 80..512 + 84].copy_from_slice(&ENTRIES.to_le_bytes());
    disk[512 + 84..512 + 88].copy_from_slice(&40_u32.to_le_bytes());
    let mut starts = Vec::new();
    for volume in volumes {
        disk.resize(disk.len().next_multiple_of(512), 0);
        starts.push(disk.len() as u64 / 512);
        disk.extend(volume);
    }
    for (entry, start) in (0..ENTRIES as usize).zip(starts.iter().cycle()) {
        disk[1024 + entry * 40 + 32..][..8].copy_from_slice(&start.to_le_bytes());
    }
    disk
}

/// Volumes that differ, each with a configuration of this text.
fn volumes(text: &str) -> Vec<Vec<u8>> {
    let tree = Tree::new().file("/boot/grub/menu.lst", text);
    let volume = |kind| Volume::new(Filesystem::ext(kind, &["-b", "1024"]), tree.clone()).sized(4 << 20);
    ["ext2", "ext4"].map(|kind| fs::read(Image::whole(&volume(kind)).path()).expect("made just now")).into()
}

#[test]
fn thousands_of_partitions() {
    if tools::tool("mke2fs").is_none() {
        tools::skipped("mke2fs");
        return;
    }
    for (name, line) in
        [("closing braces", "}\n"), ("titles", "title a\n"), ("one long line", "a"), ("defaults", "default 1\n")]
    {
        let volumes = volumes(&line.repeat((1 << 20) / line.len()));
        bounded(volumes[0].clone(), name);
        let run = bounded(gpt(&volumes), name);
        assert_eq!(run.verdict, Verdict::Unknown, "{name}");
        assert!(run.attempts.len() < 5, "{name}");
    }
    let run = bounded(gpt(&volumes("")), "empty configurations");
    assert_eq!(run.verdict, Verdict::Unknown);
    let run = bounded(gpt(&[vec![0; 512], vec![1; 512]]), "nothing");
    assert_eq!(run.verdict, Verdict::Unknown);
}
