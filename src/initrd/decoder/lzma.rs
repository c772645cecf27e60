//! LZMA as xz writes it with `--format=lzma`: 13 bytes of header, and one stream.

use lzma_rust2::{Action, LzmaStream, Status};

use std::io::BufRead;

use super::{ByteSink, Input, LARGEST_WINDOW, ROOM, StreamEnd};
use crate::initrd::message::KernelMessage;
use crate::size::to_usize;

/// Of damaged data as well: the kernel's decoder goes on until the end comes too early.
const FAILED: KernelMessage = KernelMessage::of_decompressor("unexpected EOF");

pub(super) fn unpack(input: &mut Input<'_>, sink: &mut ByteSink<'_>) -> StreamEnd {
    let limit = u32::try_from(LARGEST_WINDOW / 1024 + 64).unwrap_or(u32::MAX);
    let mut stream = LzmaStream::new_mem_limit(limit, None);
    let mut room = vec![0; ROOM];
    loop {
        let piece = input.piece();
        let at_end = piece.is_empty();
        let action = if at_end { Action::Finish } else { Action::Run };
        let made_before = stream.total_out();
        let result = stream.process(piece, &mut room, action);
        let made = to_usize(stream.total_out().saturating_sub(made_before)).min(room.len());
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
            return StreamEnd::Stopped;
        }
        match result {
            Ok(_) if ended => return StreamEnd::Complete,
            Ok(_) if taken == 0 && made == 0 => return StreamEnd::Refused(FAILED),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::OutOfMemory => {
                return StreamEnd::TooMuchMemory(stream.memory_usage().map_or(0, |needed| u64::from(needed) * 1024));
            }
            Err(_) => return StreamEnd::Refused(FAILED),
        }
    }
}
