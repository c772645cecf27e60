//! The walk through an initrd: archives, compressed or not, padding between them, and where the kernel gives up.

use std::io::{self, BufRead};

use super::compression::recognise;
use super::cpio::{Contents, CpioHeader, End, Unpacker};
use super::decoder::{self, StreamEnd};
use super::inventory::Inventory;
use super::message::KernelMessage;
use crate::decompress::{Compression, Input, ReadAt};
use crate::size::{lower_half, to_u64};

/// A part of an initrd: an archive, or compressed data with archives in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The byte at which it begins.
    pub offset: u64,
    /// Bytes of the file.
    pub size: u64,
    /// How it is compressed; `None` if it is not.
    pub compression: Option<Compression>,
    /// Bytes that it unpacks to.
    pub unpacked: u64,
    /// Entries in it, without trailers.
    pub entries: u64,
    /// Whether it was looked at up to its end.
    pub complete: bool,
}

/// Why the walk ended before the file did, though the kernel goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// More than this was not asked for.
    Limit,
    /// A window or dictionary of this many bytes.
    Memory(u64),
}

/// What the first member is to a toolstack that unpacks gzip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstGzip {
    /// Bytes that it unpacks to.
    pub unpacked: u64,
    /// The byte after it.
    pub end: u64,
    /// Whether it ends with the right sum and size.
    pub sound: bool,
}

/// What the walk found.
#[derive(Clone, Debug)]
pub struct InitrdWalk {
    /// The first of the members, as many as are worth showing.
    pub members: Vec<Member>,
    /// How many more there are.
    pub more_members: u64,
    /// What the kernel complains of, and the byte of the file at or before which that is.
    pub message: Option<(KernelMessage, u64)>,
    /// How the last archive ends.
    pub end: End,
    /// Bytes that all unpack to.
    pub unpacked: u64,
    /// What was found in them.
    pub inventory: Inventory,
    /// Why the walk ended early.
    pub unfinished: Option<Unfinished>,
    /// The first member, where it is gzip and was looked at up to its end.
    pub first_gzip: Option<FirstGzip>,
    /// A compression that the kernel is known not to have.
    pub refused: Option<Compression>,
}

/// How many members are kept.
const MOST_MEMBERS: usize = 64;

/// Walks through an initrd as the kernel does, unpacking at most `limit` bytes. `has` says whether the kernel has a compression; what
/// is not known it has.
///
/// # Errors
///
/// The initrd cannot be read.
pub(crate) fn walk(
    file: &dyn ReadAt,
    size: u64,
    limit: u64,
    has: &dyn Fn(Compression) -> bool,
) -> io::Result<InitrdWalk> {
    let mut input = Input::new(file, 0, size);
    let mut unpacker = Unpacker::new();
    let mut walk = InitrdWalk {
        members: Vec::new(),
        more_members: 0,
        message: None,
        end: End::Complete,
        unpacked: 0,
        inventory: Inventory::default(),
        unfinished: None,
        first_gzip: None,
        refused: None,
    };
    // Whether the next entry belongs to an archive that has begun.
    let mut inside = false;
    while unpacker.message().is_none() && walk.unfinished.is_none() {
        let Some(&first) = input.piece().first() else { break };
        if first == b'0' && unpacker.position() & 3 == 0 {
            walk.archive(&mut input, &mut unpacker, &mut inside);
            if walk.unpacked > limit {
                walk.unfinished = Some(Unfinished::Limit);
            }
        } else if first == 0 {
            let zeros = input.piece().iter().take_while(|byte| **byte == 0).count();
            input.consume(zeros);
            unpacker.set_position(unpacker.position().saturating_add(to_u64(zeros)));
        } else {
            inside = false;
            let position = unpacker.position();
            let offset = input.position();
            walk.compressed(&mut input, &mut unpacker, limit, has);
            unpacker.set_position(input.position().saturating_sub(offset).saturating_add(position));
        }
        if let Some(message) = unpacker.message() {
            walk.message = Some((message.clone(), input.position()));
        }
    }
    walk.end = unpacker.end();
    match input.take_failure() {
        Some(error) => Err(error),
        None => Ok(walk),
    }
}

