//! Machines to run GRUB on: a disk, a directory, or none at all.

use super::machine::{Content, Device, Failure, Found, Machine};

/// No disk: a configuration alone. Nothing is known of any file.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDisk;

const NO_DISK: &str = "there is no disk to look at";

impl Machine for NoDisk {
    fn devices(&self) -> Vec<Device> {
        vec![Device { name: "hd0".to_owned(), content: Content::Unknown(NO_DISK.to_owned()) }]
    }

    fn device(&self, name: &[u8]) -> Result<Device, Failure> {
        let name = String::from_utf8_lossy(name).into_owned();
        Ok(Device { name, content: Content::Unknown(NO_DISK.to_owned()) })
    }

    fn find(&self, _device: &[u8], _path: &[u8]) -> Found {
        Found::Unknown(NO_DISK.to_owned())
    }

    fn read(&self, _device: &[u8], _path: &[u8], _limit: usize) -> Result<Vec<u8>, Found> {
        Err(Found::Unknown(NO_DISK.to_owned()))
    }

    fn list(&self, _device: &[u8], _path: &[u8]) -> Result<Vec<Vec<u8>>, Found> {
        Err(Found::Unknown(NO_DISK.to_owned()))
    }

    fn is_imagined(&self) -> bool {
        true
    }
}
