//! LZMA alone: the format of `lzma`, older than xz, without a checksum.

use std::io::Read;

use lzma_rust2::LzmaReader;

use super::xz::kibibytes;
use super::{DecodeError, Decoder, Input, Limits};

/// A decoder of one LZMA stream.
pub(super) struct Lzma<'a, 'b> {
    input: Option<&'a mut Input<'b>>,
    reader: Option<LzmaReader<&'a mut Input<'b>>>,
    limits: Limits,
}

impl<'a, 'b> Lzma<'a, 'b> {
    pub(super) fn new(input: &'a mut Input<'b>, limits: Limits) -> Self {
        Self { input: Some(input), reader: None, limits }
    }
}

impl Decoder for Lzma<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, DecodeError> {
        if let Some(input) = self.input.take() {
            let reader = LzmaReader::new_mem_limit(input, kibibytes(self.limits), None);
            self.reader = Some(reader.map_err(|error| DecodeError::of(&error, None))?);
        }
        let Some(reader) = &mut self.reader else { return Ok(0) };
        let result = reader.read(out);
        match result {
            Ok(0) if !out.is_empty() => {
                if let Some(reader) = self.reader.take() {
                    let (input, unused) = reader.into_parts();
                    input.step_back(unused.len());
                }
                Ok(0)
            }
            Ok(count) => Ok(count),
            Err(error) => Err(DecodeError::of(&error, reader.inner_mut().take_failure())),
        }
    }
}
