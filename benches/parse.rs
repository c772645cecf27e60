//! How fast a configuration is read: ordinary text as NixOS writes it, and text that asks for a second look at every byte.
//!
//! ```sh
//! cargo bench --bench parse
//! ```

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pregrub::config::{self, Dialect, READ_LIMIT};
use pregrub::release::Release;

/// The entries of as many generations as fit into what pygrub reads.
fn nixos_entries() -> String {
    let mut text = String::with_capacity(READ_LIMIT + 1024);
    let mut generation = 0;
    while text.len() < READ_LIMIT - 700 {
        generation += 1;
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "menuentry \"NixOS - Configuration {generation} (2024-03-01 - 24.05.20240301.1536926)\" --class nixos {{\n\n  \
             linux /kernels/0n6wlbk6pp7jq4jmpgg0bakzbkhinr7r-linux-6.6.31-bzImage \
             init=/nix/store/mk2dcnqscydnf0arril2yy8a711fjcsw-nixos-system-domu-24.05.{generation}/init console=hvc0 loglevel=4\n  \
             initrd /kernels/9xg0ljrjl3ny0pl3z1a9fd1rwy6vzf6r-initrd-linux-6.6.31-initrd\n}}\n\n"
        );
    }
    text.extend(std::iter::repeat_n('\n', READ_LIMIT - text.len()));
    text
}

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for (name, text) in [("nixos entries", nixos_entries()), ("quotes", "\"".repeat(READ_LIMIT))] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| config::parse(Dialect::Grub2, black_box(text.as_bytes()), Release::NEWEST));
        });
    }
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
