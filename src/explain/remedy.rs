//! Ways out: what kind each is, and how it is written, in one place.

use std::fmt;

use crate::config::Writer;
use crate::python::PyStr;

/// A way out. Displayed, it is an imperative without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// Options of the guest's NixOS configuration, as an imperative: `set boot.loader.grub.default = 0`.
    NixosOption(String),
    /// NixOS writes its files anew; with what comes of it: `which copies the files`.
    NixosRebuild(String),
    /// A variable of /etc/default/grub, as an imperative: `set GRUB_DEFAULT=0`.
    MkconfigVariable(String),
    /// An edit of a line, which is made where the line comes from.
    LineEdit {
        /// As an imperative.
        edit: String,
        /// Who wrote the file.
        writer: Writer,
    },
    /// A disk to put first in the domain's list.
    DiskOrder {
        /// Its path, and the line of the domain's configuration that names it. `None` if it is not known which.
        disk: Option<(PyStr, u32)>,
    },
    /// Arguments for pygrub, with another way.
    BootloaderArguments {
        /// The argument: `--offset=0`.
        argument: String,
        /// The other way, as an imperative.
        otherwise: Option<String>,
    },
    /// A configuration to put where pygrub looks.
    MoveConfiguration {
        /// What to do, as an imperative.
        what: String,
        /// What keeps pygrub from booting then, as a clause. `None` if a run with it there boots.
        then: Option<String>,
    },
    /// Anything else, as an imperative.
    Other(String),
}

impl Remedy {
    /// Options of NixOS.
    pub(crate) fn nixos(options: impl Into<String>) -> Self {
        Self::NixosOption(options.into())
    }

    /// NixOS copies kernels and initrds to the boot filesystem.
    pub(crate) fn copies_again() -> Self {
        Self::NixosRebuild("which copies the files and regenerates the menu".to_owned())
    }

    /// Its kind in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NixosOption(_) => "nixos-option",
            Self::NixosRebuild(_) => "nixos-rebuild",
            Self::MkconfigVariable(_) => "mkconfig-variable",
            Self::LineEdit { .. } => "line-edit",
            Self::DiskOrder { .. } => "disk-order",
            Self::BootloaderArguments { .. } => "bootloader-arguments",
            Self::MoveConfiguration { .. } => "move-configuration",
            Self::Other(_) => "other",
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NixosOption(options) => {
                write!(f, "{options} in the guest's NixOS configuration, and {NIXOS_REBUILD}")
            }
            Self::NixosRebuild(result) => write!(f, "{NIXOS_REBUILD} in the guest, {result}"),
            Self::MkconfigVariable(variable) => write!(f, "{variable} in /etc/default/grub, and {MKCONFIG}"),
            Self::LineEdit { edit, writer: Writer::NixOs } => write!(
                f,
                "{edit}, in boot.loader.grub.extraEntries, extraConfig or extraPerEntryConfig of the guest's NixOS \
                 configuration; then {NIXOS_REBUILD}"
            ),
            Self::LineEdit { edit, writer: Writer::Mkconfig } => {
                write!(f, "{edit}, in the script under /etc/grub.d that writes it; then {MKCONFIG}")
            }
            Self::LineEdit { edit, writer: Writer::Other } => f.write_str(edit),
            Self::DiskOrder { disk: Some((path, line)) } => {
                write!(f, "put `{path}` (line {line}) first in the list of disks: a run on it boots")
            }
            Self::DiskOrder { disk: None } => f.write_str("put the disk with /boot first in the list of disks"),
            Self::BootloaderArguments { argument, otherwise } => {
                write!(f, "call pygrub with bootloader_args = [\"{argument}\"]")?;
                otherwise.as_ref().map_or(Ok(()), |otherwise| write!(f, ", or {otherwise}"))
            }
            Self::MoveConfiguration { what, then: None } => write!(f, "{what}: a run with it there boots"),
            Self::MoveConfiguration { what, then: Some(then) } => write!(f, "{what}; then this remains: {then}"),
            Self::Other(help) => f.write_str(help),
        }
    }
}

impl From<&str> for Remedy {
    fn from(help: &str) -> Self {
        Self::Other(help.to_owned())
    }
}

impl From<String> for Remedy {
    fn from(help: String) -> Self {
        Self::Other(help)
    }
}

impl From<Remedy> for String {
    fn from(remedy: Remedy) -> Self {
        remedy.to_string()
    }
}

/// How what NixOS writes is written anew.
pub(crate) const NIXOS_REBUILD: &str = "run nixos-rebuild boot";
/// How what grub-mkconfig writes is written anew.
pub(crate) const MKCONFIG: &str = "run update-grub or grub2-mkconfig";

/// What to do in place of editing a file that is written anew: `NixOS regenerates it: ...`. `None` for one that is not.
pub(crate) fn instead_of_editing(writer: Writer) -> Option<String> {
    match writer {
        Writer::NixOs => Some(format!(
            "NixOS regenerates it: set the options that the help names in the guest's NixOS configuration, and {NIXOS_REBUILD}"
        )),
        Writer::Mkconfig => {
            Some(format!("grub-mkconfig regenerates it: change /etc/default/grub or /etc/grub.d, and {MKCONFIG}"))
        }
        Writer::Other => None,
    }
}

/// Where a line of an entry comes from that somebody wrote himself, as the end of a sentence.
pub(crate) fn change_at_source(writer: Writer) -> String {
    match writer {
        Writer::NixOs => {
            format!(", in boot.loader.grub.extraEntries of the guest's NixOS configuration, and {NIXOS_REBUILD}")
        }
        Writer::Mkconfig => format!(
            ", in the script of the guest's /etc/grub.d that the line comes from (40_custom for entries of your own), and \
             {MKCONFIG}"
        ),
        Writer::Other => String::new(),
    }
}
