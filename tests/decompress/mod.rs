//! Decoders, on what the real programs pack.

use pregrub::decompress::{Compression, DecodeError, Input, Limits, decoder};

use crate::common::kernels::{Elf, pack};

/// The first `most` bytes that come out.
fn unpacked(packed: &[u8], limits: Limits, most: usize) -> Result<Vec<u8>, DecodeError> {
    let mut input = Input::new(&packed, 0, packed.len() as u64);
    let mut decoder = decoder(Compression::of(packed).unwrap(), &mut input, limits);
    let (mut out, mut done) = (vec![0; most], 0);
    while done < most {
        match decoder.read(&mut out[done..])? {
            0 => break,
            count => done += count,
        }
    }
    out.truncate(done);
    Ok(out)
}

/// Text with what compresses well, what does not, and what the filter for x86 changes.
fn data() -> Vec<u8> {
    let mut data = Elf { code: 700_000, ..Elf::default() }.bytes();
    for number in 0..60_000_u32 {
        data.extend([0xe8, 0x90, 0x05]);
        data.extend((number % 5000).to_le_bytes());
    }
    data
}

const PROGRAMS: [&[&str]; 12] = [
    &["xz", "--check=crc32", "--x86", "--lzma2=dict=32MiB"],
    &["xz", "--check=crc64"],
    &["xz", "--check=sha256", "--x86", "--lzma2"],
    &["xz", "--check=none", "--lzma2=dict=128MiB"],
    // Several blocks, with and without their lengths in the headers.
    &["xz", "--check=crc32", "--x86", "--lzma2", "--block-size=100000"],
    &["xz", "--check=crc64", "--block-size=65536", "-T2"],
    // What is left to the decoder that verifies everything.
    &["xz", "--delta=dist=4", "--lzma2"],
    &["xz", "--arm64", "--lzma2"],
    &["zstd", "-q", "-1", "--no-check"],
    &["zstd", "-q", "-19", "--check"],
    &["zstd", "-q", "--ultra", "-22", "--long=27"],
    &["lz4", "-l", "-9"],
];

#[test]
fn a_reader_who_stops_early_gets_the_same_bytes() {
    let data = data();
    for program in PROGRAMS {
        // An older xz does not know --arm64.
        let Some(packed) = pack(&data, program, false).filter(|packed| !packed.is_empty()) else { continue };
        assert_eq!(unpacked(&packed, Limits::default(), data.len() + 1).unwrap(), data, "{program:?}");
        for stop in [1, 4096, 65_536, 100_001, 262_144, 700_003, data.len() - 1, data.len()] {
            let limits = Limits { stops_at: Some(stop as u64), ..Limits::default() };
            let early = unpacked(&packed, limits, stop).unwrap();
            assert!(early == data[..stop], "{program:?}, the first {stop} bytes");
        }
    }
}

#[test]
fn a_damaged_header_is_left_to_the_decoder_that_verifies_everything() {
    let data = data();
    let Some(packed) = pack(&data, PROGRAMS[0], false) else { return };
    // The stream's header and the block's: any bit counts.
    for at in 6..24 {
        let mut damaged = packed.clone();
        damaged[at] ^= 4;
        let limits = Limits { stops_at: Some(65_536), ..Limits::default() };
        let (early, all) = (unpacked(&damaged, limits, 65_536), unpacked(&damaged, Limits::default(), 65_536));
        assert!(early.is_err() && all.is_err(), "byte {at}");
    }
}
