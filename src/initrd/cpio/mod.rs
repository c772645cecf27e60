//! Archives of cpio, in the two formats that Linux unpacks: newc and crc.

mod header;
mod unpacker;

#[cfg(test)]
pub(crate) use header::Format;
pub(crate) use header::{Header, Kind};
pub use unpacker::End;
pub(crate) use unpacker::{Contents, Unpacker};
