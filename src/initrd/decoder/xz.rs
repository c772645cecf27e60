//! xz: one stream, without a check or with CRC32. Of the filters a kernel for x86 knows the one for x86.

use lzma_rust2::{Action, CheckType, Status, XzStream};

use super::{Ended, Input, LARGEST_WINDOW, ROOM, Sink};
use crate::initrd::message::Message;

const SETTINGS: Message =
    Message::of_decompressor("Input was encoded with settings that are not supported by this XZ decoder");
const CORRUPT: Message = Message::of_decompressor("XZ-compressed data is corrupt");
const FORMAT: Message = Message::of_decompressor("Input is not in the XZ format (wrong magic bytes)");

const MAGIC: &[u8] = b"\xfd7zXZ\0";
/// Bytes of the stream's header.
const HEADER: usize = 12;
/// The most that the header of a block has.
const BLOCK_HEADER: usize = 1024;

pub(super) fn unpack(input: &mut Input<'_>, sink: &mut Sink<'_>) -> Ended {
    let head = input.ahead(HEADER + BLOCK_HEADER);
    if head.len() >= MAGIC.len() && !head.starts_with(MAGIC) {
        return Ended::Refused(FORMAT);
    }
    if head.get(HEADER..).is_some_and(has_unknown_filter) {
        return Ended::Refused(SETTINGS);
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
        let (taken, made) = (stream.total_in() - before, stream.total_out() - made_before);
        input.consume(taken as usize);
        if matches!(stream.check_type(), Some(CheckType::Crc64 | CheckType::Sha256)) {
            return Ended::Refused(SETTINGS);
        }
        let made = usize::try_from(made).unwrap_or(usize::MAX).min(room.len());
        if made > 0 && !sink(&room[..made]) {
            return Ended::Stopped;
        }
        match result {
            Ok(result) if result.status == Status::StreamEnd => return Ended::Complete,
            Ok(_) if taken == 0 && made == 0 => return Ended::Refused(CORRUPT),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::OutOfMemory => {
                let needed = stream.memory_usage().map_or(0, |needed| u64::from(needed) * 1024);
                return Ended::TooMuchMemory(needed);
            }
            Err(_) => return Ended::Refused(CORRUPT),
        }
    }
}

/// Whether the header of a block names a filter that the kernel does not have. What is not a header is for the decoder to judge.
fn has_unknown_filter(header: &[u8]) -> bool {
    /// The filter for machine code of x86, and LZMA2.
    const KNOWN: [u64; 2] = [4, 0x21];
    let Some((&[size, flags], mut rest)) = header.split_first_chunk() else { return false };
    if size == 0 {
        return false;
    }
    if flags & 0x40 != 0 && number(&mut rest).is_none() || flags & 0x80 != 0 && number(&mut rest).is_none() {
        return false;
    }
    for _ in 0..=flags & 3 {
        let (Some(filter), Some(length)) = (number(&mut rest), number(&mut rest)) else { return false };
        if !KNOWN.contains(&filter) {
            return true;
        }
        let Some(after) = usize::try_from(length).ok().and_then(|length| rest.get(length..)) else { return false };
        rest = after;
    }
    false
}

/// A number of seven bits a byte, the last byte without the eighth.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
