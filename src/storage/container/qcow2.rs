//! qcow2, versions 2 and 3: clusters found through two levels of tables, compressed ones, subclusters, an external data file, and
//! what the image is based on. The active state is read, not an internal snapshot.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::chain::ImageChain;
use super::error::{ContainerError, damaged, damaged_read, unsupported};
use super::fields::Fields;
use super::mapped::{Map, Mapped, MappedPiece, PackedPiece, PiecePlace, read_array, read_some};
use super::{ParentFormat, open_parent};
use crate::decompress::{Compression, Input, Limits, decoder};
use crate::size::{to_u64, to_usize};
use crate::storage::in_block::InBlock;
use crate::storage::source::{Source, read_padded};

pub(super) const MAGIC: &[u8] = b"QFI\xfb";

/// Incompatible features that matter to a reader. Bits 0 and 1 say that reference counts or the image may be inconsistent, which
/// QEMU reads all the same.
const EXTERNAL_DATA: u64 = 1 << 2;
const COMPRESSION_TYPE: u64 = 1 << 3;
const EXTENDED_L2: u64 = 1 << 4;
const KNOWN_FEATURES: u64 = 0b1_1111;

/// Bits 9 to 55 of an entry: an offset in the file.
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;
const COMPRESSED: u64 = 1 << 62;
const COPIED: u64 = 1 << 63;
/// The image's table of clusters has as many entries at most: QEMU's limit of 32 MiB.
const L1_AT_MOST: u64 = (32 << 20) / 8;
/// QEMU's limit of the name of a backing file.
const NAME_AT_MOST: u32 = 1023;

pub(super) struct Qcow2 {
    file: Arc<dyn Source>,
    size: u64,
    cluster_bits: u32,
    version: u32,
    l1_offset: u64,
    l1_entries: u64,
    extended: bool,
    external: bool,
    zstd: bool,
}

/// What the header says of other files.
#[derive(Default)]
struct Names {
    backing: Option<Vec<u8>>,
    backing_format: Option<Vec<u8>>,
    data: Option<Vec<u8>>,
}

pub(super) fn open(
    file: Arc<dyn Source>,
    directory: &Path,
    chain: &mut ImageChain,
) -> Result<Arc<dyn Source>, ContainerError> {
    let (map, names) = Qcow2::read(Arc::clone(&file))?;
    let data = match (&names.data, map.external) {
        (Some(name), true) => chain.open(directory, name, "data file")?.source,
        (None, true) => return Err(unsupported("it keeps its data in another file, which it does not name")),
        (_, false) => file,
    };
    let parent = match &names.backing {
        None => None,
        Some(name) => Some(open_parent(
            chain,
            directory,
            name,
            names.backing_format.as_deref().map_or(ParentFormat::Unsaid, ParentFormat::Named),
        )?),
    };
    Ok(Arc::new(Mapped::new(map, data, parent, chain.unpacking())))
}

