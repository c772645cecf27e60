//! xz: one stream, without a check or with CRC32. Of the filters a kernel for x86 knows the one for x86.

use lzma_rust2::{Action, CheckType, Status, XzStream};

use std::io::BufRead;

use super::{ByteSink, Input, LARGEST_WINDOW, ROOM, StreamEnd};
use crate::decompress::xz::{BEGINNING, has_other_filter};
use crate::initrd::message::KernelMessage;
use crate::size::to_usize;

const SETTINGS: KernelMessage =
    KernelMessage::of_decompressor("Input was encoded with settings that are not supported by this XZ decoder");
const CORRUPT: KernelMessage = KernelMessage::of_decompressor("XZ-compressed data is corrupt");
const FORMAT: KernelMessage = KernelMessage::of_decompressor("Input is not in the XZ format (wrong magic bytes)");

const MAGIC: &[u8] = b"\xfd7zXZ\0";

pub(super) fn unpack(input: &mut Input<'_>, sink: &mut ByteSink<'_>) -> StreamEnd {
    let head = input.ahead(BEGINNING);
    if head.len() >= MAGIC.len() && !head.starts_with(MAGIC) {
        return StreamEnd::Refused(FORMAT);
    }
    if has_other_filter(head) {
        return StreamEnd::Refused(SETTINGS);
    }
    let limit = u32::try_from(LARGEST_WINDOW / 1024 + 64).unwrap_or(u32::MAX);
    let mut stream = XzStream::new_mem_limit(false, limit);
    let mut room = vec![0; ROOM];
    loop {
        let piece = input.piece();
        let at_end = piece.is_empty();
        let action = if at_end { Action::Finish } else { Action::Run };
        let (before, made_before) = (stream.total_in(), stream.total_out());
        let result = stream.process(piece, &mut room, action);
        let taken = to_usize(stream.total_in().saturating_sub(before));
        let made = to_usize(stream.total_out().saturating_sub(made_before)).min(room.len());
        input.consume(taken);
        if matches!(stream.check_type(), Some(CheckType::Crc64 | CheckType::Sha256)) {
            return StreamEnd::Refused(SETTINGS);
        }
        if made > 0 && !sink(&room[..made]) {
            return StreamEnd::Stopped;
        }
        match result {
            Ok(result) if result.status == Status::StreamEnd => return StreamEnd::Complete,
            Ok(_) if taken == 0 && made == 0 => return StreamEnd::Refused(CORRUPT),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::OutOfMemory => {
                let needed = stream.memory_usage().map_or(0, |needed| u64::from(needed) * 1024);
                return StreamEnd::TooMuchMemory(needed);
            }
            Err(_) => return StreamEnd::Refused(CORRUPT),
        }
    }
}
