//! Any disk as a filesystem of this kind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pregrub::storage::ufs::Ufs;

fuzz_target!(|disk: &[u8]| pregrub_fuzz::filesystem(disk, Ufs::mount));