impl InitrdWalk {
    /// An archive that is not compressed, up to where something else begins.
    fn archive(&mut self, input: &mut Input<'_>, unpacker: &mut Unpacker, inside: &mut bool) {
        let offset = input.position();
        let entries = self.inventory.entries;
        let mut watch = Watch { inventory: &mut self.inventory, ended: false };
        unpacker.start();
        loop {
            let piece = input.piece();
            let length = piece.len();
            if length == 0 {
                break;
            }
            let taken = unpacker.write(piece, &mut watch);
            input.consume(taken);
            if taken < length || unpacker.message().is_some() {
                break;
            }
        }
        let ended = watch.ended;
        let size = input.position().saturating_sub(offset);
        let entries = self.inventory.entries.saturating_sub(entries);
        self.unpacked = self.unpacked.saturating_add(size);
        match self.members.last_mut() {
            // The unpacker comes back after each entry.
            Some(last) if *inside && self.more_members == 0 => {
                last.size = input.position().saturating_sub(last.offset);
                last.unpacked = last.size;
                last.entries = last.entries.saturating_add(entries);
            }
            _ if *inside => {}
            _ => self.add(Member { offset, size, compression: None, unpacked: size, entries, complete: true }),
        }
        *inside = !ended;
    }

    /// Compressed data with archives in it, or what is neither.
    fn compressed(
        &mut self,
        input: &mut Input<'_>,
        unpacker: &mut Unpacker,
        limit: u64,
        has: &dyn Fn(Compression) -> bool,
    ) {
        let offset = input.position();
        let Some(compression) = recognise(input.ahead(2)) else {
            return unpacker.complain(KernelMessage::INVALID_MAGIC);
        };
        if !has(compression) {
            self.refused = Some(compression);
            return unpacker.complain(KernelMessage::not_configured(compression.name()));
        }
        unpacker.set_position(0);
        let before = self.inventory.entries;
        let (mut unpacked, left) = (0u64, limit.saturating_sub(self.unpacked));
        let mut sum = flate2::Crc::new();
        let inventory = &mut self.inventory;
        let first = offset == 0 && compression == Compression::Gzip;
        let ended = decoder::unpack(compression, input, &mut |piece| {
            unpacked = unpacked.saturating_add(to_u64(piece.len()));
            if first {
                sum.update(piece);
            }
            // libxenguest unpacks the first member to its end, whatever is in it.
            (unpacker.write_unpacked(piece, inventory) || first) && unpacked <= left
        });
        self.unpacked = self.unpacked.saturating_add(unpacked);
        let size = input.position().saturating_sub(offset);
        let entries = self.inventory.entries.saturating_sub(before);
        let complete = ended == StreamEnd::Complete;
        self.add(Member { offset, size, compression: Some(compression), unpacked, entries, complete });
        match ended {
            StreamEnd::Complete => {
                if first {
                    // The kernel does not look at the sum and the size at its end, libxenguest does.
                    let sizes = [sum.sum(), lower_half(unpacked)].map(u32::to_le_bytes);
                    let sound = input.before().is_some_and(|trailer: [u8; 8]| trailer[..] == *sizes.as_flattened());
                    self.first_gzip = Some(FirstGzip { unpacked, end: input.position(), sound });
                }
            }
            StreamEnd::Refused(message) => unpacker.complain(message),
            StreamEnd::TooMuchMemory(bytes) => {
                self.unfinished = Some(Unfinished::Memory(bytes));
                return;
            }
            StreamEnd::Stopped if unpacker.message().is_none() => {
                self.unfinished = Some(Unfinished::Limit);
                return;
            }
            StreamEnd::Stopped => {}
        }
        if !unpacker.between_entries() {
            unpacker.complain(KernelMessage::JUNK_AT_END);
        }
    }

    fn add(&mut self, member: Member) {
        if self.members.len() < MOST_MEMBERS {
            self.members.push(member);
        } else {
            self.more_members = self.more_members.saturating_add(1);
        }
    }
}

/// Passes on what is unpacked, and notes whether an archive ended.
struct Watch<'a> {
    inventory: &'a mut Inventory,
    ended: bool,
}

impl Contents for Watch<'_> {
    fn entry(&mut self, header: &CpioHeader, name: &[u8]) {
        self.ended = false;
        self.inventory.entry(header, name);
    }

    fn data(&mut self, piece: &[u8]) {
        self.inventory.data(piece);
    }

    fn trailer(&mut self) {
        self.ended = true;
        self.inventory.trailer();
    }

    fn left_out(&mut self, header: &CpioHeader) {
        self.inventory.left_out(header);
    }
}
