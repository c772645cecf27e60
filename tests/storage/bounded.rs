//! No disk keeps a driver busy: what is made to be gone through for ever is *unknown* within a second or two.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use pregrub::storage::filesystem::{Filesystem, MountError, OpenError};
use pregrub::storage::source::Volume;
use pregrub::storage::{ext::Ext, reiserfs::Reiserfs, ufs::Ufs, xfs::Xfs};
use serde_json::json;

use crate::common::xfs_images::Entry;
use crate::common::{memory, processor, reiserfs_images, tools, xfs_images};

/// For all that is done with one disk, without much optimisation.
const LONGEST: Duration = Duration::from_secs(5);

/// Whether a file at `path` is there; unknown is nothing. Fails where that takes long or much memory.
fn exists<F: Filesystem>(
    image: Vec<u8>,
    mount: fn(Volume) -> Result<F, MountError>,
    paths: &[&[u8]],
) -> Vec<Option<bool>> {
    let volume = Volume::new(Arc::new(image), 0);
    let began = processor::time();
    let (found, bytes) = memory::peak(|| {
        let mounted = mount(volume).expect("it mounts");
        let found = |path: &&[u8]| match mounted.open(path) {
            Ok(file) => {
                let _ = file.verify();
                let _ = file.read_at(0, &mut vec![0; 4 << 20]);
                Some(true)
            }
            Err(OpenError::NotFound(_)) => Some(false),
            Err(OpenError::Unknown(_)) => None,
            Err(OpenError::Io(error)) => panic!("{error}"),
        };
        paths.iter().map(found).collect()
    });
    let took = processor::time() - began;
    println!("{:?}, {} KiB", took, bytes >> 10);
    assert!(took < LONGEST, "{took:?}");
    assert!(bytes < 64 << 20, "{bytes}");
    found
}

fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

/// A small image by the program `name`; none where that is not installed.
fn made(name: &str, size: u64, arguments: &[&str]) -> Option<Vec<u8>> {
    let Some(program) = tools::tool(name) else {
        tools::skipped(name);
        return None;
    };
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("image");
    fs::File::create(&image).unwrap().set_len(size).unwrap();
    let output = Command::new(program).args(arguments).arg(&image).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(fs::read(image).unwrap())
}

/// A path of a mebibyte, as a configuration can name one: each step stays where it is.
fn long_path() -> Vec<u8> {
    let mut path = b"/".to_vec();
    path.extend(b"./".repeat(1 << 19));
    path.extend(b"nothing");
    path
}

/// The place in an ext image of the map of blocks of the root directory, the inode 2.
fn root_of_ext(image: &[u8], block: usize) -> usize {
    let descriptors = if block == 1024 { 2048 } else { block };
    let table = u32::from_le_bytes(image[descriptors + 8..descriptors + 12].try_into().unwrap()) as usize;
    table * block + 256 + 40
}

#[test]
fn ext_with_a_tree_that_has_all_its_nodes_everywhere() {
    let options = ["-q", "-F", "-t", "ext4", "-b", "4096", "-I", "256", "-O", "^has_journal,^metadata_csum,^64bit"];
    let Some(mut image) = made("mke2fs", 4 << 20, &options) else { return };
    let root = root_of_ext(&image, 4096);
    let data = image[root + 20..root + 24].to_vec();
    let node = |entries: u16, max: u16, depth: u16, entry: &[u8]| {
        let numbers = [0xf30a, entries, max, depth, 0, 0];
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes.extend(entry.repeat(usize::from(entries)));
        bytes
    };
    // At each level 340 times the same node; all of its extents say the same, and are passed over.
    let first = 1000_u32;
    let index = |level: u32| [&[0; 4][..], &(first + level).to_le_bytes(), &[0; 4]].concat();
    let extent = [&[0, 0, 0, 0, 1, 0, 0, 0][..], &data].concat();
    put(&mut image, root, &node(1, 4, 5, &index(4)));
    for level in 1..5_u16 {
        let bytes = node(340, 340, level, &index(u32::from(level) - 1));
        put(&mut image, (1000 + usize::from(level)) * 4096, &bytes);
    }
    put(&mut image, 1000 * 4096, &node(340, 340, 0, &extent));
    assert_eq!(exists(image, Ext::mount, &[b"/lost+found", b"/nothing", b"/nothing"]), [Some(true), None, None]);
}

#[test]
fn ext_with_tables_of_tables_of_nothing() {
    let options = ["-q", "-F", "-t", "ext2", "-b", "65536", "-I", "256", "-N", "64"];
    let Some(mut image) = made("mke2fs", 8 << 20, &options) else { return };
    let root = root_of_ext(&image, 65536);
    // The root of the last tree, which has the same table everywhere; that one has an empty table everywhere.
    put(&mut image, root + 14 * 4, &100_u32.to_le_bytes());
    put(&mut image, 100 * 65536, &101_u32.to_le_bytes().repeat(16384));
    put(&mut image, 101 * 65536, &102_u32.to_le_bytes().repeat(16384));
    put(&mut image, 102 * 65536, &[0; 65536]);
    assert_eq!(exists(image, Ext::mount, &[b"/nothing"]), [None]);
}

