//! Any text as a configuration for the linter.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| pregrub_fuzz::lint::lint(input));
