//! Unpacking a kernel as far as a question needs it, and to its end if everything counts.

use std::io;

use super::built_in_config::ConfigSearch;
use super::image::{Image, ImageResult, MOST_PAGES, Need, PAGE};
use super::question::KernelDepth;
use crate::decompress::{Compression, DecodeError, Decoder, Input, Limits, ReadAt, decoder};
use crate::initrd::KernelConfig;
use crate::size::{to_u64, to_usize};

/// Packed bytes of a file.
pub(super) struct PackedPayload<'a> {
    pub file: &'a dyn ReadAt,
    pub start: u64,
    /// Where the compressed data ends; the word with the length that follows is not of it.
    pub end: u64,
    pub compression: Compression,
    /// The length of what comes out, by the file's account.
    pub declared: u64,
    /// The memory that liblzma may take.
    pub lzma_memory: u64,
    /// Whether the data may end early: the rest is zeros then.
    pub may_be_short: bool,
}

/// Why a kernel cannot be unpacked.
#[derive(Debug)]
pub(super) enum UnpackError {
    /// The data is not what libxenguest unpacks; what is wrong.
    Decode(DecodeError),
    /// It unpacks to this many bytes, which is not what the file says.
    Length(u64),
    /// pregrub does not go on; why, as a clause.
    Unknown(String),
    /// The file could not be read.
    Io(io::Error),
}

impl From<DecodeError> for UnpackError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Io(error) => Self::Io(error),
            DecodeError::Memory => Self::Unknown(error.to_string()),
            error => Self::Decode(error),
        }
    }
}

/// How often the data is unpacked from its beginning, if a header refers back.
const MOST_PASSES: usize = 4;

/// Output that has the file's headers.
const FIRST_STOP: u64 = PAGE;
/// How much further a pass goes than the page that is needed.
const FURTHER: u64 = 1 << 20;

/// How a pass ended.
enum Pass<T> {
    Answered(T, Option<KernelConfig>),
    /// A page is needed that lies before what is unpacked now.
    Before,
    /// A page is needed that lies after the stop.
    StopsTooEarly(u64),
}

/// The image that the answer rests on, and the answer.
pub(super) struct Answered<T> {
    pub image: Image,
    pub answer: T,
    /// Bytes of the file that were read, from its beginning.
    pub read: u64,
    /// The configuration in the kernel, if all of it was unpacked.
    pub config: Option<KernelConfig>,
}

impl PackedPayload<'_> {
    /// The length of the image: gzip is unpacked into a buffer that is 16 bytes longer, and what is not filled is zeros.
    fn image_size(&self) -> u64 {
        if self.compression == Compression::Gzip { self.declared.saturating_add(16) } else { self.declared }
    }

    /// Unpacks until `ask` is answered, or everything.
    pub(super) fn ask<T>(
        &self,
        depth: KernelDepth,
        ask: impl Fn(&Image) -> ImageResult<T>,
    ) -> Result<Answered<T>, UnpackError> {
        let mut image = Image::new(self.image_size());
        let mut stops_at = self.first_stop(depth);
        let (mut read, mut passes) = (0, 0_usize);
        while passes < MOST_PASSES {
            let mut input = Input::new(self.file, self.start, self.end);
            let pass = self.pass(&mut input, &mut image, stops_at, depth, &ask);
            read = read.max(input.position());
            match pass {
                Ok(Pass::Answered(answer, config)) => return Ok(Answered { image, answer, read, config }),
                Ok(Pass::StopsTooEarly(page)) => {
                    // Notes mostly lie together.
                    let next = Some(page.saturating_add(1).saturating_mul(PAGE).saturating_add(FURTHER))
                        .filter(|_| stops_at == Some(FIRST_STOP));
                    stops_at = next.filter(|&next| next < self.image_size());
                }
                Ok(Pass::Before) => passes = passes.saturating_add(1),
                Err(UnpackError::Io(error)) => return Err(UnpackError::Io(error)),
                // What is wrong with it, the decoder that verifies everything says, from the beginning.
                Err(_) if stops_at.is_some() => {
                    stops_at = None;
                    image = Image::new(self.image_size());
                }
                Err(failure) => return Err(failure),
            }
        }
        Err(UnpackError::Unknown("its headers refer back more often than pregrub follows".to_owned()))
    }

    /// Where a pass that does not go to the end stops at first: those that hold a dictionary as large as their output after the
    /// headers, which show how large that is.
    fn first_stop(&self, depth: KernelDepth) -> Option<u64> {
        let stop = match self.compression {
            _ if depth == KernelDepth::All => None,
            Compression::Xz => Some(FIRST_STOP),
            Compression::Zstd => Some(self.image_size()),
            _ => None,
        };
        stop.filter(|&stop| stop <= self.image_size())
    }

    /// Unpacks once from the beginning, adding to `image` what `ask` needs.
    fn pass<T>(
        &self,
        input: &mut Input<'_>,
        image: &mut Image,
        stops_at: Option<u64>,
        depth: KernelDepth,
        ask: &impl Fn(&Image) -> ImageResult<T>,
    ) -> Result<Pass<T>, UnpackError> {
        let limits = Limits { dictionary: self.lzma_memory, output: self.image_size(), stops_at, ..Limits::default() };
        let search = (depth == KernelDepth::All).then(ConfigSearch::default);
        let mut stream =
            Stream { decoder: decoder(self.compression, input, limits), at: 0, ended: false, of: self, search };
        loop {
            match ask(image) {
                Ok(answer) => {
                    if depth == KernelDepth::All {
                        stream.finish()?;
                    }
                    return Ok(Pass::Answered(answer, stream.search.and_then(ConfigSearch::found)));
                }
                Err(Need(page)) if page.saturating_mul(PAGE) < stream.at => return Ok(Pass::Before),
                Err(Need(page)) => {
                    let start = page.saturating_mul(PAGE);
                    let end = start.saturating_add(to_u64(image.page_length(page)));
                    if stops_at.is_some_and(|stops_at| end > stops_at) {
                        return Ok(Pass::StopsTooEarly(page));
                    }
                    if image.pages() >= MOST_PAGES {
                        let why = "its headers are spread further than pregrub reads";
                        return Err(UnpackError::Unknown(why.to_owned()));
                    }
                    stream.skip_to(start)?;
                    let mut bytes = vec![0; image.page_length(page)];
                    stream.fill(&mut bytes)?;
                    image.add(page, bytes.into_boxed_slice());
                }
            }
        }
    }

    /// Unpacks everything into memory, if it is not longer than `most`.
    pub(super) fn unpack(&self, most: u64) -> Result<Vec<u8>, UnpackError> {
        let size = self.image_size();
        if size > most {
            return Err(UnpackError::Unknown("it unpacks to more than pregrub holds".to_owned()));
        }
        let mut input = Input::new(self.file, self.start, self.end);
        let limits = Limits { dictionary: self.lzma_memory, output: size, ..Limits::default() };
        let mut stream = Stream {
            decoder: decoder(self.compression, &mut input, limits),
            at: 0,
            ended: false,
            of: self,
            search: None,
        };
        let mut bytes = Vec::new();
        while to_u64(bytes.len()) < size && !stream.ended {
            let start = bytes.len();
            let count = to_usize(size.saturating_sub(to_u64(start)).min(PAGE));
            bytes.resize(start.saturating_add(count), 0);
            stream.fill(&mut bytes[start..])?;
        }
        bytes.resize(usize::try_from(size).unwrap_or_default(), 0);
        stream.finish()?;
        Ok(bytes)
    }
}

