//! A real filesystem of Linux on a guest's `/boot`, which takes root and a loop device.

use std::path::PathBuf;
use std::process::Command;

use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::nixos_store::Store;

/// Whether tests with real filesystems are asked for.
pub fn is_asked_for() -> bool {
    let asked = std::env::var_os("PREGRUB_MOUNT").is_some();
    if !asked {
        eprintln!("NOT RUN: set PREGRUB_MOUNT=1, as root, to try real filesystems of Linux");
    }
    asked
}

/// An image that is mounted until this is dropped.
pub struct Mounted {
    pub image: Image,
    pub point: PathBuf,
}

impl Mounted {
    /// An ext4 filesystem, made with these options of mke2fs, on the store's `/boot`.
    pub fn new(store: &Store, options: &[&str]) -> Self {
        let tree = Tree::new().directory("/kernels").directory("/grub");
        let image = Image::whole(&Volume::new(Filesystem::ext("ext4", options), tree).sized(32 << 20));
        let point = store.boot();
        run(Command::new("mount").args(["-o", "loop"]).arg(image.path()).arg(&point));
        Self { image, point }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.point).status();
    }
}

pub fn run(command: &mut Command) {
    let status = command.status().expect("it starts");
    assert!(status.success(), "{command:?}: {status}");
}
