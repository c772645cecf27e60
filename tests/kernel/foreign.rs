//! What is not a kernel for the domain builder: each is named, with the way out, and the real libxenguest refuses it in the same words.

use std::fs;
use std::path::PathBuf;

use pregrub::kernel::{GuestType, KernelDepth, Look, explain, look};
use tempfile::TempDir;

use super::judge::{Judge, said};
use crate::common::kernels::{Elf, bzimage, pack};

/// The beginning of a program for UEFI with these sections.
fn pe(sections: &[&str]) -> Vec<u8> {
    let mut file = vec![0; 4096];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"MZ");
    put(0x3c, &0x80_u32.to_le_bytes());
    put(0x80, b"PE\0\0");
    put(0x84, &0x8664_u16.to_le_bytes());
    put(0x86, &(sections.len() as u16).to_le_bytes());
    put(0x94, &0xf0_u16.to_le_bytes());
    for (number, name) in sections.iter().enumerate() {
        put(0x98 + 0xf0 + 40 * number, name.as_bytes());
    }
    file
}

/// As CONFIG_EFI_ZBOOT makes it: a program for UEFI that says how its payload is packed.
fn zboot() -> Vec<u8> {
    let mut file = pe(&[".text", ".data"]);
    file[4..8].copy_from_slice(b"zimg");
    file[24..28].copy_from_slice(b"gzip");
    file
}

/// A name, the file, what it is called, and a part of the way out; nothing where it loads.
type Case = (&'static str, Vec<u8>, &'static str, Option<&'static str>);

fn cases() -> Vec<Case> {
    let vmlinux = Elf::default().bytes();
    let mut signed = bzimage(&pack(&vmlinux, &["gzip", "-9n"], false).unwrap());
    signed.extend([0x30; 2000]);
    let mut cases: Vec<Case> = vec![
        (
            "unified kernel image",
            pe(&[".text", ".osrel", ".linux", ".initrd"]),
            "unified-kernel-image",
            Some("boot the kernel (vmlinuz)"),
        ),
        ("another program for UEFI", pe(&[".text"]), "pe", Some("boot the kernel (vmlinuz)")),
        ("EFI zboot", zboot(), "efi-zboot", Some("CONFIG_EFI_ZBOOT")),
        ("a script", b"#!/bin/sh\n".to_vec(), "script", Some("name the guest's vmlinuz")),
        ("a text", b"root=/dev/xvda1\n".to_vec(), "text", Some("name the guest's vmlinuz")),
        ("zeros", vec![0; 70_000], "zeros", Some("install the guest's kernel again")),
        ("an initrd", b"070701".repeat(30), "cpio", Some("it is an initrd")),
        ("signed", signed, "bzImage", None),
    ];
    for (name, program, format, loads) in [
        ("vmlinux in gzip", &["gzip", "-9n"][..], "elf", true),
        ("vmlinux in xz", &["xz"], "xz", false),
        ("vmlinux in zstd", &["zstd", "-q"], "zstd", false),
        ("vmlinux in lz4", &["lz4", "-l"], "lz4", false),
        ("vmlinux in lz4's newer frame", &["lz4"], "lz4", false),
        ("vmlinux in bzip2", &["bzip2"], "bzip2", false),
    ] {
        if let Some(packed) = pack(&vmlinux, program, false) {
            cases.push((name, packed, format, (!loads).then_some("Xen unpacks gzip only")));
        }
    }
    cases
}

#[test]
fn each_is_named_and_refused_in_libxenguests_words() {
    let oracle = oracle_or_skip!();
    let Some(judge) = Judge::find(&oracle) else { return };
    let folder = TempDir::new().unwrap();
    let cases = cases();
    let files: Vec<PathBuf> = (0..cases.len()).map(|number| folder.path().join(number.to_string())).collect();
    for (file, (_, bytes, ..)) in files.iter().zip(&cases) {
        fs::write(file, bytes).unwrap();
    }
    for guest in GuestType::ALL {
        for ((name, bytes, format, way_out), theirs) in cases.iter().zip(judge.ask(guest, &files)) {
            let question = pregrub::kernel::Question { guest, ..judge.question };
            let file = bytes.as_slice();
            let look: Look = look(&file, bytes.len() as u64, &question, KernelDepth::Notes).unwrap();
            assert_eq!(said(&look, guest), theirs, "{name}");
            assert_eq!(look.format.name(), *format, "{name}");
            let explained = explain(&look, &question);
            assert_eq!(explained.is_some(), way_out.is_some(), "{name}");
            if let (Some(explained), Some(way_out)) = (explained, way_out) {
                assert!(explained.help.contains(way_out), "{name}: {}", explained.help);
                assert!(!explained.reason.is_empty(), "{name}");
            }
        }
    }
}
