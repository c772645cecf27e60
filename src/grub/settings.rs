//! Which GRUB it is, and where it runs.

use std::fmt;
use std::str::FromStr;

/// A release of GRUB 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 2.06, as in Debian 12.
    #[default]
    V2_06,
    /// 2.06 with Fedora's and Red Hat's patches, as in RHEL 9: it has a `blscfg` of its own.
    V2_06Fedora,
    /// 2.12, as in Debian 13.
    V2_12,
    /// 2.12 with Fedora's and Red Hat's patches, as in RHEL 10.
    V2_12Fedora,
    /// 2.14, which reads Boot Loader Specification entries.
    V2_14,
}

impl Version {
    /// Those of GRUB's own project, oldest first.
    pub const ALL: [Self; 3] = [Self::V2_06, Self::V2_12, Self::V2_14];
    /// Those that Fedora and Red Hat have changed.
    pub const FEDORA: [Self; 2] = [Self::V2_06Fedora, Self::V2_12Fedora];

    /// Whether Fedora and Red Hat have changed it.
    pub fn is_fedora(self) -> bool {
        Self::FEDORA.contains(&self)
    }

    /// `2.06`, `2.06-fedora`, `2.12`, `2.12-fedora`, `2.14`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V2_06 => "2.06",
            Self::V2_06Fedora => "2.06-fedora",
            Self::V2_12 => "2.12",
            Self::V2_12Fedora => "2.12-fedora",
            Self::V2_14 => "2.14",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What GRUB runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Platform {
    /// A PC with a BIOS: `i386-pc`. A guest of type hvm has one.
    #[default]
    Pc,
    /// A PC with UEFI: `x86_64-efi`.
    Efi,
    /// pvgrub2: `x86_64-xen`. Its prefix is in memory, and the disk is `xen/xvda`.
    Xen,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pc, Self::Efi, Self::Xen];

    /// What `$grub_platform` is.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pc => "pc",
            Self::Efi => "efi",
            Self::Xen => "xen",
        }
    }

    /// What `$grub_cpu` is.
    pub fn cpu(self) -> &'static str {
        match self {
            Self::Pc => "i386",
            Self::Efi | Self::Xen => "x86_64",
        }
    }
}

/// A name that is none of those that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName(String);

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnknownName {}

impl FromStr for Version {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().chain(Self::FEDORA).find(|version| version.name() == text);
        found.ok_or_else(|| {
            UnknownName(format!(
                "`{text}` is not a release of GRUB that pregrub knows: use 2.06, 2.06-fedora, 2.12, 2.12-fedora or 2.14"
            ))
        })
    }
}

impl FromStr for Platform {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|platform| platform.name() == text);
        found.ok_or_else(|| UnknownName(format!("`{text}` is not a platform that pregrub knows: use pc, efi or xen")))
    }
}

/// How GRUB is run.
#[derive(Clone, Debug)]
pub struct GrubSettings {
    /// Which GRUB.
    pub version: Version,
    /// On what.
    pub platform: Platform,
    /// An entry to boot instead of the default, by the rules of `set default=`. Fallbacks are not tried then.
    pub entry: Option<Vec<u8>>,
    /// Variables that are set, and exported, before the configuration is read.
    pub variables: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether every command is kept.
    pub trace: bool,
    /// The most steps that are done: a command is a step, and so is every piece of work that long words and files cost.
    pub most_steps: u64,
    /// The most bytes that are kept of what the configuration prints.
    pub most_output: usize,
    /// The most commands that are kept.
    pub most_trace: usize,
}

impl Default for GrubSettings {
    fn default() -> Self {
        Self {
            version: Version::default(),
            platform: Platform::default(),
            entry: None,
            variables: Vec::new(),
            trace: false,
            most_steps: 2_000_000,
            most_output: 1 << 20,
            most_trace: 100_000,
        }
    }
}
