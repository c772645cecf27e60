//! What is known of the kernel that unpacks an initrd: its version, and its configuration.

use std::fmt;

use super::compression::{option, since};
use crate::decompress::Compression;

/// A version of Linux: the numbers that a kernel's release begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinuxVersion {
    /// 6 of 6.1.27.
    pub major: u32,
    /// 1 of 6.1.27.
    pub minor: u32,
    /// 27 of 6.1.27, 0 where there is none.
    pub patch: u32,
}

impl LinuxVersion {
    /// The version that a release begins with: 6.1.0 of `6.1.0-56-cloud-amd64`. `None` if it does not begin with two numbers.
    ///
    /// ```
    /// use pregrub::initrd::LinuxVersion;
    ///
    /// let version = LinuxVersion::of_release("6.1.0-56-cloud-amd64").unwrap();
    /// assert_eq!((version.major, version.minor, version.patch), (6, 1, 0));
    /// assert!(LinuxVersion::of_release("vmlinuz").is_none());
    /// ```
    pub fn of_release(release: &str) -> Option<Self> {
        let mut numbers = release.split('.').map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            part[..digits].parse::<u32>().ok()
        });
        let (major, minor) = (numbers.next()??, numbers.next()??);
        Some(Self { major, minor, patch: numbers.next().flatten().unwrap_or(0) })
    }
}

impl fmt::Display for LinuxVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch == 0 { Ok(()) } else { write!(f, ".{}", self.patch) }
    }
}

/// How an option of the kernel is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionState {
    /// Built in.
    BuiltIn,
    /// A module.
    Module,
    /// Neither.
    Off,
}

/// The configuration that a kernel was built with, as distributions put it beside the kernel: `/boot/config-VERSION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelConfig {
    block_frontend: OptionState,
    unpacks: [bool; Compression::ALL.len()],
    initrd: bool,
}

impl KernelConfig {
    /// What a configuration that the kernel carries is called.
    pub(crate) const IN_THE_KERNEL: &'static str = "the configuration in the kernel";
    /// The option of the driver for Xen's disks.
    pub const BLOCK_FRONTEND: &'static str = "CONFIG_XEN_BLKDEV_FRONTEND";

    /// Reads a configuration. `None` if the text is not one.
    pub fn read(text: &[u8]) -> Option<Self> {
        let setting = |option: &str| {
            text.split(|byte| *byte == b'\n')
                .find_map(|line| match line.strip_prefix(option.as_bytes())?.strip_prefix(b"=")?.first()? {
                    b'y' => Some(OptionState::BuiltIn),
                    b'm' => Some(OptionState::Module),
                    _ => None,
                })
                .unwrap_or(OptionState::Off)
        };
        memchr::memmem::find(text, b"\nCONFIG_")?;
        Some(Self {
            block_frontend: setting(Self::BLOCK_FRONTEND),
            unpacks: Compression::ALL.map(|compression| setting(option(compression)) == OptionState::BuiltIn),
            initrd: setting("CONFIG_BLK_DEV_INITRD") == OptionState::BuiltIn,
        })
    }

    /// How the driver for Xen's disks is built.
    pub fn block_frontend(&self) -> OptionState {
        self.block_frontend
    }

    /// Whether the kernel unpacks an initrd with this compression.
    pub fn unpacks(&self, compression: Compression) -> bool {
        self.initrd && Compression::ALL.iter().zip(self.unpacks).any(|(one, unpacks)| *one == compression && unpacks)
    }

    /// The compressions that the kernel unpacks.
    pub fn compressions(&self) -> impl Iterator<Item = Compression> {
        Compression::ALL.into_iter().filter(|compression| self.unpacks(*compression))
    }

    /// Whether the kernel takes an initrd at all.
    pub fn takes_initrd(&self) -> bool {
        self.initrd
    }
}

/// What is known of the guest's kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuestKernel {
    /// Its release, as `uname -r` prints it; empty if it is not known.
    pub release: Option<String>,
    /// Its configuration, and where that comes from.
    pub config: Option<(KernelConfig, String)>,
    /// Whether its modules.builtin lists the driver for Xen's disks, and where that is.
    pub built_in: Option<(bool, String)>,
}

impl GuestKernel {
    /// The version that the release begins with.
    pub fn version(&self) -> Option<LinuxVersion> {
        LinuxVersion::of_release(self.release.as_deref()?)
    }

    /// Whether it unpacks this compression, and the reason as a clause. `None` if that is not known.
    pub fn unpacks(&self, compression: Compression) -> Option<(bool, String)> {
        if let Some(version) = self.version().filter(|version| *version < since(compression)) {
            return Some((
                false,
                format!("Linux unpacks {compression} from {} on, and this is {version}", since(compression)),
            ));
        }
        let (config, source) = self.config.as_ref()?;
        let option = option(compression);
        Some(match config.unpacks(compression) {
            true => (true, format!("{source} has {option}=y")),
            false if !config.takes_initrd() => (false, format!("{source} has no CONFIG_BLK_DEV_INITRD=y")),
            false => (false, format!("{source} has no {option}=y")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_configuration() {
        let text = b"#\n# Linux\n#\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\n# CONFIG_RD_LZO is not set\nCONFIG_XEN_BLKDEV_FRONTEND=m\n";
        let config = KernelConfig::read(text).unwrap();
        assert!(
            config.unpacks(Compression::Gzip)
                && !config.unpacks(Compression::Lzo)
                && !config.unpacks(Compression::Zstd)
        );
        assert_eq!(config.block_frontend(), OptionState::Module);
        assert_eq!(KernelConfig::read(b"menuentry \"A\" {\n}\n"), None);
    }

    #[test]
    fn old_kernels_know_no_new_compression() {
        let kernel = |release: &str| GuestKernel { release: Some(release.to_owned()), ..GuestKernel::default() };
        assert_eq!(kernel("5.4.0-99-generic").unpacks(Compression::Zstd).map(|(unpacks, _)| unpacks), Some(false));
        assert_eq!(kernel("5.9.0").unpacks(Compression::Zstd), None);
        assert_eq!(kernel("2.6.18-xen").unpacks(Compression::Bzip2).map(|(unpacks, _)| unpacks), Some(false));
    }
}
