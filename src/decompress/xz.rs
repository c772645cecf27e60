//! xz: one stream, with every filter and check that liblzma knows.

use std::io::Read;

use lzma_rust2::XzReader;

use super::{DecodeError, Decoder, Input, Limits};

/// A decoder of one xz stream. Its checks, its index and its footer are verified.
pub(super) struct Xz<'a, 'b>(XzReader<&'a mut Input<'b>>);

impl<'a, 'b> Xz<'a, 'b> {
    pub(super) fn new(input: &'a mut Input<'b>, limits: Limits) -> Self {
        Self(XzReader::new_mem_limit(input, false, kibibytes(limits)))
    }
}

/// The memory limit for a dictionary, in the unit of the decoder.
pub(super) fn kibibytes(limits: Limits) -> u32 {
    u32::try_from(limits.dictionary >> 10).unwrap_or(u32::MAX)
}

impl Decoder for Xz<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, DecodeError> {
        self.0.read(out).map_err(|error| DecodeError::of(&error, self.0.inner_mut().take_failure()))
    }
}
