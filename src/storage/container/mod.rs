//! Disks inside of images: qcow2, VHD, VHDX, VMDK, VDI, and raw images that are compressed.
//!
//! pygrub itself reads raw disks only. What hands it a guest's disk from such an image (tapdisk, qemu-nbd, libxl's own attachment)
//! shows the raw view; here the same view is a [`Source`]. Read-only: an image is never opened for writing.
//!
//! Images may name other files: backing files, data files, extents. [`ChainPolicy`] says which of them are opened.
//!
//! Why no crate reads them: `imago` (qcow2, VMDK) writes as well, holds some hundred `unsafe` blocks, and follows the names in an
//! image by itself. The contents are compared with qemu-img's for every format and option (`tests/storage/container.rs`).

mod chain;
mod error;
mod fields;
mod mapped;
mod qcow;
mod qcow2;
mod unnamed_file;
mod unpacked;
mod unpacking_space;
mod vdi;
mod vhd;
mod vhdx;
mod vmdk;

use std::path::Path;
use std::sync::Arc;

pub use self::chain::{ChainPolicy, ImagePlace};
pub use self::error::ContainerError;

use self::chain::ImageChain;
use self::fields::Fields;
use self::mapped::read_some;
use super::source::Source;
use crate::decompress::Compression;
use crate::storage::identify::Format;

/// How an image file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageFormat {
    /// By its first bytes: the disk inside of an image, a raw disk as it is. Other files that the image names are opened only with
    /// [`ChainPolicy::Anywhere`], and a compressed one is unpacked only if its name ends as that of one does (`.gz`, `.bz2`, `.xz`,
    /// `.zst`): a raw disk, too, may begin so.
    #[default]
    Detect,
    /// As pygrub reads the file itself: as a raw disk, whatever it holds.
    Raw,
    /// As the disk inside of an image of this format.
    Inside(Format),
}

/// What opening an image may do.
#[derive(Clone, Copy, Debug)]
pub struct ContainerLimits {
    /// Which of the files that it names are opened.
    pub chain: ChainPolicy,
    /// How many bytes the compressed images that a process has open may store in the temporary directory, unpacked; zeros take no
    /// space, and the disk may be eight times as long. `None` stands for 2 GiB, and at most half of what is free there.
    pub unpacked: Option<u64>,
}

impl Default for ContainerLimits {
    fn default() -> Self {
        Self { chain: ChainPolicy::Beneath, unpacked: None }
    }
}

/// The format of an image by its first bytes. `None` for a raw disk, as which a fixed VHD counts: its footer is at its end.
///
/// # Errors
///
/// It cannot be read.
pub fn format_of(file: &dyn Source) -> std::io::Result<Option<Format>> {
    let head = read_some(file, 0, 72)?;
    let fields = Fields(&head);
    let starts = [
        (vhdx::MAGIC, Format::Vhdx),
        (vhd::COOKIE, Format::Vhd),
        (vmdk::SPARSE, Format::Vmdk),
        (vmdk::COWD, Format::Vmdk),
        (b"\x1f\x8b\x08", Format::Gzip),
        (b"BZh", Format::Bzip2),
        (b"\xfd7zXZ\0", Format::Xz),
        (b"\x28\xb5\x2f\xfd", Format::Zstd),
    ];
    if fields.starts_with(qcow2::MAGIC) {
        return Ok(Some(if fields.be32(4) == Some(1) { Format::Qcow } else { Format::Qcow2 }));
    }
    // A disk may begin with such a text, too, but no descriptor is as long as a disk.
    if fields.starts_with(vmdk::DESCRIPTOR) && file.len() <= vmdk::DESCRIPTOR_AT_MOST {
        return Ok(Some(Format::Vmdk));
    }
    if fields.le32(64) == Some(vdi::SIGNATURE) {
        return Ok(Some(Format::Vdi));
    }
    Ok(starts.into_iter().find(|(magic, _)| fields.starts_with(magic)).map(|(_, format)| format))
}

/// Opens the disk inside of an image of this format. `path` is where the image is: the names in it are read from its directory.
///
/// # Errors
///
/// As [`ContainerError`] says.
pub fn open(
    file: Arc<dyn Source>,
    format: Format,
    path: Option<&Path>,
    limits: ContainerLimits,
) -> Result<Arc<dyn Source>, ContainerError> {
    open_at(file, format, path.map(ImagePlace::of).unwrap_or_default(), limits)
}

/// How a disk in a file of this format is compressed. `None` if it is not.
pub(crate) fn compression(format: Format) -> Option<Compression> {
    Some(match format {
        Format::Gzip => Compression::Gzip,
        Format::Bzip2 => Compression::Bzip2,
        Format::Xz => Compression::Xz,
        Format::Zstd => Compression::Zstd,
        _ => return None,
    })
}

