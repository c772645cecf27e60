//! The loaders of libxenguest, in the order in which it asks them.

use std::io;

use super::arm;
use super::built_in_config;
use super::bzimage::{self, BzImage};
use super::bzimage_loader::unable;
use super::elf_loader::{LoadedImage, compatible, judge};
use super::foreign::Foreign;
use super::guest_type::GuestType;
use super::image::{Image, MOST_PAGES, Need, PAGE};
use super::multiboot_binary::{self, HeaderTable};
use super::outcome::{Architecture, KernelFormat, LoadOutcome, Look, RefusalReason, refused};
use super::payload::{Answered, PackedPayload, UnpackError};
use super::question::{KernelDepth, Question};
use super::xen_parameters::{UNSET, UNSET_32};
use crate::decompress::{Compression, DecodeError, ReadAt};
use crate::size::to_u64;

/// What libxenguest maps and unpacks at most.
pub(super) const LARGEST: u64 = 1 << 30;
/// What pregrub holds of a kernel that is packed twice.
const LARGEST_HELD: u64 = 64 << 20;
/// How much of a file is looked at to tell what it is.
const HEAD: usize = 64 << 10;

pub(super) const NO_LOADER: &str = "xc_dom_find_loader: no loader found";

/// Looks into a kernel of `size` bytes.
///
/// # Errors
///
/// The file cannot be read.
pub fn look(file: &dyn ReadAt, size: u64, question: &Question, depth: KernelDepth) -> io::Result<Look> {
    look_and_count(file, size, question, depth).map(|(look, _)| look)
}

/// [`look`], with how many bytes of the file were read, from its beginning: only those and `size` decide the answer.
pub(super) fn look_and_count(
    file: &dyn ReadAt,
    size: u64,
    question: &Question,
    depth: KernelDepth,
) -> io::Result<(Look, u64)> {
    let mut head = vec![0; usize::try_from(size).unwrap_or(HEAD).min(HEAD)];
    let count = file.read_at(0, &mut head)?;
    head.truncate(count);
    let mut reading = LookUnderWay { file, size, question, depth, read: to_u64(count) };
    let look = reading.file(&head)?;
    Ok((look, reading.read))
}

/// A look under way.
pub(super) struct LookUnderWay<'a> {
    file: &'a dyn ReadAt,
    pub(super) size: u64,
    pub(super) question: &'a Question,
    pub(super) depth: KernelDepth,
    /// How far the file was read.
    pub(super) read: u64,
}

