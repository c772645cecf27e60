//! The same kernels in every format.

use std::fs;
use std::path::PathBuf;

use pregrub::kernel::{GuestType, KernelDepth};
use tempfile::TempDir;

use super::judge::Judge;
use crate::common::kernels::{Elf, PACKINGS, bzimage, pack};

/// Kernels by name: what they say to Xen, how they are packed, and what is wrong with them.
pub fn kernels() -> Vec<(String, Vec<u8>)> {
    let elves = [
        ("whole", Elf::default()),
        ("pv-only", Elf { pvh: false, ..Elf::default() }),
        ("pvh-only", Elf { pv: false, ..Elf::default() }),
        ("without-notes", Elf { notes: false, segment: false, ..Elf::default() }),
        ("notes-in-a-section", Elf { segment: false, ..Elf::default() }),
        ("longer", Elf { code: 300_000, ..Elf::default() }),
    ];
    let mut kernels = Vec::new();
    for (name, elf) in elves {
        let vmlinux = elf.bytes();
        for (packing, program, length) in PACKINGS {
            if let Some(payload) = pack(&vmlinux, program, length) {
                kernels.push((format!("{name}, {packing}"), bzimage(&payload)));
            }
        }
        kernels.push((format!("{name}, not packed"), bzimage(&vmlinux)));
        if let Some(packed) = pack(&vmlinux, &["gzip", "-9n"], false) {
            kernels.push((format!("{name}, in a gzip file"), packed));
        }
        if let Some(packed) = pack(&vmlinux, &["zstd", "-q"], false) {
            kernels.push((format!("{name}, in a zstd file"), packed));
        }
        kernels.push((format!("{name}, ELF"), vmlinux));
    }
    for (name, bytes) in [
        ("text", b"#!/bin/sh\necho hello\n".as_slice()),
        ("nothing but a magic number", b"\x7fELF"),
        ("zeros", &[0; 4096]),
        ("an old boot protocol", &{
            let mut old = bzimage(&Elf::default().bytes());
            old[0x206] = 7;
            old[0x207] = 2;
            old
        }),
    ] {
        kernels.push((name.to_owned(), bytes.to_vec()));
    }
    kernels
}

#[test]
fn every_format_loads_as_libxenguest_says() {
    let oracle = oracle_or_skip!();
    let Some(judge) = Judge::find(&oracle) else { return };
    let folder = TempDir::new().unwrap();
    let mut kernels = kernels();
    // Cut at several places.
    for (name, kernel) in kernels.clone() {
        for part in [3, 50, 97] {
            kernels.push((format!("{name}, cut to {part} %"), kernel[..kernel.len() * part / 100].to_vec()));
        }
        let mut longer = kernel;
        longer.extend(b"appended, as a signature is");
        kernels.push((format!("{name}, with more after it"), longer));
    }
    kernels.retain(|(_, kernel)| !kernel.is_empty());
    let files: Vec<PathBuf> = (0..kernels.len()).map(|number| folder.path().join(number.to_string())).collect();
    for (file, (_, kernel)) in files.iter().zip(&kernels) {
        fs::write(file, kernel).unwrap();
    }
    let mut different = Vec::new();
    let mut loaded = 0;
    for guest in GuestType::ALL {
        for ((name, kernel), theirs) in kernels.iter().zip(judge.ask(guest, &files)) {
            let ours = judge.ours(guest, kernel, KernelDepth::All);
            loaded += usize::from(theirs.starts_with("loads"));
            if ours != theirs {
                different.push(format!("{name}, {}: {theirs:?}, and pregrub says {ours:?}", guest.title()));
            }
        }
    }
    assert!(different.is_empty(), "{} differences:\n{}", different.len(), different.join("\n"));
    assert!(loaded > 150, "only {loaded} load");
}

#[test]
fn the_short_look_agrees_unless_the_rest_is_damaged() {
    let oracle = oracle_or_skip!();
    let Some(judge) = Judge::find(&oracle) else { return };
    for (name, kernel) in kernels() {
        for guest in GuestType::ALL {
            let (notes, all) =
                (judge.ours(guest, &kernel, KernelDepth::Notes), judge.ours(guest, &kernel, KernelDepth::All));
            assert_eq!(notes, all, "{name}, {}", guest.title());
        }
    }
}
