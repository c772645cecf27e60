//! The whole run, on a disk in memory: partitions, file system, configuration, selection, copies.
//!
//! ```sh
//! cargo bench --bench run
//! ```

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use pregrub::boot::{self, Options, Verdict};

fn run(criterion: &mut Criterion) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/images/recipe.img");
    let disk = Arc::new(std::fs::read(path).expect("the image is in the corpus"));
    let once = boot::run(disk.clone(), Options::default()).expect("memory can be read");
    assert_eq!(once.verdict, Verdict::Boots);
    criterion.bench_function("run/recipe.img", |bencher| {
        bencher.iter(|| boot::run(disk.clone(), Options::default()));
    });
}

criterion_group!(benches, run);
criterion_main!(benches);
