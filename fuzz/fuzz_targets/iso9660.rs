//! Any disk as a filesystem of this kind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pregrub::storage::iso9660::Iso9660;

fuzz_target!(|disk: &[u8]| pregrub_fuzz::filesystem(disk, Iso9660::mount));
