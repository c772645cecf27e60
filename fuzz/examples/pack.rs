//! Packs images for the fuzzer: `pack IMAGE SEED`.

use std::env;
use std::fs;
use std::process::ExitCode;

#[path = "../src/packing.rs"]
mod packing;

fn main() -> ExitCode {
    let [image, seed] = &env::args().skip(1).collect::<Vec<_>>()[..] else {
        eprintln!("usage: pack IMAGE SEED");
        return ExitCode::from(2);
    };
    let packed = fs::read(image).map(|image| packing::pack(&image)).and_then(|packed| fs::write(seed, packed));
    if let Err(error) = packed {
        eprintln!("pack: {image}: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
