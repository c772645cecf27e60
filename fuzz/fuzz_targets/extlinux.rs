//! Any text as a extlinux.conf.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pregrub::config::Dialect;

fuzz_target!(|text: &[u8]| pregrub_fuzz::configuration(Dialect::Extlinux, text));
