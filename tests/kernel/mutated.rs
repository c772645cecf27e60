//! Damaged kernels. `PREGRUB_KERNEL_MUTATIONS=5000` tries more than CI does.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use pregrub::kernel::{GuestType, KernelDepth};
use tempfile::TempDir;

use super::judge::{Judge, without_code};
use super::repacked::kernels;
use crate::common::random::Random;

/// How many are tried in CI.
const FEW: usize = 400;
/// Bytes of headers that decide something.
const FIELDS: [usize; 24] = [
    0x1f1, 0x202, 0x206, 0x248, 0x249, 0x24c, 0x24d, 0x24e, 4, 5, 16, 18, 24, 32, 40, 54, 56, 60, 62, 64, 72, 96, 120,
    128,
];

fn mutate(kernel: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = kernel.to_vec();
    let byte = random.next() as u8;
    match random.below(20) {
        0..3 => bytes.truncate(1 + random.index(bytes.len())),
        3..6 => {
            let end = bytes.len().min(0x300);
            bytes[random.index(end)] = byte;
        }
        6..8 => {
            let at = random.pick(&FIELDS);
            if at < bytes.len() {
                bytes[at] = random.pick(&[0, 1, 2, 3, 7, 8, 255, bytes[at] ^ 1, byte]);
            }
        }
        8..10 => {
            let at = bytes.len() - 1 - random.index(bytes.len().min(64));
            bytes[at] = byte;
        }
        10 => bytes.extend(vec![byte; 1 + random.index(20)]),
        _ => {
            for _ in 0..=random.index(3) {
                let at = random.index(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
        }
    }
    bytes
}

/// A difference that is known, each of one kind of kernel and of damage to its compressed data: one of the two decoders does not notice
/// it, and what it says is what the kernel without the damage gets (`sound`). Anything else is new.
///
/// - zstd without a checksum (`zstd-1`): libzstd does not look whether literals end where their data does, on processors for which it
///   has a faster decoder.
/// - lzma: lzma-rust2 does not look whether the range coder ends at zero, and liblzma does.
fn known(name: &str, sound: &str, ours: &str, theirs: &str) -> Option<&'static str> {
    const ZSTD: &str = "refused xc_dom_probe_bzimage_kernel unable to ZSTD decompress kernel";
    const LZMA: &str = "refused xc_dom_probe_bzimage_kernel unable to LZMA decompress kernel";
    if name.ends_with(", zstd-1") && ours == ZSTD && theirs == sound {
        return Some("zstd literals");
    }
    (name.ends_with(", lzma") && ours == sound && theirs == LZMA).then_some("the end of lzma")
}

/// Whether only unpacking everything shows what is wrong.
fn is_damage(answer: &str) -> bool {
    answer.contains(" decompress kernel") || answer.contains("inflate failed")
}

#[test]
fn damaged_kernels_load_as_libxenguest_says() {
    let oracle = oracle_or_skip!();
    let Some(judge) = Judge::find(&oracle) else { return };
    let many = std::env::var("PREGRUB_KERNEL_MUTATIONS").ok().and_then(|number| number.parse().ok()).unwrap_or(FEW);
    let folder = TempDir::new().unwrap();
    let kernels = kernels();
    let mut random = Random::new(20_261_128);
    let mut damaged = Vec::new();
    for number in 0..many {
        let (name, kernel) = &kernels[random.index(kernels.len())];
        let bytes = mutate(kernel, &mut random);
        let file = folder.path().join(number.to_string());
        fs::write(&file, &bytes).unwrap();
        damaged.push((format!("{number}: {name}"), bytes, file, kernel));
    }
    let files: Vec<PathBuf> = damaged.iter().map(|(_, _, file, _)| file.clone()).collect();
    let mut different = Vec::new();
    let mut accepted = BTreeMap::new();
    for guest in GuestType::ALL {
        for ((name, bytes, _, sound), theirs) in damaged.iter().zip(judge.ask(guest, &files)) {
            let ours = judge.ours(guest, bytes, KernelDepth::All);
            // A library that a file makes crash says nothing.
            if !theirs.starts_with("died") && without_code(&ours) != without_code(&theirs) {
                match known(name, &judge.ours(guest, sound, KernelDepth::All), &ours, &theirs) {
                    Some(kind) => *accepted.entry(kind).or_insert(0) += 1,
                    None => {
                        different.push(format!("{name}, {}: {theirs:?}, and pregrub says {ours:?}", guest.title()));
                    }
                }
            }
            // The short look says the same, unless the damage comes later than it looks.
            let short = judge.ours(guest, bytes, KernelDepth::Notes);
            if short != ours && !(is_damage(&ours) && (short.starts_with("loads ") || short.starts_with("refused "))) {
                different.push(format!("{name}, {}: {ours:?}, and as far as the notes {short:?}", guest.title()));
            }
        }
    }
    println!("{many} kernels for two types of guest, known differences: {accepted:?}");
    assert!(different.is_empty(), "{} differences:\n{}", different.len(), different.join("\n"));
}
