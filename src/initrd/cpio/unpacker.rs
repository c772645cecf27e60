//! Unpacking archives as Linux does: fed piece by piece, until it needs somebody to say what comes next.

use super::header::{Bad, CpioFileType, CpioFormat, CpioHeader, LENGTH, PATH_MAX};
use crate::initrd::message::KernelMessage;
use crate::size::{to_u64, to_usize};

/// What is unpacked, entry by entry.
pub(crate) trait Contents {
    /// An entry begins that is created: its name without NUL, as it stands in the archive.
    fn entry(&mut self, header: &CpioHeader, name: &[u8]);

    /// Data of the regular file or the target of the link that has just begun, in one or more pieces.
    fn data(&mut self, _piece: &[u8]) {}

    /// The entry that ends an archive.
    fn trailer(&mut self) {}

    /// An entry is left out: its name is empty or too long, or it has data where nothing has any.
    fn left_out(&mut self, _header: &CpioHeader) {}
}

/// Where the unpacker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the header of an entry.
    Header,
    /// In the name of an entry; with a link, in its target as well.
    Name,
    /// In the data of a regular file.
    Data,
    /// In data that is not written, or in padding.
    Skip,
    /// After an entry, in the NULs that may follow.
    After,
}

/// The state between pieces.
pub(crate) struct Unpacker {
    state: State,
    header: Option<CpioHeader>,
    /// Header, or name, as far as it has come.
    collected: Vec<u8>,
    /// Bytes that are still to come of what is collected or copied.
    missing: u64,
    /// Bytes since the start of the archive, for padding.
    position: u64,
    /// Where the next entry begins, by the present one's sizes.
    next: u64,
    sum: u32,
    /// Whether entries came since the last trailer.
    open: bool,
    /// Whether anything came at all.
    begun: bool,
    /// What the kernel complains of first.
    message: Option<KernelMessage>,
}

/// How an archive ends where nothing more comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// After an entry that ends an archive, or before anything came.
    Complete,
    /// Between two entries: the one that ends an archive is missing.
    WithoutTrailer,
    /// In the middle of an entry, this many bytes before its end. The kernel does not say a word.
    Within {
        /// Bytes that are missing.
        missing: u64,
    },
}

impl Unpacker {
    /// At the beginning.
    pub(crate) fn new() -> Self {
        Self {
            state: State::Header,
            header: None,
            collected: Vec::new(),
            missing: to_u64(LENGTH),
            position: 0,
            next: 0,
            sum: 0,
            open: false,
            begun: false,
            message: None,
        }
    }

    /// What the kernel complains of.
    pub(crate) fn message(&self) -> Option<&KernelMessage> {
        self.message.as_ref()
    }

    /// The kernel complains of this, unless it complained before: only the first counts.
    pub(crate) fn complain(&mut self, message: KernelMessage) {
        self.message.get_or_insert(message);
    }

    /// Bytes since the beginning.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The next byte has this position, for padding.
    pub(crate) fn set_position(&mut self, position: u64) {
        self.position = position;
    }

    /// An entry's header comes next.
    pub(crate) fn start(&mut self) {
        self.state = State::Header;
        self.collected.clear();
        self.missing = to_u64(LENGTH);
    }

    /// Whether the last entry has ended.
    pub(crate) fn between_entries(&self) -> bool {
        self.state == State::After
    }

    /// How the archive ends, if nothing more comes.
    pub(crate) fn end(&self) -> End {
        if !self.begun {
            return End::Complete;
        }
        match self.state {
            State::After if self.open => End::WithoutTrailer,
            State::After => End::Complete,
            // The padding after a trailer need not be there.
            State::Skip if !self.open => End::Complete,
            State::Skip => match self.next.saturating_sub(self.position) {
                0..=3 => End::WithoutTrailer,
                missing => End::Within { missing },
            },
            State::Header if self.collected.is_empty() && !self.open => End::Complete,
            State::Header if self.collected.is_empty() => End::WithoutTrailer,
            State::Header | State::Name | State::Data => End::Within { missing: self.missing },
        }
    }

    /// Takes bytes of an uncompressed archive. Returns how many it took: fewer than it got where what follows the NULs
    /// after an entry is for somebody else to judge, or where it complains.
    pub(crate) fn write(&mut self, piece: &[u8], contents: &mut dyn Contents) -> usize {
        let mut rest = piece;
        loop {
            let (taken, goes_on) = self.step(rest, contents);
            self.position = self.position.saturating_add(to_u64(taken));
            rest = &rest[taken..];
            if !goes_on {
                return piece.len().saturating_sub(rest.len());
            }
        }
    }

