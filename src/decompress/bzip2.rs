//! bzip2: one stream.

use std::io::Read;

use bzip2::bufread::BzDecoder;

use super::{DecodeError, Decoder, Input};

/// A decoder of one bzip2 stream. The checksums of its blocks and its own are checked.
pub(super) struct Bzip2<'a, 'b>(BzDecoder<&'a mut Input<'b>>);

impl<'a, 'b> Bzip2<'a, 'b> {
    pub(super) fn new(input: &'a mut Input<'b>) -> Self {
        Self(BzDecoder::new(input))
    }
}

impl Decoder for Bzip2<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, DecodeError> {
        self.0.read(out).map_err(|error| DecodeError::of(&error, self.0.get_mut().take_failure()))
    }
}