impl LookUnderWay<'_> {
    fn file(&mut self, head: &[u8]) -> io::Result<Look> {
        let mut look = Look::new(self.depth, KernelFormat::Foreign(Foreign::recognise(head)), self.size);
        if self.size == 0 {
            // Up to 4.5 the file was mapped without a look at its length.
            let words = "zero length file";
            self.refuse_both(&mut look, words, &RefusalReason::Empty);
            return Ok(look);
        }
        if self.size > LARGEST {
            self.refuse_both(&mut look, "tried to map file which is too large", &RefusalReason::TooLarge);
            return Ok(look);
        }
        if Compression::of(head) != Some(Compression::Gzip) || self.size < 6 {
            self.unpacked(&mut look, head, self.file, self.size)?;
            return Ok(look);
        }
        // The whole file is unpacked first, whatever it is.
        let mut length = [0; 4];
        let at = self.size.saturating_sub(4);
        self.read = self.size;
        if self.file.read_at(at, &mut length)? < 4 {
            self.unknown(&mut look, "the file is shorter than its length");
            return Ok(look);
        }
        let declared = u64::from(u32::from_le_bytes(length));
        if declared > LARGEST || declared + 16 > LARGEST {
            let words = if declared > LARGEST { NO_LOADER } else { "kernel image too large" };
            self.refuse_both(&mut look, words, &too_much(Compression::Gzip, declared));
            return Ok(look);
        }
        let packed = PackedPayload {
            file: self.file,
            start: 0,
            end: self.size,
            compression: Compression::Gzip,
            declared,
            lzma_memory: 0,
            may_be_short: true,
        };
        let inside = packed.ask(self.depth, |image| {
            let mut head = vec![0; image.page_length(0)];
            let page = image.rest_of_page(0)?;
            let count = page.len().min(head.len());
            head[..count].copy_from_slice(&page[..count]);
            Ok(head)
        });
        let inside = match inside {
            Ok(answered) => answered.answer,
            Err(failure) => {
                self.gzip_failed(&mut look, failure)?;
                return Ok(look);
            }
        };
        look.gzipped = true;
        look.format = KernelFormat::Foreign(Foreign::recognise(&inside));
        if inside.starts_with(b"\x7fELF") {
            look.unpacked_size = Some(declared + 16);
            look.format = KernelFormat::Elf;
            if let Some(outcome) = self.before_elf(&inside, declared + 16) {
                look.outcomes = outcome;
                return Ok(look);
            }
            let answer = packed.ask(self.depth, |image| judge(self.question, image, self.question.guest, true));
            self.take(&mut look, answer, Some(Compression::Gzip), true)?;
            return Ok(look);
        }
        if BzImage::read(&inside).is_some() {
            match packed.unpack(LARGEST_HELD) {
                Ok(bytes) => {
                    let bytes: &[u8] = &bytes;
                    let (before, size) = (self.read, to_u64(bytes.len()));
                    self.unpacked(&mut look, &bytes[..bytes.len().min(HEAD)], &bytes, size)?;
                    self.read = before;
                    look.gzipped = true;
                }
                Err(failure) => self.gzip_failed(&mut look, failure)?,
            }
            return Ok(look);
        }
        self.unpacked(&mut look, &inside, &(&inside[..]), declared + 16)?;
        look.gzipped = true;
        Ok(look)
    }

    /// What zlib says of damaged data.
    fn gzip_failed(&self, look: &mut Look, failure: UnpackError) -> io::Result<()> {
        let (code, why) = match failure {
            UnpackError::Io(error) => return Err(error),
            UnpackError::Unknown(why) => {
                self.unknown(look, &why);
                return Ok(());
            }
            UnpackError::Length(_) => (-5, "it unpacks to more than its last word says".to_owned()),
            UnpackError::Decode(DecodeError::Truncated) => (-5, "the data ends too early".to_owned()),
            UnpackError::Decode(error) => (-3, error.to_string()),
        };
        let words = format!("xc_dom_do_gunzip: inflate failed (rc={code})");
        self.refuse_both(look, &words, &RefusalReason::Damaged(Compression::Gzip, why));
        Ok(())
    }

    /// The loaders that come before those for Linux: `None` if they do not want the file. Only what holds for both types.
    fn before_elf(&self, head: &[u8], size: u64) -> Option<Vec<(GuestType, LoadOutcome)>> {
        let table = multiboot_binary::find(head, size)?;
        let outcome = match table {
            HeaderTable::Guest(guest) => compatible(guest),
            HeaderTable::Refused(words) => {
                refused(words, RefusalReason::Contradiction("its table for Xen is damaged".to_owned()))
            }
        };
        Some(GuestType::ALL.into_iter().map(|guest| (guest, outcome.clone())).collect())
    }

    /// A file that is not packed as a whole.
    fn unpacked(&mut self, look: &mut Look, head: &[u8], file: &dyn ReadAt, size: u64) -> io::Result<()> {
        if let Some(outcomes) = self.before_elf(head, size) {
            look.format = KernelFormat::FlatBinary;
            look.outcomes = outcomes;
            return Ok(());
        }
        if let Some(header) = BzImage::read(head).filter(|_| size >= to_u64(bzimage::HEADER)) {
            return self.bzimage(look, header, file, size);
        }
        if head.starts_with(b"\x7fELF") {
            look.format = KernelFormat::Elf;
            look.unpacked_size = Some(size);
            let answer = self.ask_stored(file, 0, size, true);
            return self.take(look, answer, None, true);
        }
        if let Some(machine) = arm::recognise(head) {
            look.format = KernelFormat::ArmImage;
            look.machine = Some(machine);
            self.refuse_both(look, NO_LOADER, &RefusalReason::OtherMachine(machine));
            return Ok(());
        }
        let KernelFormat::Foreign(foreign) = look.format else { return Ok(()) };
        self.refuse_both(look, NO_LOADER, &RefusalReason::NotAKernel(foreign));
        Ok(())
    }

    /// The answer for a kernel that is not packed.
    pub(super) fn ask_stored(
        &mut self,
        file: &dyn ReadAt,
        start: u64,
        size: u64,
        raw: bool,
    ) -> Result<Answered<LoadedImage>, UnpackError> {
        let mut image = Image::new(size);
        loop {
            match judge(self.question, &image, self.question.guest, raw) {
                Ok(answer) => {
                    self.read = self.size;
                    let config = match self.depth {
                        KernelDepth::All => built_in_config::find(file, start, size).map_err(UnpackError::Io)?,
                        KernelDepth::Notes => None,
                    };
                    return Ok(Answered { image, answer, read: self.size, config });
                }
                Err(Need(_)) if image.pages() >= MOST_PAGES => {
                    let why = "its headers are spread further than pregrub reads";
                    return Err(UnpackError::Unknown(why.to_owned()));
                }
                Err(Need(page)) => {
                    let mut bytes = vec![0; image.page_length(page)];
                    file.read_at(page.saturating_mul(PAGE).saturating_add(start), &mut bytes)
                        .map_err(UnpackError::Io)?;
                    image.add(page, bytes.into_boxed_slice());
                }
            }
        }
    }

    /// Puts an answer into the look.
    pub(super) fn take(
        &mut self,
        look: &mut Look,
        answer: Result<Answered<LoadedImage>, UnpackError>,
        packed: Option<Compression>,
        raw: bool,
    ) -> io::Result<()> {
        let Answered { image, answer, read, config } = match answer {
            Ok(answered) => answered,
            Err(UnpackError::Io(error)) => return Err(error),
            Err(UnpackError::Unknown(why)) => {
                self.unknown(look, &why);
                return Ok(());
            }
            Err(failure) => {
                let compression = match packed {
                    Some(compression) if compression != Compression::Gzip => compression,
                    _ => return self.gzip_failed(look, failure),
                };
                let cause = match failure {
                    UnpackError::Decode(DecodeError::Dictionary(_)) => {
                        RefusalReason::Dictionary { compression, limit: self.question.builder().lzma_memory() }
                    }
                    UnpackError::Decode(error) => RefusalReason::Damaged(compression, error.to_string()),
                    UnpackError::Length(length) => {
                        let declared = look.unpacked_size.unwrap_or_default();
                        let why = format!("it unpacks to {length} bytes, and the file says {declared}");
                        RefusalReason::Damaged(compression, why)
                    }
                    UnpackError::Unknown(_) | UnpackError::Io(_) => return Ok(()),
                };
                self.refuse_both(look, &unable(compression), &cause);
                return Ok(());
            }
        };
        self.read = self.read.max(read).min(self.size);
        look.config = config;
        let asked = self.question.guest;
        if let Some(parameters) = &answer.parameters {
            look.machine = Some(Architecture::of_elf(parameters.machine));
            look.pv_entry = (parameters.entry != UNSET).then_some(parameters.entry);
            look.pvh_entry = (parameters.physical_entry != UNSET_32).then_some(parameters.physical_entry);
            look.supported_features = parameters.supported;
            look.required_features = parameters.required;
            let name = String::from_utf8_lossy(&parameters.guest_os).into_owned();
            look.guest_os = (!name.is_empty()).then_some(name);
        }
        look.outcomes = vec![(asked, answer.outcome)];
        // What was read for one type mostly decides the other.
        if let Ok(other) = judge(self.question, &image, asked.other(), raw) {
            look.outcomes.push((asked.other(), other.outcome));
        }
        Ok(())
    }

    pub(super) fn refuse_both(&self, look: &mut Look, words: &str, cause: &RefusalReason) {
        look.outcomes = GuestType::ALL.into_iter().map(|guest| (guest, refused(words, cause.clone()))).collect();
    }

    fn unknown(&self, look: &mut Look, why: &str) {
        look.outcomes = GuestType::ALL.into_iter().map(|guest| (guest, LoadOutcome::Unknown(why.to_owned()))).collect();
    }
}

/// The length at the end of compressed data that is longer than anything that Xen unpacks: of a file that was cut, its last bytes are
/// any.
pub(super) fn too_much(compression: Compression, declared: u64) -> RefusalReason {
    let why = format!("its last four bytes say that it unpacks to {declared} bytes, and Xen unpacks at most {LARGEST}");
    RefusalReason::Damaged(compression, why)
}
