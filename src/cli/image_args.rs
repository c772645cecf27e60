//! How image files are read: qcow2, VHD and others, and compressed ones.

use clap::{Args, ValueEnum};

use crate::storage::container::{ChainPolicy, ContainerLimits, ImageFormat};
use crate::storage::identify::Format;
use crate::target::OpenOptions;

/// How image files are read.
#[derive(Debug, Args)]
pub(super) struct ImageArgs {
    /// The format of an image file: `raw` shows what pygrub makes of the file itself, the others look at the disk inside, as
    /// anyone who attaches the image shows it to pygrub
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = FormatArg::Auto)]
    image_format: FormatArg,
    /// Follow the names of other files in an image (backing files, extents) anywhere, and through links; without this only below
    /// the directory of the image
    #[arg(long)]
    follow_backing_files: bool,
    /// How large a compressed image may be once it is unpacked, into a temporary file without a name
    #[arg(long, value_name = "MIB", default_value_t = 16 << 10)]
    unpack_limit: u64,
}

/// The format of an image file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// By the first bytes of the file
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
        };
        let chain = if self.follow_backing_files { ChainPolicy::Anywhere } else { ChainPolicy::Beneath };
        let limits = ContainerLimits { chain, unpacked: self.unpack_limit.saturating_mul(1 << 20) };
        OpenOptions { image, limits, ..OpenOptions::default() }
    }
}
