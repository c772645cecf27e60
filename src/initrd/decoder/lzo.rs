//! LZO in the frame of lzop: blocks of at most 256 KiB, each with the sum of its unpacked bytes, which the kernel does not check.

use super::{ByteSink, Input, StreamEnd};
use crate::initrd::message::KernelMessage;
use crate::size::to_usize;

const INVALID: KernelMessage = KernelMessage::of_decompressor("invalid header");
const TOO_LONG: KernelMessage = KernelMessage::of_decompressor("dest len longer than block size");
const CORRUPT: KernelMessage = KernelMessage::of_decompressor("file corrupted");
const DATA: KernelMessage = KernelMessage::of_decompressor("Compressed data violation");

const MAGIC: &[u8; 9] = b"\x89LZO\0\r\n\x1a\n";
const BLOCK: u32 = 256 * 1024;
/// The flag that says that a filter's number follows the flags.
const FILTER: u32 = 0x800;

pub(super) fn unpack(input: &mut Input<'_>, sink: &mut ByteSink<'_>) -> StreamEnd {
    if header(input).is_none() {
        return StreamEnd::Refused(INVALID);
    }
    let (mut packed, mut unpacked) = (Vec::new(), vec![0; to_usize(u64::from(BLOCK))]);
    loop {
        let Some(size) = input.big_endian() else { return StreamEnd::Refused(CORRUPT) };
        if size == 0 {
            return StreamEnd::Complete;
        }
        if size > BLOCK {
            return StreamEnd::Refused(TOO_LONG);
        }
        let Some(length) = input.big_endian().filter(|length| (1..=size).contains(length)) else {
            return StreamEnd::Refused(CORRUPT);
        };
        input.skip(4);
        packed.resize(to_usize(u64::from(length)), 0);
        if input.fill(&mut packed) < packed.len() {
            return StreamEnd::Refused(CORRUPT);
        }
        let room = &mut unpacked[..to_usize(u64::from(size))];
        let made = if length == size {
            &packed[..]
        } else {
            match lzokay::decompress::decompress(&packed, room) {
                Ok(made) if made == room.len() => room,
                _ => return StreamEnd::Refused(DATA),
            }
        };
        if !sink(made) {
            return StreamEnd::Stopped;
        }
    }
}

/// Takes the header; nothing where it is none.
fn header(input: &mut Input<'_>) -> Option<()> {
    let mut magic = [0; MAGIC.len()];
    (input.fill(&mut magic) == magic.len() && magic == *MAGIC).then_some(())?;
    let mut versions = [0; 7];
    (input.fill(&mut versions) == versions.len()).then_some(())?;
    // Level and the time's upper half came with this version.
    let new = u16::from_be_bytes([versions[0], versions[1]]) >= 0x0940;
    let take = |input: &mut Input<'_>, count: u64| (input.skip(count) == count).then_some(());
    take(input, u64::from(new))?;
    let filter = input.big_endian()? & FILTER != 0;
    take(input, if filter { 4 } else { 0 })?;
    take(input, if new { 12 } else { 8 })?;
    let name = *input.piece().first()?;
    // The name, and the header's sum.
    take(input, u64::from(name).saturating_add(1 + 4))
}
