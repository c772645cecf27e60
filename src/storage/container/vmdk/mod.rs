//! VMware's VMDK: sparse, stream-optimised, and descriptors with flat or sparse extents.

mod descriptor;
mod sparse;

use std::path::Path;
use std::sync::Arc;

use self::descriptor::{ExtentKind, VmdkDescriptor};
use super::chain::ImageChain;
use super::error::{ContainerError, damaged, unsupported};
use super::mapped::read_some;
use super::{ParentFormat, open_parent};
use crate::storage::concatenated::{Concatenated, DiskWindow, Part};
use crate::storage::source::Source;

pub(super) const SPARSE: &[u8] = b"KDMV";
pub(super) const COWD: &[u8] = b"COWD";
pub(super) const DESCRIPTOR: &[u8] = b"# Disk DescriptorFile";
const SECTOR: u64 = 512;
/// A descriptor is a few hundred bytes; QEMU reads 2 MiB at most.
pub(super) const DESCRIPTOR_AT_MOST: u64 = 1 << 20;

pub(super) fn open(
    file: Arc<dyn Source>,
    directory: &Path,
    chain: &mut ImageChain,
) -> Result<Arc<dyn Source>, ContainerError> {
    let head = read_some(&*file, 0, 64)?;
    if head.starts_with(COWD) {
        return Err(unsupported(
            "it is a sparse disk of an ESX host (COWD): if you made it, export it there with vmkfstools",
        ));
    }
    if head.starts_with(SPARSE) {
        let header = sparse::SparseHeader::read(&*file)?;
        let parent = match header.descriptor(&*file)? {
            Some(text) => parent(&VmdkDescriptor::parse(&text)?, directory, chain)?,
            None => None,
        };
        return sparse::open(file, &header, parent, chain);
    }
    let length = file.len().min(DESCRIPTOR_AT_MOST);
    let text = read_some(&*file, 0, usize::try_from(length).unwrap_or_default())?;
    let descriptor = VmdkDescriptor::parse(&text)?;
    let parent = parent(&descriptor, directory, chain)?;
    let mut parts: Vec<Part> = Vec::new();
    let mut start = 0_u64;
    for extent in &descriptor.extents {
        let length = extent.sectors.saturating_mul(SECTOR);
        let source: Arc<dyn Source> = match &extent.kind {
            ExtentKind::Zero => Arc::new(DiskWindow::zeros(length)),
            ExtentKind::Flat { name, offset } => {
                let member = chain.open(directory, name, "extent")?;
                Arc::new(DiskWindow::new(member.source, offset.saturating_mul(SECTOR), length))
            }
            ExtentKind::Sparse { name } => {
                let member = chain.open(directory, name, "extent")?;
                if !read_some(&*member.source, 0, 4)?.starts_with(SPARSE) {
                    return Err(unsupported("one of its extents is in a format that pregrub does not read"));
                }
                let header = sparse::SparseHeader::read(&*member.source)?;
                let window = |parent| -> Arc<dyn Source> { Arc::new(DiskWindow::new(parent, start, length)) };
                let below = parent.clone().map(window);
                sparse::open(member.source, &header, below, chain)?
            }
        };
        parts.push(Part { start, length, source });
        start = start.saturating_add(length);
    }
    if parts.is_empty() {
        return Err(damaged("its descriptor names no extent"));
    }
    Ok(Arc::new(Concatenated::new(parts)))
}

/// The disk that a descriptor is based on.
fn parent(
    descriptor: &VmdkDescriptor,
    directory: &Path,
    chain: &mut ImageChain,
) -> Result<Option<Arc<dyn Source>>, ContainerError> {
    match &descriptor.parent {
        None => Ok(None),
        Some(name) => Ok(Some(open_parent(chain, directory, name, ParentFormat::Vmdk)?)),
    }
}