/// The unpacked bytes, one after the other.
struct Stream<'a, 'b> {
    decoder: Box<dyn Decoder + 'a>,
    /// How many came out.
    at: u64,
    ended: bool,
    of: &'a PackedPayload<'b>,
    /// What looks for the configuration in the kernel.
    search: Option<ConfigSearch>,
}

impl Stream<'_, '_> {
    /// Reads into all of `out`. After the end of data that may be short there are zeros.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), UnpackError> {
        let mut done = 0;
        while done < out.len() {
            let count = if self.ended { 0 } else { self.read(&mut out[done..])? };
            if count == 0 {
                self.ended = true;
                if !self.of.may_be_short {
                    return Err(UnpackError::Length(self.at));
                }
                out[done..].fill(0);
                return Ok(());
            }
            done = done.saturating_add(count);
        }
        Ok(())
    }

    fn read(&mut self, out: &mut [u8]) -> Result<usize, UnpackError> {
        let count = self.decoder.read(out)?;
        self.at = self.at.saturating_add(to_u64(count));
        if let Some(search) = &mut self.search {
            search.take(&out[..count]);
        }
        Ok(count)
    }

    /// Drops what is before the byte `offset`.
    fn skip_to(&mut self, offset: u64) -> Result<(), UnpackError> {
        let mut dropped = vec![0; to_usize(PAGE)];
        while self.at < offset && !self.ended {
            let count = to_usize(offset.saturating_sub(self.at)).min(dropped.len());
            self.fill(&mut dropped[..count])?;
        }
        Ok(())
    }

    /// Reads to the end, and answers as the library that libxenguest uses for the format does.
    fn finish(&mut self) -> Result<(), UnpackError> {
        let size = self.of.image_size();
        let mut dropped = vec![0; to_usize(PAGE)];
        while self.at < size && !self.ended {
            let count = to_usize(size.saturating_sub(self.at)).min(dropped.len());
            self.ended = self.read(&mut dropped[..count])? == 0;
        }
        if self.ended {
            return if self.of.may_be_short || self.at == size { Ok(()) } else { Err(UnpackError::Length(self.at)) };
        }
        // The buffer is full.
        match self.of.compression {
            // More output, or input that ends here, is not a fault for those three; damage in what comes after the data is.
            Compression::Lzma | Compression::Xz | Compression::Bzip2 => match self.decoder.read(&mut dropped[..1]) {
                Ok(_) | Err(DecodeError::Truncated) => Ok(()),
                Err(error) => Err(error.into()),
            },
            Compression::Gzip | Compression::Zstd | Compression::Lz4 | Compression::Lzo => {
                match self.decoder.read(&mut dropped[..1])? {
                    0 => Ok(()),
                    count => Err(UnpackError::Length(self.at.saturating_add(to_u64(count)))),
                }
            }
        }
    }
}
