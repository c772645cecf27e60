//! The machine that GRUB runs on, as far as a script can see it: its disks, and the files on them.

use super::number::NotANumber;

/// What comes of looking for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileLookup {
    /// GRUB opens it.
    File {
        /// Its length in bytes.
        size: u64,
    },
    /// GRUB finds a directory.
    Directory,
    /// GRUB does not open it, and says this.
    Missing(CommandFailure),
    /// pregrub cannot tell; the reason is a clause without a full stop.
    Unknown(String),
}

/// What a command of GRUB's fails with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandFailure {
    /// GRUB's number for this kind of error: what `$?` becomes.
    pub number: i32,
    /// What GRUB prints after `error: `.
    pub message: String,
}

impl CommandFailure {
    pub(super) const TEST: i32 = 1;
    pub(super) const OUT_OF_MEMORY: i32 = 3;
    pub(super) const BAD_FILE_TYPE: i32 = 4;
    pub(super) const FILE_NOT_FOUND: i32 = 5;
    pub(super) const BAD_FILENAME: i32 = 7;
    pub(super) const UNKNOWN_FS: i32 = 8;
    pub(super) const BAD_NUMBER: i32 = 10;
    pub(super) const OUT_OF_RANGE: i32 = 11;
    pub(super) const UNKNOWN_DEVICE: i32 = 12;
    pub(super) const UNKNOWN_COMMAND: i32 = 16;
    pub(super) const INVALID_COMMAND: i32 = 17;
    pub(super) const BAD_ARGUMENT: i32 = 18;
    pub(super) const BAD_OS: i32 = 21;

    pub(super) fn new(number: i32, message: impl Into<String>) -> Self {
        Self { number, message: message.into() }
    }

    /// That a condition is not met, of which nothing is printed.
    pub(super) fn test() -> Self {
        Self::new(Self::TEST, "false")
    }

    pub(super) fn not_a_number(error: NotANumber) -> Self {
        match error {
            NotANumber::Unrecognized => Self::new(Self::BAD_NUMBER, "unrecognized number"),
            NotANumber::TooLarge => Self::new(Self::OUT_OF_RANGE, "overflow is detected"),
        }
    }

    pub(super) fn bad_argument(message: impl Into<String>) -> Self {
        Self::new(Self::BAD_ARGUMENT, message)
    }
}

/// A device that may hold a filesystem, in the order in which GRUB looks through them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrubDevice {
    /// `hd0`, `hd0,msdos1`, `hd0,gpt2`, `xen/xvda`.
    pub name: String,
    /// What is on it.
    pub content: DeviceContent,
}

/// What is on a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceContent {
    /// A filesystem that GRUB knows.
    Filesystem {
        /// As GRUB calls it: `ext2`, `fat`, `xfs`.
        name: String,
        /// Its UUID as GRUB writes it; `None` where it has none.
        uuid: Option<String>,
        /// Its label.
        label: Option<Vec<u8>>,
        /// Whether UUID and label are known: those of a mounted directory are not.
        identified: bool,
    },
    /// Nothing that GRUB reads: a whole disk with partitions, swap, LVM.
    Nothing,
    /// pregrub cannot tell what GRUB makes of it; the reason is a clause without a full stop.
    Unknown(String),
}

/// The disks of the machine. Devices are named without parentheses, paths begin with a slash.
pub trait Machine {
    /// All devices, in GRUB's order.
    fn devices(&self) -> Vec<GrubDevice>;

    /// The device with this name in one of its spellings, as GRUB lists it; or what GRUB says where there is none.
    ///
    /// # Errors
    ///
    /// GRUB knows no such device.
    fn device(&self, name: &[u8]) -> Result<GrubDevice, CommandFailure>;

    /// Looks for a file.
    fn find(&self, device: &[u8], path: &[u8]) -> FileLookup;

    /// The first bytes of a file, at most `limit`.
    ///
    /// # Errors
    ///
    /// What [`find`](Self::find) says where it is not there, or that it cannot be read.
    fn read(&self, device: &[u8], path: &[u8], limit: usize) -> Result<Vec<u8>, FileLookup>;

    /// The names in a directory, in the order in which GRUB lists them.
    ///
    /// # Errors
    ///
    /// What GRUB says, or that pregrub cannot tell.
    fn list(&self, device: &[u8], path: &[u8]) -> Result<Vec<Vec<u8>>, FileLookup>;

    /// How many sectors of 512 bytes a device has.
    ///
    /// # Errors
    ///
    /// GRUB knows no such device, or pregrub cannot tell.
    fn sectors(&self, device: &[u8]) -> Result<u64, FileLookup> {
        self.device(device).map_err(FileLookup::Missing)?;
        Err(FileLookup::Unknown("pregrub does not know how large the device is".to_owned()))
    }

    /// The first `length` bytes from a sector of a device on.
    ///
    /// # Errors
    ///
    /// GRUB knows no such device, or pregrub cannot tell.
    fn read_sectors(&self, device: &[u8], start: u64, length: usize) -> Result<Vec<u8>, FileLookup> {
        let _ = (start, length);
        self.device(device).map_err(FileLookup::Missing)?;
        Err(FileLookup::Unknown("pregrub does not read single blocks of this device".to_owned()))
    }

    /// Whether there is no disk at all, so that nothing is known of any file.
    fn is_imagined(&self) -> bool {
        false
    }
}

impl<M: Machine + ?Sized> Machine for &M {
    fn devices(&self) -> Vec<GrubDevice> {
        (**self).devices()
    }

    fn device(&self, name: &[u8]) -> Result<GrubDevice, CommandFailure> {
        (**self).device(name)
    }

    fn find(&self, device: &[u8], path: &[u8]) -> FileLookup {
        (**self).find(device, path)
    }

    fn read(&self, device: &[u8], path: &[u8], limit: usize) -> Result<Vec<u8>, FileLookup> {
        (**self).read(device, path, limit)
    }

    fn list(&self, device: &[u8], path: &[u8]) -> Result<Vec<Vec<u8>>, FileLookup> {
        (**self).list(device, path)
    }

    fn sectors(&self, device: &[u8]) -> Result<u64, FileLookup> {
        (**self).sectors(device)
    }

    fn read_sectors(&self, device: &[u8], start: u64, length: usize) -> Result<Vec<u8>, FileLookup> {
        (**self).read_sectors(device, start, length)
    }

    fn is_imagined(&self) -> bool {
        (**self).is_imagined()
    }
}

/// A file's name taken apart as GRUB does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileName<'a> {
    /// The device, where one is named.
    pub device: Option<&'a [u8]>,
    /// The path.
    pub path: &'a [u8],
}

impl<'a> FileName<'a> {
    /// `(hd0,1)/path`, `/path`; nothing where the parenthesis is never closed.
    pub(super) fn of(name: &'a [u8]) -> Option<Self> {
        let Some(rest) = name.strip_prefix(b"(") else { return Some(Self { device: None, path: name }) };
        let end = rest.iter().position(|byte| *byte == b')')?;
        Some(Self { device: Some(&rest[..end]), path: &rest[end + 1..] })
    }
}
