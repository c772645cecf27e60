//! VirtualBox's VDI: blocks found through one table.

use std::io;
use std::sync::Arc;

use super::chain::ImageChain;
use super::error::{ContainerError, damaged, unsupported};
use super::fields::Fields;
use super::mapped::{Map, Mapped, MappedPiece, PiecePlace, read_some};
use crate::storage::in_block::InBlock;
use crate::storage::source::{Source, read_padded};

pub(super) const SIGNATURE: u32 = 0xbeda_107f;
/// Entries from this one on have no block: never written, or discarded.
const WITHOUT_BLOCK: u32 = 0xffff_fffe;

struct Vdi {
    file: Arc<dyn Source>,
    size: u64,
    table: u64,
    data: u64,
    block: u64,
    blocks: u64,
}

pub(super) fn open(file: Arc<dyn Source>, chain: &ImageChain) -> Result<Arc<dyn Source>, ContainerError> {
    let head = read_some(&*file, 0, 512)?;
    let fields = Fields(&head);
    let cut = || damaged("its header is cut");
    let version = fields.le32(68).ok_or_else(cut)?;
    if version != 0x0001_0001 {
        return Err(unsupported(format!("it is VDI of version {}.{}", version >> 16, version & 0xffff)));
    }
    let kind = fields.le32(76).ok_or_else(cut)?;
    let parent = head.get(440..456).ok_or_else(cut)?;
    if !matches!(kind, 1 | 2) || parent.iter().any(|&byte| byte != 0) {
        return Err(unsupported("it is based on another image: merge its snapshots first"));
    }
    let (table, data) = (fields.le32(340).ok_or_else(cut)?, fields.le32(344).ok_or_else(cut)?);
    let size = fields.le64(368).ok_or_else(cut)?;
    let block = fields.le32(376).ok_or_else(cut)?;
    let extra = fields.le32(380).ok_or_else(cut)?;
    let blocks = fields.le32(384).ok_or_else(cut)?;
    if !block.is_power_of_two() || !(512..=1 << 30).contains(&block) || extra != 0 {
        return Err(damaged(format!("its blocks have {block} bytes, and {extra} more")));
    }
    let size = size.next_multiple_of(512);
    if size.div_ceil(u64::from(block)) > u64::from(blocks) {
        return Err(damaged("its table of blocks is too small for its size"));
    }
    let (table, data, block, blocks) = (u64::from(table), u64::from(data), u64::from(block), u64::from(blocks));
    let map = Vdi { file: Arc::clone(&file), size, table, data, block, blocks };
    Ok(Arc::new(Mapped::new(map, file, None, chain.unpacking())))
}

impl Map for Vdi {
    fn len(&self) -> u64 {
        self.size
    }

    fn piece(&self, offset: u64) -> io::Result<MappedPiece> {
        let InBlock { index, within, rest: length } = InBlock::of(offset, self.block);
        let mut entry = [0; 4];
        read_padded(&*self.file, self.table.saturating_add(index.saturating_mul(4)), &mut entry)?;
        let entry = u32::from_le_bytes(entry);
        let place = if entry >= WITHOUT_BLOCK {
            PiecePlace::Zeros
        } else if u64::from(entry) >= self.blocks {
            return Err(super::error::damaged_read(
                "an entry of its table of blocks names a block that it does not have",
            ));
        } else {
            let start = u64::from(entry).saturating_mul(self.block);
            PiecePlace::At(self.data.saturating_add(start).saturating_add(within))
        };
        Ok(MappedPiece { place, length })
    }
}
