//! What is wrong with an initrd.

use super::message::KernelMessage;
use crate::decompress::Compression;

/// The way out where an initrd was not written in full.
pub(crate) const BUILD_AGAIN: &str =
    "build the initrd again (update-initramfs -u, dracut -f, or nixos-rebuild boot), and look for a full disk";

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The guest may do without what is missing.
    Doubtful,
    /// pregrub cannot tell.
    Unknown,
    /// The kernel does not get what it needs.
    Unusable,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It has no bytes.
    Empty,
    /// It is neither an archive nor compressed: what it looks like.
    NotAnArchive {
        /// The kernel's words.
        message: KernelMessage,
        /// What it is instead, where that is known.
        is: Option<&'static str>,
    },
    /// The kernel gives up at or before a byte of the file.
    Refused {
        /// The kernel's words.
        message: KernelMessage,
        /// The byte.
        at: u64,
    },
    /// It ends within an entry. The kernel does not notice.
    Cut {
        /// Bytes that are missing of the entry.
        missing: u64,
    },
    /// It ends between two entries, without the one that ends an archive. The kernel does not notice.
    WithoutTrailer,
    /// The kernel does not have the compression.
    UnsupportedCompression {
        /// The compression.
        compression: Compression,
        /// Why that is known, as a clause.
        why: String,
    },
    /// The toolstack drops all but the first member.
    LostMembers {
        /// The byte at which the second begins.
        at: u64,
    },
    /// It has no /init.
    NoInit,
    /// The kernel has no driver for Xen's disks.
    NoBlockDriver {
        /// Why that is known, as a clause.
        why: String,
    },
    /// Its modules are for other kernels than the one that boots.
    OtherKernel {
        /// The kernel's release.
        kernel: String,
        /// The releases that it has modules for.
        modules: Vec<String>,
    },
    /// Entries are not created, since their headers are wrong.
    LeftOut {
        /// How many.
        count: u64,
    },
    /// Not all of it was looked at: it needs this much memory to unpack.
    TooMuchMemory {
        /// Bytes.
        bytes: u64,
    },
    /// Not all of it was looked at: it unpacks to more than this.
    TooLarge {
        /// Bytes.
        limit: u64,
    },
}

impl Problem {
    /// How bad it is.
    pub fn weight(&self) -> Weight {
        match self {
            Self::NoInit | Self::LeftOut { .. } | Self::OtherKernel { .. } => Weight::Doubtful,
            Self::TooMuchMemory { .. } | Self::TooLarge { .. } => Weight::Unknown,
            _ => Weight::Unusable,
        }
    }

    /// The name of the kind, for machines.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotAnArchive { .. } => "not-an-archive",
            Self::Refused { .. } => "refused",
            Self::Cut { .. } => "cut",
            Self::WithoutTrailer => "without-trailer",
            Self::UnsupportedCompression { .. } => "unsupported-compression",
            Self::LostMembers { .. } => "lost-members",
            Self::NoInit => "no-init",
            Self::NoBlockDriver { .. } => "no-block-driver",
            Self::OtherKernel { .. } => "other-kernel",
            Self::LeftOut { .. } => "entries-left-out",
            Self::TooMuchMemory { .. } => "too-much-memory",
            Self::TooLarge { .. } => "too-large",
        }
    }

    /// What is wrong, in one sentence without a full stop.
    pub fn sentence(&self) -> String {
        match self {
            Self::Empty => "the initrd is empty: xl fails to open it and does not build the domain".to_owned(),
            Self::NotAnArchive { message, is } => {
                let is = is.map(|is| format!(" but {is}")).unwrap_or_default();
                format!(
                    "the initrd is not a cpio archive{is}: the kernel prints \"Initramfs unpacking failed: {message}\""
                )
            }
            Self::Refused { message, at } => format!(
                "the kernel stops unpacking the initrd near byte {at}, loses what follows, and prints \"Initramfs unpacking failed: {message}\""
            ),
            Self::Cut { missing } => {
                format!(
                    "the initrd is cut off: {missing} bytes of its last entry are missing, and the kernel does not notice"
                )
            }
            Self::WithoutTrailer => {
                "the initrd ends without the entry that ends an archive: it is cut off, and the kernel does not notice"
                    .to_owned()
            }
            Self::UnsupportedCompression { compression, why } => {
                format!("the kernel cannot unpack an initrd compressed with {compression}: {why}")
            }
            Self::LostMembers { at } => format!(
                "the domain builder of Xen up to 4.19 unpacks the first gzip member of the initrd alone: everything from byte {at} on is lost without a message"
            ),
            Self::NoInit => "the initrd has no /init: the kernel mounts the root disk without its help".to_owned(),
            Self::NoBlockDriver { why } => format!("the guest has no driver for its disks: {why}"),
            Self::OtherKernel { kernel, modules } => {
                format!(
                    "the initrd has modules for {}, and the kernel is {kernel}: it loads none of them",
                    modules.join(", ")
                )
            }
            Self::LeftOut { count: 1 } => "the kernel skips 1 entry of the initrd, whose header is wrong".to_owned(),
            Self::LeftOut { count } => {
                format!("the kernel skips {count} entries of the initrd, whose headers are wrong")
            }
            Self::TooMuchMemory { bytes } => {
                format!("unpacking the initrd takes a window of {bytes} bytes, which is more than pregrub spends")
            }
            Self::TooLarge { limit } => {
                format!("the initrd unpacks to more than {limit} bytes, and pregrub looks no further")
            }
        }
    }

    /// The way out, in one sentence without a full stop.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Empty | Self::Cut { .. } | Self::WithoutTrailer => {
                BUILD_AGAIN.to_owned()
            }
            Self::NotAnArchive { .. } => "name the initrd that belongs to the kernel".to_owned(),
            Self::Refused { message, .. } => match refused_help(message) {
                Some(help) => help.to_owned(),
                None => "build the initrd again, and look for a full disk or a damaged copy".to_owned(),
            },
            Self::UnsupportedCompression { .. } => {
                "build the initrd with another compression (gzip is there in almost every kernel)".to_owned()
            }
            Self::LostMembers { .. } => {
                "put what is added in front of the initrd as an uncompressed archive, or build one archive of both; Xen 4.20 and later hands both over".to_owned()
            }
            Self::NoInit => return None,
            Self::NoBlockDriver { .. } => {
                "add the module xen-blkfront to the initrd (initramfs-tools: /etc/initramfs-tools/modules; dracut: add_drivers; NixOS: boot.initrd.availableKernelModules)".to_owned()
            }
            Self::OtherKernel { kernel, .. } => format!("build the initrd for {kernel}, or name the one that belongs to it"),
            Self::LeftOut { .. } => "build the initrd again".to_owned(),
            Self::TooMuchMemory { .. } | Self::TooLarge { .. } => return None,
        })
    }
}

/// The way out of what the kernel says.
fn refused_help(message: &KernelMessage) -> Option<&'static str> {
    let words = message.to_string();
    Some(if words.contains("not supported by this XZ decoder") {
        "compress it with xz --check=crc32"
    } else if words == "ZSTD-compressed data is probably corrupt" {
        "compress it with a window of at most 128 MiB (zstd --long=27)"
    } else if words.contains("invalid magic") {
        "pad each archive to a multiple of four bytes before the next one, and compress with zstd instead of pzstd"
    } else if words == "Decoding failed" {
        "put four zero bytes after an archive compressed with lz4, or put it last"
    } else {
        return None;
    })
}
