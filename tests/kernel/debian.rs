//! Debian's kernels, as the real libxenguest and GRUB judge them. `corpus/kernels/debian.jsonl` has what they say and the notes of the
//! kernels, which small ones get here.

use std::fs;
use std::path::PathBuf;

use pregrub::grub::Version;
use pregrub::kernel::{GrubBinary, GrubOutcome, GuestType, KernelDepth, Question, look};
use serde_json::Value;

use super::judge::said;
use crate::common::kernels::{Elf, bzimage, note, pack};
use crate::common::program::root;

fn corpus() -> PathBuf {
    root().join("corpus/kernels")
}

/// A small kernel that is packed as the recorded one is and has its notes.
fn like(row: &Value) -> Option<Vec<u8>> {
    if row["format"] == "arm-image" {
        let mut image = b"MZ@\xfa".to_vec();
        image.resize(0x38, 0);
        image.extend(b"ARM\x64");
        image.resize(4096, 0);
        return Some(image);
    }
    let notes: Vec<u8> = row["xen_notes"]
        .as_array()?
        .iter()
        .flat_map(|each| {
            let value = data_encoding::HEXLOWER.decode(each[1].as_str().unwrap().as_bytes()).unwrap();
            note(each[0].as_u64().unwrap() as u32, &value)
        })
        .collect();
    let vmlinux = Elf::default().with_notes(&notes, 0x800_0000);
    let program: &[&str] = match row["compression"].as_str()? {
        "xz" => &["xz", "--check=crc32", "--x86", "--lzma2=dict=32MiB"],
        "zstd" => &["zstd", "-q", "-19"],
        "lz4" => &["lz4", "-l", "-9"],
        other => panic!("{other}"),
    };
    Some(bzimage(&pack(&vmlinux, program, true)?))
}

#[test]
fn kernels_like_those_of_debian() {
    let text = fs::read_to_string(corpus().join("debian.jsonl")).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 11);
    // A 32-bit ELF file is another matter.
    for row in rows.iter().filter(|row| row["architecture"] != "i386") {
        let Some(kernel) = like(row) else { continue };
        let file: &[u8] = &kernel;
        for guest in GuestType::ALL {
            let question = Question { guest, ..debian() };
            let look = look(&file, kernel.len() as u64, &question, KernelDepth::All).unwrap();
            assert_eq!(said(&look, guest), row[guest.name()].as_str().unwrap(), "{row}");
        }
        let look = look(&file, kernel.len() as u64, &debian(), KernelDepth::All).unwrap();
        for version in Version::ALL {
            let theirs = row["grub_file_x86_64_xen_domu"][version.name()].as_str().unwrap();
            match look.grub(GrubBinary::Pv, version) {
                GrubOutcome::Loads => assert_eq!(theirs, "yes", "{row}"),
                GrubOutcome::Fails(_) => assert_eq!(theirs, "no", "{row}"),
                GrubOutcome::Unknown(_) => assert_eq!(theirs, "crash", "{row}"),
            }
        }
    }
}

fn debian() -> Question {
    Question { release: "4.17".parse().unwrap(), flavour: pregrub::flavour::Flavour::Debian, guest: GuestType::Pv }
}

/// The real kernels, where somebody has them: `PREGRUB_KERNELS` names a directory of files of any name.
#[test]
fn the_kernels_of_debian_themselves() {
    let Some(folder) = std::env::var_os("PREGRUB_KERNELS") else { return };
    let text = fs::read_to_string(corpus().join("debian.jsonl")).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut judged = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let kernel = fs::read(entry.unwrap().path()).unwrap();
        let digest = data_encoding::HEXLOWER.encode(&<sha2::Sha256 as sha2::Digest>::digest(&kernel));
        let Some(row) = rows.iter().find(|row| row["sha256"] == digest.as_str()) else { continue };
        let file: &[u8] = &kernel;
        for depth in [KernelDepth::Notes, KernelDepth::All] {
            for guest in GuestType::ALL {
                let question = Question { guest, ..debian() };
                let look = look(&file, kernel.len() as u64, &question, depth).unwrap();
                assert_eq!(said(&look, guest), row[guest.name()].as_str().unwrap(), "{}", row["package"]);
                assert_eq!(look.version.as_deref(), row["release"].as_str(), "{}", row["package"]);
            }
        }
        judged += 1;
    }
    assert!(judged > 0, "PREGRUB_KERNELS has none of the kernels of corpus/kernels/debian.jsonl");
    eprintln!("judged {judged} kernels");
}

/// The small kernels of the corpus are seeds of the fuzzer as well.
#[test]
fn the_small_kernels_load() {
    for (name, pv, pvh) in [
        ("gzip-9", true, true),
        ("xz-as-linux", true, true),
        ("lzma", true, true),
        ("zstd-19", true, true),
        ("lz4", true, true),
        ("none", true, true),
        ("elf", true, true),
        ("elf-in-gzip", true, true),
        ("pvh-only", false, true),
        ("bzip2", false, false),
        ("lzo", false, false),
    ] {
        let kernel = fs::read(corpus().join("files").join(name)).unwrap();
        let file: &[u8] = &kernel;
        for (guest, starts) in [(GuestType::Pv, pv), (GuestType::Pvh, pvh)] {
            let question = Question { guest, ..debian() };
            let look = look(&file, kernel.len() as u64, &question, KernelDepth::All).unwrap();
            assert_eq!(look.outcome(guest).unwrap().starts(), Some(starts), "{name} {}", guest.title());
        }
    }
}
