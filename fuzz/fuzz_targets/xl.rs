//! Any text as a domain's configuration for xl.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| pregrub_fuzz::domain(text));
