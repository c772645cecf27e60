//! gzip: one member, as zlib reads it.

use std::io::Read;

use flate2::bufread::GzDecoder;

use super::{DecodeError, Decoder, Input};

/// Flags that no version of the format defines; zlib refuses a header that has one.
const RESERVED_FLAGS: u8 = 0xe0;

/// A decoder of one gzip member. Its checksum and its length are checked at its end.
pub(super) struct Gzip<'a, 'b> {
    /// The flags of the header cannot be asked for later.
    refused: Option<DecodeError>,
    decoder: GzDecoder<&'a mut Input<'b>>,
}

impl<'a, 'b> Gzip<'a, 'b> {
    pub(super) fn new(input: &'a mut Input<'b>) -> Self {
        let refused = match input.peek::<4>() {
            Ok(head) if head.get(3).is_some_and(|flags| flags & RESERVED_FLAGS != 0) => {
                Some(DecodeError::damaged("its header has flags that gzip does not define"))
            }
            Ok(_) => None,
            Err(error) => Some(error),
        };
        Self { refused, decoder: GzDecoder::new(input) }
    }
}

impl Decoder for Gzip<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, DecodeError> {
        if let Some(error) = self.refused.take() {
            return Err(error);
        }
        self.decoder.read(out).map_err(|error| DecodeError::of(&error, self.decoder.get_mut().take_failure()))
    }
}