#[test]
fn ext_with_a_long_path() {
    let options = ["-q", "-F", "-t", "ext4", "-b", "1024"];
    let Some(image) = made("mke2fs", 1 << 20, &options) else { return };
    exists(image, Ext::mount, &[&long_path()]);
}

#[test]
fn reiserfs_with_a_long_path() {
    if !reiserfs_images::REISERFS.available(&["/usr/sbin/mkreiserfs"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("image");
    reiserfs_images::make(&image, &[], &json!({"tree": {"boot": {"dir": {"k": {"file": 4000}}}}}));
    let image = fs::read(image).unwrap();
    assert_eq!(exists(image.clone(), Reiserfs::mount, &[&b"/./".repeat(100)]), [Some(false)]);
    exists(image, Reiserfs::mount, &[&long_path()]);
}

/// Every record is one name without an end.
#[test]
fn ufs_with_names_as_long_as_their_block() {
    let Some(makefs) = tools::tool("makefs") else {
        tools::skipped("makefs");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("tree")).unwrap();
    let arguments = ["-t", "ffs", "-s", "8m", "-o", "version=1,bsize=65536,fsize=8192", "image", "tree"];
    let output = Command::new(makefs).args(arguments).current_dir(directory.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut image = fs::read(directory.path().join("image")).unwrap();
    let field = |at: usize| u32::from_le_bytes(image[8192 + at..8192 + at + 4].try_into().unwrap()) as usize;
    let inode = field(16) * 8192 + 2 * 128;
    let (data, table) = (image.len() / 8192 - 8, image.len() / 8192 - 16);
    put(&mut image, inode + 8, &u32::MAX.to_le_bytes());
    for number in 0..12 {
        put(&mut image, inode + 40 + 4 * number, &(data as u32).to_le_bytes());
    }
    put(&mut image, inode + 40 + 48, &(table as u32).to_le_bytes());
    put(&mut image, data * 8192, &[1; 65536]);
    // The lengths of the records, 258 and 255 times 257, make up the block.
    image[data * 8192 + 4] = 2;
    put(&mut image, table * 8192, &(data as u32).to_le_bytes().repeat(16384));
    assert_eq!(exists(image, Ufs::mount, &[b"/nothing", b"/boot/grub/grub.cfg"]), [Some(false), Some(false)]);
}

/// A disk of three sectors that kept a fuzzer waiting: the extents of the root directory are read from the superblock, 4096 of
/// them, and each step in the directory goes through all.
const TAKEN_FOR_EXTENTS: &[(usize, &str)] = &[
    (
        0,
        "58465342000010000000000000012d00000000010000000000000500000000002ce1ec7a3f1f4026a73cda4f1977347d00000000000100040000000000000080000000000000008100000000000000820000000100004b40000000040000000000004000b4a4020001000010",
    ),
    (120, "0c0908040f00001900000000000001"),
    (143, "cc000000000000ecb2"),
    (183, "02"),
    (199, "010000008a0000008a"),
    (
        512,
        "58414746000000010000000000004b4000000001000000020000000000000001000000010000000000000001000000040000000400004b3400004b34",
    ),
    (32768, "494e41edff03"),
    (32787, "05"),
    (32808, "6b0340d93b6faaf06b0340d93b6faaf0000000000000004f"),
    (32851, "02"),
    (
        32864,
        "ffffffff06000000008004003067727562000800800700406b65726e656c73001400800400586d616e79001800800400686c696e6b000000830500786c696e6b32000000840700886469726c696e6b00000085",
    ),
    (33024, "494e80000202"),
    (33043, "01"),
    (33064, "6b0340d93b6fba906b0340d93b6fba90"),
    (33107, "02000000000000000400000000ffffffff"),
];

#[test]
fn xfs_with_the_superblock_for_a_map() {
    let mut image = vec![0; 616_448 * 512];
    for (at, bytes) in TAKEN_FOR_EXTENTS {
        put(&mut image, *at, &data_encoding::HEXLOWER.decode(bytes.as_bytes()).unwrap());
    }
    let paths = [&b"/grub/grub.cfg"[..], b"/boot/grub/menu.lst", b"/kernels/k", b"/kernels/../k", b"/link"];
    assert_eq!(exists(image, Xfs::mount, &paths), [None; 5]);
}

/// What is real stays readable: a directory of 100,000 names, looked through for as many files as pygrub looks for.
#[test]
fn xfs_with_a_hundred_thousand_names() {
    if !xfs_images::XFS.available(&["/usr/sbin/mkfs.xfs"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("image");
    let many = (0..100_000).map(|number| (format!("name-{number}"), Entry::File(b""))).collect();
    xfs_images::make(&image, 160, true, &[], vec![("boot".to_owned(), Entry::Directory(many))]);
    let paths = [&[&b"/boot/nothing"[..]; 14][..], &[b"/boot/name-99999"]].concat();
    let expected = [&[Some(false); 14][..], &[Some(true)]].concat();
    assert_eq!(exists(fs::read(image).unwrap(), Xfs::mount, &paths), expected);
}
