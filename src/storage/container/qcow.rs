//! qcow, the version before qcow2.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::chain::ImageChain;
use super::error::{ContainerError, damaged, damaged_read, unsupported};
use super::fields::Fields;
use super::mapped::{Map, Mapped, MappedPiece, PackedPiece, PiecePlace, read_some};
use super::{ParentFormat, open_parent};
use crate::size::to_usize;
use crate::storage::in_block::InBlock;
use crate::storage::source::{Source, read_padded};

const COMPRESSED: u64 = 1 << 63;

struct Qcow {
    file: Arc<dyn Source>,
    size: u64,
    cluster_bits: u32,
    l2_bits: u32,
    l1_offset: u64,
}

pub(super) fn open(
    file: Arc<dyn Source>,
    directory: &Path,
    chain: &mut ImageChain,
) -> Result<Arc<dyn Source>, ContainerError> {
    let head = read_some(&*file, 0, 48)?;
    let fields = Fields(&head);
    let cut = || damaged("its header is cut");
    let (backing, length) = (fields.be64(8).ok_or_else(cut)?, fields.be32(16).ok_or_else(cut)?);
    let size = fields.be64(24).ok_or_else(cut)?;
    let (cluster_bits, l2_bits) = (u32::from(head[32]), u32::from(head[33]));
    if fields.be32(36).ok_or_else(cut)? != 0 {
        return Err(unsupported("it is encrypted"));
    }
    let l1_offset = fields.be64(40).ok_or_else(cut)?;
    if !(9..=16).contains(&cluster_bits) || !(6..=13).contains(&l2_bits) {
        return Err(damaged("its clusters or tables have an impossible size"));
    }
    let parent = if backing == 0 || length == 0 {
        None
    } else if length > 1023 {
        return Err(damaged("the name of its backing file is too long"));
    } else {
        let mut name = vec![0; to_usize(u64::from(length))];
        read_padded(&*file, backing, &mut name)?;
        Some(open_parent(chain, directory, &name, ParentFormat::Unsaid)?)
    };
    let map = Qcow { file: Arc::clone(&file), size, cluster_bits, l2_bits, l1_offset };
    Ok(Arc::new(Mapped::new(map, file, parent, chain.unpacking())))
}

impl Qcow {
    fn number(&self, at: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        read_padded(&*self.file, at, &mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }
}

impl Map for Qcow {
    fn len(&self) -> u64 {
        self.size
    }

    fn piece(&self, offset: u64) -> io::Result<MappedPiece> {
        let InBlock { index, within, rest: length } = InBlock::of(offset, 1 << self.cluster_bits);
        let InBlock { index: first, within: second, .. } = InBlock::of(index, 1 << self.l2_bits);
        let table = self.number(self.l1_offset.saturating_add(first.saturating_mul(8)))?;
        let entry = match table {
            0 => 0,
            table => self.number(table.saturating_add(second.saturating_mul(8)))?,
        };
        let place = if entry == 0 {
            PiecePlace::Parent
        } else if entry & COMPRESSED != 0 {
            // The offset is below the size, which has as many bits as a cluster's.
            let bits = 63_u32.saturating_sub(self.cluster_bits);
            let packed = PackedPiece { start: entry & !(u64::MAX << bits), length: (entry & !COMPRESSED) >> bits };
            PiecePlace::Packed(packed, within)
        } else {
            PiecePlace::At(entry.saturating_add(within))
        };
        Ok(MappedPiece { place, length })
    }

    fn unpack(&self, packed: PackedPiece) -> io::Result<Vec<u8>> {
        let length = usize::try_from(packed.length).unwrap_or(usize::MAX).min(1 << 16);
        let bytes = read_some(&*self.file, packed.start, length)?;
        let mut cluster = vec![0; 1 << self.cluster_bits];
        flate2::read::DeflateDecoder::new(&bytes[..])
            .read_exact(&mut cluster)
            .map_err(|_| damaged_read("a compressed cluster cannot be unpacked"))?;
        Ok(cluster)
    }
}