fn open_at(
    file: Arc<dyn Source>,
    format: Format,
    place: ImagePlace<'_>,
    limits: ContainerLimits,
) -> Result<Arc<dyn Source>, ContainerError> {
    if let Some(compression) = compression(format) {
        return unpacked::open(&*file, compression, limits.unpacked);
    }
    let mut chain = ImageChain::of(place, limits.chain);
    open_image(file, format, Path::new(""), &mut chain)
}

/// The disk inside of an image, and the format of the image.
pub type Inside = (Arc<dyn Source>, Format);

/// Opens an image as it is to be read, and says in which format the disk is. `None` if it is raw.
///
/// # Errors
///
/// As [`ContainerError`] says.
pub fn open_as(
    file: &Arc<dyn Source>,
    how: ImageFormat,
    path: Option<&Path>,
    limits: ContainerLimits,
) -> Result<Option<Inside>, ContainerError> {
    open_as_at(file, how, path.map(ImagePlace::of).unwrap_or_default(), limits)
}

/// Does what [`open_as`] does for an image at this place.
///
/// # Errors
///
/// As [`ContainerError`] says.
pub fn open_as_at(
    file: &Arc<dyn Source>,
    how: ImageFormat,
    place: ImagePlace<'_>,
    mut limits: ContainerLimits,
) -> Result<Option<Inside>, ContainerError> {
    let format = match how {
        ImageFormat::Raw => None,
        ImageFormat::Inside(format) => Some(format),
        ImageFormat::Detect => {
            if limits.chain == ChainPolicy::Beneath {
                limits.chain = ChainPolicy::Alone;
            }
            format_of(&**file)?.filter(|&format| compression(format).is_none() || place.is_named_as(format))
        }
    };
    format.map(|format| Ok((open_at(Arc::clone(file), format, place, limits)?, format))).transpose()
}

fn open_image(
    file: Arc<dyn Source>,
    format: Format,
    directory: &Path,
    chain: &mut ImageChain,
) -> Result<Arc<dyn Source>, ContainerError> {
    chain.deeper()?;
    // A fixed VHD is one by its footer.
    if format_of(&*file)? != Some(format) && (format != Format::Vhd || vhd::footer(&*file)?.is_none()) {
        return Err(error::damaged(format!("it is not a {}", format.title())));
    }
    match format {
        Format::Qcow => qcow::open(file, directory, chain),
        Format::Qcow2 => qcow2::open(file, directory, chain),
        Format::Vhd => vhd::open(file, directory, chain),
        Format::Vhdx => vhdx::open(file, chain),
        Format::Vmdk => vmdk::open(file, directory, chain),
        Format::Vdi => vdi::open(file, chain),
        other => Err(error::unsupported(format!("pregrub does not look into a {}", other.title()))),
    }
}

/// What an image says of the format of the one that it is based on.
enum ParentFormat<'a> {
    /// Nothing: the first bytes decide.
    Unsaid,
    /// In QEMU's words.
    Named(&'a [u8]),
    /// A VHD with this identifier; a raw disk if there is none, whatever the disk's own bytes say (Xen's blktap decides so).
    VhdOrRaw(Option<[u8; 16]>),
    /// A VMDK.
    Vmdk,
}

/// Opens the image that one in `directory` is based on.
fn open_parent(
    chain: &mut ImageChain,
    directory: &Path,
    name: &[u8],
    format: ParentFormat<'_>,
) -> Result<Arc<dyn Source>, ContainerError> {
    let member = chain.open(directory, name, "backing file")?;
    let said = match format {
        ParentFormat::Unsaid => {
            // It may be a raw disk, which begins as a guest likes.
            chain.detected();
            format_of(&*member.source)?.filter(|&format| compression(format).is_none())
        }
        // A guest writes all of a raw disk, a footer too, but no identifier that the image above it asks for.
        ParentFormat::VhdOrRaw(None) => None,
        ParentFormat::VhdOrRaw(wanted) => match vhd::footer(&*member.source)? {
            Some(footer) if footer.identifier() == wanted => Some(Format::Vhd),
            _ => return Err(error::damaged("the file in the place of the image that it is based on is another one")),
        },
        ParentFormat::Vmdk => Some(Format::Vmdk),
        ParentFormat::Named(b"raw" | b"file" | b"host_device") => None,
        ParentFormat::Named(b"qcow2") => Some(Format::Qcow2),
        ParentFormat::Named(b"qcow") => Some(Format::Qcow),
        ParentFormat::Named(b"vpc") => Some(Format::Vhd),
        ParentFormat::Named(b"vhdx") => Some(Format::Vhdx),
        ParentFormat::Named(b"vmdk") => Some(Format::Vmdk),
        ParentFormat::Named(b"vdi") => Some(Format::Vdi),
        ParentFormat::Named(other) => {
            let other = String::from_utf8_lossy(other);
            return Err(error::unsupported(format!("its backing file has the format `{other}`")));
        }
    };
    match said {
        None => Ok(member.source),
        Some(format) => open_image(member.source, format, &member.directory, chain),
    }
}
