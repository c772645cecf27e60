//! The header of an entry: 110 bytes, of which thirteen numbers are hexadecimal text.

/// Bytes of a header.
pub(crate) const LENGTH: usize = 110;

/// The longest name, and the longest target of a symbolic link, that the kernel takes: its `PATH_MAX`, with the NUL.
pub(crate) const PATH_MAX: u32 = 4096;

/// Which of the two formats an entry is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CpioFormat {
    /// `070701`.
    Newc,
    /// `070702`: newc with a sum over the data of each file.
    Crc,
}

/// What an entry is, by the type bits of its mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CpioFileType {
    /// A regular file, the only one whose data is written.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link, whose data is its target.
    Link,
    /// A device node, FIFO or socket.
    Special,
    /// Type bits that nothing has, as the trailer's zeros.
    Other,
}

/// The numbers of a header that matter for unpacking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CpioHeader {
    /// The format.
    pub format: CpioFormat,
    /// Type and permission bits.
    pub mode: u32,
    /// Bytes of data.
    pub size: u32,
    /// Bytes of the name, with its NUL.
    pub name_length: u32,
    /// The sum of the data's bytes, in the crc format.
    pub sum: u32,
}

/// Why 110 bytes are not a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    /// The old portable format of cpio, `070707`, which the kernel knows and does not unpack.
    OldFormat,
    /// Something else.
    NoMagic,
}

impl CpioHeader {
    /// Reads a header.
    ///
    /// # Errors
    ///
    /// It does not begin with one of the two magic numbers that the kernel unpacks.
    pub(crate) fn read(bytes: &[u8; LENGTH]) -> Result<Self, Bad> {
        let format = match &bytes[..6] {
            b"070701" => CpioFormat::Newc,
            b"070702" => CpioFormat::Crc,
            b"070707" => return Err(Bad::OldFormat),
            _ => return Err(Bad::NoMagic),
        };
        let fields = bytes[6..].as_chunks::<8>().0;
        let number = |index: usize| hexadecimal(&fields[index]);
        Ok(Self { format, mode: number(1), size: number(6), name_length: number(11), sum: number(12) })
    }

    /// What the entry is.
    pub(crate) fn kind(&self) -> CpioFileType {
        match self.mode & 0o170_000 {
            0o100_000 => CpioFileType::Regular,
            0o040_000 => CpioFileType::Directory,
            0o120_000 => CpioFileType::Link,
            0o010_000 | 0o020_000 | 0o060_000 | 0o140_000 => CpioFileType::Special,
            _ => CpioFileType::Other,
        }
    }

    /// Bytes of the name with the padding after it: header and name together are a multiple of four.
    pub(crate) fn name_field(&self) -> u64 {
        ((u64::from(self.name_length) + 1) & !3).saturating_add(2)
    }
}

/// Eight hexadecimal digits as the kernel reads them: up to the first character that is none, and `0x` may stand in front.
fn hexadecimal(digits: &[u8]) -> u32 {
    let digits = match digits {
        [b'0', b'x' | b'X', rest @ ..] if rest.first().is_some_and(u8::is_ascii_hexdigit) => rest,
        _ => digits,
    };
    digits.iter().map_while(|digit| char::from(*digit).to_digit(16)).fold(0, |number, digit| number << 4 | digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers() {
        assert_eq!(hexadecimal(b"0000001F"), 31);
        assert_eq!(hexadecimal(b"ffffffff"), u32::MAX);
        assert_eq!(hexadecimal(b"12 45678"), 0x12);
        assert_eq!(hexadecimal(b"0x000010"), 16);
        assert_eq!(hexadecimal(b"0xzzzzzz"), 0);
    }

    #[test]
    fn the_name_is_padded_with_the_header() {
        for length in 1..40 {
            let header = CpioHeader { format: CpioFormat::Newc, mode: 0, size: 0, name_length: length, sum: 0 };
            let end = LENGTH as u64 + header.name_field();
            assert_eq!(end % 4, 0, "{length}");
            assert!((u64::from(length)..u64::from(length) + 4).contains(&header.name_field()), "{length}");
        }
    }
}
