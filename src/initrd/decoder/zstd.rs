//! zstd: one frame, with a window of at most 128 MiB.

use super::{ByteSink, Input, LARGEST_WINDOW, ROOM, StreamEnd};
use crate::decompress::{Compression, DecodeError, Limits, decoder};
use crate::initrd::message::KernelMessage;

const HEADER: KernelMessage = KernelMessage::of_decompressor("ZSTD-compressed data has an incomplete frame header");
const TRUNCATED: KernelMessage = KernelMessage::of_decompressor("ZSTD-compressed data is truncated");
const CORRUPT: KernelMessage = KernelMessage::of_decompressor("ZSTD-compressed data is corrupt");
const WINDOW: KernelMessage = KernelMessage::of_decompressor("ZSTD-compressed data is probably corrupt");

/// The longest header of a frame.
const LONGEST_HEADER: usize = 18;

pub(super) fn unpack(input: &mut Input<'_>, sink: &mut ByteSink<'_>) -> StreamEnd {
    if input.ahead(LONGEST_HEADER).len() < header_length(input.ahead(LONGEST_HEADER)) {
        return StreamEnd::Refused(HEADER);
    }
    let limits = Limits { window: LARGEST_WINDOW, output: u64::MAX, one_frame: true, ..Limits::default() };
    let mut decoder = decoder(Compression::Zstd, input, limits);
    let mut room = vec![0; ROOM];
    loop {
        match decoder.read(&mut room) {
            Ok(0) => return StreamEnd::Complete,
            Ok(made) if sink(&room[..made]) => {}
            Ok(_) => return StreamEnd::Stopped,
            Err(DecodeError::Truncated) => return StreamEnd::Refused(TRUNCATED),
            Err(DecodeError::Dictionary(_)) => return StreamEnd::Refused(WINDOW),
            Err(_) => return StreamEnd::Refused(CORRUPT),
        }
    }
}

/// How long the header of the frame is that begins here, as far as that can be seen.
fn header_length(beginning: &[u8]) -> usize {
    let Some(&descriptor) = beginning.get(4) else { return 5 };
    let single_segment = descriptor & 0x20 != 0;
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = match descriptor >> 6 {
        0 => usize::from(single_segment),
        1 => 2,
        2 => 4,
        _ => 8,
    };
    let window = usize::from(!single_segment);
    5_usize.saturating_add(window).saturating_add(dictionary).saturating_add(size)
}
