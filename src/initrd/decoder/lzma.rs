//! LZMA as xz writes it with `--format=lzma`: 13 bytes of header, and one stream.

use lzma_rust2::{Action, LzmaStream, Status};

use std::io::BufRead;

use super::{Ended, Input, LARGEST_WINDOW, ROOM, Sink};
use crate::initrd::message::Message;

/// Of damaged data as well: the kernel's decoder goes on until the end comes too early.
const FAILED: Message = Message::of_decompressor("unexpected EOF");

pub(super) fn unpack(input: &mut Input<'_>, sink: &mut Sink<'_>) -> Ended {
    let limit = u32::try_from(LARGEST_WINDOW / 1024 + 64).unwrap_or(u32::MAX);
    let mut stream = LzmaStream::new_mem_limit(limit, None);
    let mut room = vec![0; ROOM];
    loop {
        let piece = input.piece();
        let at_end = piece.is_empty();
        let action = if at_end { Action::Finish } else { Action::Run };
        let made_before = stream.total_out();
        let result = stream.process(piece, &mut room, action);
        let made = usize::try_from(stream.total_out() - made_before).unwrap_or(usize::MAX).min(room.len());
        let (taken, ended) = match &result {
            // It gives back what it took and did not need: bytes of this piece.
            Ok(result) if result.status == Status::StreamEnd => {
                (result.bytes_consumed.saturating_sub(stream.unused_input().len()), true)
            }
            Ok(result) => (result.bytes_consumed, false),
            Err(_) => (0, false),
        };
        input.consume(taken);
        if made > 0 && !sink(&room[..made]) {
            return Ended::Stopped;
        }
        match result {
            Ok(_) if ended => return Ended::Complete,
            Ok(_) if taken == 0 && made == 0 => return Ended::Refused(FAILED),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::OutOfMemory => {
                return Ended::TooMuchMemory(stream.memory_usage().map_or(0, |needed| u64::from(needed) * 1024));
            }
            Err(_) => return Ended::Refused(FAILED),
        }
    }
}
