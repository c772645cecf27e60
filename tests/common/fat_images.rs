//! FAT images made with dosfstools and mtools, where their structures lie, and records that no tool makes.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use pregrub::storage::fat::Fat;

use super::volumes::Plugin;

/// The plugin, and pregrub's driver for it. The plugin hands out memory for what it cannot read.
pub const FAT: Plugin =
    Plugin { name: "fat", mount: |volume| Ok(Box::new(Fat::mount(volume)?)), zeroed_memory: true, seconds: None };

const MKFS: &str = "/usr/sbin/mkfs.fat";
const MCOPY: &str = "/usr/bin/mcopy";

/// Whether everything is there. As [`Plugin::available`].
pub fn available() -> bool {
    FAT.available(&[MKFS, MCOPY])
}

/// Makes an image of `size` bytes with the content of `root`, where there is one.
pub fn make(image: &Path, root: Option<&Path>, size: u64, options: &[&str]) {
    File::create(image).unwrap().set_len(size).unwrap();
    let run = |command: &mut Command| {
        let output = command.env("MTOOLS_SKIP_CHECK", "1").env("LC_ALL", "C.UTF-8").output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run(Command::new(MKFS).args(options).arg(image));
    let Some(root) = root else { return };
    let mut top: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    top.sort();
    run(Command::new(MCOPY).args(["-s", "-p", "-i"]).arg(image).args(top).arg("::"));
}

/// Where the structures of an image lie, by its boot sector.
#[derive(Clone, Debug)]
pub struct Layout {
    pub fat: usize,
    /// Bytes of one FAT.
    pub fat_length: usize,
    pub fats: usize,
    pub bits: usize,
    /// The root directory of FAT12 and FAT16, or the first cluster of that of FAT32.
    pub root: usize,
    pub data: usize,
    pub cluster_bytes: usize,
    pub clusters: u32,
}

impl Layout {
    pub fn of(image: &[u8]) -> Self {
        let le16 = |at: usize| usize::from(u16::from_le_bytes([image[at], image[at + 1]]));
        let le32 = |at: usize| u32::from_le_bytes(image[at..at + 4].try_into().unwrap()) as usize;
        let cluster_bytes = usize::from(image[13]) * 512;
        let (fats, fat) = (usize::from(image[16]), le16(14) * 512);
        let small = le16(22) != 0;
        let fat_length = if small { le16(22) } else { le32(36) } * 512;
        let after = fat + fats * fat_length;
        let data = after + (le16(17) * 32).next_multiple_of(512);
        let sectors = if le16(19) == 0 { le32(32) } else { le16(19) };
        let clusters = (sectors * 512 - data) / cluster_bytes + 2;
        let bits = if !small {
            32
        } else if clusters > 4087 {
            16
        } else {
            12
        };
        let root = if small { after } else { data + (le32(44) - 2) * cluster_bytes };
        Self { fat, fat_length, fats, bits, root, data, cluster_bytes, clusters: clusters as u32 }
    }

    /// The first byte of a cluster.
    pub fn place(&self, cluster: u32) -> usize {
        self.data + (cluster as usize - 2) * self.cluster_bytes
    }

    /// The changes that set the entry of a cluster in every FAT. `image` gives the other half of a shared byte.
    pub fn link(&self, image: &[u8], cluster: u32, value: u32) -> Vec<(usize, Vec<u8>)> {
        (0..self.fats)
            .map(|number| {
                let start = self.fat + number * self.fat_length;
                let at = start + cluster as usize * self.bits / 8;
                let bytes = match self.bits {
                    12 => {
                        let old = u16::from_le_bytes([image[at], image[at + 1]]);
                        let value = value as u16 & 0xfff;
                        let new = if cluster % 2 == 1 { old & 0xf | value << 4 } else { old & 0xf000 | value };
                        new.to_le_bytes().to_vec()
                    }
                    16 => (value as u16).to_le_bytes().to_vec(),
                    _ => value.to_le_bytes().to_vec(),
                };
                (at, bytes)
            })
            .collect()
    }
}

/// A directory record. `name` has eleven bytes, or a dot.
pub fn record(name: &str, attributes: u8, cluster: u32, size: u32) -> [u8; 32] {
    let mut record = [0; 32];
    record[..11].copy_from_slice(&short(name));
    record[11] = attributes;
    record[20..22].copy_from_slice(&((cluster >> 16) as u16).to_le_bytes());
    record[26..28].copy_from_slice(&(cluster as u16).to_le_bytes());
    record[28..].copy_from_slice(&size.to_le_bytes());
    record
}

/// A short name in its eleven bytes.
pub fn short(name: &str) -> [u8; 11] {
    let mut bytes = [b' '; 11];
    if name.len() == 11 {
        bytes.copy_from_slice(name.as_bytes());
        return bytes;
    }
    let (base, extension) = name.split_once('.').unwrap_or((name, ""));
    bytes[..base.len()].copy_from_slice(base.as_bytes());
    bytes[8..8 + extension.len()].copy_from_slice(extension.as_bytes());
    bytes
}

/// The records of a long name for a short one, in the order in which they stand.
pub fn long(name: &[u16], of: &str) -> Vec<[u8; 32]> {
    let sum = short(of).iter().fold(0_u8, |sum, byte| sum.rotate_right(1).wrapping_add(*byte));
    let mut units = name.to_vec();
    if !units.len().is_multiple_of(13) {
        units.push(0);
    }
    units.resize(units.len().next_multiple_of(13), 0xffff);
    let count = units.len() / 13;
    let piece = |(index, units): (usize, &[u16])| {
        let mut record = [0; 32];
        record[0] = (index + 1) as u8 | if index + 1 == count { 0x40 } else { 0 };
        record[11] = 0x0f;
        record[13] = sum;
        for (unit, at) in units.iter().zip([1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30]) {
            record[at..at + 2].copy_from_slice(&unit.to_le_bytes());
        }
        record
    };
    units.chunks(13).enumerate().map(piece).rev().collect()
}
