//! What pygrub raises over the partition table.

use super::advice::{Advice, advice};
use crate::config::{Cause, Raised};
use crate::storage::partitions::{PartitionTable, PartitionsError, TableSector};

/// What an exception means that pygrub raises over the partition table. Nothing where it is about something else.
pub(crate) fn of_table(table: &PartitionTable, raised: &Raised) -> Option<Advice> {
    if raised.cause != Cause::PartitionTable {
        return None;
    }
    let Some(PartitionsError::Raised { place, .. }) = &table.failure else { return None };
    Some(match place {
        TableSector::SolarisLabel { slot } => advice(
            format!(
                "MBR slot {slot} has the type of Linux swap or Solaris, and pygrub fails as it looks for a Solaris label in it, \
                 before it tries any partition"
            ),
            "",
            "is the image complete? Remove that slot, or give it another type: pygrub takes 82 and bf for Solaris",
        ),
        TableSector::GptHeader | TableSector::GptEntry { .. } => {
            let what = match place {
                TableSector::GptEntry { number } => {
                    format!("the table has to hold entry {number}, and pygrub cannot read that")
                }
                _ => "pygrub cannot read its header".to_owned(),
            };
            advice(
                format!("the GPT is damaged or incomplete: {what}, and fails before it tries any partition"),
                "",
                "is the image complete? sgdisk -v checks the table",
            )
        }
        TableSector::EmptyList => return None,
    })
}
