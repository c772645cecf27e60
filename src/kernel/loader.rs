//! The loaders of libxenguest, in the order in which it asks them.

use std::io;

use super::arm;
use super::builder::{Builder, Unpacking};
use super::bzimage::{self, BzImage};
use super::elf::{EM_386, EM_X86_64, Elf};
use super::features;
use super::foreign::Foreign;
use super::guest_type::GuestType;
use super::image::{Access, Image, MOST_PAGES, Need, PAGE};
use super::multiboot_binary::{self, Table};
use super::outcome::{Cause, Format, Look, Machine, Outcome};
use super::payload::{Answered, Failure, Packed};
use super::xen_parameters::{self, Fault, Pae, UNSET, UNSET_32, XenParameters};
use crate::decompress::{Compression, DecodeError, ReadAt, xz};
use crate::flavour::Flavour;
use crate::release::Release;

/// How much of a kernel is unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Depth {
    /// As far as the notes, which decide unless the rest is damaged.
    #[default]
    Notes,
    /// All of it, with its checksums.
    All,
}

impl Depth {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notes => "notes",
            Self::All => "all",
        }
    }
}

/// Who is to load a kernel, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The release of Xen.
    pub release: Release,
    /// Who built it.
    pub flavour: Flavour,
    /// The type of the guest.
    pub guest: GuestType,
}

impl Default for Question {
    fn default() -> Self {
        Self { release: Release::NEWEST, flavour: Flavour::default(), guest: GuestType::default() }
    }
}

impl Question {
    /// Its libxenguest.
    pub fn builder(&self) -> Builder {
        Builder { release: self.release, flavour: self.flavour }
    }
}

/// What libxenguest maps and unpacks at most.
const LARGEST: u64 = 1 << 30;
/// What pregrub holds of a kernel that is packed twice.
const LARGEST_HELD: u64 = 64 << 20;
/// How much of a file is looked at to tell what it is.
const HEAD: usize = 64 << 10;

const NO_LOADER: &str = "xc_dom_find_loader: no loader found";

/// Looks into a kernel of `size` bytes.
///
/// # Errors
///
/// The file cannot be read.
pub fn look(file: &dyn ReadAt, size: u64, question: &Question, depth: Depth) -> io::Result<Look> {
    look_and_count(file, size, question, depth).map(|(look, _)| look)
}

/// [`look`], with how many bytes of the file were read, from its beginning: only those and `size` decide the answer.
pub(super) fn look_and_count(
    file: &dyn ReadAt,
    size: u64,
    question: &Question,
    depth: Depth,
) -> io::Result<(Look, u64)> {
    let mut head = vec![0; HEAD];
    let count = file.read_at(0, &mut head)?;
    head.truncate(count);
    let mut reading = Reading { file, size, question, depth, read: count as u64 };
    let look = reading.file(&head)?;
    Ok((look, reading.read))
}

struct Reading<'a> {
    file: &'a dyn ReadAt,
    size: u64,
    question: &'a Question,
    depth: Depth,
    /// How far the file was read.
    read: u64,
}

fn refused(words: impl Into<String>, cause: Cause) -> Outcome {
    Outcome::Refused { words: words.into(), cause, loads: false }
}

