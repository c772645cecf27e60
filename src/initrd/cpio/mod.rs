//! Archives of cpio, in the two formats that Linux unpacks: newc and crc.

mod header;
mod unpacker;

pub use header::{Header, Kind};
#[cfg(test)]
pub use header::Format;
pub use unpacker::{Contents, End, Unpacker};