    /// Takes bytes that a decompressor gives. Whether it goes on: not after a complaint.
    pub(crate) fn write_unpacked(&mut self, piece: &[u8], contents: &mut dyn Contents) -> bool {
        if self.message.is_some() {
            return false;
        }
        let mut rest = piece;
        loop {
            rest = &rest[self.write(rest, contents)..];
            if self.message.is_some() {
                return false;
            }
            match rest.first() {
                None => return true,
                Some(b'0') => self.start(),
                Some(0) => self.state = State::After,
                Some(_) => {
                    self.complain(KernelMessage::JUNK_WITHIN);
                    return false;
                }
            }
        }
    }

    /// One step: how many bytes it took, and whether there is another.
    fn step(&mut self, piece: &[u8], contents: &mut dyn Contents) -> (usize, bool) {
        match self.state {
            State::Header => {
                self.begun |= !piece.is_empty();
                let taken = self.collect(piece);
                (taken, self.missing == 0 && self.judge_header(taken, contents))
            }
            State::Name => {
                let taken = self.collect(piece);
                if self.missing > 0 {
                    return (taken, false);
                }
                self.begin_entry(contents);
                (taken, self.message.is_none())
            }
            State::Data => {
                let taken = to_usize(self.missing).min(piece.len());
                contents.data(&piece[..taken]);
                if self.header.is_some_and(|header| header.format == CpioFormat::Crc) {
                    self.sum = piece[..taken].iter().fold(self.sum, |sum, byte| sum.wrapping_add(u32::from(*byte)));
                }
                self.missing = self.missing.saturating_sub(to_u64(taken));
                if self.missing > 0 {
                    return (taken, false);
                }
                if self.header.is_some_and(|header| header.format == CpioFormat::Crc && header.sum != self.sum) {
                    self.complain(KernelMessage::BAD_CHECKSUM);
                }
                self.state = State::Skip;
                (taken, true)
            }
            State::Skip => {
                let missing = self.next.saturating_sub(self.position);
                let taken = missing.min(to_u64(piece.len()));
                if taken == missing {
                    self.state = State::After;
                }
                (to_usize(taken), taken == missing)
            }
            State::After => {
                let taken = piece.iter().take_while(|byte| **byte == 0).count();
                if taken < piece.len() && self.position.saturating_add(to_u64(taken)) & 3 != 0 {
                    self.complain(KernelMessage::BROKEN_PADDING);
                }
                (taken, false)
            }
        }
    }

    fn collect(&mut self, piece: &[u8]) -> usize {
        let taken = to_usize(self.missing).min(piece.len());
        self.collected.extend_from_slice(&piece[..taken]);
        self.missing = self.missing.saturating_sub(to_u64(taken));
        taken
    }

    /// The header is complete. Whether it goes on.
    fn judge_header(&mut self, taken: usize, contents: &mut dyn Contents) -> bool {
        let Some(bytes) = self.collected.first_chunk::<LENGTH>() else { return false };
        let header = match CpioHeader::read(bytes) {
            Ok(header) => header,
            Err(bad) => {
                self.complain(if bad == Bad::OldFormat { KernelMessage::OLD_FORMAT } else { KernelMessage::NO_MAGIC });
                return false;
            }
        };
        self.open = true;
        self.collected.clear();
        self.header = Some(header);
        let field = header.name_field();
        let after_name = self.position.saturating_add(to_u64(taken)).saturating_add(field);
        self.next = after_name.saturating_add(u64::from(header.size)).saturating_add(3) & !3;
        let link = header.kind() == CpioFileType::Link;
        let readable = (1..=PATH_MAX).contains(&header.name_length)
            && if link { header.size <= PATH_MAX } else { header.kind() == CpioFileType::Regular || header.size == 0 };
        if readable {
            self.state = State::Name;
            self.missing = if link { field.saturating_add(u64::from(header.size)) } else { field };
        } else {
            contents.left_out(&header);
            self.state = State::Skip;
        }
        true
    }

    /// Header and name are complete.
    fn begin_entry(&mut self, contents: &mut dyn Contents) {
        let Some(header) = self.header else { return };
        self.state = State::Skip;
        let last = usize::try_from(header.name_length).ok().and_then(|length| length.checked_sub(1));
        if last.and_then(|last| self.collected.get(last)) != Some(&0) {
            return self.complain(KernelMessage::MALFORMED);
        }
        let field = usize::try_from(header.name_field()).unwrap_or(usize::MAX).min(self.collected.len());
        let (name, target) = self.collected.split_at(field);
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        if header.kind() == CpioFileType::Link {
            contents.entry(&header, name);
            contents.data(target);
        } else if name == b"TRAILER!!!" {
            self.open = false;
            contents.trailer();
        } else {
            contents.entry(&header, name);
            if header.kind() == CpioFileType::Regular {
                self.state = State::Data;
                self.missing = u64::from(header.size);
                self.sum = 0;
            }
        }
        self.collected.clear();
    }
}

impl Default for Unpacker {
    fn default() -> Self {
        Self::new()
    }
}
