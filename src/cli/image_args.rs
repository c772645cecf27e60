//! How image files are read: qcow2, VHD and others, and compressed ones.

use clap::{Args, ValueEnum};

use super::number::number;
use super::runner_commands;
use crate::storage::container::{ChainPolicy, ContainerLimits, ImageFormat};
use crate::storage::identify::Format;
use crate::target::OpenOptions;

// How image files are read.
#[derive(Debug, Args)]
pub(super) struct ImageArgs {
    /// The format of an image file: `raw` shows what pygrub makes of the file itself, the others look at the disk inside, as
    /// anyone who attaches the image shows it to pygrub
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = FormatArg::Auto)]
    image_format: FormatArg,
    /// Follow the names of other files in an image (backing files, extents) anywhere, and through links; without this only below
    /// the directory of the image, and only where --image-format or a domain says the format; in continuous integration not at all
    #[arg(long)]
    follow_backing_files: bool,
    /// How much the compressed images that are open at once may take in the temporary directory (TMPDIR) when they are unpacked, without their zeros; a disk may be eight times as long [default: 2048, and at most half of the space there]
    #[arg(long, value_name = "MIB", allow_negative_numbers = true, value_parser = number::<u64>(0..=u64::MAX))]
    unpack_limit: Option<u64>,
}

/// The format of an image file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// By the first bytes of the file; a compressed one by the ending of its name, too (.gz, .bz2, .xz, .zst)
    Auto,
    /// As pygrub reads the file itself
    Raw,
    /// QEMU's qcow2
    Qcow2,
    /// QEMU's qcow
    Qcow,
    /// Microsoft's VHD, which XCP-ng uses
    Vhd,
    /// Hyper-V's VHDX
    Vhdx,
    /// VMware's VMDK
    Vmdk,
    /// VirtualBox's VDI
    Vdi,
    /// A raw disk inside of a gzip file
    Gzip,
    /// A raw disk inside of a bzip2 file
    Bzip2,
    /// A raw disk inside of an xz file
    Xz,
    /// A raw disk inside of a zstd file
    Zstd,
}

impl ImageArgs {
    /// These choices, and nothing else said.
    pub(super) fn options(&self) -> OpenOptions {
        let image = match self.image_format {
            FormatArg::Auto => ImageFormat::Detect,
            FormatArg::Raw => ImageFormat::Raw,
            FormatArg::Qcow2 => ImageFormat::Inside(Format::Qcow2),
            FormatArg::Qcow => ImageFormat::Inside(Format::Qcow),
            FormatArg::Vhd => ImageFormat::Inside(Format::Vhd),
            FormatArg::Vhdx => ImageFormat::Inside(Format::Vhdx),
            FormatArg::Vmdk => ImageFormat::Inside(Format::Vmdk),
            FormatArg::Vdi => ImageFormat::Inside(Format::Vdi),
            FormatArg::Gzip => ImageFormat::Inside(Format::Gzip),
            FormatArg::Bzip2 => ImageFormat::Inside(Format::Bzip2),
            FormatArg::Xz => ImageFormat::Inside(Format::Xz),
            FormatArg::Zstd => ImageFormat::Inside(Format::Zstd),
        };
        let mut options = unsaid();
        if self.follow_backing_files {
            options.limits.chain = ChainPolicy::Anywhere;
        }
        options.limits.unpacked = self.unpack_limit.map(|mib| mib.saturating_mul(1 << 20));
        OpenOptions { image, ..options }
    }
}

/// How targets are opened where the command line says nothing of images.
pub(super) fn unsaid() -> OpenOptions {
    let chain = if runner_commands::are_obeyed() { ChainPolicy::Nowhere } else { ChainPolicy::Beneath };
    OpenOptions { limits: ContainerLimits { chain, ..ContainerLimits::default() }, ..OpenOptions::default() }
}
