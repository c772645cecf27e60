//! Any disk, to be named.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use pregrub::storage::identify::identify;
use pregrub::storage::source::Volume;
use pregrub_fuzz::Sparse;

fuzz_target!(|disk: &[u8]| {
    identify(&Volume::new(Arc::new(Sparse::unpack(disk)), 0)).expect("memory can be read");
});
