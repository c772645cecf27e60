//! Any text as a grub.cfg.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pregrub::config::Dialect;

fuzz_target!(|text: &[u8]| pregrub_fuzz::configuration(Dialect::Grub2, text));
