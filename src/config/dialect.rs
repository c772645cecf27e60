//! The dialects of boot configurations that pygrub reads on x86.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A dialect. pygrub chooses it by the path of the file, never by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// GRUB 2: grub.cfg.
    Grub2,
    /// GRUB Legacy: menu.lst, grub.conf.
    Legacy,
    /// SYSLINUX's: extlinux.conf, isolinux.cfg.
    Extlinux,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Grub2, Self::Legacy, Self::Extlinux];

    /// The word for it on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grub2 => "grub2",
            Self::Legacy => "legacy",
            Self::Extlinux => "extlinux",
        }
    }

    /// pygrub's class for it, as it says on standard error: `Using <class '...'> to parse ...`.
    pub fn python_class(self) -> &'static str {
        match self {
            Self::Grub2 => "grub.GrubConf.Grub2ConfigFile",
            Self::Legacy => "grub.GrubConf.GrubConfigFile",
            Self::Extlinux => "grub.ExtLinuxConf.ExtLinuxConfigFile",
        }
    }

    /// The dialect that pygrub would use for a file of that name, if it is one of the names that pygrub looks for.
    pub fn from_file_name(name: &str) -> Option<Self> {
        match name {
            "grub.cfg" => Some(Self::Grub2),
            "menu.lst" | "grub.conf" => Some(Self::Legacy),
            "extlinux.conf" | "isolinux.cfg" => Some(Self::Extlinux),
            _ => None,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.name() == text)
            .ok_or_else(|| format!("`{text}` is not a dialect: use grub2, legacy or extlinux"))
    }
}
