//! Archives of cpio, in the two formats that Linux unpacks: newc and crc.

mod header;
mod unpacker;

#[cfg(test)]
pub(crate) use header::CpioFormat;
pub(crate) use header::{CpioFileType, CpioHeader};
pub use unpacker::End;
pub(crate) use unpacker::{Contents, Unpacker};
