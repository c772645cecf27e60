//! gzip: one member. The kernel checks neither the sum nor the size at its end.

use flate2::{Decompress, FlushDecompress, Status};

use std::io::BufRead;

use super::{ByteSink, Input, ROOM, StreamEnd};
use crate::initrd::message::KernelMessage;
use crate::size::to_usize;

const NOT_GZIP: KernelMessage = KernelMessage::of_decompressor("Not a gzip file");
const HEADER: KernelMessage = KernelMessage::of_decompressor("header error");
const READ: KernelMessage = KernelMessage::of_decompressor("read error");
const DATA: KernelMessage = KernelMessage::of_decompressor("uncompression error");

/// Bytes of the header, without a name.
const FIXED: usize = 10;
/// Bytes of the sum and the size.
const TRAILER: usize = 8;
/// The flag that says that the file's name follows the header. It is the only one that the kernel knows.
const NAME: u8 = 0x08;

pub(super) fn unpack(input: &mut Input<'_>, sink: &mut ByteSink<'_>) -> StreamEnd {
    let Some(&[0x1f, 0x8b, 8, flags, ..]) = input.ahead(FIXED).first_chunk::<FIXED>() else {
        return StreamEnd::Refused(NOT_GZIP);
    };
    input.consume(FIXED);
    if flags & NAME != 0 {
        loop {
            match input.piece().first() {
                None => return StreamEnd::Refused(HEADER),
                Some(0) => break input.consume(1),
                Some(_) => input.consume(1),
            }
        }
    }
    let mut deflate = Decompress::new(false);
    let mut room = vec![0; ROOM];
    loop {
        let piece = input.piece();
        let at_end = piece.is_empty();
        let (before, made_before) = (deflate.total_in(), deflate.total_out());
        let result = deflate.decompress(piece, &mut room, FlushDecompress::None);
        let taken = to_usize(deflate.total_in().saturating_sub(before));
        let made = to_usize(deflate.total_out().saturating_sub(made_before));
        input.consume(taken);
        if made > 0 && !sink(&room[..made]) {
            return StreamEnd::Stopped;
        }
        match result {
            Ok(Status::StreamEnd) => break,
            Ok(_) if at_end && made == 0 => return StreamEnd::Refused(READ),
            Ok(_) if taken == 0 && made == 0 && !at_end => return StreamEnd::Refused(DATA),
            Ok(_) => {}
            Err(_) => return StreamEnd::Refused(DATA),
        }
    }
    let mut trailer = [0; TRAILER];
    if input.fill(&mut trailer) < TRAILER {
        return StreamEnd::Refused(READ);
    }
    StreamEnd::Complete
}
