//! Any disk, from the partition table to the kernel.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|disk: &[u8]| pregrub_fuzz::run(disk));
