//! Any bytes as compressed data: the first byte says which format, the rest is the data.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pregrub::decompress::{Compression, DecodeError, Input, Limits, decoder};

/// How much output is looked at.
const MOST: usize = 4 << 20;

/// What comes out in pieces of this size, at most [`MOST`] bytes, and whether it ended well.
fn unpacked(compression: Compression, packed: &[u8], piece: usize) -> (Vec<u8>, Option<bool>) {
    let mut input = Input::new(&packed, 0, packed.len() as u64);
    let limits = Limits { dictionary: 16 << 20, window: 8 << 20, output: 64 << 20, ..Limits::default() };
    let mut out = Vec::new();
    let mut buffer = vec![0; piece];
    let ended = {
        let mut decoder = decoder(compression, &mut input, limits);
        loop {
            if out.len() > MOST {
                break None;
            }
            match decoder.read(&mut buffer) {
                Ok(0) => break Some(true),
                Ok(count) => out.extend_from_slice(&buffer[..count]),
                Err(DecodeError::Io(error)) => panic!("memory can be read: {error}"),
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    break Some(false);
                }
            }
        }
    };
    assert!(input.position() <= packed.len() as u64, "nothing is read after the end");
    (out, ended)
}

fuzz_target!(|data: &[u8]| {
    let Some((&which, packed)) = data.split_first() else { return };
    let compression = Compression::ALL[usize::from(which) % Compression::ALL.len()];
    let (large, ended) = unpacked(compression, packed, 64 << 10);
    let (small, also) = unpacked(compression, packed, 1021);
    // Before damage is noticed, more or less may come out.
    if ended == Some(true) && also == Some(true) {
        assert!(large == small, "the size of the pieces does not matter");
    }
    if let (Some(large), Some(small)) = (ended, also) {
        assert_eq!(large, small, "the size of the pieces does not decide what is damaged");
    }
});
