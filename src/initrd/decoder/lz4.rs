//! LZ4 in its legacy frame: blocks that unpack to at most 8 MiB, up to the end of the file.
//!
//! There is no mark of its end but four zero bytes, so that what follows is read as another block.

use lz4_flex::block::DecompressError;

use std::io::BufRead;

use super::{ByteSink, Input, StreamEnd};
use crate::initrd::message::KernelMessage;
use crate::size::to_usize;

const INVALID: KernelMessage = KernelMessage::of_decompressor("invalid header");
const FAILED: KernelMessage = KernelMessage::of_decompressor("Decoding failed");
const CORRUPT: KernelMessage = KernelMessage::of_decompressor("data corrupted");

/// What a frame begins with, and what may stand in place of a block's length: another frame follows.
const MAGIC: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];
/// What a block unpacks to.
const BLOCK: usize = 8 << 20;
/// The most that a block of this size is packed to.
const LONGEST: usize = BLOCK + BLOCK / 255 + 16;

pub(super) fn unpack(input: &mut Input<'_>, sink: &mut ByteSink<'_>) -> StreamEnd {
    let mut magic = [0; 4];
    if input.fill(&mut magic) < 4 || magic != MAGIC {
        return StreamEnd::Refused(INVALID);
    }
    let (mut packed, mut unpacked) = (Vec::new(), vec![0; BLOCK]);
    loop {
        // Fewer bytes than a length has, and four zeros, are the end. They stay for the unpacker.
        let Some(length) = input.ahead(4).first_chunk::<4>().filter(|length| **length != [0; 4]) else {
            return StreamEnd::Complete;
        };
        let (again, length) = (*length == MAGIC, to_usize(u64::from(u32::from_le_bytes(*length))));
        input.consume(4);
        if again {
            continue;
        }
        if length > LONGEST {
            return StreamEnd::Refused(FAILED);
        }
        packed.resize(length, 0);
        let there = input.fill(&mut packed);
        match lz4_flex::block::decompress_into(&packed[..there], &mut unpacked) {
            // The kernel decodes what lies after the end of the file, and looks at the length then.
            Ok(_) | Err(DecompressError::LiteralOutOfBounds | DecompressError::ExpectedAnotherByte)
                if there < length =>
            {
                return StreamEnd::Refused(CORRUPT);
            }
            Ok(made) => {
                if !sink(&unpacked[..made]) {
                    return StreamEnd::Stopped;
                }
            }
            Err(_) => return StreamEnd::Refused(FAILED),
        }
    }
}
