//! Whole runs on FAT: the installed pygrub and pregrub on the same disks.

use std::fs::{self, File};

use crate::common::fat_images::Layout;
use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::side_by_side::{Allowed, Pairs, run};

const QUIET: &[&[&str]] = &[&["-q"]];
const MIB: u64 = 1 << 20;

fn fat(bits: u8, tree: Tree) -> Volume {
    let size = match bits {
        12 => 8 * MIB,
        16 => 16 * MIB,
        _ => 40 * MIB,
    };
    Volume::new(Filesystem::fat(bits), tree).sized(size)
}

/// A kernel of 600000 bytes and a small initrd.
fn tree(kernel: &str, initrd: &str) -> Tree {
    let content: Vec<u8> =
        (0..600_000_u32).flat_map(|index| (index / 4).to_le_bytes()[index as usize % 4..][..1].to_vec()).collect();
    Tree::new()
        .file("/boot/grub/grub.cfg", format!("menuentry 'x' {{\n linux {kernel} a\n initrd {initrd}\n}}\n"))
        .file("/boot/vmlinuz-6.1.0-18-amd64", content)
        .file("/boot/initrd.img", vec![7; 3000])
}

/// Paths that are found, and paths that are not.
#[test]
fn disks_with_fat() {
    let oracle = oracle_or_skip!();
    let mut pairs = Pairs::default();
    for bits in [12, 16, 32] {
        for (name, kernel, initrd) in [
            ("long name", "/boot/vmlinuz-6.1.0-18-amd64", "/boot/initrd.img"),
            ("alias", "/boot/vmlinu~1.0-1", "/boot//initrd.img"),
            ("alias in upper case", "/boot/VMLINU~1.0-1", "/boot/initrd.img"),
            ("upper case", "/boot/VMLINUZ-6.1.0-18-AMD64", "/boot/initrd.img"),
            ("no initrd", "/boot/vmlinuz-6.1.0-18-amd64", "/boot/initrd"),
            ("dots", "/boot/grub/../vmlinuz-6.1.0-18-amd64", "/boot/./initrd.img"),
            ("a directory", "/boot", "/boot/initrd.img"),
            ("trailing slash", "/boot/vmlinuz-6.1.0-18-amd64/", "/boot/initrd.img"),
        ] {
            let volume = fat(bits, tree(kernel, initrd));
            pairs.add(&format!("FAT{bits} {name}"), Image::whole(&volume), QUIET);
        }
        let volume = fat(bits, tree("/boot/vmlinuz-6.1.0-18-amd64", "/boot/initrd.img"));
        let nothing = Volume::ext4(Tree::new()).sized(2 * MIB);
        pairs.add(&format!("FAT{bits} second"), Image::mbr(&[nothing.clone(), volume.clone()]), QUIET);
        let runs: &[&[&str]] = &[
            &["-q"],
            &["-q", "--kernel=/boot/initrd.img quiet"],
            &["-q", "--kernel=/boot/initrd.img", "--ramdisk=/boot/vmlinu~1.0-1"],
            &["-q", "--kernel=/nothing"],
        ];
        pairs.add(&format!("FAT{bits} GPT"), Image::gpt(&[nothing, volume]), runs);
        pairs.add(&format!("FAT{bits} empty"), Image::whole(&fat(bits, Tree::new())), QUIET);
    }
    pairs.compare(&oracle).assert("disks with FAT");
}

/// Kernels that pygrub copies without noticing what is wrong with them.
#[test]
fn damaged_kernels() {
    let oracle = oracle_or_skip!();
    let mut pairs = Pairs::default();
    for bits in [16, 32] {
        let volume = fat(bits, tree("/boot/vmlinuz-6.1.0-18-amd64", "/boot/initrd.img"));
        for damage in ["free", "short", "circle", "truncated", "without data"] {
            let image = Image::whole(&volume);
            let bytes = fs::read(image.path()).expect("made above");
            let layout = Layout::of(&bytes);
            let start = [0_u8, 0, 0, 0, 1, 0, 0, 0];
            let place = bytes
                .chunks(512)
                .position(|sector| sector.starts_with(&start) && sector[508..] != [0; 4])
                .map_or(0, |sector| sector * 512);
            assert!(place > layout.data, "{damage}");
            let cluster = ((place - layout.data) / layout.cluster_bytes) as u32 + 2;
            let patches = match damage {
                "free" => layout.link(&bytes, cluster + 30, 0),
                "short" => layout.link(&bytes, cluster + 30, 0x0fff_ffff),
                "circle" => layout.link(&bytes, cluster + 30, cluster + 3),
                _ => Vec::new(),
            };
            for (at, patch) in patches {
                image.patch(at as u64, &patch);
            }
            let length = match damage {
                "truncated" => place + 400_100,
                "without data" => place,
                _ => bytes.len(),
            };
            let file = File::options().write(true).open(image.path()).expect("made above");
            file.set_len(length as u64).expect("a file can be cut");
            pairs.add_as(Allowed::Known, &format!("FAT{bits} {damage}"), image, QUIET);
        }
    }
    let tally = pairs.compare(&oracle);
    tally.assert("damaged kernels");
    // pygrub's exit status is 0, and pregrub says why nothing boots all the same.
    assert_eq!((tally.boots, tally.fails), (0, 10));
    for pair in
        pairs.pairs.iter().filter(|pair| ["free", "short", "circle"].iter().any(|name| pair.name.contains(name)))
    {
        let run = run(pair, oracle.minor);
        assert_eq!(run.process.exit, 0, "{}", pair.name);
        assert!(run.chosen.is_some_and(|chosen| chosen.kernel.damage.is_some()), "{}", pair.name);
    }
}
