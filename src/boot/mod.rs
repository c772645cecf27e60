//! The run: what pygrub does with a disk, from the first byte read to the line that it hands to the toolstack.

mod list;
mod select;

pub use list::{Listing, list};
pub use select::{Boot, Selection, Wishes, select};