impl Qcow2 {
    fn read(file: Arc<dyn Source>) -> Result<(Self, Names), ContainerError> {
        let head = read_some(&*file, 0, 112)?;
        let fields = Fields(&head);
        let cut = || damaged("its header is cut");
        let version = fields.be32(4).ok_or_else(cut)?;
        if !matches!(version, 2 | 3) {
            return Err(unsupported(format!("it is qcow2 of version {version}")));
        }
        let (backing_offset, backing_length) = (fields.be64(8).ok_or_else(cut)?, fields.be32(16).ok_or_else(cut)?);
        let cluster_bits = fields.be32(20).ok_or_else(cut)?;
        let size = fields.be64(24).ok_or_else(cut)?;
        let encryption = fields.be32(32).ok_or_else(cut)?;
        let l1_entries = u64::from(fields.be32(36).ok_or_else(cut)?);
        let l1_offset = fields.be64(40).ok_or_else(cut)?;
        let (features, header_length) =
            if version == 2 { (0, 72) } else { (fields.be64(72).ok_or_else(cut)?, fields.be32(100).ok_or_else(cut)?) };
        if encryption != 0 {
            return Err(unsupported("it is encrypted"));
        }
        if features & !KNOWN_FEATURES != 0 {
            return Err(unsupported(format!("it has features that pregrub does not know ({features:#x})")));
        }
        let extended = features & EXTENDED_L2 != 0;
        if !(9..=21).contains(&cluster_bits) || extended && cluster_bits < 14 {
            return Err(damaged(format!("its clusters have 2^{cluster_bits} bytes")));
        }
        if l1_entries > L1_AT_MOST || l1_offset % 512 != 0 || size > i64::MAX.unsigned_abs() {
            return Err(damaged("its table of clusters, or its size, is beyond what QEMU accepts"));
        }
        let zstd = features & COMPRESSION_TYPE != 0
            && match head.get(104) {
                Some(0) => false,
                Some(1) => true,
                _ => return Err(unsupported("it has an unknown compression")),
            };
        let external = features & EXTERNAL_DATA != 0;
        let map = Self { file, size, cluster_bits, version, l1_offset, l1_entries, extended, external, zstd };
        let coverage = map.cluster().saturating_mul(map.l2_entries());
        if size.div_ceil(coverage) > l1_entries {
            return Err(damaged("its table of clusters is too small for its size"));
        }
        let mut names = map.extensions(u64::from(header_length))?;
        if backing_offset != 0 && backing_length != 0 {
            if backing_length > NAME_AT_MOST || backing_offset > map.cluster() {
                return Err(damaged("the name of its backing file does not lie in its first cluster"));
            }
            let mut name = vec![0; to_usize(u64::from(backing_length))];
            read_padded(&*map.file, backing_offset, &mut name)?;
            names.backing = Some(name);
        }
        Ok((map, names))
    }

    /// The extensions of the header: they lie in the first cluster.
    fn extensions(&self, mut at: u64) -> Result<Names, ContainerError> {
        let mut names = Names::default();
        for _ in 0..64 {
            if at.saturating_add(8) > self.cluster() {
                break;
            }
            let Some(head) = read_array::<8>(&*self.file, at)? else { break };
            let (kind, length) = (Fields(&head).be32(0).unwrap_or(0), Fields(&head).be32(4).unwrap_or(0));
            let end = at.saturating_add(8).saturating_add(u64::from(length));
            if kind == 0 {
                break;
            }
            if end > self.cluster() {
                return Err(damaged("an extension of its header is longer than its first cluster"));
            }
            let wanted = match kind {
                0xe279_2aca => Some(&mut names.backing_format),
                0x4441_5441 => Some(&mut names.data),
                _ => None,
            };
            if let Some(name) = wanted {
                if length > NAME_AT_MOST {
                    return Err(damaged("a name in its header is too long"));
                }
                *name = Some(read_some(&*self.file, at.saturating_add(8), to_usize(u64::from(length)))?);
            }
            at = end.next_multiple_of(8);
        }
        Ok(names)
    }

    fn cluster(&self) -> u64 {
        1 << self.cluster_bits
    }

    /// How many clusters a table of the second level has.
    fn l2_entries(&self) -> u64 {
        if self.extended { self.cluster() / 16 } else { self.cluster() / 8 }
    }

    /// The entry of a cluster, and its bitmap of subclusters.
    fn entry(&self, cluster: u64) -> io::Result<Option<(u64, u64)>> {
        let InBlock { index: first, within: second, .. } = InBlock::of(cluster, self.l2_entries());
        if first >= self.l1_entries {
            return Ok(None);
        }
        let table = self.number(self.l1_offset.saturating_add(first.saturating_mul(8)))? & OFFSET;
        if table == 0 {
            return Ok(None);
        }
        if !table.is_multiple_of(self.cluster()) {
            return Err(damaged_read("a table of clusters does not begin with a cluster"));
        }
        let width = if self.extended { 16 } else { 8 };
        let at = table.saturating_add(second.saturating_mul(width));
        let bitmap = if self.extended { self.number(at.saturating_add(8))? } else { 0 };
        Ok(Some((self.number(at)?, bitmap)))
    }

