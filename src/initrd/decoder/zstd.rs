//! zstd: one frame, with a window of at most 128 MiB.

use std::io::Read;

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{Ended, Input, LARGEST_WINDOW, ROOM, Sink};
use crate::initrd::message::Message;

const HEADER: Message = Message::of_decompressor("ZSTD-compressed data has an incomplete frame header");
const TRUNCATED: Message = Message::of_decompressor("ZSTD-compressed data is truncated");
const CORRUPT: Message = Message::of_decompressor("ZSTD-compressed data is corrupt");
const WINDOW: Message = Message::of_decompressor("ZSTD-compressed data is probably corrupt");

pub(super) fn unpack(input: &mut Input<'_>, sink: &mut Sink<'_>) -> Ended {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(LARGEST_WINDOW);
    match decoder.init(&mut *input) {
        Ok(()) => {}
        Err(FrameDecoderError::WindowSizeTooBig { .. }) => return Ended::Refused(WINDOW),
        Err(_) if input.at_end() => return Ended::Refused(HEADER),
        Err(_) => return Ended::Refused(CORRUPT),
    }
    let mut room = vec![0; ROOM];
    loop {
        let finished = match decoder.decode_blocks(&mut *input, BlockDecodingStrategy::UptoBlocks(1)) {
            Ok(finished) => finished,
            Err(_) if input.at_end() => return Ended::Refused(TRUNCATED),
            Err(_) => return Ended::Refused(CORRUPT),
        };
        // What is younger than the window stays in the decoder until the frame ends.
        loop {
            match decoder.read(&mut room) {
                Ok(0) => break,
                Ok(made) if sink(&room[..made]) => {}
                Ok(_) => return Ended::Stopped,
                Err(_) => return Ended::Refused(CORRUPT),
            }
        }
        if finished {
            let sum = decoder.get_checksum_from_data();
            let wrong = sum.is_some() && sum != decoder.get_calculated_checksum();
            return if wrong { Ended::Refused(CORRUPT) } else { Ended::Complete };
        }
    }
}
