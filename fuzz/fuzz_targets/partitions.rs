//! Any disk as one with a partition table, by the rules of every release.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pregrub::boot::partition_rules;
use pregrub::release::Release;
use pregrub::storage::partitions::partition_table;
use pregrub_fuzz::Sparse;

fuzz_target!(|disk: &[u8]| {
    let disk = Sparse::unpack(disk);
    for release in Release::lines() {
        partition_table(&disk, &partition_rules(release)).expect("memory can be read");
    }
});
