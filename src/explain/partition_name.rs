//! Where a candidate offset comes from, in words.

use crate::storage::partitions::{Candidate, Origin};

/// `MBR slot 2 (type 0x83)`, `GPT entry 3`, `whole disk`.
pub(crate) fn describe(candidate: Option<&Candidate>) -> String {
    let Some(candidate) = candidate else { return "as given".to_owned() };
    match candidate.origin {
        Origin::WholeDisk => "whole disk".to_owned(),
        Origin::HybridIso => "hybrid ISO image".to_owned(),
        Origin::NothingListed => "whole disk, since the partition table lists nothing".to_owned(),
        Origin::MbrSlot { slot, partition_type, active } => {
            format!("MBR slot {slot}, type 0x{partition_type:02x}{}", if active { ", active" } else { "" })
        }
        Origin::SolarisSlice { slot, slice, .. } => format!("Solaris slice {slice} in MBR slot {slot}"),
        Origin::GptEntry { number } if candidate.count > 1 => {
            format!("GPT entries {number} to {}", u64::from(number) + u64::from(candidate.count) - 1)
        }
        Origin::GptEntry { number } => format!("GPT entry {number}"),
    }
}
