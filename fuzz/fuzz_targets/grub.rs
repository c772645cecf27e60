//! Any text as a configuration for GRUB 2's interpreter.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| pregrub_fuzz::grub(input));
