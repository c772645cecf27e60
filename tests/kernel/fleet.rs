//! Many disks, few kernels: each kernel is looked into once.

use std::fs;

use pregrub::boot::Verdict;
use pregrub::kernel::{GuestType, KernelDepth, Looks, build};
use pregrub::simulation::Simulation;
use pregrub::target::OpenOptions;
use tempfile::TempDir;

use crate::common::images::{Image, Tree, Volume};
use crate::common::kernels::{Elf, bzimage, pack};

/// What distinguishes the disks that have one kernel: a word of the same length in the menu of each.
const MARK: &str = "disk-0000";

#[test]
fn a_thousand_disks_with_five_kernels_take_five_looks() {
    let folder = TempDir::new().unwrap();
    let menu = format!("menuentry \"A\" {{\n  linux /k a={MARK}\n  initrd /i\n}}\n");
    let disks: Vec<Vec<u8>> = (0..5)
        .map(|number| {
            let vmlinux = Elf { code: 40_000 + 8 * number, ..Elf::default() }.bytes();
            let kernel = bzimage(&pack(&vmlinux, &["gzip", "-9n"], false).unwrap());
            let tree =
                Tree::new().file("/boot/grub/grub.cfg", menu.as_str()).file("/k", kernel).file("/i", "an initrd");
            fs::read(Image::whole(&Volume::ext4(tree)).path()).unwrap()
        })
        .collect();
    let looks = Looks::remembering(true);
    let path = folder.path().join("disk.img");
    for number in 0..1000 {
        let mut disk = disks[number % 5].clone();
        let name = format!("disk-{number:04}");
        let at = memchr::memmem::find(&disk, MARK.as_bytes()).unwrap();
        disk[at..at + MARK.len()].copy_from_slice(name.as_bytes());
        fs::write(&path, disk).unwrap();
        let target = Simulation::default().open(&path, OpenOptions::default()).unwrap();
        let volumes = target.target().volumes();
        let mut run = target.run_on(volumes.as_ref()).unwrap();
        let built = build(&mut run, volumes.as_ref().unwrap(), GuestType::Pv, KernelDepth::Notes, &looks).unwrap();
        assert_eq!((run.verdict, built.is_some()), (Verdict::Boots, true), "{name}");
        let args = run.chosen.unwrap().args.unwrap();
        assert_eq!(args.to_string_lossy(), format!("a={name}"));
    }
    assert_eq!(looks.len(), 5);
}