impl Reading<'_> {
    fn file(&mut self, head: &[u8]) -> io::Result<Look> {
        let mut look = Look::new(self.depth, Format::Foreign(Foreign::recognise(head)), self.size);
        if self.size == 0 {
            // Up to 4.5 the file was mapped without a look at its length.
            let words = "zero length file";
            self.refuse_both(&mut look, words, &Cause::Empty);
            return Ok(look);
        }
        if self.size > LARGEST {
            self.refuse_both(&mut look, "tried to map file which is too large", &Cause::TooLarge);
            return Ok(look);
        }
        if Compression::of(head) != Some(Compression::Gzip) || self.size < 6 {
            self.unpacked(&mut look, head, self.file, self.size)?;
            return Ok(look);
        }
        // The whole file is unpacked first, whatever it is.
        let mut length = [0; 4];
        let at = self.size - 4;
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
        let packed = Packed {
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
        look.format = Format::Foreign(Foreign::recognise(&inside));
        if inside.starts_with(b"\x7fELF") {
            look.unpacked_size = Some(declared + 16);
            look.format = Format::Elf;
            if let Some(outcome) = self.before_elf(&inside, declared + 16) {
                look.outcomes = outcome;
                return Ok(look);
            }
            let answer = packed.ask(self.depth, |image| self.judge(image, self.question.guest, true));
            self.take(&mut look, answer, Some(Compression::Gzip), true)?;
            return Ok(look);
        }
        if BzImage::read(&inside).is_some() {
            match packed.unpack(LARGEST_HELD) {
                Ok(bytes) => {
                    let bytes: &[u8] = &bytes;
                    let (before, size) = (self.read, bytes.len() as u64);
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
    fn gzip_failed(&self, look: &mut Look, failure: Failure) -> io::Result<()> {
        let (code, why) = match failure {
            Failure::Io(error) => return Err(error),
            Failure::Unknown(why) => {
                self.unknown(look, &why);
                return Ok(());
            }
            Failure::Length(_) => (-5, "it unpacks to more than its last word says".to_owned()),
            Failure::Decode(DecodeError::Truncated) => (-5, "the data ends too early".to_owned()),
            Failure::Decode(error) => (-3, error.to_string()),
        };
        let words = format!("xc_dom_do_gunzip: inflate failed (rc={code})");
        self.refuse_both(look, &words, &Cause::Damaged(Compression::Gzip, why));
        Ok(())
    }

    /// The loaders that come before those for Linux: `None` if they do not want the file. Only what holds for both types.
    fn before_elf(&self, head: &[u8], size: u64) -> Option<Vec<(GuestType, Outcome)>> {
        let table = multiboot_binary::find(head, size)?;
        let outcome = match table {
            Table::Guest(guest) => self.compatible(guest),
            Table::Refused(words) => refused(words, Cause::Contradiction("its table for Xen is damaged".to_owned())),
        };
        Some(GuestType::ALL.into_iter().map(|guest| (guest, outcome.clone())).collect())
    }

    /// A file that is not packed as a whole.
    fn unpacked(&mut self, look: &mut Look, head: &[u8], file: &dyn ReadAt, size: u64) -> io::Result<()> {
        if let Some(outcomes) = self.before_elf(head, size) {
            look.format = Format::FlatBinary;
            look.outcomes = outcomes;
            return Ok(());
        }
        if let Some(header) = BzImage::read(head).filter(|_| size >= bzimage::HEADER as u64) {
            return self.bzimage(look, header, file, size);
        }
        if head.starts_with(b"\x7fELF") {
            look.format = Format::Elf;
            look.unpacked_size = Some(size);
            let answer = self.ask_stored(file, 0, size, true);
            return self.take(look, answer, None, true);
        }
        if let Some(machine) = arm::recognise(head) {
            look.format = Format::ArmImage;
            look.machine = Some(machine);
            self.refuse_both(look, NO_LOADER, &Cause::OtherMachine(machine));
            return Ok(());
        }
        let Format::Foreign(foreign) = look.format else { return Ok(()) };
        self.refuse_both(look, NO_LOADER, &Cause::NotAKernel(foreign));
        Ok(())
    }

    fn bzimage(&mut self, look: &mut Look, header: BzImage, file: &dyn ReadAt, size: u64) -> io::Result<()> {
        look.format = Format::BzImage { protocol: header.protocol };
        if let Some(at) = header.version_at {
            let mut text = [0; 256];
            let count = file.read_at(at, &mut text)?;
            look.version = bzimage::version(&text[..count]);
        }
        let probe = "xc_dom_probe_bzimage_kernel";
        if header.is_too_old() {
            let words = format!("{probe}: boot protocol too old ({:04x})", header.protocol);
            self.refuse_both(look, &words, &Cause::OldProtocol(header.protocol));
            return Ok(());
        }
        let (start, end) = (header.payload_start, header.payload_start + header.payload_length);
        if start >= size || end > size {
            let what = if start >= size { "offset" } else { "length" };
            self.refuse_both(look, &format!("{probe}: payload {what} overflow"), &Cause::Incomplete(end - size));
            return Ok(());
        }
        let mut magic = [0; 6];
        let count = file.read_at(start, &mut magic)?.min(usize::try_from(end - start).unwrap_or(6));
        self.read = self.read.max(start + 6).min(self.size);
        let compression = Compression::of(&magic[..count]);
        look.compression = compression;
        let builder = self.question.builder();
        let Some(compression) = compression.filter(|&it| !matches!(builder.unpacks(it), Unpacking::TooOld(_))) else {
            // The payload may be an ELF file as it is: the loader for ELF sees it now.
            if magic.starts_with(b"\x7fELF") {
                look.unpacked_size = Some(end - start);
                let answer = self.ask_stored(file, start, end - start, false);
                self.take(look, answer, None, false)?;
                // The loader for bzImages has complained by then.
                for (_, outcome) in &mut look.outcomes {
                    if let Outcome::Refused { words, loads: false, .. } = outcome {
                        *words = format!("{probe}: unknown compression format");
                    }
                }
                return Ok(());
            }
            let since = compression.and_then(|compression| match builder.unpacks(compression) {
                Unpacking::TooOld(since) => Some(since),
                _ => None,
            });
            let cause = Cause::UnknownCompression { compression, since };
            self.refuse_both(look, &format!("{probe}: unknown compression format"), &cause);
            return Ok(());
        };
        if builder.unpacks(compression) == Unpacking::LeftOut {
            let (name, title) = match compression {
                Compression::Bzip2 => ("bzip2", "BZIP2"),
                Compression::Lzo => ("lzo1x", "LZO1x"),
                Compression::Xz => ("xz", "XZ"),
                Compression::Lzma => ("lzma", "LZMA"),
                Compression::Zstd => ("zstd", "ZSTD"),
                Compression::Lz4 => ("lz4", "LZ4"),
                Compression::Gzip => ("gzip", "GZIP"),
            };
            let words = format!("xc_try_{name}_decode: {title} decompress support unavailable");
            self.refuse_both(look, &words, &Cause::LeftOut(compression));
            return Ok(());
        }
        if compression == Compression::Xz {
            let mut beginning = vec![0; xz::BEGINNING.min(usize::try_from(end - start).unwrap_or(xz::BEGINNING))];
            let count = file.read_at(start, &mut beginning)?;
            look.other_filters = xz::has_other_filter(&beginning[..count]);
        }
        self.packed(look, compression, file, start, end)
    }

    /// A payload that can be unpacked.
    fn packed(
        &mut self,
        look: &mut Look,
        compression: Compression,
        file: &dyn ReadAt,
        start: u64,
        end: u64,
    ) -> io::Result<()> {
        let gzip = compression == Compression::Gzip;
        // What there must be at least for the library to be called.
        let shortest = match compression {
            Compression::Gzip => 6,
            Compression::Bzip2 => 9,
            Compression::Xz | Compression::Lzma | Compression::Lz4 => 8,
            Compression::Zstd => 10,
            Compression::Lzo => 16,
        };
        let short = end - start < shortest;
        let mut length = [0; 4];
        let declared = if short {
            None
        } else {
            self.read = self.read.max(end).min(self.size);
            (file.read_at(end - 4, &mut length)? == 4).then(|| u64::from(u32::from_le_bytes(length)))
        };
        let Some(declared) = declared else {
            let words = if gzip { NO_LOADER.to_owned() } else { unable(compression) };
            let why = "there is next to no data".to_owned();
            self.refuse_both(look, &words, &Cause::Damaged(compression, why));
            return Ok(());
        };
        if declared + if gzip { 16 } else { 0 } > LARGEST {
            let words = if gzip && declared > LARGEST { NO_LOADER } else { "kernel image too large" };
            self.refuse_both(look, words, &too_much(compression, declared));
            return Ok(());
        }
        look.unpacked_size = Some(declared);
        let packed = Packed {
            file,
            start,
            end: if gzip { end } else { end - 4 },
            compression,
            declared,
            lzma_memory: self.question.builder().lzma_memory(),
            may_be_short: gzip || (compression == Compression::Lz4 && self.question.builder().takes_short_lz4()),
        };
        let answer = packed.ask(self.depth, |image| self.judge(image, self.question.guest, false));
        self.take(look, answer, Some(compression), false)
    }

    /// The answer for a kernel that is not packed.
    fn ask_stored(&mut self, file: &dyn ReadAt, start: u64, size: u64, raw: bool) -> Result<Answered<Judged>, Failure> {
        let mut image = Image::new(size);
        loop {
            match self.judge(&image, self.question.guest, raw) {
                Ok(answer) => {
                    self.read = self.size;
                    return Ok(Answered { image, answer, read: self.size });
                }
                Err(Need(_)) if image.pages() >= MOST_PAGES => {
                    let why = "its headers are spread further than pregrub reads";
                    return Err(Failure::Unknown(why.to_owned()));
                }
                Err(Need(page)) => {
                    let mut bytes = vec![0; image.page_length(page)];
                    file.read_at(start + page * PAGE, &mut bytes).map_err(Failure::Io)?;
                    image.add(page, bytes.into_boxed_slice());
                }
            }
        }
    }

    /// Puts an answer into the look.
    fn take(
        &mut self,
        look: &mut Look,
        answer: Result<Answered<Judged>, Failure>,
        packed: Option<Compression>,
        raw: bool,
    ) -> io::Result<()> {
        let Answered { image, answer, read } = match answer {
            Ok(answered) => answered,
            Err(Failure::Io(error)) => return Err(error),
            Err(Failure::Unknown(why)) => {
                self.unknown(look, &why);
                return Ok(());
            }
            Err(failure) => {
                let compression = match packed {
                    Some(compression) if compression != Compression::Gzip => compression,
                    _ => return self.gzip_failed(look, failure),
                };
                let cause = match failure {
                    Failure::Decode(DecodeError::Dictionary(_)) => {
                        Cause::Dictionary { compression, limit: self.question.builder().lzma_memory() }
                    }
                    Failure::Decode(error) => Cause::Damaged(compression, error.to_string()),
                    Failure::Length(length) => {
                        let declared = look.unpacked_size.unwrap_or_default();
                        let why = format!("it unpacks to {length} bytes, and the file says {declared}");
                        Cause::Damaged(compression, why)
                    }
                    Failure::Unknown(_) | Failure::Io(_) => return Ok(()),
                };
                self.refuse_both(look, &unable(compression), &cause);
                return Ok(());
            }
        };
        self.read = self.read.max(read).min(self.size);
        let asked = self.question.guest;
        if let Some(parameters) = &answer.parameters {
            look.machine = Some(Machine::of_elf(parameters.machine));
            look.pv_entry = (parameters.entry != UNSET).then_some(parameters.entry);
            look.pvh_entry = (parameters.physical_entry != UNSET_32).then_some(parameters.physical_entry);
            look.supported_features = parameters.supported;
            look.required_features = parameters.required;
            let name = String::from_utf8_lossy(&parameters.guest_os).into_owned();
            look.guest_os = (!name.is_empty()).then_some(name);
        }
        look.outcomes = vec![(asked, answer.outcome)];
        // What was read for one type mostly decides the other.
        if let Ok(other) = self.judge(&image, asked.other(), raw) {
            look.outcomes.push((asked.other(), other.outcome));
        }
        Ok(())
    }

    /// What the loader for ELF makes of an image. A file that is ELF as it is (`raw`) is seen by the loader for firmware first.
    fn judge(&self, image: &Image, guest: GuestType, raw: bool) -> Access<Judged> {
        let without = |outcome| Judged { parameters: None, outcome };
        if guest == GuestType::Pvh && !self.question.builder().has_pvh() {
            let outcome = refused("Unknown guest type \"pvh\"", Cause::NoSuchGuest);
            let parameters = self.parameters(image, guest)?.map(|(parameters, _)| parameters);
            return Ok(Judged { parameters, outcome });
        }
        let Some((parameters, verdict)) = self.parameters(image, guest)? else {
            return Ok(without(refused(NO_LOADER, Cause::NotAKernel(Foreign::Unknown))));
        };
        let firmware = raw && guest == GuestType::Pvh && !matches!(verdict, Ok(()) | Err(Fault::Tables));
        let outcome = match verdict {
            Err(_) if firmware => {
                let loads = Elf::new(image)?.is_some_and(|elf| elf.is_narrow());
                let words = if loads { "" } else { "xc_dom_parse_hvm_kernel: ELF image is not 32bit" };
                Outcome::Refused { words: words.to_owned(), cause: Cause::NoPvhEntry, loads }
            }
            Err(fault) => refused(NO_LOADER, self.cause(&parameters, fault)),
            Ok(()) => self.entry(&parameters, guest),
        };
        Ok(Judged { parameters: Some(parameters), outcome })
    }

    fn parameters(&self, image: &Image, guest: GuestType) -> Access<Option<(XenParameters, Result<(), Fault>)>> {
        let Some(elf) = Elf::new(image)? else { return Ok(None) };
        let rules = self.question.builder().rules();
        Ok(Some(xen_parameters::read(&elf, rules, guest == GuestType::Pvh)?))
    }

    fn cause(&self, parameters: &XenParameters, fault: Fault) -> Cause {
        let foreign = !matches!(parameters.machine, EM_386 | EM_X86_64);
        match fault {
            _ if foreign => Cause::OtherMachine(Machine::of_elf(parameters.machine)),
            Fault::Tables => Cause::Contradiction("its tables of headers reach outside of the file".to_owned()),
            Fault::NoNotes => Cause::NoXenNotes,
            Fault::NotForXen if parameters.physical_entry != UNSET_32 => Cause::NoPvEntry,
            Fault::NotForXen if parameters.guest_os.is_empty() && parameters.loader.is_empty() => Cause::NoXenNotes,
            Fault::NotForXen => Cause::NotForXen,
            Fault::XenVersion => Cause::XenVersion,
            Fault::UnknownFeature => Cause::UnknownFeature,
            Fault::Addresses(_) if parameters.entry == UNSET && parameters.physical_entry != UNSET_32 => {
                Cause::NoPvEntry
            }
            Fault::Addresses(words) => Cause::Contradiction(format!("its addresses do not fit: {words}")),
        }
    }

    /// What is asked of a file that libelf accepts.
    fn entry(&self, parameters: &XenParameters, guest: GuestType) -> Outcome {
        if parameters.required >> features::DOM0 & 1 == 1 {
            let words = "xc_dom_parse_elf_kernel: Kernel does not support unprivileged (DomU) operation";
            return refused(words, Cause::Dom0Only);
        }
        if guest == GuestType::Pvh {
            if parameters.physical_entry != UNSET_32 {
                return Outcome::Loads("hvm-3.0-x86_32");
            }
            let words = "xc_dom_guest_type: image not capable of booting inside a HVM container";
            return refused(words, Cause::NoPvhEntry);
        }
        let outcome = match parameters.machine {
            EM_386 => self.compatible(match parameters.pae {
                Pae::No => "xen-3.0-x86_32",
                Pae::Yes | Pae::ExtendedCr3 | Pae::Bimodal => "xen-3.0-x86_32p",
            }),
            EM_X86_64 => Outcome::Loads("xen-3.0-x86_64"),
            other => {
                let words = format!("xc_dom_guest_type: unknown image type {other}");
                return refused(words, Cause::OtherMachine(Machine::of_elf(other)));
            }
        };
        let has_notes = parameters.has_notes && parameters.entry == UNSET;
        if has_notes && parameters.physical_entry != UNSET_32 && matches!(outcome, Outcome::Loads(_)) {
            return Outcome::Refused { words: String::new(), cause: Cause::NoPvEntry, loads: true };
        }
        outcome
    }

    /// Whether a Xen of today runs this kind of guest.
    fn compatible(&self, guest: &'static str) -> Outcome {
        if guest == "xen-3.0-x86_32" {
            let words = format!("xc_dom_compat_check: guest type {guest} not supported by xen kernel, sorry");
            return refused(words, Cause::NoPae);
        }
        Outcome::Loads(guest)
    }

    fn refuse_both(&self, look: &mut Look, words: &str, cause: &Cause) {
        look.outcomes = GuestType::ALL.into_iter().map(|guest| (guest, refused(words, cause.clone()))).collect();
    }

    fn unknown(&self, look: &mut Look, why: &str) {
        look.outcomes = GuestType::ALL.into_iter().map(|guest| (guest, Outcome::Unknown(why.to_owned()))).collect();
    }
}

/// What libxenguest says when it cannot unpack a payload.
fn unable(compression: Compression) -> String {
    let name = match compression {
        Compression::Gzip => "gzip",
        Compression::Bzip2 => "BZIP2",
        Compression::Xz => "XZ",
        Compression::Lzma => "LZMA",
        Compression::Lzo => "LZO",
        Compression::Lz4 => "LZ4",
        Compression::Zstd => "ZSTD",
    };
    format!("xc_dom_probe_bzimage_kernel unable to {name} decompress kernel")
}

/// The length at the end of compressed data that is longer than anything that Xen unpacks: of a file that was cut, its last bytes are
/// any.
fn too_much(compression: Compression, declared: u64) -> Cause {
    let why = format!("its last four bytes say that it unpacks to {declared} bytes, and Xen unpacks at most {LARGEST}");
    Cause::Damaged(compression, why)
}

/// What was made of an image.
struct Judged {
    parameters: Option<XenParameters>,
    outcome: Outcome,
}
