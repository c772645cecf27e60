//! bzip2: one stream.

use bzip2::{Decompress, Status};

use std::io::BufRead;

use super::{ByteSink, Input, ROOM, StreamEnd};
use crate::initrd::message::KernelMessage;
use crate::size::to_usize;

const FAILED: KernelMessage = KernelMessage::of_decompressor("decompressor failed");

pub(super) fn unpack(input: &mut Input<'_>, sink: &mut ByteSink<'_>) -> StreamEnd {
    let mut decoder = Decompress::new(false);
    let mut room = vec![0; ROOM];
    loop {
        let piece = input.piece();
        let at_end = piece.is_empty();
        let (before, made_before) = (decoder.total_in(), decoder.total_out());
        let result = decoder.decompress(piece, &mut room);
        let taken = to_usize(decoder.total_in().saturating_sub(before));
        let made = to_usize(decoder.total_out().saturating_sub(made_before));
        input.consume(taken);
        if made > 0 && !sink(&room[..made]) {
            return StreamEnd::Stopped;
        }
        match result {
            Ok(Status::StreamEnd) => return StreamEnd::Complete,
            Ok(_) if made == 0 && (at_end || taken == 0) => return StreamEnd::Refused(FAILED),
            Ok(_) => {}
            Err(_) => return StreamEnd::Refused(FAILED),
        }
    }
}
