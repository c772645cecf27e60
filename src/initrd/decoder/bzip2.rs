//! bzip2: one stream.

use bzip2::{Decompress, Status};

use std::io::BufRead;

use super::{Ended, Input, ROOM, Sink};
use crate::initrd::message::Message;

const FAILED: Message = Message::of_decompressor("decompressor failed");

pub(super) fn unpack(input: &mut Input<'_>, sink: &mut Sink<'_>) -> Ended {
    let mut decoder = Decompress::new(false);
    let mut room = vec![0; ROOM];
    loop {
        let piece = input.piece();
        let at_end = piece.is_empty();
        let (before, made_before) = (decoder.total_in(), decoder.total_out());
        let result = decoder.decompress(piece, &mut room);
        let (taken, made) = (decoder.total_in() - before, decoder.total_out() - made_before);
        input.consume(taken as usize);
        if made > 0 && !sink(&room[..made as usize]) {
            return Ended::Stopped;
        }
        match result {
            Ok(Status::StreamEnd) => return Ended::Complete,
            Ok(_) if made == 0 && (at_end || taken == 0) => return Ended::Refused(FAILED),
            Ok(_) => {}
            Err(_) => return Ended::Refused(FAILED),
        }
    }
}
