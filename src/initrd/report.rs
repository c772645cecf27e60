//! What is said of one initrd: how it is made, what the toolstack and the kernel do with it, and what is wrong.

use std::io;

use super::cpio::End;
use super::driver::BlockDriver;
use super::guest_kernel::GuestKernel;
use super::libxenguest::{self, Handed};
use super::looks_like::looks_like;
use super::problem::{Problem, Weight};
use super::walk::{InitrdWalk, Unfinished, walk};
use crate::decompress::{Compression, ReadAt};
use crate::release::Release;

/// How much of an initrd is unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitrdDepth {
    /// All of it, up to 4 GiB.
    Whole,
    /// At most this many bytes: what lies beyond is not judged.
    Bytes(u64),
}

/// What a hostile initrd may unpack to before pregrub looks no further.
const LARGEST: u64 = 4 << 30;

/// Whether the guest's kernel can use an initrd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitrdVerdict {
    /// It gets what is in it.
    Usable,
    /// It does not.
    Unusable,
    /// pregrub cannot tell.
    Unknown,
}

impl InitrdVerdict {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usable => "usable",
            Self::Unusable => "unusable",
            Self::Unknown => "unknown",
        }
    }
}

/// What is said of an initrd.
#[derive(Clone, Debug)]
pub struct InitrdLook {
    /// Bytes of the file.
    pub size: u64,
    /// The release of Xen whose toolstack hands it over.
    pub release: Release,
    /// What that does with it.
    pub handed: Handed,
    /// How it is made, and what is in it.
    pub walk: InitrdWalk,
    /// The driver for the root disk.
    pub driver: BlockDriver,
    /// Of each compression in it: whether the kernel unpacks it, and why that is known.
    pub compressions: Vec<(Compression, Option<(bool, String)>)>,
    /// What is wrong, the worst first.
    pub problems: Vec<Problem>,
}

impl InitrdLook {
    /// Whether the kernel can use it.
    pub fn verdict(&self) -> InitrdVerdict {
        match self.problems.iter().map(Problem::weight).max() {
            Some(Weight::Unusable) => InitrdVerdict::Unusable,
            Some(Weight::Unknown) => InitrdVerdict::Unknown,
            Some(Weight::Doubtful) | None => InitrdVerdict::Usable,
        }
    }

    /// Whether all of it was looked at.
    pub fn is_whole(&self) -> bool {
        self.walk.unfinished.is_none() && self.walk.message.is_none()
    }
}

/// How much of an initrd is looked at beside its archives.
const BEGINNING: usize = 64 << 10;

/// Judges an initrd of `size` bytes: what Xen of `release` hands over, and what the guest's kernel makes of that.
///
/// ```
/// use pregrub::initrd::{GuestKernel, InitrdDepth, InitrdVerdict, judge};
/// use pregrub::release::Release;
///
/// let text: &[u8] = b"not an archive";
/// let report = judge(&text, text.len() as u64, &GuestKernel::default(), Release::NEWEST, InitrdDepth::Whole)?;
/// assert_eq!(report.verdict(), InitrdVerdict::Unusable);
/// assert!(report.problems[0].sentence().contains("invalid magic at start of compressed archive"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// It cannot be read.
pub fn judge(
    file: &dyn ReadAt,
    size: u64,
    kernel: &GuestKernel,
    release: Release,
    depth: InitrdDepth,
) -> io::Result<InitrdLook> {
    let limit = match depth {
        InitrdDepth::Whole => LARGEST,
        InitrdDepth::Bytes(limit) => limit.min(LARGEST),
    };
    let has = |compression| kernel.unpacks(compression).is_none_or(|(unpacks, _)| unpacks);
    let walk = walk(file, size, limit, &has)?;
    let beginning = read(file, 0, usize::try_from(size).unwrap_or(BEGINNING).min(BEGINNING))?;
    let end = read(file, size.saturating_sub(4), 4)?;
    let last = end.first_chunk().copied().unwrap_or_default();
    let broken = walk.message.is_some() && walk.first_gzip.is_none();
    let handed = libxenguest::handed(release, size, &beginning, last, walk.first_gzip, broken);
    let whole = walk.unfinished.is_none() && walk.message.is_none();
    let driver = BlockDriver::find(&walk.inventory, kernel, whole);
    let mut compressions = Vec::new();
    for compression in walk.members.iter().filter_map(|member| member.compression).chain(walk.refused) {
        if !compressions.iter().any(|(known, _)| *known == compression) {
            compressions.push((compression, kernel.unpacks(compression)));
        }
    }
    let mut report = InitrdLook { size, release, handed, walk, driver, compressions, problems: Vec::new() };
    report.problems = problems(&report, kernel, &beginning, depth);
    report.problems.sort_by_key(|problem| std::cmp::Reverse(problem.weight()));
    Ok(report)
}

fn read(file: &dyn ReadAt, offset: u64, most: usize) -> io::Result<Vec<u8>> {
    let mut buf = vec![0; most];
    let count = file.read_at(offset, &mut buf)?;
    buf.truncate(count);
    Ok(buf)
}

fn problems(report: &InitrdLook, kernel: &GuestKernel, beginning: &[u8], depth: InitrdDepth) -> Vec<Problem> {
    let walk = &report.walk;
    let mut problems = Vec::new();
    if report.size == 0 {
        return vec![Problem::Empty];
    }
    if let Some(compression) = walk.refused {
        let why = kernel.unpacks(compression).map(|(_, why)| why).unwrap_or_default();
        problems.push(Problem::UnsupportedCompression { compression, why });
    } else if let Some((message, at)) = &walk.message {
        let message = message.clone();
        problems.push(if walk.inventory.entries == 0 && walk.members.is_empty() {
            Problem::NotAnArchive { message, is: looks_like(beginning) }
        } else {
            Problem::Refused { message, at: *at }
        });
    }
    if let (Handed::FirstMemberOnly, Some(first)) = (report.handed, walk.first_gzip) {
        problems.push(Problem::LostMembers { at: first.end });
    }
    match walk.unfinished {
        Some(Unfinished::Memory(bytes)) => problems.push(Problem::TooMuchMemory { bytes }),
        // Less was asked for.
        Some(Unfinished::Limit) if depth == InitrdDepth::Whole => problems.push(Problem::TooLarge { limit: LARGEST }),
        Some(Unfinished::Limit) => {}
        None if walk.message.is_none() => {
            match walk.end {
                End::Within { missing } => problems.push(Problem::Cut { missing }),
                End::WithoutTrailer => problems.push(Problem::WithoutTrailer),
                End::Complete if walk.members.is_empty() => {
                    problems.push(Problem::NotAnArchive {
                        message: super::message::KernelMessage::INVALID_MAGIC,
                        is: Some("zeros alone"),
                    });
                }
                End::Complete => {}
            }
            if problems.is_empty() && !walk.inventory.init {
                problems.push(Problem::NoInit);
            }
        }
        None => {}
    }
    if let BlockDriver::Missing(why) = &report.driver
        && walk.message.is_none()
    {
        problems.push(Problem::NoBlockDriver { why: why.clone() });
    }
    if walk.inventory.left_out > 0 {
        problems.push(Problem::LeftOut { count: walk.inventory.left_out });
    }
    if let Some(release) = &kernel.release
        && report.is_whole()
        && walk.inventory.modules > 0
        && !walk.inventory.kernels.is_empty()
        && !walk.inventory.kernels.contains(release)
    {
        problems.push(Problem::OtherKernel { kernel: release.clone(), modules: walk.inventory.kernels.clone() });
    }
    problems
}