    fn number(&self, at: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        read_padded(&*self.file, at, &mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    /// Where a byte of a cluster that is not compressed is.
    fn standard(&self, entry: u64, bitmap: u64, within: u64) -> io::Result<MappedPiece> {
        let rest = self.cluster().saturating_sub(within);
        let host = entry & OFFSET;
        let allocated = host != 0 || self.external && entry & COPIED != 0;
        if allocated && !host.is_multiple_of(self.cluster()) {
            return Err(damaged_read("the data of a cluster does not begin with a cluster"));
        }
        if self.extended {
            let InBlock { index, rest: length, .. } = InBlock::of(within, self.cluster() / 32);
            // The lower half says which subclusters have data, the upper half which are zeros.
            let place = if bitmap >> 32 >> index & 1 != 0 {
                PiecePlace::Zeros
            } else if bitmap >> index & 1 != 0 {
                if !allocated {
                    return Err(damaged_read("a subcluster has data, and its cluster has none"));
                }
                PiecePlace::At(host.saturating_add(within))
            } else {
                PiecePlace::Parent
            };
            return Ok(MappedPiece { place, length });
        }
        let place = if self.version >= 3 && entry & 1 != 0 {
            PiecePlace::Zeros
        } else if allocated {
            PiecePlace::At(host.saturating_add(within))
        } else {
            PiecePlace::Parent
        };
        Ok(MappedPiece { place, length: rest })
    }
}

impl Map for Qcow2 {
    fn len(&self) -> u64 {
        self.size
    }

    fn piece(&self, offset: u64) -> io::Result<MappedPiece> {
        let InBlock { index, within, rest } = InBlock::of(offset, self.cluster());
        let Some((entry, bitmap)) = self.entry(index)? else {
            // All clusters of the table that is not there are the parent's.
            let others = InBlock::of(index, self.l2_entries()).rest.saturating_sub(1);
            let length = rest.saturating_add(others.saturating_mul(self.cluster()));
            return Ok(MappedPiece { place: PiecePlace::Parent, length });
        };
        if entry & COMPRESSED == 0 {
            return self.standard(entry, bitmap, within);
        }
        if self.external {
            return Err(damaged_read("a cluster is compressed, though the data lies in another file"));
        }
        // The lower bits are an offset, those above it count the sectors beyond the first.
        let bits = 70_u32.saturating_sub(self.cluster_bits);
        let start = entry & !(u64::MAX << bits);
        let sectors = ((entry & (COMPRESSED - 1)) >> bits).saturating_add(1);
        let packed = PackedPiece { start, length: sectors.saturating_mul(512).saturating_sub(start % 512) };
        Ok(MappedPiece { place: PiecePlace::Packed(packed, within), length: rest })
    }

    fn unpack(&self, packed: PackedPiece) -> io::Result<Vec<u8>> {
        let length = usize::try_from(packed.length).unwrap_or(usize::MAX).min(4 << 20);
        let bytes = read_some(&*self.file, packed.start, length)?;
        let mut cluster = vec![0; 1 << self.cluster_bits];
        let cannot = || damaged_read("a compressed cluster cannot be unpacked");
        if self.zstd {
            let packed = &bytes[..];
            let mut input = Input::new(&packed, 0, to_u64(bytes.len()));
            let limits = Limits { window: 8 << 20, output: to_u64(cluster.len()), ..Limits::default() };
            let mut decoder = decoder(Compression::Zstd, &mut input, limits);
            let mut done = 0;
            // What follows the cluster belongs to other clusters.
            while done < cluster.len() {
                match decoder.read(&mut cluster[done..]) {
                    Ok(0) | Err(_) => return Err(cannot()),
                    Ok(count) => done = done.saturating_add(count),
                }
            }
        } else {
            flate2::read::DeflateDecoder::new(&bytes[..]).read_exact(&mut cluster).map_err(|_| cannot())?;
        }
        Ok(cluster)
    }
}
