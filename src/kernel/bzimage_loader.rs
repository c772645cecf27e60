//! libxenguest's loader for bzImages: it unpacks the payload, and hands an ELF file on.

use std::io;

use super::builder::Unpacking;
use super::bzimage::{self, BzImage};
use super::elf_loader::judge;
use super::loader::{LARGEST, LookUnderWay, NO_LOADER, too_much};
use super::outcome::{KernelFormat, LoadOutcome, Look, RefusalReason};
use super::payload::PackedPayload;
use crate::decompress::{Compression, ReadAt, xz};

impl LookUnderWay<'_> {
    pub(super) fn bzimage(&mut self, look: &mut Look, header: BzImage, file: &dyn ReadAt, size: u64) -> io::Result<()> {
        look.format = KernelFormat::BzImage { protocol: header.protocol };
        if let Some(at) = header.version_at {
            let mut text = [0; 256];
            let count = file.read_at(at, &mut text)?;
            look.version = bzimage::version(&text[..count]);
        }
        let probe = "xc_dom_probe_bzimage_kernel";
        if header.is_too_old() {
            let words = format!("{probe}: boot protocol too old ({:04x})", header.protocol);
            self.refuse_both(look, &words, &RefusalReason::OldProtocol(header.protocol));
            return Ok(());
        }
        let (start, end) = (header.payload_start, header.payload_start.saturating_add(header.payload_length));
        if start >= size || end > size {
            let what = if start >= size { "offset" } else { "length" };
            self.refuse_both(
                look,
                &format!("{probe}: payload {what} overflow"),
                &RefusalReason::Incomplete(end.saturating_sub(size)),
            );
            return Ok(());
        }
        let length = end.saturating_sub(start);
        let mut magic = [0; 6];
        let count = file.read_at(start, &mut magic)?.min(usize::try_from(length).unwrap_or(6));
        self.read = self.read.max(start.saturating_add(6)).min(self.size);
        let compression = Compression::of(&magic[..count]);
        look.compression = compression;
        let builder = self.question.builder();
        let Some(compression) = compression.filter(|&it| !matches!(builder.unpacks(it), Unpacking::TooOld(_))) else {
            // The payload may be an ELF file as it is: the loader for ELF sees it now.
            if magic.starts_with(b"\x7fELF") {
                look.unpacked_size = Some(length);
                let answer = self.ask_stored(file, start, length, false);
                self.take(look, answer, None, false)?;
                // The loader for bzImages has complained by then.
                for (_, outcome) in &mut look.outcomes {
                    if let LoadOutcome::Refused { words, loads: false, .. } = outcome {
                        *words = format!("{probe}: unknown compression format");
                    }
                }
                return Ok(());
            }
            let since = compression.and_then(|compression| match builder.unpacks(compression) {
                Unpacking::TooOld(since) => Some(since),
                _ => None,
            });
            let cause = RefusalReason::UnknownCompression { compression, since };
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
            self.refuse_both(look, &words, &RefusalReason::LeftOut(compression));
            return Ok(());
        }
        if compression == Compression::Xz {
            let mut beginning = vec![0; xz::BEGINNING.min(usize::try_from(length).unwrap_or(xz::BEGINNING))];
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
        let short = end.saturating_sub(start) < shortest;
        let mut length = [0; 4];
        let declared = if short {
            None
        } else {
            self.read = self.read.max(end).min(self.size);
            (file.read_at(end.saturating_sub(4), &mut length)? == 4).then(|| u64::from(u32::from_le_bytes(length)))
        };
        let Some(declared) = declared else {
            let words = if gzip { NO_LOADER.to_owned() } else { unable(compression) };
            let why = "there is next to no data".to_owned();
            self.refuse_both(look, &words, &RefusalReason::Damaged(compression, why));
            return Ok(());
        };
        if declared.saturating_add(if gzip { 16 } else { 0 }) > LARGEST {
            let words = if gzip && declared > LARGEST { NO_LOADER } else { "kernel image too large" };
            self.refuse_both(look, words, &too_much(compression, declared));
            return Ok(());
        }
        look.unpacked_size = Some(declared);
        let packed = PackedPayload {
            file,
            start,
            end: if gzip { end } else { end.saturating_sub(4) },
            compression,
            declared,
            lzma_memory: self.question.builder().lzma_memory(),
            may_be_short: gzip || (compression == Compression::Lz4 && self.question.builder().takes_short_lz4()),
        };
        let answer = packed.ask(self.depth, |image| judge(self.question, image, self.question.guest, false));
        self.take(look, answer, Some(compression), false)
    }
}

/// What libxenguest says when it cannot unpack a payload.
pub(super) fn unable(compression: Compression) -> String {
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
